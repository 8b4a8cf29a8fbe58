"""DKIM: what leaves is verified as a receiver would, with the records that we say to publish."""

import re
from collections.abc import Callable
from typing import Any

import dkim as judge
import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore import config
from jobscore.app import create_app
from jobscore.config import Config, ConfigError
from jobscore.emails import compose, dkim
from tests.conftest import SETTINGS
from tests.emails.conftest import send
from tests.emails.keys import ed25519_pem, rsa_pem
from tests.emails.mailserver import Mailbox
from tests.emails.test_compose import NOW, SENDER, letter

BOTH = rsa_pem() + ed25519_pem()
HEADERS = compose.list_headers("digest", "https://jobs.example.com/u/abc", SENDER.public_url)


def configured(key: str, selector: str, **others: str) -> Config:
    return Config.from_environ(
        {"JOBSCORE_MAIL_FROM": "jobs@example.com", "JOBSCORE_MAIL_DKIM_KEY": key}
        | {"JOBSCORE_MAIL_DKIM_SELECTOR": selector}
        | {f"JOBSCORE_{name.upper()}": value for name, value in others.items()}
    )


def signer_of(key: str, selector: str, **others: str) -> dkim.Signer:
    found = dkim.signer(configured(key, selector, **others))
    assert found is not None
    return found


def looked_up(signer: dkim.Signer) -> Callable[..., Any]:
    """Return DNS as it is once the operator has published our records."""
    zone = {f"{record.name}.".encode(): record.text.encode() for record in signer.records}
    return lambda name, timeout=5: zone.get(name)


def is_valid(raw: bytes, signer: dkim.Signer, index: int = 0) -> bool:
    try:
        return bool(judge.DKIM(raw).verify(index, dnsfunc=looked_up(signer)))
    except judge.ValidationError:
        return False


def signed(signer: dkim.Signer, **values: object) -> bytes:
    sender = compose.Sender(
        "jobs@example.com", "求人", "Example, Inc.", "", SENDER.public_url, sign=signer
    )
    return compose.payload(letter(headers=HEADERS, **values), sender, NOW)


KEYS = [
    pytest.param(rsa_pem(), "s1", [b"rsa-sha256"], id="RSA"),
    pytest.param(rsa_pem(is_pkcs8=True), "s1", [b"rsa-sha256"], id="RSA as PKCS 8"),
    pytest.param(ed25519_pem(), "e1", [b"ed25519-sha256"], id="Ed25519"),
    pytest.param(BOTH, "s1, e1", [b"rsa-sha256", b"ed25519-sha256"], id="both"),
    pytest.param(rsa_pem().replace("\n", "\\n"), "s1", [b"rsa-sha256"], id="on one line"),
]


@pytest.mark.parametrize(("key", "selector", "algorithms"), KEYS)
def test_a_receiver_finds_every_signature_good(
    key: str, selector: str, algorithms: list[bytes]
) -> None:
    signer = signer_of(key, selector)
    raw = signed(signer, text="看護師の求人\n", html="<p>Café  for \t you </p>\n\n\n")
    assert re.findall(rb"(?m)^DKIM-Signature: .*? a=([a-z0-9-]+);", raw) == algorithms
    assert all(is_valid(raw, signer, index) for index in range(len(algorithms)))
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@settings(max_examples=25)
@given(
    subject=st.text(max_size=120),
    text=st.text(max_size=400),
    html=st.none() | st.text(st.sampled_from("a \t\n.é職=<>"), max_size=400),
)
def test_no_text_makes_a_signature_bad(subject: str, text: str, html: str | None) -> None:
    signer = signer_of(ed25519_pem(), "e1")
    assert is_valid(signed(signer, subject=subject, text=text, html=html), signer)


def test_both_ways_to_unsubscribe_are_covered() -> None:
    signer = signer_of(rsa_pem(), "s1")
    raw = signed(signer)
    found = re.search(rb"h=(.*?);", raw, re.DOTALL)
    assert found is not None
    names = b"".join(found[1].split()).split(b":")
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"list-id"} <= set(names)
    assert {name: names.count(name) for name in dkim.CLOSED} == dict.fromkeys(dkim.CLOSED, 2)
    for line in (b"List-Unsubscribe: <https", b"List-Unsubscribe-Post: List", b"Subject: 40"):
        assert line in raw
        assert not is_valid(raw.replace(line, line[:-1] + b"x"), signer), line


def test_what_is_changed_or_added_on_the_way_is_noticed() -> None:
    signer = signer_of(rsa_pem(), "s1")
    raw = signed(signer)
    assert is_valid(raw, signer)
    assert is_valid(raw.replace(b"Subject: 40 jobs", b"Subject:  40  jobs"), signer), "relaxed"
    assert not is_valid(raw.replace(b"<p>Text</p>", b"<p>Test</p>"), signer)
    for line in (b"From: boss@example.com", b"Subject: You won", b"To: other@example.com"):
        assert not is_valid(raw.replace(b"To: ", line + b"\r\nTo: ", 1), signer), line


def test_the_domain_is_the_senders_unless_it_is_named() -> None:
    assert signer_of(rsa_pem(), "s1").domain == "example.com"
    signer = signer_of(rsa_pem(), "s1", mail_dkim_domain="Mail.Example.COM")
    record = signer.records[0]
    assert record.name == "s1._domainkey.mail.example.com"
    assert record.text.startswith("v=DKIM1; k=rsa; p=MI")


@pytest.mark.parametrize(
    ("key", "selector", "said"),
    [
        pytest.param("nonsense", "s1", "no private key", id="no PEM"),
        pytest.param(rsa_pem(512), "s1", "512 bits", id="short"),
        pytest.param(BOTH, "s1", "1 selectors for 2 keys", id="one selector"),
        pytest.param(rsa_pem(), "s1; x", "as they stand in DNS", id="bad selector"),
        pytest.param(rsa_pem().replace("M", "*", 3), "s1", "damaged", id="damaged"),
        pytest.param(
            "-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----", "s1", "neither", id="EC"
        ),
    ],
)
def test_a_key_that_cannot_sign_stops_the_start(key: str, selector: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        create_app({**SETTINGS, "mail_dkim_key": key, "mail_dkim_selector": selector})


def test_a_key_without_a_selector_or_without_the_extra_stops_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ConfigError, match="JOBSCORE_MAIL_DKIM_SELECTOR is not"):
        configured(rsa_pem(), "")
    monkeypatch.setattr(config, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"jobscore\[dkim\]"):
        configured(rsa_pem(), "s1")
    assert Config.from_environ({}).mail_dkim_key == "", "without a key nobody asks for the extra"


class TestSending:
    """Through the outbox and a real server."""

    @pytest.fixture
    def settings(self, mailbox: Mailbox) -> dict[str, object]:
        return {
            "mail_url": mailbox.url,
            "mail_dkim_key": BOTH,
            "mail_dkim_selector": "s1,e1",
        }

    def test_what_the_server_gets_is_signed(
        self, app: Flask, outbox: Callable[..., list[int]], mailbox: Mailbox
    ) -> None:
        outbox(2, headers=HEADERS)
        assert send().sent == 2
        signer = dkim.signer(config.current(app))
        assert signer is not None
        for raw in mailbox.received:
            assert is_valid(raw, signer, 0)
            assert is_valid(raw, signer, 1)
