"""A block's scores and matches go into the database in bulk: only what differs is written.

The block is put into a temporary table as the engine gave it; then one statement writes the scores
that are new or different, one the matches, one marks what is not chosen any more. The ids of the
scores never leave the database.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Float,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from jobscore import clock, logs
from jobscore.accounts.models import User
from jobscore.database.staging import staged
from jobscore.database.types import Id, Json
from jobscore.jobs.models import Job
from jobscore.matching import remembering
from jobscore.matching.blocks import PersonMatches
from jobscore.matching.models import MatchingResult, MatchStatus
from jobscore.scoring.models import JobScore
from jobscore.scoring.policy import COMPONENTS, TOTAL_SCALE

log = logs.get("jobscore.matching")

#: Parameters in one IN list.
_CHUNK = 1_000
#: A block as the engine gave it, one row for each person and job. Units as in `blocks.Chosen`;
#: floats, so that dividing them gives floats.
_STAGED = Table(
    "staged_matches",
    MetaData(),
    Column("user_id", Id, primary_key=True, autoincrement=False),
    Column("job_id", Id, primary_key=True, autoincrement=False),
    Column("total", Float(53), nullable=False),
    *(Column(component, Float(53), nullable=False) for component in COMPONENTS),
    Column("rank_points", Integer, nullable=False),
    Column("judged", Float(53), nullable=False),
    Column("weights", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("confidence", Float(53), nullable=False),
    Column("section", String(20), nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("is_fill_up", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
_USERS = cast(Table, User.__table__)
_JOBS = cast(Table, Job.__table__)
_SCORES = cast(Table, JobScore.__table__)
_MATCHES = cast(Table, MatchingResult.__table__)
_SCORE_KEY = ("user_id", "job_id", "scoring_algorithm_version")
_MATCH_KEY = ("user_id", "job_id")
#: What a run notes about its own writing: alone no reason to write a row.
_NOTES = {"scored_at", "matched_at", "created_at", "updated_at", "run_id", "match_status"}


@dataclass(frozen=True, slots=True)
class Written:
    """How many rows were written: what was in the database already is not counted."""

    scores: int = 0
    matches: int = 0
    expired: int = 0
    remembered: int = 0
    """Shown scores that changed, kept in the history."""

    def counts(self) -> dict[str, int]:
        """Return the counts under the names that a run keeps them by."""
        return {
            "scores_written": self.scores,
            "matches_written": self.matches,
            "expired": self.expired,
            "scores_remembered": self.remembered,
        }


@dataclass(frozen=True, slots=True)
class _Block:
    """What the statements of one block share."""

    new: Table
    users: Sequence[int]
    """In ascending order, those for whom nothing was chosen included; never empty."""
    version: str
    at: datetime
    today: date
    run_id: int | None

    def is_of(self, table: Table) -> ColumnElement[bool]:
        """Tell whether a row of `table` is of the same pair.

        The bounds say nothing new. They keep PostgreSQL from reading a large table as a whole.
        """
        return and_(
            table.c.user_id == self.new.c.user_id,
            table.c.job_id == self.new.c.job_id,
            table.c.user_id.between(self.users[0], self.users[-1]),
        )

    def is_score(self) -> ColumnElement[bool]:
        """Tell whether a score is of the same pair and policy version."""
        return and_(self.is_of(_SCORES), _SCORES.c.scoring_algorithm_version == self.version)


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
    return _count(result)


def write_block(
    session: Session,
    people: Sequence[PersonMatches],
    *,
    version: str,
    today: date,
    run_id: int | None,
) -> Written:
    """Write scores and matches of a block. Flushes nothing and does not commit.

    A pair has one score per policy version and one match: both are renewed in place where they
    differ, and left alone where they are the same; so `scored_at` and `matched_at` tell since when
    a row has been as it is, and `run_id` which run made it so. Of an earlier run of the same day,
    what is no longer chosen expires; answers of people stay. A score that was shown and now changes
    is kept in the history first (`matching.remembering`). A job or a person that was deleted
    since the block was read is left out.
    """
    if not people:
        return Written()
    try:
        with session.begin_nested():
            return _write(session, people, version, today, run_id)
    except IntegrityError:
        # An undone import or an erased account took jobs or people away since they were read.
        with session.begin_nested():
            there = _still_there(session, people)
            log.warning("what is gone is not written", run=run_id, people=len(people) - len(there))
            return _write(session, there, version, today, run_id)


def _still_there(session: Session, people: Sequence[PersonMatches]) -> list[PersonMatches]:
    """Return the people that the database still has, with those of their jobs that it still has.

    PostgreSQL holds both until the transaction ends; SQLite has one writer at a time anyway.
    """

    def kept(key: ColumnElement[int], wanted: set[int]) -> set[int]:
        ids = sorted(wanted)
        found: set[int] = set()
        for start in range(0, len(ids), _CHUNK):
            query = select(key).where(key.in_(ids[start : start + _CHUNK])).order_by(key)
            found |= set(session.scalars(query.with_for_update(read=True, key_share=True)))
        return found

    users = kept(_USERS.c.id, {person.user_id for person in people})
    jobs = kept(_JOBS.c.id, {chosen.job_id for person in people for chosen in person.chosen})
    return [
        replace(person, chosen=tuple(one for one in person.chosen if one.job_id in jobs))
        for person in people
        if person.user_id in users
    ]


def _write(
    session: Session,
    people: Sequence[PersonMatches],
    version: str,
    today: date,
    run_id: int | None,
) -> Written:
    at = clock.now()
    users = sorted(person.user_id for person in people)
    if not users:
        return Written()
    with staged(session, _STAGED, _rows(people)) as new:
        block = _Block(new, users, version, at, today, run_id)
        remembered = remembering.keep_shown(session, new, block.is_of(_MATCHES), version, at)
        return Written(
            remembered=remembered,
            scores=_write_scores(session, block),
            matches=_write_matches(session, block),
            expired=_expire_others(session, block),
        )


def _rows(people: Sequence[PersonMatches]) -> Iterator[tuple[Any, ...]]:
    """Yield the columns of `_STAGED` in the order of the tables' unique indexes."""
    for person in sorted(people, key=lambda person: person.user_id):
        weights = dict(zip(COMPONENTS, person.weights, strict=True)) if person.weights else None
        own = json.dumps(weights)
        user = person.user_id
        for chosen in sorted(person.chosen, key=lambda chosen: chosen.job_id):
            yield (
                user,
                chosen.job_id,
                chosen.total,
                *chosen.components,
                chosen.rank_points,
                chosen.judged,
                own,
                chosen.reason,
                chosen.confidence,
                chosen.section,
                chosen.position,
                chosen.is_fill_up,
            )


def _write_scores(session: Session, block: _Block) -> int:
    new, at = block.new, block.at
    values: dict[str, ColumnElement[Any]] = {
        "user_id": new.c.user_id,
        "job_id": new.c.job_id,
        "scoring_algorithm_version": literal(block.version, String(20)),
        "total_score": new.c.total / float(TOTAL_SCALE),
        **{
            f"{component}_score": func.nullif(new.c[component], -1.0, type_=Float(53)) / 100.0
            for component in COMPONENTS
        },
        "rank_points": new.c.rank_points,
        "coverage": new.c.judged / 100.0,
        "weights": new.c.weights,
        "scored_at": literal(at, _SCORES.c.scored_at.type),
        "created_at": literal(at, _SCORES.c.created_at.type),
    }
    query = (
        select(*(value.label(name) for name, value in values.items()))
        .select_from(new.outerjoin(_SCORES, block.is_score()))
        .where(or_(_SCORES.c.id.is_(None), *_differences(_SCORES, values, _SCORE_KEY)))
    )
    insert = _insert(session)(_SCORES).from_select(list(values), query, include_defaults=False)
    changed = {
        name: insert.excluded[name] for name in values if name not in {*_SCORE_KEY, "created_at"}
    }
    return _upsert(session, insert, _SCORE_KEY, changed)


def _write_matches(session: Session, block: _Block) -> int:
    new, at = block.new, block.at
    values: dict[str, ColumnElement[Any]] = {
        "user_id": new.c.user_id,
        "job_id": new.c.job_id,
        "job_score_id": _SCORES.c.id,
        "match_status": literal(MatchStatus.PENDING, _MATCHES.c.match_status.type),
        "recommendation_reason": new.c.reason,
        "confidence_level": new.c.confidence / 100.0,
        "match_on": literal(block.today, _MATCHES.c.match_on.type),
        "section": new.c.section,
        "position": new.c.position,
        "is_fill_up": new.c.is_fill_up,
        "run_id": literal(block.run_id, Id),
        **{
            name: literal(at, _MATCHES.c[name].type)
            for name in ("matched_at", "created_at", "updated_at")
        },
    }
    # Every pair has a score by now; outer, so that SQLite walks through the block and looks up.
    pairs = new.outerjoin(_SCORES, block.is_score()).outerjoin(_MATCHES, block.is_of(_MATCHES))
    query = (
        select(*(value.label(name) for name, value in values.items()))
        .select_from(pairs)
        .where(
            or_(
                _MATCHES.c.id.is_(None),
                _MATCHES.c.match_status == MatchStatus.EXPIRED,
                *_differences(_MATCHES, values, _MATCH_KEY),
            )
        )
    )
    insert = _insert(session)(_MATCHES).from_select(list(values), query, include_defaults=False)
    changed: dict[str, Any] = {
        name: insert.excluded[name] for name in values if name not in {*_MATCH_KEY, "created_at"}
    }
    changed["match_status"] = case(
        (_MATCHES.c.match_status == MatchStatus.EXPIRED, insert.excluded.match_status),
        else_=_MATCHES.c.match_status,
    )
    changed |= _left_behind(block.today)
    return _upsert(session, insert, _MATCH_KEY, changed)


def _left_behind(today: date) -> dict[str, ColumnElement[Any]]:
    """Return what a renewed row keeps of the list of an earlier day that held it to its end."""
    is_older = _MATCHES.c.match_on < today
    stayed = and_(is_older, _MATCHES.c.dropped_at.is_(None))
    return {
        "previous_on": case(
            (stayed, _MATCHES.c.match_on),
            (is_older, null()),
            else_=_MATCHES.c.previous_on,
        ),
        "previous_position": case(
            (stayed, _MATCHES.c.position),
            (is_older, null()),
            else_=_MATCHES.c.previous_position,
        ),
        "dropped_at": null(),
    }


def _expire_others(session: Session, block: _Block) -> int:
    """Expire what an earlier run of the day chose for these people and this one did not."""
    chosen = select(block.new.c.job_id).where(
        block.new.c.user_id == _MATCHES.c.user_id, block.new.c.job_id == _MATCHES.c.job_id
    )
    result = session.execute(
        update(_MATCHES)
        .where(
            _MATCHES.c.user_id.in_(block.users),
            _MATCHES.c.match_on == block.today,
            # not by the index on the status, which would walk through everybody's
            func.coalesce(_MATCHES.c.match_status, "") == MatchStatus.PENDING.value,
            ~chosen.exists(),
        )
        .values(match_status=MatchStatus.EXPIRED, updated_at=block.at, dropped_at=block.at)
    )
    return _count(result)


def _differences(
    table: Table, values: dict[str, ColumnElement[Any]], key: Sequence[str]
) -> Iterator[ColumnElement[bool]]:
    for name, value in values.items():
        if name not in _NOTES and name not in key:
            yield table.c[name].is_distinct_from(value)


def _insert(session: Session) -> Any:
    name = session.get_bind().dialect.name
    return sqlite.insert if name == "sqlite" else postgresql.insert


def _upsert(session: Session, insert: Any, key: Sequence[str], changed: dict[str, Any]) -> int:
    statement = insert.on_conflict_do_update(index_elements=list(key), set_=changed)
    return _count(session.execute(statement, execution_options={"preserve_rowcount": True}))


def _count(result: Any) -> int:
    return int(result.rowcount)
