"""Held letters: built, looked at, then released or cancelled, batch by batch; previews."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import background
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.digests import held, previewing, service
from jobscore.digests.models import DigestItem
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.matching.models import MatchingResult, MatchStatus
from jobscore.privacy import looking
from tests import factories
from tests.digests.conftest import DAY
from tests.digests.test_views import browser as browser

Make = Callable[..., Any]
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def readers(
    app: Flask, morning: Any, session: Session, make_reader: Make, make_jobs: Make, match: Make
) -> list[User]:
    """Three people with matches of the day, in two languages."""
    found = [make_reader(locale) for locale in ("en", "ja", "en")]
    for reader in found:
        match(reader, make_jobs(2))
    session.commit()
    return found


def states(session: Session) -> list[EmailStatus]:
    session.rollback()
    session.expire_all()
    return list(session.scalars(select(EmailLog.status).order_by(EmailLog.id)))


def test_a_batch_names_its_day_letters_and_jobs_with_samples_of_both_languages(
    readers: list[User], session: Session
) -> None:
    assert held.batches() == []
    service.build_digests(DAY, is_held=True)
    (batch,) = held.batches()
    assert (batch.email_type, batch.on) == (EmailType.DIGEST, DAY)
    assert (batch.letters, batch.jobs) == (3, 6)
    samples = held.samples()[EmailType.DIGEST, DAY]
    assert [one.locale for one in samples] == ["en", "ja", "en"]


def test_a_released_batch_is_due_and_another_day_is_left_alone(
    readers: list[User], session: Session, make_jobs: Make, match: Make
) -> None:
    service.build_digests(DAY, is_held=True)
    match(readers[0], make_jobs(1), NEXT)
    session.commit()
    service.build_digests(NEXT, is_held=True)
    assert [batch.on for batch in held.batches()] == [NEXT, DAY]
    with transaction():
        assert held.release(EmailType.DIGEST, DAY) == 3
    (left,) = held.batches()
    assert (left.on, left.letters) == (NEXT, 1)
    due = session.scalars(select(EmailLog.next_attempt_at).where(EmailLog.is_held.is_(False)))
    assert None not in list(due)


def test_a_cancelled_batch_gives_its_jobs_back(readers: list[User], session: Session) -> None:
    service.build_digests(DAY, is_held=True)
    done = held.cancel(EmailType.DIGEST, DAY)
    assert (done.done, done.refused) == (3, 0)
    assert set(states(session)) == {EmailStatus.CANCELLED}
    assert list(session.scalars(select(DigestItem.job_id))) == [None] * 6
    assert set(session.scalars(select(MatchingResult.match_status))) == {MatchStatus.PENDING}


def test_what_has_not_left_can_be_held_back(readers: list[User], session: Session) -> None:
    service.build_digests(DAY)
    with transaction():
        assert held.hold(DAY) == 3
    assert held.batches()[0].letters == 3
    with transaction():
        assert held.hold(DAY) == 0


def test_commands_list_release_and_cancel(
    app: Flask, readers: list[User], session: Session
) -> None:
    runner = app.test_cli_runner()
    assert "Nothing is held" in runner.invoke(args=["digests", "held"]).output
    runner.invoke(args=["digests", "build", "--hold", "--on", str(DAY)])
    assert "3 letters with 6 jobs" in runner.invoke(args=["digests", "held"]).output
    other = runner.invoke(args=["digests", "release", "--on", str(NEXT)])
    assert "0 letters released" in other.output
    assert "3 letters released" in runner.invoke(args=["digests", "release"]).output
    assert "3 letters held" in runner.invoke(args=["digests", "hold", "--on", str(DAY)]).output
    assert "3 letters cancelled" in runner.invoke(args=["digests", "cancel", "--yes"]).output


def test_the_page_builds_holds_releases_and_cancels(
    app: Flask, readers: list[User], session: Session, browser: Make
) -> None:
    admin: FlaskClient = browser(factories.user(session, is_superuser=True))
    assert "Nothing is held" in admin.get("/admin/emails/held").get_data(as_text=True)
    admin.post("/admin/digests", data={"hold": "1"})
    assert "A worker is about to write" in admin.get("/admin/emails/held").get_data(as_text=True)
    session.rollback()
    background.run_pending(app)
    assert set(states(session)) == {EmailStatus.PENDING}
    page = admin.get("/admin/emails/held").get_data(as_text=True)
    assert readers[0].email in page
    assert "wait for you to look" in admin.get("/admin").get_data(as_text=True)
    batch = {"type": "digest", "on": DAY.isoformat()}
    said = admin.post("/admin/emails/held/release", data=batch, follow_redirects=True)
    assert "3 letters were released" in said.get_data(as_text=True)
    said = admin.post("/admin/emails/held/cancel", data=batch, follow_redirects=True)
    assert "0 letters were cancelled" in said.get_data(as_text=True)
    for bad in ({"type": "x"}, {"type": "digest", "on": "tomorrow"}):
        assert admin.post("/admin/emails/held/release", data=bad).status_code == 400


def test_a_preview_is_noted_and_the_person_sees_that_somebody_looked(
    readers: list[User], session: Session, browser: Make
) -> None:
    admin: FlaskClient = browser(factories.user(session, is_superuser=True))
    path = f"/admin/people/{readers[0].id}/letter"
    page = admin.get(f"{path}?on={DAY}").get_data(as_text=True)
    assert "2 jobs for you" in page
    assert admin.get(f"{path}/html?on={DAY}").headers["X-Frame-Options"] == "SAMEORIGIN"
    session.rollback()
    (look, *_) = looking.looks_at(readers[0].id)
    assert look.details["what"] == "preview"
    assert session.scalars(select(EmailLog)).all() == [], "nothing was written"
    assert "No matches on this day" in admin.get(f"{path}?on=2020-01-01").get_data(as_text=True)
    assert admin.get("/admin/people/999999/letter").status_code == 404
    assert admin.get("/admin/people/999999/letter/html").status_code == 404


def test_a_preview_holds_the_letter_against_the_list_before(
    readers: list[User], session: Session, make_jobs: Make, match: Make
) -> None:
    service.build_digests(DAY)
    new = make_jobs(1)
    match(readers[0], new, NEXT)
    session.commit()
    found = previewing.preview_of(readers[0].id, NEXT)
    assert found is not None
    compared = found.compared
    assert compared is not None
    assert (compared.before_on, compared.is_letter) == (DAY, True)
    assert [one.job.job_id for one in compared.difference.new] == [new[0].id]
    assert [one.why for one in compared.difference.gone] == ["sent", "sent"]
    assert found.is_due
    first = previewing.preview_of(readers[0].id, DAY)
    assert first is not None
    assert first.compared is None
    assert not first.is_due
    assert first.sent_log_id is not None
