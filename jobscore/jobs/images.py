"""The state of jobs as plain values: take it, tell whether it is the same, write it back.

A state is a dictionary of the columns of ``jobs`` in JSON's types, with the rows of each table of
:data:`PARTS` under its name. Clocks and keys are left aside, and what others work out from all
jobs together (the group of duplicates). Nothing here commits.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Table, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from jobscore.jobs.checks.models import JobFinding
from jobscore.jobs.models import Job, JobFeature, JobSkill
from jobscore.jobs.search import indexing

State = dict[str, Any]

_jobs: Table = Job.__table__  # type: ignore[assignment]  # declarative types it as FromClause
_skills: Table = JobSkill.__table__  # type: ignore[assignment]  # as above
_features: Table = JobFeature.__table__  # type: ignore[assignment]  # as above
_findings: Table = JobFinding.__table__  # type: ignore[assignment]  # as above

#: Tables whose rows belong to one job and are written with it.
PARTS: tuple[Table, ...] = (_skills, _features, _findings)
_ASIDE = frozenset({"id", "created_at", "updated_at", "duplicate_group"})
_COLUMNS = {column.name: column for column in _jobs.columns if column.name not in _ASIDE}
_ALL = itemgetter(*_COLUMNS)
_NOTHING: State = dict.fromkeys(_COLUMNS)
#: Parameters in one IN list.
_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class JobBefore:
    """What a write did to one job.

    :ivar before: the state before, as far as it differs from the one after; None: it was new.
    :ivar after_hash: :func:`hash_of` the state after.
    """

    job_id: int
    before: State | None
    after_hash: str


def read(session: Session, job_ids: Sequence[int], *, lock: bool = False) -> dict[int, State]:
    """Return the state of each job that exists, by id; with ``lock`` nobody changes it meanwhile.

    :param lock: hold the rows until the transaction ends (SQLite has one writer at a time anyway).
    """
    states: dict[int, State] = {}
    names = list(_COLUMNS)
    for start in range(0, len(job_ids), _CHUNK):
        chunk = job_ids[start : start + _CHUNK]
        wanted = select(_jobs.c.id, *_COLUMNS.values()).where(_jobs.c.id.in_(chunk))
        for job_id, *values in session.execute(wanted.with_for_update() if lock else wanted):
            states[job_id] = dict(zip(names, map(_plain, values), strict=True))
        for part in PARTS:
            for state in states.values():
                state.setdefault(part.name, [])
            columns = _own(part)
            rows = session.execute(
                select(part.c.job_id, *columns)
                .where(part.c.job_id.in_(chunk))
                .order_by(part.c.job_id, *columns[:1])
            )
            for job_id, *values in rows:
                if job_id in states:
                    states[job_id][part.name].append([_plain(value) for value in values])
    return states


def hash_of(state: State) -> str:
    """Return 32 hex digits that tell one state of a job's own columns from another.

    :param state: columns that are missing count as null; values may be plain or not, amounts have
        two digits.
    """
    said = "\x1f".join(map(str, _ALL(_NOTHING | state)))
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def difference(before: State, after: State) -> State:
    """Return what of ``before`` is not the same in ``after``."""
    return {name: value for name, value in before.items() if after.get(name) != value}


def write_back(session: Session, states: Mapping[int, State], now: datetime) -> None:
    """Give jobs back what the given (partial) states hold; the rest of them stays.

    :raises sqlalchemy.exc.IntegrityError: when what a state refers to is gone (a skill, a place).
    """
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for job_id, state in states.items():
        names = tuple(name for name in state if name in _COLUMNS)
        row = {f"new_{name}": _restored(_COLUMNS[name], state[name]) for name in names}
        alike[names].append(row | {"job": job_id, "now": now})
    connection = session.connection()
    for names, rows in alike.items():
        columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        statement = update(_jobs).where(_jobs.c.id == bindparam("job"))
        connection.execute(statement.values(columns | {"updated_at": bindparam("now")}), rows)
    for part in PARTS:
        _write_part(session, part, {i: s[part.name] for i, s in states.items() if part.name in s})
    indexing.changed(session, states)


def _write_part(session: Session, part: Table, rows_of: Mapping[int, list[list[Any]]]) -> None:
    if not rows_of:
        return
    columns = _own(part)
    session.execute(delete(part).where(part.c.job_id.in_(list(rows_of))))
    rows = [
        {"job_id": job_id}
        | {c.name: _restored(c, value) for c, value in zip(columns, values, strict=True)}
        for job_id, several in rows_of.items()
        for values in several
    ]
    if rows:
        session.execute(insert(part), rows)


def _own(part: Table) -> list[Column[Any]]:
    """Return the columns of a part that make its row, the job and a number of its own aside."""
    return [column for column in part.columns if column.name not in ("job_id", "id")]


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)  # a StrEnum becomes its word
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, date):  # a datetime too
        return str(value)
    return value


_READERS: dict[type, Callable[[str], Any]] = {
    Decimal: Decimal,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}


def _restored(column: Column[Any], value: Any) -> Any:
    """Return a plain value as the column takes it."""
    reader = _READERS.get(column.type.python_type)
    return value if value is None or reader is None else reader(value)


def changes_of(
    new: Iterable[tuple[int, State]],
    before: Mapping[int, State],
    after: Mapping[int, State],
) -> list[JobBefore]:
    """Return what a write did: jobs that are new with their values, states before and after."""
    changes = [JobBefore(job_id, None, hash_of(values)) for job_id, values in new]
    changes += [
        JobBefore(job_id, difference(state, after[job_id]), hash_of(after[job_id]))
        for job_id, state in before.items()
    ]
    return changes
