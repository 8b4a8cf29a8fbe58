"""A score that somebody was shown and that changes: the old one is kept, with what changed since.

Runs before a block's scores are written, while the old ones still stand. One statement a block:
it walks through the block, looks up each pair's match and score, and copies the few that differ
in the whole number shown. A score counts as shown when its match was viewed, saved, applied to or
sent, or when the person used the site since it was written (to within `sessions.SEEN_EVERY`).
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Table,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy import cast as cast_to
from sqlalchemy.orm import Session

from jobscore.accounts import sessions
from jobscore.accounts.models import Profile, UserSession
from jobscore.jobs.models import Job
from jobscore.matching.models import MatchingResult
from jobscore.scoring.models import CollectionStatistics, JobScore, ScoreHistory
from jobscore.scoring.policy import COMPONENTS, TOTAL_SCALE

_SCORES = cast(Table, JobScore.__table__)
_MATCHES = cast(Table, MatchingResult.__table__)
_HISTORY = cast(Table, ScoreHistory.__table__)
_JOBS = cast(Table, Job.__table__)
_PROFILES = cast(Table, Profile.__table__)
_SESSIONS = cast(Table, UserSession.__table__)
_COUNTS = cast(Table, CollectionStatistics.__table__)
#: What a person did to a match, by which they saw its score.
_SHOWN = ("viewed_at", "saved_at", "applied_at", "sent_at")


def keep_shown(
    session: Session, new: Table, is_of: ColumnElement[bool], version: str, at: datetime
) -> int:
    """Keep the shown scores that the block is about to replace by others; return how many.

    :param new: the block, as `matching.writing` stages it.
    :param is_of: tells whether a row of `matching_results` is of the same pair.
    :param version: the policy version of the new scores.
    """
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    old = _SCORES
    parts: list[Any] = []
    for component in COMPONENTS:
        parts += [literal(str(component)), old.c[f"{component}_score"]]
    build = func.json_object if is_sqlite else func.jsonb_build_object
    values: dict[str, ColumnElement[Any]] = {
        "user_id": new.c.user_id,
        "job_id": new.c.job_id,
        "total_score": old.c.total_score,
        "components": build(*parts),
        "scoring_algorithm_version": old.c.scoring_algorithm_version,
        "scored_at": old.c.scored_at,
        "created_at": literal(at, _HISTORY.c.created_at.type),
        "causes": _causes(new, version),
    }
    pairs = (
        new.join(_MATCHES, is_of)
        .join(old, old.c.id == _MATCHES.c.job_score_id)
        .join(_JOBS, _JOBS.c.id == new.c.job_id)
        .outerjoin(_PROFILES, _PROFILES.c.user_id == new.c.user_id)
    )
    shown_now = _whole(new.c.total / float(TOTAL_SCALE), is_sqlite)
    query = (
        select(*(value.label(name) for name, value in values.items()))
        .select_from(pairs)
        .where(_whole(old.c.total_score, is_sqlite) != shown_now, _was_shown(at))
    )
    result = session.execute(
        insert(_HISTORY).from_select(list(values), query, include_defaults=False),
        execution_options={"preserve_rowcount": True},
    )
    return int(cast(Any, result).rowcount)


def _whole(points: ColumnElement[Any], is_sqlite: bool) -> ColumnElement[Any]:
    """Return the whole number 0..100 that is shown, rounded half up as `reasons.shown_total`."""
    up = points + literal(0.5, Float(53))
    # SQLite's cast cuts off and its floor() may be missing; PostgreSQL's cast would round
    return cast_to(up, Integer) if is_sqlite else func.floor(up)


def _was_shown(at: datetime) -> ColumnElement[bool]:
    seen = _SESSIONS.c.last_seen_at
    moment = literal(at - sessions.SEEN_EVERY, seen.type)
    was_here = exists().where(
        _SESSIONS.c.user_id == _MATCHES.c.user_id,
        or_(seen >= _SCORES.c.scored_at, seen >= moment),
    )
    return or_(*(_MATCHES.c[name].is_not(None) for name in _SHOWN), was_here)


def _causes(new: Table, version: str) -> ColumnElement[str]:
    """Return what changed while the old score stood; empty where nothing known did."""
    since = _SCORES.c.scored_at
    other = _MATCHES.alias("other")
    counted = select(_COUNTS.c.counted_at).order_by(_COUNTS.c.id.desc()).limit(1)
    looked = and_(
        _PROFILES.c.no_profiling.is_(False),
        exists().where(
            other.c.user_id == new.c.user_id,
            or_(*(other.c[name] > since for name in _SHOWN[:3])),
        ),
    )
    found: dict[str, ColumnElement[bool]] = {
        "policy": _SCORES.c.scoring_algorithm_version != version,
        "weights": _SCORES.c.weights.is_distinct_from(new.c.weights),
        "job": _JOBS.c.updated_at > since,
        "profile": _PROFILES.c.updated_at > since,
        "looked": looked,
        "rarity": counted.scalar_subquery() > since,
    }
    words = [case((is_so, f"{cause} "), else_="") for cause, is_so in found.items()]
    text: ColumnElement[Any] = words[0]
    for word in words[1:]:
        text = text + word
    return cast(ColumnElement[str], text)
