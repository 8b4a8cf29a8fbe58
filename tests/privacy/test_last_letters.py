"""The letters about a person's data: an export was downloaded; everything is erased."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select, update

from jobscore import background, clock
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.extensions import db
from jobscore.privacy import emails, farewells, tasks
from tests.accounts.people import PASSWORD, browser_of, create, letters

ERASE = {"email": "hanako@example.com", "present": PASSWORD}


def _erase(app: Flask, **more: str) -> None:
    answer = browser_of(app, create(app)).post("/me/data/erase", data=ERASE | more)
    assert answer.status_code == 303


def _settle(app: Flask, status: EmailStatus) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(EmailLog).values(status=status))


def test_no_last_letter_goes_to_who_did_not_ask_for_one(app: Flask) -> None:
    _erase(app)
    assert letters(app) == []


@pytest.mark.parametrize("status", [EmailStatus.SENT, EmailStatus.FAILED, EmailStatus.IN_DOUBT])
def test_the_last_letter_names_nobody_and_its_address_goes_when_it_has_left(
    app: Flask, status: EmailStatus
) -> None:
    _erase(app, letter="y")
    (letter,) = letters(app)
    assert (letter.user_id, letter.status) == (None, EmailStatus.PENDING)
    assert letter.email_type is EmailType.NOTICE
    assert "erased" in letter.subject
    with app.app_context():
        assert not tasks.forget_last_letters(), "it must leave first"
    assert letters(app)[0].recipient_email == "hanako@example.com"
    _settle(app, status)
    with app.app_context():
        assert tasks.forget_last_letters()
        assert not tasks.forget_last_letters()
    (letter,) = letters(app)
    kept = (letter.recipient_email, letter.subject, letter.body, letter.text_z, letter.html_z)
    assert kept == ("", "", "", None, None)


def test_a_last_letter_that_cannot_leave_is_given_up(app: Flask) -> None:
    _erase(app, letter="y")
    with clock.set_to(clock.now() + farewells.LONGEST + timedelta(hours=1)), app.app_context():
        assert tasks.forget_last_letters()
    (letter,) = letters(app)
    assert (letter.status, letter.recipient_email) == (EmailStatus.CANCELLED, "")


def test_notices_to_others_keep_their_address(app: Flask) -> None:
    _erase(app, letter="y")
    with app.app_context(), transaction() as session:
        session.add(
            EmailLog(
                email_type=EmailType.NOTICE,
                recipient_email="operator@example.com",
                subject="x",
                body="x",
                status=EmailStatus.SENT,
            )
        )
    with app.app_context():
        tasks.forget_last_letters()
        query = select(EmailLog.recipient_email).where(EmailLog.subject == "x")
        assert db.session.scalar(query) == "operator@example.com"


def test_the_worker_knows_this_task(app: Flask) -> None:
    assert "last letters" in background._tasks


def test_a_download_is_told_once_an_hour(app: Flask) -> None:
    browser = browser_of(app, create(app))
    for _ in range(3):
        assert browser.post("/me/data/export").status_code == 200
    (letter,) = letters(app)
    assert letter.recipient_email == "hanako@example.com"
    assert "/me/data" in outbox.text_of(letter)
    with clock.set_to(clock.now() + timedelta(hours=2)):
        browser.post("/me/data/export")
    assert len(letters(app)) == 2


def test_who_has_no_confirmed_address_gets_none(app: Flask) -> None:
    browser_of(app, create(app, is_verified=False)).post("/me/data/export")
    assert letters(app) == []


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_both_letters_say_the_same_as_text_and_html_in_both_languages(
    app: Flask, locale: str
) -> None:
    user_id = create(app)
    with app.app_context(), transaction() as session:
        session.get_one(User, user_id).profile.locale = locale
    browser = browser_of(app, user_id)
    browser.post("/me/data/export")
    with app.app_context(), transaction() as session:
        user = session.get_one(User, user_id)
        drafts = [emails.account_erased(user)]
        told = session.scalars(select(EmailLog)).one()
        parts = [(told.subject, outbox.text_of(told), outbox.html_of(told))]
    parts += [(one.subject, one.text, one.html) for one in drafts if one is not None]
    assert len(parts) == 2
    for subject, text, html in parts:
        assert html is not None
        assert "%(" not in subject + text + html
        assert (re.search("[ぁ-ん]", subject) is not None) is (locale == "ja")
        shown = unescape(re.sub(r"<[^>]+>", "", html))
        for line in filter(None, map(str.strip, text.splitlines())):
            if not line.startswith(("http", "---")):
                assert line in shown, line
