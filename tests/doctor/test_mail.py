"""The mail part as a whole: settings, a real server, DNS from a table; page, command, words."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from jobscore import config
from jobscore.accounts import sessions
from jobscore.config import Config
from jobscore.doctor import mail, server, service, words
from jobscore.doctor.examination import Context
from jobscore.doctor.findings import Finding, Level, Report
from jobscore.doctor.server import Probe
from tests import factories
from tests.conftest import SETTINGS
from tests.doctor.table import Table
from tests.emails import mailserver

US = "192.0.2.10"
GOOD = {
    "bounce.example.jp": [f"v=spf1 ip4:{US} -all"],
    "_dmarc.example.jp": ["v=DMARC1; p=reject; rua=mailto:d@example.jp"],
}


@pytest.fixture
def backend() -> str:
    """Nothing here depends on the database."""
    return "sqlite"


def made(**values: object) -> Config:
    own = {
        "mail_from": "jobs@example.jp",
        "mail_bounce_to": "b@bounce.example.jp",
        "mail_url": "smtp://smtp.example.jp:25",
        "public_url": "https://jobs.example.jp",
    }
    return Config.from_environ({}, {**SETTINGS, **own, **values})


def good_dns() -> Table:
    return Table(
        GOOD,
        mx={"bounce.example.jp": ["mx.example.jp"]},
        hosts={"smtp.example.jp": [US]},
        ptr={US: ["smtp.example.jp"]},
    )


def levels(found: Iterator[Finding]) -> dict[str, Level]:
    return {one.code: one.level for one in found}


def test_an_installation_in_order_has_nothing_to_mend() -> None:
    context = Context(made(), good_dns(), lambda _url, _parts: Probe(tls="TLSv1.3"))
    found = levels(mail.examine(context))
    assert found.pop("dkim.not_ours") is Level.UNKNOWN
    assert set(found.values()) == {Level.OK}
    assert {"spf.covered", "dmarc.ok", "mx.ok", "ptr.ok", "server.tls"} <= set(found)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda dns: dns.texts.pop("bounce.example.jp"), "spf.none"),
        (lambda dns: dns.texts.pop("_dmarc.example.jp"), "dmarc.none"),
        (lambda dns: dns.mxs.pop("bounce.example.jp"), "mx.none"),
        (lambda dns: dns.mxs.update({"bounce.example.jp": [""]}), "mx.refused"),
        (lambda dns: dns.ptrs.clear(), "ptr.none"),
        (lambda dns: dns.ptrs.update({US: ["elsewhere.example"]}), "ptr.unconfirmed"),
    ],
)
def test_each_thing_that_is_missing_is_named(spoil: Callable[[Table], object], code: str) -> None:
    dns = good_dns()
    spoil(dns)
    found = levels(mail.examine(Context(made(), dns)))
    assert found[code] in {Level.PROBLEM, Level.ADVICE}


def test_without_an_answer_nothing_is_claimed_and_nothing_more_is_asked() -> None:
    dns = Table(silent=["*"])
    found = levels(mail.examine(Context(made(), dns)))
    assert found["dns.silent"] is Level.UNKNOWN
    assert not any(code.startswith(("spf", "dmarc", "mx", "ptr")) for code in found)
    assert len(dns.asked) == 1


def test_offline_only_the_settings_are_judged() -> None:
    found = levels(mail.examine(Context(made(operator_name=""))))
    assert found["settings.missing"] is Level.PROBLEM
    assert found["dns.offline"] is Level.UNKNOWN
    assert not any(code.startswith("server") for code in found)


def test_a_real_server_is_asked_as_the_sender_asks_it() -> None:
    with mailserver.running() as box:
        answers = server.judge(server.probe(box.url, urlsplit(box.url)), urlsplit(box.url))
    assert [one.code for one in answers] == ["server.answers"]
    url = f"smtp://127.0.0.1:{mailserver.closed_port()}"
    (down,) = server.judge(server.probe(url, urlsplit(url)), urlsplit(url))
    assert (down.code, down.level) == ("server.down", Level.PROBLEM)


@pytest.mark.parametrize(
    ("probe", "code"),
    [
        (Probe(tls=None), "server.no_tls"),
        (Probe(tls=None, certificate="expired"), "server.bad_certificate"),
        (Probe(error="refused"), "server.down"),
    ],
)
def test_a_server_without_encryption_or_with_a_bad_certificate_is_a_problem(
    probe: Probe, code: str
) -> None:
    found = server.judge(probe, urlsplit("smtp://smtp.example.jp:587"))
    assert (found[-1].code, found[-1].level) == (code, Level.PROBLEM)


def test_the_exit_status_tells_problems_from_what_could_not_be_seen() -> None:
    def report(*kinds: Level) -> Report:
        return Report([Finding("x", "x", kind) for kind in kinds])

    assert service.exit_status(report(Level.OK, Level.ADVICE)) == 0
    assert service.exit_status(report(Level.UNKNOWN, Level.OK)) == service.EXIT_UNKNOWN
    assert service.exit_status(report(Level.UNKNOWN, Level.PROBLEM)) == service.EXIT_PROBLEM
    assert report(Level.UNKNOWN, Level.ADVICE).level is Level.UNKNOWN


def test_every_code_that_the_source_names_has_its_sentences(app: Flask) -> None:
    folder = Path(words.__file__).parent
    named: set[str] = set()
    for path in folder.glob("*.py"):
        if path.name == "words.py":
            continue
        text = path.read_text(encoding="utf-8")
        part = path.stem if path.stem in {"spf", "dkim", "dmarc", "server"} else ""
        whole = r'"((?:settings|server|dns|spf|dkim|dmarc|mx|ptr)\.[a-z_]+)"'
        named |= set(re.findall(whole, text))
        named |= {f"{part}.{code}" for code in re.findall(r'_finding\(\s*"(\w+)"', text)}
        named |= {f"spf.{code}" for code in re.findall(r'SpfError\("(\w+)"', text)}
    named |= {"spf.not_covered", "spf.covered", "spf.ok"}
    assert named == words.codes()


@pytest.fixture
def app_with_table(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application, whose questions a table answers."""

    def context(*, is_offline: bool, selectors: list[str] | None = None) -> Context:
        settings = config.current()
        dns = None if is_offline else good_dns()
        probe = None if is_offline else (lambda _url, _parts: Probe(tls="TLSv1.3"))
        return Context(settings, dns, probe, selectors or [])

    monkeypatch.setattr(service, "context", context)
    return app


@pytest.fixture
def settings() -> dict[str, object]:
    return {
        "mail_from": "jobs@example.jp",
        "mail_bounce_to": "b@bounce.example.jp",
        "mail_url": "smtp://smtp.example.jp:25",
    }


def test_the_command_prints_what_to_do_and_ends_as_it_found(app_with_table: Flask) -> None:
    runner = app_with_table.test_cli_runner()
    said = runner.invoke(args=["doctor"])
    assert said.exit_code == service.EXIT_UNKNOWN, said.output
    assert "smtp.example.jp may send for bounce.example.jp" in said.output
    as_json = runner.invoke(args=["doctor", "mail", "--json", "--selector", "mail"])
    assert as_json.exit_code == service.EXIT_PROBLEM
    told = json.loads(as_json.output)
    (key,) = [one for one in told["findings"] if one["part"] == "dkim"]
    assert (key["code"], key["values"]["name"]) == ("dkim.none", "mail._domainkey.example.jp")
    japanese = runner.invoke(args=["doctor", "--offline", "--language", "ja"])
    assert "DNSに問い合わせていない" in japanese.output
    assert runner.invoke(args=["doctor", "weather"]).exit_code == 2


def test_the_page_asks_nobody_before_somebody_wants_it(
    app_with_table: Flask, session: Session
) -> None:
    client = _signed_in(app_with_table, session)
    first = client.get("/admin/doctor").get_data(as_text=True)
    assert "DNS was not asked" in first
    assert "may send for" not in first
    looked = client.get("/admin/doctor?look=1&selector=mail").get_data(as_text=True)
    assert "may send for" in looked
    assert "mail._domainkey.example.jp has no key" in looked


def _signed_in(app: Flask, session: Session) -> FlaskClient:
    admin = factories.user(session, is_superuser=True)
    with app.test_request_context():
        token = sessions.start(admin, user_agent="test", address="127.0.0.1")
    session.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    return client
