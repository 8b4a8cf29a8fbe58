"""What the admin sees of the database: revisions, drift, sizes, indexes, statements.

Each part is read by itself, so that one that cannot be read (a right is missing, a file is gone)
says so in its place while the others stand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from flask import Flask
from flask_babel import gettext
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from jobscore import config
from jobscore.dashboard import schema_words
from jobscore.database import drift, inventory, queries
from jobscore.database.drift import Difference, Kind
from jobscore.database.errors import MigrationError
from jobscore.database.inventory import IndexUse, TableSize
from jobscore.database.migrator import Migrator
from jobscore.database.queries import RepeatedStatement, StatementStatistics, Statistics, recording
from jobscore.database.queries.statistics import SortKey
from jobscore.database.revisions import RevisionEntry
from jobscore.database.validation import SchemaReport, SchemaState, schema_report
from jobscore.extensions import db

T = TypeVar("T")

#: The page itself: what only it sends is no news to who reads it.
OWN_UNIT = "GET dashboard.schema"
MOST_STATEMENTS = 20
MOST_PATTERNS = 10
#: Rows of a table that are open at once; the others wait under a line to open.
FEW = 8
SORT_KEYS: tuple[SortKey, ...] = ("total", "mean", "p95", "calls")


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """A part of the page: what was read, or why it could not be."""

    value: T | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that wants a hand, and the command that helps (empty: none does)."""

    text: str
    command: str = ""
    kind: str = "warning"


@dataclass(frozen=True, slots=True)
class Sizes:
    """The tables, the largest first, and all bytes together (None: not all are known)."""

    tables: Sequence[TableSize]
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Indexes:
    """The indexes: those that only cost, the largest first; the others, most used first."""

    unused: Sequence[IndexUse]
    others: Sequence[IndexUse]
    #: Since when uses are counted; None: not known, or since the start.
    since: datetime | None
    #: Whether anything was counted at all: before that "unused" means nothing.
    is_counted: bool


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements that cost most, and those sent many times over."""

    slowest: Sequence[StatementStatistics]
    repeated: Sequence[RepeatedStatement]
    since: datetime | None
    processes: int
    by: SortKey


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database is; ``place`` is its file or host and name, never with a password."""

    engine: str
    version: str
    place: str
    user: str


@dataclass(frozen=True, slots=True)
class SchemaPage:
    """Everything on ``/admin/schema``."""

    report: SchemaReport
    #: Oldest first.
    pending: Part[list[RevisionEntry]]
    #: Newest first.
    history: Part[list[RevisionEntry]]
    drift: Part[list[Difference]]
    sizes: Part[Sizes]
    indexes: Part[Indexes]
    statements: Part[Statements]
    facts: Part[Facts]
    problems: Sequence[Problem]

    @property
    def is_current(self) -> bool:
        """Whether the tables are those of this code."""
        return self.report.state is SchemaState.CURRENT


def sort_key(word: str | None) -> SortKey:
    """Return the order that was asked for; by total time when it is none of ours."""
    for key in SORT_KEYS:
        if key == word:
            return key
    return "total"


def page(app: Flask, by: SortKey = "total") -> SchemaPage:
    """Read everything; writes nothing."""
    engine = db.engine
    folder = config.current(app).instance / recording.FOLDER
    statistics = _part(lambda: queries.merged(folder))
    migrator = Migrator(app)
    pending = _part(migrator.pending)
    drifted = _part(lambda: _with(engine, _differences))
    statements = _part(lambda: _statements(statistics.value, by))
    if statistics.problem:
        statements = Part(problem=statistics.problem)
    return SchemaPage(
        report=schema_report(engine),
        pending=pending,
        history=_part(lambda: migrator.history()[::-1]),
        drift=drifted,
        sizes=_part(lambda: _with(engine, _sizes)),
        indexes=_part(lambda: _with(engine, lambda c: _indexes(c, statistics.value))),
        statements=statements,
        facts=_part(lambda: _with(engine, _facts)),
        problems=_problems(pending, drifted, statements),
    )


def _part(read: Callable[[], T]) -> Part[T]:
    try:
        return Part(read())
    except MigrationError as error:
        return Part(problem=error.cause)
    except DBAPIError as error:
        return Part(problem=str(error.orig).strip().splitlines()[0])
    except OSError as error:
        return Part(problem=error.strerror or str(error))


def _with(engine: Engine, read: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        return read(connection)


def _differences(connection: Connection) -> list[Difference]:
    return drift.differences(connection, db.metadata, drift.own_tables)


def _sizes(connection: Connection) -> Sizes:
    tables = inventory.table_sizes(connection)
    known = [t.bytes + t.index_bytes for t in tables if None not in (t.bytes, t.index_bytes)]  # type: ignore[operator] # None is not among them
    return Sizes(tables, sum(known) if len(known) == len(tables) else None)


def _indexes(connection: Connection, statistics: Statistics | None) -> Indexes:
    sent = [] if statistics is None else statistics.statements
    found = inventory.index_use(connection, [(s.statement, s.calls) for s in sent])
    others = [use for use in found if not use.is_unused]
    return Indexes(
        unused=sorted((use for use in found if use.is_unused), key=lambda use: -(use.bytes or 0)),
        others=sorted(others, key=lambda use: (-use.uses, use.table, use.index)),
        since=inventory.counted_since(connection)
        or (statistics.since if statistics and connection.dialect.name == "sqlite" else None),
        is_counted=any(use.uses for use in found),
    )


def _statements(statistics: Statistics | None, by: SortKey) -> Statements:
    if statistics is None:
        return Statements((), (), None, 0, by)
    slowest = queries.slowest(statistics, len(statistics.statements), by=by)
    return Statements(
        [s for s in slowest if set(s.sources) != {OWN_UNIT}][:MOST_STATEMENTS],
        [r for r in statistics.repeated if r.source != OWN_UNIT][:MOST_PATTERNS],
        statistics.since,
        statistics.processes,
        by,
    )


def _facts(connection: Connection) -> Facts:
    url = connection.engine.url
    if connection.dialect.name == "sqlite":
        version: Any = connection.exec_driver_sql("SELECT sqlite_version()").scalar()
        place = str(Path(url.database).resolve()) if url.database else ":memory:"
        return Facts("SQLite", str(version), place, "")
    version = connection.scalar(text("SHOW server_version"))
    host = url.host or str(url.query.get("host") or "localhost")
    port = f":{url.port}" if url.port else ""
    user = str(connection.scalar(text("SELECT current_user")))
    return Facts("PostgreSQL", str(version), f"{host}{port}/{url.database}", user)


def _problems(
    pending: Part[list[RevisionEntry]],
    drifted: Part[list[Difference]],
    statements: Part[Statements],
) -> list[Problem]:
    found = []
    if pending.value:
        found.append(
            Problem(
                gettext("Revisions wait to be applied: the tables are older than this code."),
                "flask schema upgrade",
                "danger",
            )
        )
    for kind, command in _MENDS.items():
        found += [
            Problem(schema_words.sentence(d), command % {"table": d.table, "name": d.name})
            for d in drifted.value or ()
            if d.kind is kind
        ]
    if any(d.kind not in _MENDS for d in drifted.value or ()):
        found.append(
            Problem(
                gettext(
                    "The tables differ from the models. If the models are right, write a revision "
                    "that brings the tables there, read it, then apply it."
                ),
                'flask db migrate -m "…"',
            )
        )
    if statements.value and statements.value.repeated:
        found.append(
            Problem(
                gettext("Some work sends the same statement once for each row (N+1)."),
                "flask schema slow",
                "info",
            )
        )
    return found


#: What a single statement mends (PostgreSQL).
_MENDS = {
    Kind.INVALID_INDEX: "REINDEX INDEX CONCURRENTLY %(name)s;",
    Kind.UNCHECKED_CONSTRAINT: "ALTER TABLE %(table)s VALIDATE CONSTRAINT %(name)s;",
}
