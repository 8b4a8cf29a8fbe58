"""Agreeing to letters: when a yes on the site is enough, and when the mailbox is asked."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from jobscore import clock
from jobscore.accounts import consents, limits, optin, service, tokens
from jobscore.accounts.models import Consent, ConsentKind, DigestFrequency, User
from jobscore.database.transaction import transaction
from jobscore.digests.due import is_due
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailType
from jobscore.extensions import db
from tests.accounts.people import browser_of, create, letters

MINE = {"frequency": "daily", "locale": "en"}


@pytest.fixture
def person(app: Flask) -> int:
    return create(app)


@pytest.fixture
def own(app: Flask, person: int) -> FlaskClient:
    return browser_of(app, person)


def _ledger(app: Flask) -> list[Consent]:
    with app.app_context():
        query = select(Consent).where(Consent.kind == ConsentKind.DIGEST).order_by(Consent.id)
        return list(db.session.scalars(query))


def _is_due(app: Flask, user_id: int) -> bool:
    with app.app_context():
        query = select(User.id).join(User.profile).where(User.id == user_id)
        return db.session.scalar(query.where(is_due(clock.today("UTC")))) is not None


def _link(app: Flask) -> str:
    found = re.search(r"http://localhost(/letters/confirm/\S+)", outbox.text_of(letters(app)[-1]))
    assert found
    return found[1]


def _ended_and_wanted_again(own: FlaskClient) -> None:
    for frequency in ("daily", "off", "daily"):
        assert own.post("/me/mail", data={**MINE, "frequency": frequency}).status_code == 303


def test_the_first_yes_of_somebody_known_counts_at_once(
    app: Flask, own: FlaskClient, person: int
) -> None:
    own.post("/me/mail", data=MINE)
    (entry,) = _ledger(app)
    assert (entry.how, entry.confirmed_how, entry.asked_at) == ("form", "session", None)
    assert letters(app) == []
    assert _is_due(app, person)


def test_a_yes_after_a_no_waits_for_the_mailbox(app: Flask, own: FlaskClient, person: int) -> None:
    _ended_and_wanted_again(own)
    first, second = _ledger(app)
    assert (first.ended_how, second.asked_at is None) == ("form", False)
    assert not _is_due(app, person)
    (letter,) = letters(app)
    assert letter.email_type is EmailType.VERIFY
    assert second.text in outbox.text_of(letter), "the letter says what is agreed to"
    assert "Waits for your yes" in own.get("/me/mail").get_data(as_text=True)


def test_looking_at_the_link_of_that_letter_confirms_nothing(
    app: Flask, own: FlaskClient, person: int, client: FlaskClient
) -> None:
    _ended_and_wanted_again(own)
    for method in ("GET", "HEAD"):
        answer = client.open(_link(app), method=method)
        assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert not _is_due(app, person)


@pytest.mark.parametrize(
    ("answer", "is_due_then"), [pytest.param("yes", True, id="yes"), ("no", False)]
)
def test_the_answer_is_taken_without_signing_in(
    app: Flask, own: FlaskClient, person: int, client: FlaskClient, answer: str, is_due_then: bool
) -> None:
    _ended_and_wanted_again(own)
    page = client.post(_link(app), data={"answer": answer})
    assert page.status_code == 200
    assert _is_due(app, person) is is_due_then
    entry = _ledger(app)[-1]
    if answer == "yes":
        assert (entry.confirmed_how, entry.withdrawn_at) == ("letter", None)
        again = client.get(_link(app)).get_data(as_text=True)
        assert "The letters are on" in again, "a second click says the same"
    else:
        assert (entry.confirmed_at, entry.ended_how) == (None, "link")
        assert client.post(_link(app), data={"answer": "yes"}).status_code == 410


def test_a_link_that_is_old_forged_or_of_another_kind_confirms_nothing(
    app: Flask, own: FlaskClient, person: int, client: FlaskClient
) -> None:
    _ended_and_wanted_again(own)
    good = _link(app)
    with app.app_context():
        user = db.session.get_one(User, person)
        other = f"/letters/confirm/{tokens.make(tokens.Purpose.VERIFY, user)}"
    for bad in (good[:-2], good + "x", other, "/letters/confirm/nonsense"):
        assert client.post(bad, data={"answer": "yes"}).status_code == 410, bad
    with clock.set_to(clock.now() + optin.LIFETIME + timedelta(minutes=1)):
        assert client.post(good, data={"answer": "yes"}).status_code == 410
    assert not _is_due(app, person)


def test_who_is_not_confirmed_yet_confirms_the_letters_with_the_address(app: Flask) -> None:
    new = create(app, "new@example.com", is_verified=False)
    browser_of(app, new).post("/me/mail", data=MINE)
    assert not _is_due(app, new)
    (letter,) = letters(app)
    token = re.search(r"/verify/(\S+)", outbox.text_of(letter))
    assert token
    with app.app_context(), transaction():
        service.confirm_address(token[1])
    assert _ledger(app)[0].confirmed_how == "address"
    assert _is_due(app, new)


def test_another_wording_is_agreed_to_anew_without_a_letter(
    app: Flask, own: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.post("/me/mail", data=MINE)
    text = consents.ConsentText("2027-01", "Another wording.")
    monkeypatch.setitem(consents.TEXTS, ConsentKind.DIGEST, text)
    own.post("/me/mail", data=MINE)
    first, second = _ledger(app)
    assert (first.ended_how, second.confirmed_how) == ("replaced", "session")
    assert letters(app) == []


def test_a_mailbox_is_not_bombed_by_asking_again_and_again(app: Flask, own: FlaskClient) -> None:
    _ended_and_wanted_again(own)
    told = [own.post("/me/mail/ask", follow_redirects=True).text for _ in range(5)]
    assert len(letters(app)) == limits.LETTERS_PER_MAILBOX
    assert "on its way" in told[0]
    assert "enough letters" in told[-1]


def test_an_admin_can_only_ask(app: Flask, person: int, client: FlaskClient) -> None:
    runner = app.test_cli_runner()
    done = runner.invoke(args=["users", "ask-letters", "hanako@example.com"])
    assert done.exit_code == 0, done.output
    assert not _is_due(app, person)
    client.post(_link(app), data={"answer": "yes"})
    assert _is_due(app, person)
    again = runner.invoke(args=["users", "ask-letters", "hanako@example.com"])
    assert again.exit_code == 1
    assert len(letters(app)) == 1


def test_ending_the_last_alert_is_no_no(app: Flask, person: int) -> None:
    with app.app_context(), transaction():
        user = db.session.get_one(User, person)
        optin.agree(user, ConsentKind.ALERT, locale="en", how="form")
        consents.withdraw(person, ConsentKind.ALERT, how=consents.UNUSED)
        again = optin.agree(user, ConsentKind.ALERT, locale="en", how="form")
        assert not consents.is_waiting(again)
        consents.withdraw(person, ConsentKind.ALERT, how="one-click")
        assert consents.is_waiting(optin.agree(user, ConsentKind.ALERT, locale="en", how="form")), (
            "one click is a no"
        )


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_the_letter_that_asks_is_whole_in_both_languages(
    app: Flask, own: FlaskClient, locale: str
) -> None:
    own.set_cookie("locale", locale)
    for frequency in ("daily", "off", "daily"):
        own.post("/me/mail", data={"frequency": frequency, "locale": locale})
    (letter,) = letters(app)
    assert letter.locale == locale
    assert _ledger(app)[-1].text in outbox.text_of(letter)
    wanted: dict[str, Any] = {"en": "Do you want these letters?", "ja": "受け取りますか"}
    page = app.test_client().get(f"{_link(app)}?lang={locale}").get_data(as_text=True)
    assert wanted[locale] in page


def test_frequency_is_kept_when_asked_again(app: Flask, own: FlaskClient, person: int) -> None:
    _ended_and_wanted_again(own)
    with app.app_context():
        profile = db.session.get_one(User, person).profile
        assert profile.digest_frequency is DigestFrequency.DAILY
