"""What old runs left behind goes: lists never sent, scores no match shows, runs themselves.

It stands above matching because only this floor knows what letters refer to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from jobscore import config
from jobscore.database.transaction import transaction
from jobscore.digests.models import DigestItem
from jobscore.extensions import db
from jobscore.matching.models import MatchingResult, MatchRun, MatchStatus, RunStatus
from jobscore.scoring import service as scores
from jobscore.scoring.models import JobScore

#: Ids of one transaction: short enough that nobody waits for it.
STEP = 20_000
#: Days for which unsent lists and unshown scores are kept, and those for which runs are.
KEEP_DAYS, KEEP_RUN_DAYS = 90, 365
_FINISHED = (RunStatus.DONE, RunStatus.FAILED, RunStatus.CANCELLED)


@dataclass(slots=True)
class Pruned:
    """How many rows were removed, or would be."""

    matches: int = 0
    scores: int = 0
    runs: int = 0


def prune(
    *,
    keep_days: int = KEEP_DAYS,
    keep_run_days: int = KEEP_RUN_DAYS,
    is_dry: bool = False,
) -> Pruned:
    """Remove what nobody has seen and nothing refers to. Commits per batch; goes on after a stop.

    - Matches that expired and were never sent, viewed, saved, applied to or dismissed, of lists
      older than `keep_days`; what stands in a letter stays, whatever its status.
    - Scores older than that to which no match refers: those of earlier policy versions above all.
      The numbers of a sent match stay with it, under the version that made them.
    - Finished runs older than `keep_run_days` to which no match refers; the last one that went
      well stays, of each kind.

    A dry one counts and removes nothing; its scores are those that no match shows already.

    :raises ValueError: when fewer than one day is to be kept.
    """
    if min(keep_days, keep_run_days) < 1:
        raise ValueError("today's lists are in use: at least one day is kept")
    today = scores.today()
    oldest = today - timedelta(days=keep_days)
    zone = ZoneInfo(config.current().timezone)
    done = Pruned()
    for name, model, condition in (
        ("matches", MatchingResult, _is_forgotten(oldest)),
        ("scores", JobScore, _is_unshown(datetime.combine(oldest, time(), zone))),
        ("runs", MatchRun, _is_over(today - timedelta(days=keep_run_days))),
    ):
        for removed in _batches(cast(Table, model.__table__), condition, is_dry=is_dry):
            setattr(done, name, getattr(done, name) + removed)
    return done


def _is_forgotten(oldest: date) -> ColumnElement[bool]:
    in_letter = exists().where(
        DigestItem.user_id == MatchingResult.user_id, DigestItem.job_id == MatchingResult.job_id
    )
    return and_(
        MatchingResult.match_status == MatchStatus.EXPIRED,
        MatchingResult.match_on < oldest,
        MatchingResult.sent_at.is_(None),
        MatchingResult.viewed_at.is_(None),
        MatchingResult.saved_at.is_(None),
        MatchingResult.applied_at.is_(None),
        MatchingResult.is_viewed.is_(False),
        MatchingResult.is_applied.is_(False),
        ~in_letter,
    )


def _is_unshown(oldest: datetime) -> ColumnElement[bool]:
    shown = exists().where(MatchingResult.job_score_id == JobScore.id)
    return and_(JobScore.scored_at < oldest, ~shown)


def _is_over(oldest: date) -> ColumnElement[bool]:
    later = aliased(MatchRun)
    is_last = (
        select(func.max(later.id))
        .where(later.kind == MatchRun.kind, later.status == RunStatus.DONE)
        .scalar_subquery()
    )
    return and_(
        MatchRun.status.in_(_FINISHED),
        MatchRun.run_on < oldest,
        or_(is_last.is_(None), MatchRun.id != is_last),
        ~exists().where(MatchingResult.run_id == MatchRun.id),
    )


def _batches(table: Table, condition: ColumnElement[bool], *, is_dry: bool) -> Iterator[int]:
    """Walk a table's ids in steps, yielding how many rows each transaction removed."""
    first, last = (
        cast(Session, db.session())
        .execute(select(func.min(table.c.id), func.max(table.c.id)))
        .one()
    )
    db.session.rollback()
    for low in range(first or 0, (last or -1) + 1, STEP):
        here = and_(table.c.id >= low, table.c.id < low + STEP, condition)
        if is_dry:
            yield int(db.session.scalar(select(func.count()).select_from(table).where(here)) or 0)
            continue
        with transaction() as session:
            removed = int(cast(Any, session.execute(delete(table).where(here))).rowcount)
        yield removed
