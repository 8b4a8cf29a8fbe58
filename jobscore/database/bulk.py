"""Bulk writes that are one statement on each database."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, and_, func, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

#: PostgreSQL sends at most 65,535 parameters a statement; SQLite's limit is lower in old builds.
MOST_PARAMETERS = 30_000


def upsert(
    session: Session,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    update: Sequence[str] | None = None,
) -> int:
    """Insert ``rows``; where ``key`` is taken already, update the columns ``update``.

    All rows must have the same columns, and no two rows the same key. Rows that are equal already
    are left alone. Flushes nothing and does not commit.

    :param update: columns to write on conflict; ``None`` means all but the key, ``()`` none.
    :returns: how many rows were given.
    """
    if not rows:
        return 0
    columns = list(rows[0])
    changing = [c for c in columns if c not in key] if update is None else list(update)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement: Any = insert(table)
    if changing:
        new = statement.excluded
        differs = or_(*(table.c[c].is_distinct_from(new[c]) for c in changing))
        values: dict[str, Any] = {c: new[c] for c in changing}
        if "updated_at" in table.c and "updated_at" not in values:
            values["updated_at"] = func.current_timestamp()
        statement = statement.on_conflict_do_update(
            index_elements=list(key), set_=values, where=and_(differs)
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(key))
    size = max(1, MOST_PARAMETERS // len(columns))
    for start in range(0, len(rows), size):
        session.execute(statement, [dict(row) for row in rows[start : start + size]])
    return len(rows)


def insert_plain(
    session: Session, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert many rows of plain values (numbers, text, booleans) as fast as the driver can.

    COPY on PostgreSQL, one prepared statement on SQLite. Column types are passed by: no value may
    need translating, and Python defaults are not applied. Does not commit.

    :raises IntegrityError: when a row breaks a constraint.
    """
    if not rows:
        return
    connection = session.connection()
    names = ", ".join(f'"{column}"' for column in columns)
    if connection.dialect.name == "postgresql":
        _copy(connection, f'COPY "{table.name}" ({names}) FROM STDIN', rows)
        return
    marks = ", ".join("?" * len(columns))
    statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'  # noqa: S608 # our names
    connection.exec_driver_sql(
        statement, [row if isinstance(row, tuple) else tuple(row) for row in rows]
    )


def _copy(connection: Connection, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Copy rows into a table of PostgreSQL; a broken constraint is told as by any statement."""
    driver: Any = connection.connection.driver_connection
    errors: Any = connection.dialect.loaded_dbapi
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except errors.IntegrityError as error:
        raise IntegrityError(statement, None, error) from error


def insert_values(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows of Python values as fast as the driver can.

    As :func:`insert_plain`, but each value is put through its column's type first. All rows must
    have the same columns; Python defaults are not applied. Does not commit.
    """
    if not rows:
        return
    dialect = session.connection().dialect
    columns = list(rows[0])
    values = list(map(itemgetter(*columns), rows))
    turned = list(zip(*values, strict=True))
    for index, name in enumerate(columns):
        process = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if process is not None:
            turned[index] = _processed(process, turned[index])
    insert_plain(session, table, columns, list(zip(*turned, strict=True)))


def _processed(process: Callable[[Any], Any], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return each value as the driver takes it; equal ones are worked out once."""
    known: dict[Any, Any] = {}
    for value in values:
        if value not in known:
            known[value] = process(value)
    return tuple([known[value] for value in values])
