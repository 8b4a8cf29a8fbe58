"""Who gets a letter, what is in it, and that nobody gets it twice."""

import email.policy
import threading
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts.models import Consent, DigestFrequency, Profile
from jobscore.database.transaction import transaction
from jobscore.digests import service
from jobscore.digests.models import Digest, DigestItem
from jobscore.emails import suppression, tasks
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.extensions import db
from jobscore.matching.models import MatchingResult, MatchStatus
from tests.digests.conftest import DAY, MORNING
from tests.emails import mailserver

Make = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("morning")


def test_a_person_who_is_due_gets_one_letter_with_everything_written_down(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader = make_reader()
    jobs = make_jobs(3)
    match(reader, jobs)
    session.commit()
    report = service.build_digests(DAY)
    assert (report.due, report.letters, report.jobs) == (1, 1, 3)
    [letter] = session.scalars(select(EmailLog)).all()
    assert letter.status is EmailStatus.PENDING
    assert letter.recipient_email == reader.email
    [digest] = session.scalars(select(Digest)).all()
    assert (digest.digest_on, digest.email_log_id) == (DAY, letter.id)
    assert [i.job_id for i in digest.items] == [j.id for j in jobs]
    assert [i.total_score for i in digest.items] == [95, 94, 93]
    assert digest.items[0].components["salary"] is None, "unknown stays unknown"
    found = session.scalars(select(MatchingResult)).all()
    assert {m.match_status for m in found} == {MatchStatus.SENT}
    assert all(m.sent_at for m in found)


def test_a_second_run_the_same_day_writes_none(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    match(make_reader(), make_jobs(2))
    session.commit()
    assert service.build_digests(DAY).letters == 1
    assert service.build_digests(DAY).letters == 0
    assert session.scalar(select(func.count(EmailLog.id))) == 1


def test_a_job_that_was_sent_is_never_sent_again(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader = make_reader()
    [row] = match(reader, make_jobs(1))
    session.commit()
    service.build_digests(DAY)
    tomorrow = DAY + timedelta(days=1)
    row.match_on, row.match_status = tomorrow, MatchStatus.PENDING
    session.commit()
    report = service.build_digests(tomorrow)
    assert (report.letters, report.skipped["no_matches"]) == (0, 1)


NOT_DUE: list[Any] = [
    pytest.param({"consent": False}, id="without consent"),
    pytest.param({"email_verified_at": None}, id="with an address not confirmed"),
    pytest.param({"is_active": False}, id="switched off"),
    pytest.param({"profile": {"digest_frequency": DigestFrequency.OFF}}, id="who wants none"),
    pytest.param({"profile": {"snoozed_until": DAY + timedelta(days=1)}}, id="who sleeps"),
]


@pytest.mark.parametrize("values", NOT_DUE)
def test_no_letter_goes_to_people(
    session: Session, make_reader: Make, make_jobs: Make, match: Make, values: dict[str, Any]
) -> None:
    match(make_reader(**values), make_jobs(1))
    session.commit()
    report = service.build_digests(DAY)
    assert (report.due, report.letters) == (0, 0)


def test_a_snooze_ends_on_its_day(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    match(make_reader(profile={"snoozed_until": DAY}), make_jobs(1))
    session.commit()
    assert service.build_digests(DAY).letters == 1


def test_a_weekly_letter_comes_once_in_seven_days(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader = make_reader(profile={"digest_frequency": DigestFrequency.WEEKLY})
    for n, job in enumerate(make_jobs(8)):
        match(reader, [job], on=DAY + timedelta(days=n))
    session.commit()
    days = [n for n in range(8) if service.build_digests(DAY + timedelta(days=n)).letters]
    assert days == [0, 7]


def test_only_jobs_above_the_persons_own_minimum_are_in_the_letter(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    match(make_reader(profile={"digest_min_score": 94}), make_jobs(4))
    match(make_reader(profile={"digest_min_score": 99}), make_jobs(1))
    session.commit()
    report = service.build_digests(DAY)
    assert (report.letters, report.jobs) == (1, 2)
    assert report.skipped["below_minimum"] == 1


def test_closed_and_expired_jobs_are_left_out(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    closed = make_jobs(1, is_active=False)
    expired = make_jobs(1, expires_at=MORNING - timedelta(minutes=1))
    match(make_reader(), [*closed, *expired])
    session.commit()
    assert service.build_digests(DAY).skipped["no_matches"] == 1


def test_a_suppressed_address_gets_none_and_keeps_its_matches(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader = make_reader()
    match(reader, make_jobs(1))
    suppression.suppress(reader.email, suppression.Reason.BOUNCE)
    session.commit()
    assert service.build_digests(DAY).skipped["suppressed"] == 1
    assert session.scalar(select(MatchingResult.match_status)) is MatchStatus.PENDING


def test_a_held_batch_waits_until_it_is_released(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    match(make_reader(), make_jobs(1))
    session.commit()
    service.build_digests(DAY, is_held=True)
    with mailserver.running() as box:
        _mail_to(box)
        assert tasks.send_batch().handled == 0
        with transaction():
            assert service.release_held() == 1
        assert tasks.send_batch().sent == 1


def test_two_builders_at_once_write_each_letter_once(
    app: Flask, session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    jobs = make_jobs(3)
    for _ in range(30):
        match(make_reader(), jobs)
    session.commit()
    reports: list[service.BuildReport] = []

    def build() -> None:
        with app.app_context():
            reports.append(service.build_digests(DAY))
            db.session.remove()

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(r.letters for r in reports) == 30
    session.rollback()
    assert session.scalar(select(func.count(Digest.id))) == 30
    assert session.scalar(select(func.count(EmailLog.id))) == 30
    assert session.scalar(select(func.count(DigestItem.id))) == 90


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_every_letter_carries_the_headers_that_the_law_and_receivers_ask_for(
    session: Session, make_reader: Make, make_jobs: Make, match: Make, locale: str
) -> None:
    reader = make_reader(locale)
    match(reader, make_jobs(40, title="Nurse\r\nBcc: everybody@example.com"))
    session.commit()
    service.build_digests(DAY)
    with mailserver.running() as box:
        _mail_to(box)
        tasks.send_batch()
    [raw] = box.received
    assert b"\nBcc:" not in raw.partition(b"\r\n\r\n")[0]
    assert raw.count(b"\n") == raw.count(b"\r\n"), "every line ends in CRLF"
    message = message_from_bytes(raw, policy=email.policy.SMTP)
    assert message["To"] == reader.email
    assert "Example Jobs K.K." in message["From"]
    assert message["Message-ID"].startswith("<letter.")
    assert message["List-Unsubscribe"].startswith("<http://localhost/u/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Id"] == "<digest.localhost>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == locale
    assert message["Date"]
    assert [p.get_content_type() for p in message.iter_parts()] == ["text/plain", "text/html"]


def test_withdrawing_consent_ends_the_ledgers_entry_and_stops_what_waits(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader = make_reader()
    match(reader, make_jobs(1))
    session.commit()
    service.build_digests(DAY)
    with transaction():
        assert service.withdraw_consent(reader.id) is True
    with transaction():
        assert service.withdraw_consent(reader.id) is False
    assert session.scalars(select(Consent)).one().withdrawn_at == clock.now()
    assert session.get_one(Profile, reader.id).digest_frequency is DigestFrequency.OFF
    letter = session.scalars(select(EmailLog)).one()
    assert (letter.email_type, letter.status) == (EmailType.DIGEST, EmailStatus.SUPPRESSED)


def test_a_preview_shows_the_letter_and_writes_nothing(
    session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> None:
    reader = make_reader()
    assert service.preview(reader.id, DAY) is None
    match(reader, make_jobs(2))
    session.commit()
    letter = service.preview(reader.id, DAY)
    assert letter is not None
    assert "Nurse 0" in letter.text
    assert session.scalar(select(func.count(EmailLog.id))) == 0


def _mail_to(box: mailserver.Mailbox) -> None:
    import dataclasses

    from flask import current_app

    settings = current_app.config["JOBSCORE"]
    current_app.config["JOBSCORE"] = dataclasses.replace(settings, mail_url=box.url)
