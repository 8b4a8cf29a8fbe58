"""What people answer to a job: save, hide, applied, block the company, and undo each."""

from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching.models import Feedback, FeedbackKind, MatchingResult, MatchStatus
from jobscore.scoring import service


class MatchNotFoundError(LookupError):
    """A person has no such match."""


def _session() -> Session:
    return cast(Session, db.session())


def get_match(user_id: int, match_id: int) -> MatchingResult:
    """Return a person's own match; raises MatchNotFoundError for anybody else's."""
    match = _session().get(MatchingResult, match_id)
    if match is None or match.user_id != user_id:
        raise MatchNotFoundError(match_id)
    return match


def note_viewed(match: MatchingResult) -> None:
    """Mark a match as viewed, the first time only. Flushes."""
    if not match.is_viewed:
        match.is_viewed, match.viewed_at = True, clock.now()
        _session().flush()


def save(match: MatchingResult) -> None:
    """Keep a match in the person's saved list. Flushes."""
    match.saved_at = match.saved_at or clock.now()
    _settle(match)


def unsave(match: MatchingResult) -> None:
    """Take a match out of the saved list. Flushes."""
    match.saved_at = None
    _settle(match)


def mark_applied(match: MatchingResult) -> None:
    """Note that the person applied to the job; it is not chosen again. Flushes."""
    match.is_applied, match.applied_at = True, match.applied_at or clock.now()
    _settle(match)


def unmark_applied(match: MatchingResult) -> None:
    """Take back that the person applied. Flushes."""
    match.is_applied, match.applied_at = False, None
    _settle(match)


def hide(match: MatchingResult, reason: str | None = None) -> None:
    """Never choose this job for the person again, until undone. Flushes."""
    if not _answers(match.user_id, FeedbackKind.HIDE, match.job_id):
        _session().add(
            Feedback(
                user_id=match.user_id, job_id=match.job_id, kind=FeedbackKind.HIDE, reason=reason
            )
        )
        _session().flush()
    _settle(match)


def unhide(match: MatchingResult) -> None:
    """Take back a hidden job. Flushes."""
    for answer in _answers(match.user_id, FeedbackKind.HIDE, match.job_id):
        answer.undone_at = clock.now()
    _session().flush()
    _settle(match)


def block_company(match: MatchingResult) -> None:
    """Never choose jobs of this job's company for the person again, until undone. Flushes."""
    company = _company(match)
    if not _blocks(match.user_id, company):
        _session().add(
            Feedback(user_id=match.user_id, company_name=company, kind=FeedbackKind.BLOCK_COMPANY)
        )
        _session().flush()


def unblock_company(match: MatchingResult) -> None:
    """Take back a blocked company. Flushes."""
    for answer in _blocks(match.user_id, _company(match)):
        answer.undone_at = clock.now()
    _session().flush()


def is_company_blocked(match: MatchingResult) -> bool:
    """Tell whether the person blocked the company of this job."""
    return bool(_blocks(match.user_id, _company(match)))


def _company(match: MatchingResult) -> str:
    return str(_session().scalar(select(Job.company_name).where(Job.id == match.job_id)) or "")


def _blocks(user_id: int, company: str) -> list[Feedback]:
    query = select(Feedback).where(
        Feedback.user_id == user_id,
        Feedback.kind == FeedbackKind.BLOCK_COMPANY,
        Feedback.company_name == company,
        Feedback.undone_at.is_(None),
    )
    return list(_session().scalars(query))


def _answers(user_id: int, kind: FeedbackKind, job_id: int) -> list[Feedback]:
    query = select(Feedback).where(
        Feedback.user_id == user_id,
        Feedback.kind == kind,
        Feedback.job_id == job_id,
        Feedback.undone_at.is_(None),
    )
    return list(_session().scalars(query))


def _settle(match: MatchingResult) -> None:
    """Set the status that follows from what was answered: the strongest answer counts."""
    if match.is_applied:
        status = MatchStatus.APPLIED
    elif _answers(match.user_id, FeedbackKind.HIDE, match.job_id):
        status = MatchStatus.DISMISSED
    elif match.saved_at is not None:
        status = MatchStatus.SAVED
    elif match.sent_at is not None:
        status = MatchStatus.SENT
    else:
        is_current = match.match_on >= service.today()
        status = MatchStatus.PENDING if is_current else MatchStatus.EXPIRED
    match.match_status = status
    _session().flush()
