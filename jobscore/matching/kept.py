"""What a person keeps beyond the day: saved, applied to, hidden; page by page."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from jobscore.extensions import db
from jobscore.jobs.models import Job, JobSkill
from jobscore.matching.models import Feedback, FeedbackKind, MatchingResult
from jobscore.scoring.models import JobScore
from jobscore.web import pagination
from jobscore.web.pagination import BadCursorError, Page

#: Stands for no next step: after every other.
_NEVER: Final = date(9999, 12, 31)


class SavedOrder(StrEnum):
    """How saved jobs are ordered."""

    SAVED = "saved"
    SCORE = "score"


def _session() -> Session:
    return cast(Session, db.session())


def _kept(user_id: int, *conditions: ColumnElement[bool]) -> Select[MatchingResult]:
    return (
        select(MatchingResult)
        .join(Job, Job.id == MatchingResult.job_id)
        .where(MatchingResult.user_id == user_id, *conditions, Job.held_at.is_(None))
        .options(
            joinedload(MatchingResult.job_score),
            joinedload(MatchingResult.job).selectinload(Job.skills).joinedload(JobSkill.skill),
        )
    )


def saved(user_id: int, order: SavedOrder, *, after: str | None, size: int) -> Page[MatchingResult]:
    """Return a page of what a person saved: newest first, or best first.

    :raises BadCursorError: for an `after` that we did not make.
    """
    query = _kept(user_id, MatchingResult.saved_at.is_not(None))
    if order is SavedOrder.SCORE:
        query = query.join(JobScore, JobScore.id == MatchingResult.job_score_id)
        query = query.order_by(JobScore.total_score.desc(), MatchingResult.id.desc())
        if after:
            total, last = pagination.decode(after, 2)
            query = query.where(_below((JobScore.total_score, _number(total)), _id(last)))
        return _page(query, after, size, lambda m: [m.job_score.total_score, m.id])
    query = query.order_by(MatchingResult.saved_at.desc(), MatchingResult.id.desc())
    if after:
        at, last = pagination.decode(after, 2)
        query = query.where(_below((MatchingResult.saved_at, _instant(at)), _id(last)))
    return _page(query, after, size, lambda m: [_word(m.saved_at), m.id])


def applied(user_id: int, *, after: str | None, size: int) -> Page[MatchingResult]:
    """Return a page of what a person applied to: by next step, then the newest first.

    :raises BadCursorError: for an `after` that we did not make.
    """
    step = func.coalesce(MatchingResult.next_step_on, _NEVER)
    at = func.coalesce(MatchingResult.applied_at, MatchingResult.matched_at)
    query = _kept(user_id, MatchingResult.is_applied.is_(True)).order_by(
        step, at.desc(), MatchingResult.id.desc()
    )
    if after:
        on, instant, last = pagination.decode(after, 3)
        day = _day(on)
        query = query.where(
            or_(step > day, and_(step == day, _below((at, _instant(instant)), _id(last))))
        )
    return _page(
        query,
        after,
        size,
        lambda m: [str(m.next_step_on or _NEVER), _word(m.applied_at or m.matched_at), m.id],
    )


def count_applied(user_id: int) -> int:
    """Return to how many jobs a person applied."""
    query = select(func.count()).where(MatchingResult.user_id == user_id, MatchingResult.is_applied)
    return _session().scalar(query) or 0


def hidden(
    user_id: int, kinds: Sequence[FeedbackKind], *, after: str | None, size: int
) -> Page[Feedback]:
    """Return a page of the answers of some kinds that hold, newest first.

    :raises BadCursorError: for an `after` that we did not make.
    """
    query = select(Feedback).where(
        Feedback.user_id == user_id, Feedback.kind.in_(kinds), Feedback.undone_at.is_(None)
    )
    return pagination.newest_first(_session(), query, Feedback.id, after=after, size=size)


def matches_of(user_id: int, job_ids: Sequence[int]) -> dict[int, MatchingResult]:
    """Return a person's matches of some jobs, by job; held ones are left out."""
    found = _session().scalars(_kept(user_id, MatchingResult.job_id.in_(job_ids))).unique()
    return {match.job_id: match for match in found}


def _page(
    query: Select[MatchingResult], after: str | None, size: int, key: Any
) -> Page[MatchingResult]:
    rows = _session().scalars(query.limit(size + 1)).unique().all()
    items = rows[:size]
    following = pagination.encode(key(items[-1])) if len(rows) > size else None
    return Page(items, following, not after)


def _below(at: tuple[Any, Any], last: int) -> ColumnElement[bool]:
    """Tell whether a row comes after a place in a descending order, ties by id."""
    column, value = at
    return or_(column < value, and_(column == value, MatchingResult.id < last))


def _word(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _id(value: Any) -> int:
    if type(value) is not int:
        raise BadCursorError("not a row id")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadCursorError("not a number")
    return float(value)


def _instant(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadCursorError("not an instant") from error
    if found.tzinfo is None:
        raise BadCursorError("not an instant")
    return found


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise BadCursorError("not a day") from error
