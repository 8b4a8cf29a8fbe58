"""A temporary table filled at the driver's speed, so that one statement can write the differences.

COPY on PostgreSQL, one prepared statement on SQLite. The table belongs to the connection, is seen
by nobody else, and lives until the block ends.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable, DropTable


@contextmanager
def staged(session: Session, table: Table, rows: Iterable[Sequence[Any]]) -> Iterator[Table]:
    """Create ``table``, fill it with ``rows``, and drop it at the end of the block.

    Each row has all columns in the table's order as plain values (numbers, text, booleans, None):
    column types and Python defaults are passed by. After an error nothing is dropped: the
    transaction is over then, and takes the table with it. Does not commit.

    :param table: declared with ``prefixes=["TEMPORARY"]`` in a MetaData of its own.
    """
    connection = session.connection()
    connection.execute(CreateTable(table))
    if connection.dialect.name == "postgresql":
        _copy(connection.connection.driver_connection, table, rows)
    else:
        statement = str(insert(table).compile(dialect=connection.dialect))
        # the driver takes one row after another from an iterator; its type asks for a sequence
        connection.connection.cursor().executemany(statement, cast(Any, rows))
    yield table
    connection.execute(DropTable(table))


def _copy(driver: Any, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as to:
        for row in rows:
            to.write_row(row)
