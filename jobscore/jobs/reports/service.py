"""Take reports of postings, and settle them."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from jobscore import clock
from jobscore.accounts import audit, limits
from jobscore.jobs.models import Job
from jobscore.jobs.reports.models import JobReport, ReportReason

#: Characters of a report, and of an admin's note.
LONGEST_TEXT = 1_000
LONGEST_NOTE = 500
#: Reports of one job that its page shows; more say nothing new.
MOST_OF_A_JOB = 50
STATES = ("open", "settled")


class NothingToSettleError(Exception):
    """No report of the job waits: somebody else was faster."""


def take(
    session: Session, job: Job, reason: ReportReason, text: str, *, address: str | None
) -> JobReport:
    """Write a report down. Flushes, never commits; nothing of the reporter is kept with it.

    :param address: of the reporter's network, counted as a keyed hash for an hour.
    :raises TooManyTriesError: when the address has reported enough for now.
    """
    limits.count_report(address)
    row = JobReport(job_id=job.id, reason=reason, text=text[:LONGEST_TEXT])
    session.add(row)
    session.flush()
    return row


def queue(state: str) -> Select[JobReport]:
    """Return the query of the reports that wait (``open``) or were ``settled``, with their jobs."""
    settled = JobReport.settled_at
    where = settled.is_not(None) if state == "settled" else settled.is_(None)
    return select(JobReport).where(where).options(joinedload(JobReport.job))


def count_open(session: Session) -> int:
    """Return how many reports wait."""
    waiting = select(func.count()).select_from(JobReport).where(JobReport.settled_at.is_(None))
    return session.scalar(waiting) or 0


def of_job(session: Session, job_id: int) -> Sequence[JobReport]:
    """Return the reports of a job, those that wait first, then the newest."""
    query = (
        select(JobReport)
        .where(JobReport.job_id == job_id)
        .order_by(JobReport.settled_at.is_not(None), JobReport.id.desc())
        .limit(MOST_OF_A_JOB)
    )
    return session.scalars(query).all()


def settle(session: Session, job_id: int, note: str, *, actor_id: int | None) -> int:
    """Settle all reports of a job that wait; return how many. Flushes, never commits.

    :param note: what was done, for other admins; it is kept in the audit log too.
    :raises NothingToSettleError: when none waits.
    """
    query = select(JobReport).where(JobReport.job_id == job_id, JobReport.settled_at.is_(None))
    waiting = session.scalars(query.with_for_update()).all()
    if not waiting:
        raise NothingToSettleError(job_id)
    now = clock.now()
    for report in waiting:
        report.settled_at, report.settled_by = now, actor_id
        report.note = note[:LONGEST_NOTE]
    audit.record(
        "report.settled",
        f"job:{job_id}",
        actor_id=actor_id,
        reports=len(waiting),
        note=note[:LONGEST_NOTE],
    )
    session.flush()
    return len(waiting)
