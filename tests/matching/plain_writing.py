"""How a block was written before there were temporary tables: the yardstick of `writing`.

One upsert of each row, the ids of the scores read back, every status turned and turned back.
Plain enough to be believed: both must leave the same rows behind.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.database.bulk import upsert
from jobscore.matching.blocks import Chosen, PersonMatches
from jobscore.matching.models import MatchingResult, MatchStatus
from jobscore.scoring.models import JobScore
from jobscore.scoring.policy import COMPONENTS, TOTAL_SCALE

_SCORE_KEY = ("user_id", "job_id", "scoring_algorithm_version")
_MATCH_CHANGES = (
    "job_score_id",
    "recommendation_reason",
    "confidence_level",
    "matched_at",
    "match_on",
    "section",
    "position",
    "is_fill_up",
    "run_id",
    "previous_on",
    "previous_position",
    "dropped_at",
)


def expire_pending(session: Session, today: date) -> int:
    """Mark what was chosen before today and never sent, saved or answered as expired."""
    result = session.execute(
        update(MatchingResult)
        .where(
            MatchingResult.match_status == MatchStatus.PENDING,
            MatchingResult.match_on < today,
        )
        .values(match_status=MatchStatus.EXPIRED),
        execution_options={"synchronize_session": False},
    )
    return int(cast(Any, result).rowcount)


def write_block(
    session: Session,
    people: Sequence[PersonMatches],
    *,
    version: str,
    today: date,
    run_id: int | None,
) -> None:
    """Write scores and matches of a block. Flushes nothing and does not commit.

    A pair has one score per policy version and one match: both are renewed in place. Of an
    earlier run of the same day, what is no longer chosen expires; answers of people stay.
    """
    users = [person.user_id for person in people]
    at = clock.now()
    _set_status(session, users, today, MatchStatus.PENDING, MatchStatus.EXPIRED, dropped_at=at)
    pairs = [(person, chosen) for person in people for chosen in person.chosen]
    if not pairs:
        return
    scores = [_score_row(person, chosen, version, at) for person, chosen in pairs]
    upsert(session, cast(Table, JobScore.__table__), scores, key=_SCORE_KEY)
    ids = {
        (user, job): score
        for score, user, job in session.execute(
            select(JobScore.id, JobScore.user_id, JobScore.job_id).where(
                JobScore.user_id.in_(users),
                JobScore.scoring_algorithm_version == version,
                JobScore.scored_at == at,
            )
        )
    }
    before = _lists_before(session, users, today)
    rows = [
        {
            **before.get((person.user_id, chosen.job_id), _NO_LIST),
            "user_id": person.user_id,
            "job_id": chosen.job_id,
            "job_score_id": ids[person.user_id, chosen.job_id],
            "match_status": MatchStatus.PENDING,
            "recommendation_reason": chosen.reason,
            "confidence_level": chosen.confidence / 100,
            "matched_at": at,
            "match_on": today,
            "section": chosen.section,
            "position": chosen.position,
            "is_fill_up": chosen.is_fill_up,
            "run_id": run_id,
        }
        for person, chosen in pairs
    ]
    table = cast(Table, MatchingResult.__table__)
    upsert(session, table, rows, key=("user_id", "job_id"), update=_MATCH_CHANGES)
    _set_status(session, users, today, MatchStatus.EXPIRED, MatchStatus.PENDING, matched_at=at)


_NO_LIST: dict[str, Any] = {"previous_on": None, "previous_position": None, "dropped_at": None}


def _lists_before(
    session: Session, users: Sequence[int], today: date
) -> dict[tuple[int, int], dict[str, Any]]:
    """Return by person and job which list of an earlier day held it to that day's end."""
    found = {}
    for old in session.scalars(select(MatchingResult).where(MatchingResult.user_id.in_(users))):
        if old.match_on >= today:
            kept = (old.previous_on, old.previous_position)
        elif old.dropped_at is None:
            kept = (old.match_on, old.position)
        else:
            kept = (None, None)
        found[old.user_id, old.job_id] = {
            "previous_on": kept[0],
            "previous_position": kept[1],
            "dropped_at": None,
        }
    return found


def _score_row(person: PersonMatches, chosen: Chosen, version: str, at: datetime) -> dict[str, Any]:
    weights = person.weights
    return {
        "user_id": person.user_id,
        "job_id": chosen.job_id,
        "scoring_algorithm_version": version,
        "total_score": chosen.total / TOTAL_SCALE,
        **{
            f"{component}_score": points / 100 if points >= 0 else None
            for component, points in zip(COMPONENTS, chosen.components, strict=True)
        },
        "rank_points": chosen.rank_points,
        "coverage": chosen.judged / 100,
        "weights": dict(zip(COMPONENTS, weights, strict=True)) if weights else None,
        "scored_at": at,
    }


def _set_status(
    session: Session,
    users: Sequence[int],
    today: date,
    before: MatchStatus,
    after: MatchStatus,
    *,
    matched_at: datetime | None = None,
    dropped_at: datetime | None = None,
) -> None:
    query = update(MatchingResult).where(
        MatchingResult.user_id.in_(users),
        MatchingResult.match_on == today,
        MatchingResult.match_status == before,
    )
    if matched_at is not None:
        query = query.where(MatchingResult.matched_at == matched_at)
    values: dict[str, Any] = {"match_status": after}
    if dropped_at is not None:
        values["dropped_at"] = dropped_at
    session.execute(query.values(**values), execution_options={"synchronize_session": False})
