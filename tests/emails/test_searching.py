"""The log found by filters, counted by days, and decided about in numbers."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.emails import figures, searching, service, settling
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.emails.searching import Filters
from jobscore.extensions import db
from tests.emails.conftest import row

Outbox = Callable[..., list[int]]
#: Half past midnight of the 2nd in Tokyo, which is the 1st in UTC.
NIGHT = datetime(2026, 3, 1, 15, 30, tzinfo=UTC)


def written(session: Session, at: datetime, status: EmailStatus, **values: object) -> int:
    letter = EmailLog(
        **{  # type: ignore[arg-type]
            "email_type": EmailType.DIGEST,
            "recipient_email": "a@example.com",
            "subject": "s",
            "body": "b",
            "status": status,
            "created_at": at,
        }
        | values
    )
    session.add(letter)
    session.flush()
    return letter.id


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({}, Filters()),
        ({"status": "failed", "type": "digest"}, Filters(EmailStatus.FAILED, EmailType.DIGEST)),
        ({"status": "x", "type": "y", "since": "z", "until": "0001-01-01"}, Filters()),
        ({"to": "  A@b\x00 ", "held": "1"}, Filters(recipient="A@b", is_held=True)),
        ({"since": "2026-03-01"}, Filters(since=date(2026, 3, 1))),
    ],
)
def test_an_address_is_read_and_what_is_odd_filters_nothing(
    args: dict[str, str], expected: Filters
) -> None:
    assert searching.read(args) == expected
    assert searching.read(expected.address()) == expected


def test_letters_are_found_by_day_of_the_operator_problem_and_address(
    app: Flask, session: Session
) -> None:
    evening = NIGHT - timedelta(hours=1)
    before = written(session, evening, EmailStatus.SENT)
    after = written(
        session,
        NIGHT,
        EmailStatus.FAILED,
        recipient_email="B_100%@example.com",
        error_message="550 5.7.1 Mailbox full",
    )
    everything = [before, after]

    def found(**filters: object) -> list[int]:
        return searching.ids(Filters(**filters), most=10)  # type: ignore[arg-type]

    assert found() == everything
    assert found(until=date(2026, 3, 1)) == [before]
    assert found(since=date(2026, 3, 2)) == [after]
    assert found(since=date(2026, 3, 1), until=date(2026, 3, 2)) == everything
    assert found(problem="MAILBOX") == [after]
    assert found(recipient="b_1") == [after]
    assert found(recipient="%") == [after]
    assert found(status=EmailStatus.SENT) == [before]
    assert searching.count(Filters(problem="550")) == 1
    assert searching.ids(Filters(), after=before, most=10) == [after]


def test_days_are_those_of_the_operator_and_none_is_left_out(app: Flask, session: Session) -> None:
    written(session, NIGHT - timedelta(hours=1), EmailStatus.SENT)
    written(session, NIGHT, EmailStatus.SENT)
    written(session, NIGHT, EmailStatus.FAILED)
    written(session, NIGHT - timedelta(days=9), EmailStatus.SENT)
    days = figures.by_day(date(2026, 3, 3), 4)
    assert [day.on.day for day in days] == [28, 1, 2, 3]
    assert [day.total for day in days] == [0, 1, 2, 0]
    assert days[2].of(EmailStatus.FAILED, EmailStatus.BOUNCED) == 1


def test_the_speed_is_that_of_the_last_hour_and_of_the_best_minute(
    app: Flask, session: Session
) -> None:
    now = NIGHT + timedelta(hours=5)
    for minutes, n in ((10, 2), (50, 1), (90, 4)):
        for second in range(n):
            at = now - timedelta(minutes=minutes) + timedelta(seconds=second)
            written(session, NIGHT, EmailStatus.SENT, sent_at=at)
    waits = now - timedelta(minutes=3)
    written(session, NIGHT, EmailStatus.PENDING, next_attempt_at=waits)
    written(session, NIGHT, EmailStatus.PENDING, next_attempt_at=now + timedelta(minutes=1))
    written(session, NIGHT, EmailStatus.PENDING, is_held=True)
    with clock.set_to(now):
        speed = figures.speed()
    assert (speed.last_hour, speed.best_minute) == (3, 4)
    assert (speed.waiting, speed.waiting_since) == (1, waits)


def test_many_letters_are_settled_and_those_in_another_state_stay(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "STEP", 2)
    ids = outbox(5)
    with transaction():
        service.cancel(ids[1])
    done = settling.settle("cancel", ids)
    assert (done.done, done.refused) == (4, 1)
    assert {row(i).status for i in ids} == {EmailStatus.CANCELLED}
    again = settling.settle_all("retry", Filters(status=EmailStatus.CANCELLED))
    assert (again.done, again.refused) == (5, 0)
    assert {row(i).status for i in ids} == {EmailStatus.PENDING}


def test_letters_in_doubt_are_settled_by_command(app: Flask, outbox: Outbox) -> None:
    ids = outbox(3)
    with transaction():
        for letter in db.session.query(EmailLog).filter(EmailLog.id.in_(ids[:2])):
            letter.status = EmailStatus.IN_DOUBT
    runner = app.test_cli_runner()
    one = runner.invoke(args=["emails", "settle", "count-as-sent", str(ids[0]), str(ids[2])])
    assert one.exit_code == 1
    assert "1 settled, 1 were not in doubt" in one.output
    rest = runner.invoke(args=["emails", "settle", "send-again", "--all"])
    assert rest.exit_code == 0, rest.output
    assert [row(i).status for i in ids] == [
        EmailStatus.SENT,
        EmailStatus.PENDING,
        EmailStatus.PENDING,
    ]
    assert runner.invoke(args=["emails", "settle", "send-again"]).exit_code == 2
