"""Change a table of SQLite that ALTER TABLE cannot change, word for word.

The definition that SQLite keeps is cut into its items, one item is changed, the rows are copied
into a table of that definition, and indexes and triggers are made again from their own text. What
is not meant stays as it was: checks without a name, collations, expressions, generated columns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import Connection, text

from jobscore.database.safe.steps import UnsafeStepError
from jobscore.database.sql_text import Token, inside, split, tokens

_TABLE_ITEMS = frozenset({"CONSTRAINT", "CHECK", "FOREIGN", "UNIQUE", "PRIMARY"})


@dataclass(frozen=True, slots=True)
class Item:
    """A column or a table constraint in a definition, as it is written there."""

    sql: str

    @property
    def pieces(self) -> list[Token]:
        """Return its words."""
        return tokens(self.sql)

    @property
    def column(self) -> str | None:
        """Return the name of the column that it defines; None for a table constraint."""
        first = self.pieces[0]
        return None if first.keyword in _TABLE_ITEMS else first.name

    @property
    def constraint(self) -> str | None:
        """Return the name of the table constraint; None without one."""
        first, *rest = self.pieces
        return rest[0].name if first.keyword == "CONSTRAINT" else None

    def names(self, column: str) -> bool:
        """Return whether it speaks of ``column``."""
        return any(p.kind in ("word", "quoted") and _same(p.name, column) for p in self.pieces)


Change = Callable[[list[Item]], list[Item]]


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def items_of(sql: str) -> list[Item]:
    """Cut the definition of a table into its columns and constraints."""
    pieces = tokens(sql)
    first, last = inside(pieces)
    return [Item(_spelled(part)) for part in split(pieces[first + 1 : last])]


def _spelled(pieces: list[Token]) -> str:
    """Join words with their spaces, comments left out."""
    shown = pieces[0].text
    for before, token in pairwise(pieces):
        shown += (" " if token.at > before.end else "") + token.text
    return shown


def definition(connection: Connection, table: str) -> str:
    """Return the statement that would create ``table``.

    :raises UnsafeStepError: when there is no such table.
    """
    sql = connection.scalar(
        text("SELECT sql FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(:name)"),
        {"name": table},
    )
    if sql is None:
        raise UnsafeStepError(f"There is no table {table}.")
    return str(sql)


def columns_of(connection: Connection, table: str) -> dict[str, bool]:
    """Return the names of the columns, and whether each is NOT NULL; empty without the table."""
    rows = connection.execute(
        text('SELECT name, "notnull" FROM pragma_table_xinfo(:table)'), {"table": table}
    )
    return {name: bool(notnull) for name, notnull in rows}


def rebuild(connection: Connection, table: str, change: Change) -> None:
    """Give ``table`` the definition that ``change`` makes of its items, with all its rows.

    :raises UnsafeStepError: when foreign keys are enforced (dropping the old table would then
        delete the rows that point at it), or when a row does not fit (IntegrityError).
    """
    if connection.scalar(text("PRAGMA foreign_keys")):
        raise UnsafeStepError(
            f"{table} cannot be copied while foreign keys are enforced: rows that point at it "
            "would be deleted. Switch them off before the transaction (flask db upgrade does)."
        )
    sql = definition(connection, table)
    pieces = tokens(sql)
    _, last = inside(pieces)
    items = change(items_of(sql))
    new = f"_jobscore_new_{table}"
    body = ",\n\t".join(item.sql for item in items)
    options = sql[pieces[last].end :]
    rest = connection.execute(
        text(
            "SELECT sql FROM sqlite_master WHERE lower(tbl_name) = lower(:name) "
            "AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid"
        ),
        {"name": table},
    ).scalars()
    later = [str(statement) for statement in rest]
    run = connection.exec_driver_sql
    run(f"DROP TABLE IF EXISTS {_quoted(new)}")
    run(f"CREATE TABLE {_quoted(new)} (\n\t{body}\n){options}")
    _copy_rows(connection, table, new, items)
    legacy = connection.scalar(text("PRAGMA legacy_alter_table"))
    run("PRAGMA legacy_alter_table=ON")  # what points at the table goes on pointing at its name
    try:
        run(f"DROP TABLE {_quoted(table)}")
        run(f"ALTER TABLE {_quoted(new)} RENAME TO {_quoted(table)}")
    finally:
        run(f"PRAGMA legacy_alter_table={int(legacy or 0)}")
    for statement in later:
        run(statement)


def _copy_rows(connection: Connection, table: str, new: str, items: list[Item]) -> None:
    kept = {item.column.lower() for item in items if item.column is not None}
    names = connection.execute(
        text("SELECT name FROM pragma_table_xinfo(:table) WHERE hidden = 0"), {"table": table}
    ).scalars()
    columns = ", ".join(_quoted(name) for name in names if name.lower() in kept)
    connection.exec_driver_sql(
        f"INSERT INTO {_quoted(new)} ({columns}) SELECT {columns} FROM {_quoted(table)}"  # noqa: S608  names of this schema
    )
    counted = connection.scalar(
        text("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'")
    )
    if counted:
        connection.execute(
            text(
                "UPDATE sqlite_sequence SET seq = "
                "(SELECT seq FROM sqlite_sequence WHERE name = :old) WHERE name = :new"
            ),
            {"old": table, "new": new},
        )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def add_item(sql: str) -> Change:
    """Add a column or constraint; columns stand before constraints."""
    item = Item(sql)

    def change(items: list[Item]) -> list[Item]:
        if item.column is None:
            return [*items, item]
        columns = [known for known in items if known.column is not None]
        return [*columns, item, *(known for known in items if known.column is None)]

    return change


def drop_constraint(name: str) -> Change:
    """Take a table constraint out by its name.

    :raises UnsafeStepError: when no constraint of the table has that name.
    """

    def change(items: list[Item]) -> list[Item]:
        left = [
            item for item in items if item.constraint is None or not _same(item.constraint, name)
        ]
        if len(left) == len(items):
            raise UnsafeStepError(f"There is no constraint {name}.")
        return left

    return change


def drop_column(column: str) -> Change:
    """Take a column out, with the table constraints that speak of it."""

    def change(items: list[Item]) -> list[Item]:
        return [item for item in items if not item.names(column) or _other(item, column)]

    return change


def _other(item: Item, column: str) -> bool:
    """Return whether the item defines another column, which must stay."""
    return item.column is not None and not _same(item.column, column)


def set_null(column: str, nullable: bool) -> Change:
    """Add or take out NOT NULL in the definition of a column.

    :raises UnsafeStepError: when there is no such column.
    """

    def change(items: list[Item]) -> list[Item]:
        if not any(item.column is not None and _same(item.column, column) for item in items):
            raise UnsafeStepError(f"There is no column {column}.")
        return [
            Item(_with_null(item, nullable))
            if item.column is not None and _same(item.column, column)
            else item
            for item in items
        ]

    return change


def _with_null(item: Item, nullable: bool) -> str:
    """Write a column without NOT NULL or NULL of its own, then with NOT NULL where wanted."""
    left: list[Token] = []
    depth = 0
    pieces = item.pieces
    for place, token in enumerate(pieces):
        depth += {"(": 1, ")": -1}.get(token.keyword, 0)
        before = pieces[place - 1].keyword if place else ""
        after = pieces[place + 1].keyword if place + 1 < len(pieces) else ""
        own = depth == 0 and before not in ("DEFAULT", "SET")
        if own and token.keyword == "NOT" and after == "NULL":
            continue
        if own and token.keyword == "NULL":
            continue
        left.append(token)
    return _spelled(left) + ("" if nullable else " NOT NULL")
