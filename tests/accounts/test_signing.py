"""Signing up, in and out, from outside: what strangers can learn and do."""

import re
import statistics
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from jobscore import clock
from jobscore.accounts import sessions
from jobscore.accounts.models import Attempt, Consent, User, UserSession
from jobscore.app import create_app
from jobscore.emails.service import text_of
from jobscore.extensions import db
from tests.accounts.people import (
    NOON,
    PASSWORD,
    browser_of,
    create,
    letters,
    link_in,
    look_up,
    sign_in,
)
from tests.conftest import SETTINGS

NEW = {"email": "taro@example.com", "password": "blue river stones", "full_name": "Taro"}


def _token_of(client: FlaskClient) -> Any:
    with client.session_transaction() as cookie:
        return cookie.get(sessions.COOKIE_KEY)


def _plain(body: str) -> str:
    """A page without what differs in every answer."""
    return re.sub(r'name="csrf_token" value="[^"]*"|<code>[0-9a-f]{16}</code>', "", body)


def test_signing_up_leads_by_the_letter_into_the_start(app: Flask, client: FlaskClient) -> None:
    answer = client.post("/register", data=NEW)
    assert (answer.status_code, answer.location) == (303, "/register/sent")
    assert "taro@example.com" in client.get(answer.location).text
    assert client.get("/me").status_code == 302
    (letter,) = letters(app)
    assert "Taro" not in text_of(letter), "a stranger's words do not go into our letters"
    link = link_in(letter)
    page = client.get(link)
    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert look_up(app, lambda: db.session.scalar(select(User.email_verified_at))) is None
    answer = client.post(link)
    assert (answer.status_code, answer.location) == (303, "/me/start")
    assert client.get("/me/start").status_code == 200
    assert client.post(link).status_code == 410, "a link works once"
    consent = look_up(app, lambda: db.session.scalars(select(Consent)).one())
    assert consent.text.startswith("I agree that my answers")
    assert (consent.text_version, consent.locale, consent.how) == ("2026-11", "en", "sign-up")


def test_another_browser_confirms_only_with_the_password(app: Flask, client: FlaskClient) -> None:
    client.post("/register", data=NEW)
    link = link_in(letters(app)[0])
    other = app.test_client()
    assert 'type="password"' in other.get(link).text
    assert other.post(link, data={"password": "not the password"}).status_code == 422
    assert other.post(link).status_code == 422
    assert other.get("/me").status_code == 302
    assert other.post(link, data={"password": NEW["password"]}).status_code == 303
    assert other.get("/me").status_code == 200


def test_a_later_sign_up_ends_the_link_of_an_earlier_one(app: Flask, client: FlaskClient) -> None:
    client.post("/register", data=NEW)
    app.test_client().post("/register", data={**NEW, "password": "another pass phrase"})
    first, second = letters(app)
    assert client.post(link_in(first)).status_code == 410
    assert client.post(link_in(second)).status_code == 422, "this browser did not choose it"


@pytest.mark.parametrize("path", ["/register", "/login", "/password/forgot"])
def test_answers_are_the_same_for_known_and_unknown_addresses(app: Flask, path: str) -> None:
    create(app)
    seen = []
    for email in ("hanako@example.com", "nobody@example.com"):
        client = app.test_client()
        data = {"email": email, "password": "a wrong pass phrase", "full_name": ""}
        answer = client.post(path, data=data)
        after = client.get(answer.location) if answer.location else answer
        headers = sorted(name for name, _ in answer.headers)
        sizes = len(answer.headers.get("Set-Cookie", ""))
        text = _plain(after.text).replace(email, "…")
        seen.append((answer.status_code, answer.location, headers, sizes // 20, text))
    assert seen[0] == seen[1]


def test_a_fresh_sign_up_cannot_be_told_by_signing_in(app: Flask, client: FlaskClient) -> None:
    create(app)
    seen = []
    for email in ("hanako@example.com", "new@example.com"):
        client.post("/register", data={**NEW, "email": email})
        seen.append(_plain(sign_in(app.test_client(), email, NEW["password"]).text))
    assert seen[0].replace("hanako@example.com", "…") == seen[1].replace("new@example.com", "…")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_signing_in_takes_as_long_for_unknown_addresses(app: Flask) -> None:
    create(app)
    client = app.test_client()
    times: dict[str, list[float]] = {"hanako@example.com": [], "nobody@example.com": []}
    moment = NOON
    sign_in(client, "warm@example.com", "wrong password")
    for _ in range(8):
        moment += timedelta(hours=1)
        with clock.set_to(moment):
            for email, own in times.items():
                begun = time.perf_counter()
                sign_in(client, email, "a wrong pass phrase")
                own.append(time.perf_counter() - begun)
    known, unknown = (statistics.median(own) for own in times.values())
    assert 0.6 < known / unknown < 1.7, (known, unknown)


def test_the_owner_of_a_known_address_gets_a_letter(app: Flask, client: FlaskClient) -> None:
    create(app)
    client.post("/register", data={**NEW, "email": " HANAKO@Example.com "})
    (letter,) = letters(app)
    assert letter.recipient_email == "hanako@example.com"
    assert "account" in letter.subject
    assert sign_in(app.test_client()).status_code == 303, "the password is as it was"


def test_at_most_three_letters_an_hour_go_to_an_address(app: Flask, client: FlaskClient) -> None:
    create(app)
    for _ in range(4):
        client.post("/register", data={**NEW, "email": "hanako@example.com"})
        client.post("/password/forgot", data={"email": "hanako@example.com"})
    assert len(letters(app)) == 3


def test_signing_up_makes_nobody_an_admin(app: Flask, client: FlaskClient) -> None:
    extra = {"is_superuser": "1", "is_active": "0", "id": "77", "email_verified_at": "2020-01-01"}
    client.post("/register", data={**NEW, **extra})
    user = look_up(app, lambda: db.session.scalars(select(User)).one())
    assert (user.is_superuser, user.is_active, user.email_verified_at) == (False, True, None)
    assert user.id != 77


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "", "Enter an e-mail address"),
        ("email", "taro", "Enter an e-mail address"),
        ("email", "taro@example", "Enter an e-mail address"),
        ("email", "a\x00b@example.com", "Enter an e-mail address"),
        ("email", "x" * 300 + "@example.com", "Enter an e-mail address"),
        ("email", "taro@example.com\nBcc: x@example.com", "Enter an e-mail address"),
        ("password", "", "Enter your password"),
        ("password", "short", "at least 8"),
        ("password", "x" * 129, "at most 128"),
        ("password", "password123", "thieves try first"),
        ("password", "abcabcabc", "one pattern"),
        ("password", "taro@example.com", "your name or e-mail"),
        ("full_name", "あ" * 101, "at most 100"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_refused_sign_up_keeps_what_was_typed_but_the_password(
    app: Flask, client: FlaskClient, field: str, value: str, words: str
) -> None:
    answer = client.post("/register", data={**NEW, field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'role="alert"' in answer.text
    if field != "full_name":
        assert 'value="Taro"' in answer.text
    assert NEW["password"] not in answer.text
    assert letters(app) == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("settings", [{"operator_name": ""}])
def test_without_letters_a_new_person_comes_in_at_once(app: Flask, client: FlaskClient) -> None:
    answer = client.post("/register", data=NEW)
    assert answer.location == "/me/start"
    assert client.get("/me").status_code == 200
    again = app.test_client()
    assert sign_in(again, NEW["email"], NEW["password"]).status_code == 303
    assert letters(app) == []


def test_signing_in_makes_a_new_session_and_leaves_only_its_hash(app: Flask) -> None:
    create(app)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["planted"] = "by a stranger"
        cookie[sessions.COOKIE_KEY] = "chosen-by-a-stranger"
    answer = sign_in(client, " Hanako@EXAMPLE.com ")
    assert (answer.status_code, answer.location) == (303, "/me/start")
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        token = cookie[sessions.COOKIE_KEY]
    assert token != "chosen-by-a-stranger"
    assert len(token) >= 43
    row = look_up(app, lambda: db.session.scalars(select(UserSession)).one())
    assert token not in repr(vars(row))
    assert client.get("/me").headers["Cache-Control"] == "no-store"


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(app: Flask) -> None:
    create(app)
    client = app.test_client()
    sign_in(client)
    thief = app.test_client()
    with thief.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = _token_of(client)
    assert thief.get("/me").status_code == 200
    assert client.post("/logout").status_code == 303
    assert client.get("/me").status_code == 302
    assert thief.get("/me").status_code == 302
    assert client.get("/logout").status_code == 405, "GET changes nothing"


def test_a_session_ends_by_itself(app: Flask) -> None:
    with clock.set_to(NOON):
        client = browser_of(app, create(app))
        assert client.get("/me").status_code == 200
    with clock.set_to(NOON + timedelta(days=13, hours=23)):
        assert client.get("/me").status_code == 200
    with clock.set_to(NOON + timedelta(days=14)):
        assert client.get("/me").status_code == 302


def test_a_session_is_marked_as_seen_every_ten_minutes(app: Flask) -> None:
    def seen() -> Any:
        return look_up(app, lambda: db.session.scalar(select(UserSession.last_seen_at)))

    with clock.set_to(NOON):
        client = browser_of(app, create(app))
    with clock.set_to(NOON + timedelta(minutes=9)):
        client.get("/me")
        assert seen() == NOON
    with clock.set_to(NOON + timedelta(minutes=11)):
        client.get("/me")
        assert seen() == NOON + timedelta(minutes=11)


def test_six_wrong_tries_close_an_account_for_a_quarter_of_an_hour(app: Flask) -> None:
    create(app)
    for email in ("hanako@example.com", "nobody@example.com"):
        client = app.test_client()
        with clock.set_to(NOON, step=timedelta(seconds=1)):
            for _ in range(6):
                assert sign_in(client, email, "a wrong pass phrase").status_code == 422
            answer = sign_in(client, email)
            assert answer.status_code == 429, "the right password too, or it could be guessed on"
            assert 800 <= int(answer.headers["Retry-After"]) <= 900
            assert "15 minutes" in answer.text or "14 minutes" in answer.text
            assert "/password/forgot" in answer.text
    with clock.set_to(NOON + timedelta(minutes=16)):
        assert sign_in(app.test_client()).status_code == 303


def test_right_passwords_are_not_counted(app: Flask) -> None:
    create(app)
    for _ in range(8):
        assert sign_in(app.test_client()).status_code == 303
    assert look_up(app, lambda: db.session.scalar(select(func.count(Attempt.id)))) == 0


def test_twenty_accounts_tried_in_vain_close_an_address(app: Flask, client: FlaskClient) -> None:
    create(app)
    with clock.set_to(NOON):
        for n in range(20):
            assert sign_in(client, f"p{n}@example.com", "wrong pass phrase").status_code == 422
        assert sign_in(client).status_code == 429
        elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
        form = {"email": "hanako@example.com", "password": PASSWORD}
        assert client.post("/login", data=form, environ_base=elsewhere).status_code == 303


def test_a_reset_link_lets_the_owner_of_a_closed_account_in(app: Flask) -> None:
    create(app)
    client = app.test_client()
    for _ in range(6):
        sign_in(client, password="a wrong pass phrase")
    client.post("/password/forgot", data={"email": "hanako@example.com"})
    link = link_in(letters(app)[0])
    assert client.post(link, data={"password": "green hills far away"}).status_code == 303
    assert sign_in(client, password="green hills far away").status_code == 303


def test_sign_ups_of_one_address_are_limited(app: Flask, client: FlaskClient) -> None:
    codes = [
        client.post("/register", data={**NEW, "email": f"p{n}@example.com"}).status_code
        for n in range(21)
    ]
    assert codes == [303] * 20 + [429]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/%09/evil.example\n",
        "javascript:alert(1)",
        "http:evil.example",
        " //evil.example",
        "/ok\r\nLocation: https://evil.example",
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_signing_in_never_leads_to_another_site(app: Flask, target: str) -> None:
    create(app)
    data = {"email": "hanako@example.com", "password": PASSWORD, "next": target}
    answer = app.test_client().post("/login", data=data)
    assert (answer.status_code, answer.location) == (303, "/me/start")
    client = app.test_client()
    client.get("/login", query_string={"next": target})
    data.pop("next")
    answer = client.post("/login", data=data, query_string={"next": target})
    assert answer.location == "/me/start"


def test_signing_in_leads_back_to_the_page_that_asked_for_it(app: Flask) -> None:
    create(app)
    client = app.test_client()
    asked = client.get("/me/account?x=1")
    page = client.get(asked.location)
    assert 'value="/me/account?x=1"' in page.text
    data = {"email": "hanako@example.com", "password": PASSWORD, "next": "/me/account?x=1"}
    assert client.post("/login", data=data).location == "/me/account?x=1"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_signing_in_and_out_need_the_form_of_this_browser(
    database_url: str, tmp_path: Path
) -> None:
    app = create_app({**SETTINGS, "database_url": database_url, "instance_dir": str(tmp_path)})
    create(app)
    client = app.test_client()
    assert sign_in(client).status_code == 400
    page = client.get("/login").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    data = {"email": "hanako@example.com", "password": PASSWORD, "csrf_token": token[1]}
    assert app.test_client().post("/login", data=data).status_code == 400, "another browser's"
    assert client.post("/login", data=data).status_code == 303
    assert client.post("/logout").status_code == 400
    assert client.get("/me").status_code == 200
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
