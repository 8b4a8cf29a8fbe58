"""Hold a job and release it: what is held is out of search, matches, letters and public pages."""

from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts import audit
from jobscore.jobs.models import Job

#: Characters of a reason.
LONGEST_REASON = 500


class AlreadyHeldError(Exception):
    """Somebody holds the job already."""


class NotHeldError(Exception):
    """Nobody holds the job."""


def hold(session: Session, job: Job, reason: str, *, actor_id: int | None) -> None:
    """Take a job from everybody's sight; imports leave it so. Flushes, never commits.

    :param reason: why, for other admins; it is kept in the audit log too.
    :raises AlreadyHeldError: when it is held.
    """
    if job.held_at is not None:
        raise AlreadyHeldError
    job.held_at = job.updated_at = clock.now()
    job.held_by = actor_id
    job.held_reason = reason[:LONGEST_REASON]
    job.is_active = False
    audit.record("job.held", f"job:{job.id}", actor_id=actor_id, reason=job.held_reason)
    session.flush()


def release(session: Session, job: Job, *, actor_id: int | None) -> None:
    """Show a held job again, if its source still has it open. Flushes, never commits.

    :raises NotHeldError: when it is not held.
    """
    if job.held_at is None:
        raise NotHeldError
    reason = job.held_reason
    now = clock.now()
    job.held_at = job.held_by = job.held_reason = None
    job.is_active = job.closed_at is None and (job.expires_at is None or job.expires_at > now)
    job.updated_at = now
    audit.record("job.released", f"job:{job.id}", actor_id=actor_id, reason=reason or "")
    session.flush()
