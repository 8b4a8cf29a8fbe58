"""What an attacker tried, each once: the way in stays closed."""

import base64
import json
import time
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from jobscore.accounts.fields import AmountError, parse_amount
from jobscore.app import create_app
from jobscore.config import Config, ConfigError
from jobscore.emails.compose import one_line
from jobscore.imports.formulas import guard, unguard
from jobscore.jobs import forms as job_forms
from jobscore.web import pagination
from tests.accounts.people import browser_of, create
from tests.conftest import SETTINGS


def test_a_long_amount_is_refused_before_any_pattern_sees_it() -> None:
    started = time.process_time()
    with pytest.raises(AmountError):
        parse_amount("1" * 200_000 + "x")
    assert time.process_time() - started < 0.5
    assert parse_amount("350万円") == Decimal(3_500_000)


def test_an_encoded_word_in_a_title_cannot_bring_a_line_break_into_a_header() -> None:
    assert "=?" not in one_line("=?utf-8?q?a=0D=0AReply-To:_e@x.co?=")


@pytest.mark.parametrize("pay", ["1e-990000", "0.001", "1e999999", "9" * 300, "nan", "-5"])
def test_an_absurd_pay_is_no_filter(pay: str) -> None:
    from werkzeug.datastructures import MultiDict

    assert job_forms.read(MultiDict([("pay", pay)]), "JPY-hour").pay is None


@pytest.mark.parametrize(
    "values", [["2026-01-01", 1e999], ["2026-01-01", 10**30], [[[["x"]]]], [None], {"a": 1}]
)
def test_a_forged_cursor_is_refused(values: object) -> None:
    word = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
    with pytest.raises(pagination.BadCursorError):
        pagination.decode(word, 2)
    with pytest.raises(pagination.BadCursorError):
        pagination.decode(base64.urlsafe_b64encode(b"[" * 5_000).decode(), 1)


@pytest.mark.parametrize("values", [["x"], [True], [1, 2], [10**30], [1.5], {"a": 1}])
def test_a_forged_cursor_leads_to_no_page_of_any_list(app: Flask, values: object) -> None:
    word = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    admin = browser_of(app, create(app, "admin@example.com", is_superuser=True))
    for path in ("/jobs", "/me/mail", "/admin/emails", "/admin/users", "/admin/jobs"):
        assert admin.get(f"{path}?after={word}").status_code == 404, path


@pytest.mark.parametrize("cell", ["\n=1+1", "=1", "'=1", "\t@x", "plain", "'"])
def test_a_cell_is_guarded_and_comes_back(cell: str) -> None:
    assert unguard(guard(cell)) == cell
    assert not guard(cell).startswith(("=", "\n", "\t"))


def test_a_number_beyond_the_database_is_no_page(client: FlaskClient) -> None:
    for path in ("/jobs/", "/matches/", "/me/mail/", "/admin/imports/", "/admin/emails/"):
        assert client.get(path + "9" * 30).status_code == 404


def test_nobody_but_an_admin_can_make_the_server_take_a_large_upload(
    app: Flask, client: FlaskClient
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True  # it reads the form before the view is asked
    answer = client.post("/admin/imports", data=b"x" * 3_000_000, content_type="text/csv")
    assert answer.status_code == 413
    assert 'type="file"' not in answer.text


@pytest.mark.parametrize("backend", ["sqlite"])
def test_debug_is_refused_in_public(database_url: str, tmp_path: Path) -> None:
    public = {**SETTINGS, "public_url": "https://jobs.example.com", "database_url": database_url}
    app = create_app({**public, "instance_dir": str(tmp_path)})
    app.debug = True
    answer = app.test_client().get("/jobs", headers={"Host": "jobs.example.com"})
    assert answer.status_code == 503
    app.debug = False
    assert app.test_client().get("/readyz", headers={"Host": "jobs.example.com"}).status_code == 200


def test_passwords_never_travel_over_http_in_public() -> None:
    with pytest.raises(ConfigError, match="https"):
        Config.from_environ({"JOBSCORE_PUBLIC_URL": "http://jobs.example.com"})
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        Config.from_environ({"JOBSCORE_SECRET_KEY": "secret" * 6})


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_reset_link_works_over_https_with_the_referrer_that_the_page_allows(
    database_url: str, tmp_path: Path
) -> None:
    app: Flask = create_app(
        {
            **SETTINGS,
            "public_url": "https://jobs.example.com",
            "database_url": database_url,
            "instance_dir": str(tmp_path),
        }
    )
    client = app.test_client()
    base = {"base_url": "https://jobs.example.com"}
    page = client.get("/password/forgot", **base)
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    assert client.get("/verify/x", **base).headers["Referrer-Policy"] == "strict-origin"
    sent = client.post(
        "/password/forgot",
        data={"csrf_token": token, "email": "a@example.com"},
        headers={"Referer": "https://jobs.example.com/"},
        **base,
    )
    assert sent.status_code in {200, 303}
