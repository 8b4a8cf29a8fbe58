"""A person with a row in every table that can hold one, each text marked, whatever the table."""

import contextlib
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    insert,
    inspect,
    select,
    text,
    update,
)

from jobscore.database.types import Money, Status, UtcDateTime
from jobscore.emails.service import pack
from jobscore.extensions import Base
from jobscore.privacy import registry

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
#: Tables whose rows hang on a person's row by a number of the file that brought them.
BY_LINE = {"import_messages"}


def fill(connection: Connection, mark: str) -> int:
    """Insert a person and a row of theirs into every such table; return the person's id."""
    held = {one.name: one for one in registry.held()}
    wanted = _with_parents([one.table for one in held.values()])
    wanted |= _with_parents([Base.metadata.tables[name] for name in BY_LINE])
    keys: dict[str, Any] = {}
    for table in Base.metadata.sorted_tables:
        if table in wanted:
            _insert(connection, table, mark, keys, is_theirs=table.name in held)
    # rows that belong by other rules than a reference
    users = int(keys["users"])
    audit = Base.metadata.tables["audit_log"]
    seen = {"target": f"user:{users}", "action": "account.signed_in"}
    connection.execute(update(audit).where(audit.c.id == keys["audit_log"]).values(seen))
    messages, attempts = (Base.metadata.tables[n] for n in ("import_messages", "import_attempts"))
    invitations = Base.metadata.tables["invitations"]
    import_id = connection.scalar(
        select(attempts.c.csv_import_id).where(attempts.c.id == keys["import_attempts"])
    )
    connection.execute(
        update(invitations)
        .where(invitations.c.id == keys["invitations"])
        .values(import_id=import_id, line=7)
    )
    connection.execute(
        update(messages)
        .where(messages.c.id == keys["import_messages"])
        .values(attempt_id=keys["import_attempts"], line=7)
    )
    return users


def _with_parents(tables: list[Table]) -> set[Table]:
    found: set[Table] = set()
    waiting = list(tables)
    while waiting:
        table = waiting.pop()
        if table in found:
            continue
        found.add(table)
        waiting += [key.column.table for column in table.c for key in column.foreign_keys]
    return found


def _insert(
    connection: Connection, table: Table, mark: str, keys: dict[str, Any], *, is_theirs: bool
) -> None:
    row = {}
    for column in table.c:
        if column.foreign_keys:
            row[column.name] = keys.get(next(iter(column.foreign_keys)).column.table.name)
        elif not (column.primary_key and column.autoincrement is True):
            row[column.name] = _value(table, column, mark, is_theirs=is_theirs)
    key = connection.execute(insert(table).values(row)).inserted_primary_key
    keys[table.name] = key[0] if key else None


def _value(table: Table, column: Column[Any], mark: str, *, is_theirs: bool) -> Any:
    kind = column.type
    if isinstance(kind, Status):
        members: Any = kind.members
        return next(iter(members))
    if column.name == "email" or column.name == "recipient_email":
        return f"{mark}@example.com"
    if column.name == "locale":
        return "en"
    if column.name == "claimed_by":
        return "host:1"  # which process has it, not whose it is
    if isinstance(kind, UtcDateTime | DateTime):
        return NOW
    if isinstance(kind, Date):
        return date(2026, 11, 20)
    if isinstance(kind, Boolean):
        return column.name == "is_active"
    if isinstance(kind, Money | Numeric) and not isinstance(kind, Float):
        return Decimal(1)
    if isinstance(kind, LargeBinary):
        return pack(mark)
    word = (
        f"{mark}{table.name}{column.name}"
        if is_theirs or table.name in BY_LINE
        else (f"{table.name}{column.name}{mark[-1]}")
    )
    if isinstance(kind, JSON):
        return {"said": word}
    if isinstance(kind, String):
        return word[: kind.length or 60]
    if isinstance(kind, Float | Integer) or hasattr(kind, "python_type"):
        return 1
    raise AssertionError(f"{table.name}.{column.name}: what is a {kind!r}?")


def everything(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield (table and column, value as text) of every cell of the database, unpacked."""
    for name in inspect(connection).get_table_names():
        rows = connection.execute(text(f'SELECT * FROM "{name}"'))
        for row in rows.mappings():
            for column, value in row.items():
                plain = value
                if isinstance(value, bytes | memoryview):
                    raw = bytes(value)
                    with contextlib.suppress(zlib.error):
                        raw = zlib.decompress(raw)
                    plain = raw.decode("utf-8", "replace")
                yield f"{name}.{column}", str(plain)
