"""How large the tables are, and which indexes are used.

Both answer within a moment on tables of a million rows: what would take longer is estimated, and
says so, or is left unknown.
"""

import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from jobscore.database.drift.expressions import tokens

#: Tables of at most this many rows are counted; larger ones are estimated.
MOST_COUNTED = 50_000
#: How long SQLite may add up pages, in seconds; what is not done by then stays unknown.
MOST_SECONDS = 1.0
#: How many of the given statements are explained, the most frequent first.
MOST_STATEMENTS = 500
#: SQLite looks at the clock once in so many of its steps.
_STEPS = 10_000
_USED = re.compile(r"\bUSING (?:COVERING )?INDEX (\S+)")


class Serves(StrEnum):
    """What an index is needed for whether a query uses it or not."""

    PRIMARY_KEY = "primary_key"
    UNIQUE = "unique"
    #: Without it, deleting a row that others point at reads all of them.
    FOREIGN_KEY = "foreign_key"


@dataclass(frozen=True, slots=True)
class TableSize:
    """One table: its rows, and bytes on disk (None: not known) without and of its indexes."""

    table: str
    rows: int
    is_estimate: bool
    bytes: int | None
    index_bytes: int | None


@dataclass(frozen=True, slots=True)
class IndexUse:
    """One index: ``uses`` is how often a query went through it, as far as is known."""

    table: str
    index: str
    columns: tuple[str, ...]
    bytes: int | None
    uses: int
    serves: Serves | None = None

    @property
    def is_unused(self) -> bool:
        """Tell whether it only costs: nothing used it, and no constraint needs it."""
        return self.uses == 0 and self.serves is None


def table_sizes(connection: Connection) -> list[TableSize]:
    """Return the tables of the default schema, the largest first.

    PostgreSQL: the statistics' row counts for large tables. SQLite: those of ANALYZE, else the
    highest row number; bytes where its build can tell (``dbstat``) and while it is quick.
    """
    if connection.dialect.name == "postgresql":
        found = list(_postgresql_sizes(connection))
    elif connection.dialect.name == "sqlite":
        found = list(_sqlite_sizes(connection))
    else:
        found = []
    return sorted(found, key=lambda t: (-(t.bytes or 0) - (t.index_bytes or 0), -t.rows, t.table))


def index_use(connection: Connection, statements: Iterable[tuple[str, int]] = ()) -> list[IndexUse]:
    """Return every index with how often it was used, unused ones first, then by table and name.

    PostgreSQL counts by itself (:func:`counted_since`). SQLite does not: there each statement is
    explained, with NULL for its values, and its calls count for the indexes of its plan. Nothing is
    run; a statement that cannot be explained is left out.

    :param statements: SQL texts with ``?`` markers, and how often each was called.
    """
    if connection.dialect.name == "postgresql":
        found = list(_postgresql_use(connection))
    elif connection.dialect.name == "sqlite":
        found = list(_sqlite_use(connection, statements))
    else:
        found = []
    return sorted(found, key=lambda i: (not i.is_unused, i.table, i.index))


def counted_since(connection: Connection) -> datetime | None:
    """Return since when PostgreSQL counts the use of indexes; None: from the start, or unknown."""
    if connection.dialect.name != "postgresql":
        return None
    since: datetime | None = connection.scalar(
        text("SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()")
    )
    return since


_POSTGRESQL_SIZES = text(
    """
    SELECT c.relname AS name, greatest(c.reltuples, s.n_live_tup, 0)::bigint AS estimate,
           pg_table_size(c.oid) AS bytes, pg_indexes_size(c.oid) AS index_bytes
    FROM pg_class c
    LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
    """
)
_POSTGRESQL_USE = text(
    """
    SELECT t.relname AS table_name, i.relname AS name, coalesce(s.idx_scan, 0) AS uses,
           pg_relation_size(i.oid) AS bytes, x.indisprimary AS is_primary,
           x.indisunique AS is_unique,
           ARRAY(SELECT pg_get_indexdef(i.oid, k, true)
                 FROM generate_series(1, x.indnkeyatts) AS k) AS columns,
           EXISTS (SELECT 1 FROM pg_constraint f
                   WHERE f.conrelid = x.indrelid AND f.contype = 'f'
                     AND (x.indkey::int2[])[0:cardinality(f.conkey) - 1] = f.conkey) AS is_foreign
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class t ON t.oid = x.indrelid
    LEFT JOIN pg_stat_user_indexes s ON s.indexrelid = x.indexrelid
    WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p')
    """
)


def _postgresql_sizes(connection: Connection) -> Iterator[TableSize]:
    for row in connection.execute(_POSTGRESQL_SIZES).all():
        counted = None if row.estimate > MOST_COUNTED else _count(connection, row.name)
        rows = max(row.estimate, MOST_COUNTED) if counted is None else counted
        yield TableSize(row.name, rows, counted is None, row.bytes, row.index_bytes)


def _postgresql_use(connection: Connection) -> Iterator[IndexUse]:
    for row in connection.execute(_POSTGRESQL_USE):
        serves = _serves(row.is_primary, row.is_unique, row.is_foreign)
        yield IndexUse(row.table_name, row.name, tuple(row.columns), row.bytes, row.uses, serves)


def _serves(is_primary: bool, is_unique: bool, is_foreign: bool) -> Serves | None:
    if is_primary:
        return Serves.PRIMARY_KEY
    if is_unique:
        return Serves.UNIQUE
    return Serves.FOREIGN_KEY if is_foreign else None


def _count(connection: Connection, table: str) -> int | None:
    """Count a table's rows, or return None as soon as there are more than are counted."""
    quoted = connection.dialect.identifier_preparer.quote(table)
    rows: int = connection.exec_driver_sql(
        f"SELECT count(*) FROM (SELECT 1 FROM {quoted} LIMIT {MOST_COUNTED + 1}) AS few"  # noqa: S608 # a name of the catalogue
    ).scalar_one()
    return rows if rows <= MOST_COUNTED else None


def _sqlite_sizes(connection: Connection) -> Iterator[TableSize]:
    analysed = _analysed(connection)
    tables = inspect(connection).get_table_names()
    sizes = _sqlite_bytes(connection)
    for table in tables:
        rows = _count(connection, table)
        is_estimate = rows is None
        if rows is None:
            rows = analysed.get(table) or _highest(connection, table)
        yield TableSize(
            table,
            rows,
            is_estimate,
            sizes.get(table),
            _sum_known(sizes, _indexes(connection, table)),
        )


def _analysed(connection: Connection) -> dict[str, int]:
    """Return the row counts that ANALYZE has left, by table."""
    if not inspect(connection).has_table("sqlite_stat1"):
        return {}
    rows = connection.exec_driver_sql("SELECT tbl, stat FROM sqlite_stat1 WHERE stat IS NOT NULL")
    return {table: int(str(stat).split()[0]) for table, stat in rows}


def _highest(connection: Connection, table: str) -> int:
    quoted = connection.dialect.identifier_preparer.quote(table)
    try:
        return int(connection.exec_driver_sql(f"SELECT max(rowid) FROM {quoted}").scalar() or 0)  # noqa: S608 # a name of the catalogue
    except DBAPIError:  # WITHOUT ROWID: all that is known is that there are more
        return MOST_COUNTED


def _indexes(connection: Connection, table: str) -> list[str]:
    return [row[1] for row in _pragma(connection, "index_list", table)]


def _sum_known(sizes: dict[str, int], names: list[str]) -> int | None:
    known = [sizes[name] for name in names if name in sizes]
    return sum(known) if len(known) == len(names) and sizes else None


def _sqlite_bytes(connection: Connection) -> dict[str, int]:
    """Return the bytes of each table and index, of as many as can be added up in time."""
    raw: Any = connection.connection.driver_connection
    names = (
        connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'index') ORDER BY rootpage"
        )
        .scalars()
        .all()
    )
    found: dict[str, int] = {}
    with _interrupted(raw, time.monotonic() + MOST_SECONDS):
        for name in names:
            try:
                row = raw.execute(
                    "SELECT pgsize FROM dbstat WHERE name = ? AND aggregate = TRUE", (name,)
                ).fetchone()
            except sqlite3.OperationalError:  # the build has no dbstat, or the time is over
                break
            if row is not None:
                found[name] = int(row[0])
    return found


@contextmanager
def _interrupted(raw: Any, deadline: float) -> Iterator[None]:
    """Have SQLite end what it does with an error when ``deadline`` has passed."""
    raw.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


def _pragma(connection: Connection, name: str, argument: str) -> list[Any]:
    quoted = connection.dialect.identifier_preparer.quote_identifier(argument)
    return list(connection.exec_driver_sql(f"PRAGMA {name}({quoted})"))


def _sqlite_use(
    connection: Connection, statements: Iterable[tuple[str, int]]
) -> Iterator[IndexUse]:
    calls = _explained(connection, statements)
    sizes = _sqlite_bytes(connection)
    for table in inspect(connection).get_table_names():
        foreign: dict[int, list[str]] = {}
        for key in sorted(_pragma(connection, "foreign_key_list", table), key=lambda k: k[:2]):
            foreign.setdefault(key[0], []).append(key[3])
        for _, index, is_unique, origin, *_ in _pragma(connection, "index_list", table):
            columns = [row[2] or "…" for row in _pragma(connection, "index_info", index)]
            is_foreign = any(columns[: len(key)] == key for key in foreign.values())
            serves = _serves(origin == "pk", bool(is_unique), is_foreign)
            yield IndexUse(table, index, tuple(columns), sizes.get(index), calls[index], serves)


def _explained(connection: Connection, statements: Iterable[tuple[str, int]]) -> Counter[str]:
    """Add up the calls of the statements whose plan names an index, by index."""
    raw: Any = connection.connection.driver_connection
    found: Counter[str] = Counter()
    for statement, calls in sorted(statements, key=lambda s: -s[1])[:MOST_STATEMENTS]:
        values = [None] * sum(word.text == "?" for word in tokens(statement))
        try:
            plan = raw.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
        except (sqlite3.Error, sqlite3.Warning):
            continue
        for index in {name for row in plan for name in _USED.findall(row[-1])}:
            found[index] += calls
    return found
