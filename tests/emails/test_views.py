"""The admin's pages about letters: found, decided about in numbers, taken along, paused, tried."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import flask
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts import sessions
from jobscore.accounts.models import AuditLog, User
from jobscore.database.transaction import transaction
from jobscore.emails import pausing, service
from jobscore.emails.models import (
    AttemptOutcome,
    EmailAttempt,
    EmailLog,
    EmailStatus,
    EmailType,
)
from jobscore.emails.views.road import server_name
from jobscore.extensions import db
from tests import factories
from tests.emails.conftest import row
from tests.emails.mailserver import Mailbox

Outbox = Callable[..., list[int]]
NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@pytest.fixture
def admin(app: Flask, session: Session) -> FlaskClient:
    person = factories.user(session, email="boss@example.com", is_superuser=True)
    return _sign_in(app, session, person)


def _sign_in(app: Flask, session: Session, person: User) -> FlaskClient:
    with app.test_request_context():
        token = sessions.start(person, user_agent="test", address="127.0.0.1")
    session.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    return client


def doubt(ids: list[int], status: EmailStatus = EmailStatus.IN_DOUBT) -> None:
    with transaction() as session:
        session.execute(
            update(EmailLog)
            .where(EmailLog.id.in_(ids))
            .values(status=status, error_message="no answer", next_attempt_at=None)
        )


def actions() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditLog.action).order_by(AuditLog.id)))


def test_the_log_shows_days_speed_and_only_what_the_filters_find(
    admin: FlaskClient, outbox: Outbox
) -> None:
    ids = outbox(3)
    doubt(ids[:1])
    page = admin.get("/admin/emails").get_data(as_text=True)
    assert "Letters by day" in page
    assert "Sent in the last hour" in page
    assert "Selection" not in page, "without a state there is nothing to decide about"
    some = admin.get("/admin/emails?status=in_doubt&problem=ANSWER").get_data(as_text=True)
    assert re.findall(r'href="/admin/emails/(\d+)"', some) == [str(ids[0])]
    assert "1 letter found" in some
    none = admin.get("/admin/emails?until=2020-01-01").get_data(as_text=True)
    assert "No letter matches" in none


def test_chosen_letters_in_doubt_are_settled_after_one_question(
    admin: FlaskClient, outbox: Outbox
) -> None:
    ids = outbox(4)
    doubt(ids)
    form = {"status": "in_doubt", "action": "count-as-sent", "id": [str(ids[0]), str(ids[1])]}
    asked = admin.post("/admin/emails/many", data=form)
    assert asked.status_code == 200
    page = asked.get_data(as_text=True)
    assert "Count 2 letters as sent?" in page
    assert {row(i).status for i in ids} == {EmailStatus.IN_DOUBT}, "nothing before the answer"
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    done = admin.post("/admin/emails/many", data=hidden, follow_redirects=True)
    assert "2 letters count as sent" in done.get_data(as_text=True)
    assert [row(i).status for i in ids] == [EmailStatus.SENT] * 2 + [EmailStatus.IN_DOUBT] * 2
    assert "email.many_count_as_sent" in actions()


def test_all_that_the_filters_find_are_settled_and_no_others(
    admin: FlaskClient, outbox: Outbox
) -> None:
    digests = outbox(3, email_type=EmailType.DIGEST)
    others = outbox(2, email_type=EmailType.NOTICE)
    doubt([*digests, *others])
    form = {"status": "in_doubt", "type": "digest", "action": "send-again", "scope": "all"}
    admin.post("/admin/emails/many", data={**form, "confirmed": "1"})
    assert {row(i).status for i in digests} == {EmailStatus.PENDING}
    assert {row(i).status for i in others} == {EmailStatus.IN_DOUBT}


def test_a_state_that_does_not_allow_it_and_no_choice_change_nothing(
    admin: FlaskClient, outbox: Outbox
) -> None:
    ids = outbox(1)
    for form in (
        {"status": "sent", "action": "send-again", "scope": "all"},
        {"action": "cancel", "scope": "all"},
        {"status": "pending", "action": "delete", "scope": "all"},
    ):
        assert admin.post("/admin/emails/many", data=form).status_code == 400
    empty = {"status": "pending", "action": "cancel", "id": ["x", "9" * 30]}
    said = admin.post("/admin/emails/many", data=empty, follow_redirects=True)
    assert "choose letters first" in said.get_data(as_text=True)
    assert row(ids[0]).status is EmailStatus.PENDING


def test_the_file_holds_what_the_filters_find_and_addresses_only_when_asked_for(
    admin: FlaskClient, outbox: Outbox
) -> None:
    ids = outbox(3)
    with transaction() as session:
        letter = session.get_one(EmailLog, ids[1])
        letter.status, letter.error_message = EmailStatus.FAILED, "=1+1 for reader1@example.com"
    answer = admin.post("/admin/emails/export", data={"status": "failed"})
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [one["letter_id"] for one in rows] == [str(ids[1])]
    assert "@example.com" not in answer.get_data(as_text=True)
    assert rows[0]["error_message"].startswith("'="), "formulas are guarded"
    full = admin.post("/admin/emails/export", data={"addresses": "1"})
    rows = list(csv.DictReader(io.StringIO(full.get_data().decode("utf-8-sig"))))
    assert len(rows) == 3
    assert rows[0]["recipient_email"] == "reader0@example.com"
    assert actions().count("email.exported") == 2


def test_a_letter_shows_each_try(admin: FlaskClient, outbox: Outbox) -> None:
    (log_id,) = outbox(1)
    with transaction() as session:
        session.add(
            EmailAttempt(
                email_log_id=log_id,
                started_at=NOON,
                ended_at=NOON + timedelta(seconds=2),
                outcome=AttemptOutcome.DEFERRED,
                reply="451 later",
                worker="host:1:abc",
            )
        )
    page = admin.get(f"/admin/emails/{log_id}").get_data(as_text=True)
    assert "451 later" in page
    assert "Refused for now" in page


def test_letters_are_paused_and_leave_again(
    admin: FlaskClient, outbox: Outbox, mailbox: Mailbox
) -> None:
    outbox(1)
    admin.post("/admin/emails/pause", data={"which": "many", "reason": "Wrong\nsubject"})
    page = admin.get("/admin/emails/sending").get_data(as_text=True)
    assert "Letters to many are paused" in page
    assert "Wrong subject" in page
    assert "Letters to many are paused" in admin.get("/admin").get_data(as_text=True)
    admin.post("/admin/emails/resume")
    db.session.rollback()
    assert pausing.current() is None
    assert {"email.paused", "email.resumed"} <= set(actions())


def test_the_page_says_since_when_the_server_is_down_and_what_is_missing(
    admin: FlaskClient, app: Flask
) -> None:
    with clock.set_to(NOON), transaction():
        service.record_outage("connection refused")
    page = admin.get("/admin/emails/sending").get_data(as_text=True)
    assert "connection refused" in page
    assert "Mar 2, 2026" in page or "3/2/26" in page
    admin.post("/admin/emails/try-server")
    db.session.rollback()
    assert "email.server_tried" in actions()


def test_a_test_letter_leaves_at_once_and_the_answer_is_shown(
    admin: FlaskClient, mailbox: Mailbox
) -> None:
    done = admin.post("/admin/emails/test", data={"address": "you@example.com", "language": "ja"})
    assert done.status_code == 200
    assert "The server answered: 250" in done.get_data(as_text=True)
    assert mailbox.recipients == ["you@example.com"] or len(mailbox.received) == 1
    for address in ("", "no address"):
        assert admin.post("/admin/emails/test", data={"address": address}).status_code == 422
    assert len(mailbox.received) == 1
    mailbox.on_recipient = lambda _address: "550 5.1.1 nobody"
    refused = admin.post("/admin/emails/test", data={"address": "x@example.com"})
    assert refused.status_code == 422
    assert "550 5.1.1 nobody" in refused.get_data(as_text=True)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("smtp://user:secret@mail.example.jp:587", "mail.example.jp:587"),
        ("smtps://user:secret@mail.example.jp", "mail.example.jp:465"),
        ("file:///var/outbox", "the folder /var/outbox"),
    ],
)
def test_the_page_names_the_server_without_its_password(app: Flask, url: str, name: str) -> None:
    with app.test_request_context():
        assert server_name(url) == name


def test_seekers_and_strangers_see_nothing_of_it(app: Flask, session: Session) -> None:
    stranger, seeker = app.test_client(), _sign_in(app, session, factories.user(session))
    for path in ("/admin/emails", "/admin/emails/held", "/admin/emails/sending", "/admin/doctor"):
        for client, status in ((stranger, 302), (seeker, 403)):
            flask.g.pop("_login_user", None)  # requests of a test share its context
            assert client.get(path).status_code == status
    for path in ("many", "export", "pause", "resume", "test", "held/release", "held/cancel"):
        assert seeker.post(f"/admin/emails/{path}").status_code == 403
