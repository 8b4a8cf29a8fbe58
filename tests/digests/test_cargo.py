"""A job never delivered may be sent another day, and is never sent twice."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.digests import service
from jobscore.digests.models import Digest, DigestItem
from jobscore.emails import endings, suppression, tasks
from jobscore.emails import service as outbox
from jobscore.emails.bounces import service as bounces
from jobscore.emails.models import EmailLog, EmailStatus
from jobscore.jobs.models import Job
from jobscore.matching.models import MatchingResult, MatchStatus
from tests.digests.conftest import DAY, MORNING
from tests.emails import mailserver

Make = Callable[..., Any]
TOMORROW = DAY + timedelta(days=1)

pytestmark = pytest.mark.usefixtures("morning")


@pytest.fixture
def mailbox() -> Any:
    with mailserver.running() as box:
        yield box


@pytest.fixture
def settings(mailbox: mailserver.Mailbox) -> dict[str, object]:
    return {"mail_url": mailbox.url}


def write(session: Session, reader: User, jobs: Sequence[Job], match: Make) -> int:
    """Write the letter of the day; return its number in the log."""
    match(reader, jobs)
    session.commit()
    assert service.build_digests(DAY).letters == 1
    log_id = session.scalars(select(Digest.email_log_id)).one()
    session.rollback()
    assert log_id is not None
    return log_id


def state(session: Session) -> list[tuple[int | None, int | None, MatchStatus, bool]]:
    """Job and given-back job of each item, with its match's status and whether it was sent."""
    session.rollback()
    items = session.scalars(select(DigestItem).order_by(DigestItem.id)).all()
    found = []
    for item in items:
        job_id = item.job_id or item.undelivered_job_id
        match = session.scalars(
            select(MatchingResult).filter_by(user_id=item.user_id, job_id=job_id)
        ).one()
        sent = match.sent_at is not None
        found.append((item.job_id, item.undelivered_job_id, match.match_status, sent))
    session.rollback()
    return found


def test_jobs_of_a_refused_letter_come_again_another_day(
    session: Session,
    make_reader: Make,
    make_jobs: Make,
    match: Make,
    mailbox: mailserver.Mailbox,
) -> None:
    reader, [job] = make_reader(), make_jobs(1)
    write(session, reader, [job], match)
    mailbox.on_recipient = lambda _a: "554 5.7.1 not today"
    assert tasks.send_batch().failed == 1
    assert state(session) == [(None, job.id, MatchStatus.PENDING, False)]
    assert service.build_digests(DAY).letters == 0, "one letter a day, whatever became of it"
    row = session.scalars(select(MatchingResult)).one()
    row.match_on, row.match_status = TOMORROW, MatchStatus.PENDING
    session.commit()
    assert service.build_digests(TOMORROW).jobs == 1


def test_a_match_of_an_earlier_day_expires_when_its_letter_comes_back(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader, [job, saved] = make_reader(), make_jobs(2)
    log_id = write(session, reader, [job, saved], match)
    kept = session.scalars(select(MatchingResult).filter_by(job_id=saved.id)).one()
    kept.match_status, kept.saved_at = MatchStatus.SAVED, clock.now()
    session.commit()
    with clock.set_to(MORNING + timedelta(days=2)), transaction():
        endings.undelivered([log_id])
    expected = [
        (None, job.id, MatchStatus.EXPIRED, False),
        (None, saved.id, MatchStatus.SAVED, False),
    ]
    assert state(session) == expected
    with transaction():
        endings.undelivered([log_id])
    assert state(session) == expected, "given back once"


def test_a_letter_tried_again_takes_its_jobs_again(
    session: Session,
    make_reader: Make,
    make_jobs: Make,
    match: Make,
    mailbox: mailserver.Mailbox,
) -> None:
    reader, [job] = make_reader(), make_jobs(1)
    log_id = write(session, reader, [job], match)
    with transaction():
        outbox.cancel(log_id)
    assert state(session) == [(None, job.id, MatchStatus.PENDING, False)]
    with transaction():
        outbox.retry(log_id)
    assert state(session) == [(job.id, None, MatchStatus.SENT, True)]
    assert tasks.send_batch().sent == 1


def test_a_letter_whose_job_has_left_in_another_one_cannot_be_tried_again(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader, [job] = make_reader(), make_jobs(1)
    log_id = write(session, reader, [job], match)
    with transaction():
        outbox.cancel(log_id)
    row = session.scalars(select(MatchingResult)).one()
    row.match_on, row.match_status = TOMORROW, MatchStatus.PENDING
    session.commit()
    assert service.build_digests(TOMORROW).letters == 1
    with pytest.raises(outbox.OvertakenError), transaction():
        outbox.retry(log_id)
    with transaction() as own:
        own.get_one(EmailLog, log_id).status = EmailStatus.FAILED
    with transaction():
        assert outbox.retry_failed() == 0
    found = session.scalars(select(DigestItem.job_id).order_by(DigestItem.id)).all()
    assert found == [None, job.id]


def test_a_job_deleted_meanwhile_stays_out_of_a_letter_tried_again(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader, [gone, job] = make_reader(), make_jobs(2)
    log_id = write(session, reader, [gone, job], match)
    with transaction():
        outbox.cancel(log_id)
    gone_id, kept_id = gone.id, job.id
    session.delete(session.get_one(Job, gone_id))
    session.commit()
    with transaction():
        outbox.retry(log_id)
    found = session.execute(
        select(DigestItem.job_id, DigestItem.undelivered_job_id).order_by(DigestItem.id)
    ).all()
    assert [tuple(row) for row in found] == [(None, None), (kept_id, None)]


def test_who_turns_letters_off_may_get_the_jobs_of_the_one_that_waited_later(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader, [job] = make_reader(), make_jobs(1)
    write(session, reader, [job], match)
    with transaction():
        service.withdraw_consent(reader.id)
    assert state(session) == [(None, job.id, MatchStatus.PENDING, False)]


def test_jobs_of_a_letter_that_came_back_may_be_sent_another_day(
    session: Session,
    make_reader: Make,
    make_jobs: Make,
    match: Make,
    mailbox: mailserver.Mailbox,
) -> None:
    reader, [job] = make_reader(), make_jobs(1)
    log_id = write(session, reader, [job], match)
    assert tasks.send_batch().sent == 1
    with transaction():
        assert bounces.mark_bounced(log_id, "mailbox full")
        assert not bounces.mark_bounced(log_id, "mailbox full")
    assert state(session) == [(None, job.id, MatchStatus.PENDING, False)]


def test_a_letter_in_doubt_keeps_its_jobs(
    session: Session,
    make_reader: Make,
    make_jobs: Make,
    match: Make,
    mailbox: mailserver.Mailbox,
) -> None:
    reader, [job] = make_reader(), make_jobs(1)
    write(session, reader, [job], match)
    mailbox.drop_after_data = lambda _content: True
    assert tasks.send_batch().in_doubt == 1
    assert state(session) == [(job.id, None, MatchStatus.SENT, True)]


def test_an_address_suppressed_before_sending_keeps_no_job(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader, [job] = make_reader(), make_jobs(1)
    write(session, reader, [job], match)
    with transaction():
        suppression.suppress(reader.email, suppression.Reason.COMPLAINT)
    assert tasks.send_batch().suppressed == 1
    assert state(session) == [(None, job.id, MatchStatus.PENDING, False)]
