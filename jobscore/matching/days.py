"""How a person's list of today differs from the one before: new, gone, moved up.

A pair of person and job has one row; what it was in the list before stands in its `previous_…`
columns once it is chosen again, and in the row itself while it is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from jobscore import clock
from jobscore.extensions import db
from jobscore.jobs import search
from jobscore.jobs.models import Job, JobSkill
from jobscore.matching.models import MatchingResult, MatchStatus
from jobscore.scoring import service as scores

#: What the person put away themselves; it has not gone.
_KEPT: Final = frozenset({MatchStatus.SAVED, MatchStatus.APPLIED, MatchStatus.DISMISSED})


@dataclass(frozen=True, slots=True)
class Since:
    """How today's list differs from the one before."""

    on: date
    """The day of the list before."""
    new: frozenset[int]
    """Matches that are in today's list and were not in it."""
    up: frozenset[int]
    """Matches that stand higher today."""
    gone: int
    """How many are in it no more, other than those that the person saved, hid or applied to."""
    common: int
    """How many are in both lists."""

    def is_new(self, match_id: int) -> bool:
        """Tell whether a match deserves to be called new: where all are, none is."""
        return self.common > 0 and match_id in self.new


def _session() -> Session:
    return cast(Session, db.session())


def day_before(user_id: int, today: date | None = None) -> date | None:
    """Return the day of a person's list before today's; None where there was none."""
    today = today or scores.today()
    on, previous = (
        _session()
        .execute(
            select(
                func.max(MatchingResult.match_on).filter(
                    MatchingResult.match_on < today, MatchingResult.dropped_at.is_(None)
                ),
                func.max(MatchingResult.previous_on).filter(MatchingResult.match_on == today),
            ).where(MatchingResult.user_id == user_id)
        )
        .one()
    )
    return max((found for found in (on, previous) if found is not None), default=None)


def since(user_id: int, today: date | None = None) -> Since | None:
    """Compare today's list with the one before; None where there was none or there is none now."""
    today = today or scores.today()
    on = day_before(user_id, today)
    if on is None:
        return None
    rows = _session().execute(
        select(
            MatchingResult.id,
            MatchingResult.match_on,
            MatchingResult.match_status,
            MatchingResult.position,
            MatchingResult.previous_on,
            MatchingResult.previous_position,
        )
        .join(Job, Job.id == MatchingResult.job_id)
        .where(
            MatchingResult.user_id == user_id,
            or_(MatchingResult.match_on == today, _was_in(on)),
            Job.held_at.is_(None),
        )
    )
    new, up, gone, common = set(), set(), 0, 0
    for match, match_on, status, position, previous_on, previous_position in rows:
        was_in = previous_on == on or match_on == on
        if match_on != today or status is MatchStatus.EXPIRED:
            gone += was_in and status not in _KEPT
        elif not was_in:
            new.add(match)
        else:
            common += 1
            if position < (previous_position or 0):
                up.add(match)
    if not new and not common:
        return None
    return Since(on, frozenset(new), frozenset(up), gone, common)


def list_of(user_id: int, on: date) -> Sequence[MatchingResult]:
    """Return what a person's list of an earlier day held at that day's end, in its order."""
    query = (
        select(MatchingResult)
        .join(Job, Job.id == MatchingResult.job_id)
        .where(MatchingResult.user_id == user_id, _was_in(on), Job.held_at.is_(None))
        .options(
            joinedload(MatchingResult.job_score),
            joinedload(MatchingResult.job).selectinload(Job.skills).joinedload(JobSkill.skill),
        )
    )
    found = _session().scalars(query).unique().all()
    return sorted(found, key=lambda match: (_place(match, on), match.id))


def last_list(user_id: int) -> tuple[date, Sequence[MatchingResult]] | None:
    """Return the day of the list before today's and what of it is still open; None without one."""
    on = day_before(user_id)
    if on is None:
        return None
    now = clock.now()
    still = [match for match in list_of(user_id, on) if search.is_open_at(match.job, now)]
    return (on, still) if still else None


def _place(match: MatchingResult, on: date) -> int:
    return match.position if match.match_on == on else match.previous_position or 0


def _was_in(on: date) -> ColumnElement[bool]:
    """Tell whether a match stood in the list of an earlier day to its end."""
    return or_(
        and_(MatchingResult.match_on == on, MatchingResult.dropped_at.is_(None)),
        MatchingResult.previous_on == on,
    )
