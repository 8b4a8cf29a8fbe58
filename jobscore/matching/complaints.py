"""What people say is wrong with a score, with what went into it, and what they are answered.

Flushes; the edge commits.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from jobscore import clock
from jobscore.accounts import audit
from jobscore.extensions import db
from jobscore.matching import explaining
from jobscore.matching.complaint_inputs import Inputs
from jobscore.matching.models import ComplaintStatus, MatchingResult, ScoreComplaint
from jobscore.scoring.policy import COMPONENTS
from jobscore.web.pagination import Page, newest_first

WHOLE: Final = "whole"
"""Stands in place of a part where the whole score is meant."""
PARTS: Final = (WHOLE, *map(str, COMPONENTS))
MOST_TEXT: Final = 1_000
"""Characters of a complaint, and of its answer."""
MOST_OPEN: Final = 10
"""Complaints of one person that may wait at a time."""
PAGE: Final = 50


class Problem(StrEnum):
    """What may be wrong."""

    NOT_IN_POSTING = "not_in_posting"
    MISSED = "missed"
    MISREAD_ME = "misread_me"
    PLACE = "place"
    PAY = "pay"
    OTHER = "other"


class ComplaintNotFoundError(LookupError):
    """There is no such complaint."""


class AlreadyWaitingError(ValueError):
    """The person's complaint about this job still waits for its answer."""


class TooManyWaitingError(ValueError):
    """So many complaints of the person wait that no further one is taken."""


class AlreadyAnsweredError(ValueError):
    """Somebody else has answered meanwhile."""


def _session() -> Session:
    return cast(Session, db.session())


def complain(match: MatchingResult, *, part: str, problem: Problem, text: str) -> ScoreComplaint:
    """Keep that a person says their score of a job is wrong, with what went into it. Flushes.

    :param part: one of `PARTS`.
    :raises AlreadyWaitingError: when one about the same job is open.
    :raises TooManyWaitingError: when `MOST_OPEN` of the person are.
    """
    session = _session()
    waiting = session.scalars(
        select(ScoreComplaint.job_id).where(
            ScoreComplaint.user_id == match.user_id, ScoreComplaint.status == ComplaintStatus.OPEN
        )
    ).all()
    if match.job_id in waiting:
        raise AlreadyWaitingError(match.job_id)
    if len(waiting) >= MOST_OPEN:
        raise TooManyWaitingError(len(waiting))
    inputs = explaining.inputs_of_match(match)
    found = ScoreComplaint(
        user_id=match.user_id,
        job_id=match.job_id,
        part=part,
        problem=str(problem),
        text=text,
        policy_version=match.job_score.scoring_algorithm_version,
        inputs=inputs,
    )
    session.add(found)
    session.flush()
    audit.record(
        "complaint.sent", f"complaint:{found.id}", actor_id=match.user_id, job=match.job_id
    )
    return found


def of_match(match: MatchingResult) -> Sequence[ScoreComplaint]:
    """Return what a person said of their score of a job, newest first."""
    query = (
        select(ScoreComplaint)
        .where(ScoreComplaint.user_id == match.user_id, ScoreComplaint.job_id == match.job_id)
        .order_by(ScoreComplaint.id.desc())
        .limit(PAGE)
    )
    return _session().scalars(query).all()


def waiting() -> int:
    """Return how many wait for an answer."""
    query = select(func.count()).where(ScoreComplaint.status == ComplaintStatus.OPEN)
    return _session().scalar(query) or 0


def open_ones(size: int = PAGE) -> Sequence[ScoreComplaint]:
    """Return those that have waited longest, with person and job."""
    query = _loaded().where(ScoreComplaint.status == ComplaintStatus.OPEN)
    return _session().scalars(query.order_by(ScoreComplaint.id).limit(size)).all()


def answered_ones(after: str | None = None) -> Page[ScoreComplaint]:
    """Return a page of the answered ones, newest first; raises pagination.BadCursorError."""
    query = _loaded().where(ScoreComplaint.status != ComplaintStatus.OPEN)
    return newest_first(_session(), query, ScoreComplaint.id, after=after, size=PAGE)


def _loaded() -> Select[ScoreComplaint]:
    return select(ScoreComplaint).options(
        joinedload(ScoreComplaint.user), joinedload(ScoreComplaint.job)
    )


def get(complaint_id: int) -> ScoreComplaint:
    """Return a complaint; raises ComplaintNotFoundError."""
    found = _session().get(ScoreComplaint, complaint_id)
    if found is None:
        raise ComplaintNotFoundError(complaint_id)
    return found


def inputs_now(complaint: ScoreComplaint) -> Inputs:
    """Return what the same score would be made of now, by the live policy. Writes nothing."""
    return explaining.inputs_now(complaint.user_id, complaint.job, complaint.created_at)


def match_of(complaint: ScoreComplaint) -> MatchingResult | None:
    """Return the match that the complaint is about; None when it is gone."""
    query = select(MatchingResult).where(
        MatchingResult.user_id == complaint.user_id, MatchingResult.job_id == complaint.job_id
    )
    return _session().scalar(query)


def answer(
    complaint_id: int, *, status: ComplaintStatus, text: str, actor_id: int
) -> ScoreComplaint:
    """Answer a complaint; the person reads the answer where they complained. Flushes.

    :param status: mended or explained.
    :raises AlreadyAnsweredError: when it is not open any more.
    """
    found = _session().get(
        ScoreComplaint, complaint_id, with_for_update=True, populate_existing=True
    )
    if found is None:
        raise ComplaintNotFoundError(complaint_id)
    if found.status is not ComplaintStatus.OPEN:
        raise AlreadyAnsweredError(complaint_id)
    found.status, found.answer = status, text
    found.answered_by, found.answered_at = actor_id, clock.now()
    _session().flush()
    audit.record(
        "complaint.answered", f"complaint:{found.id}", actor_id=actor_id, status=str(status)
    )
    return found
