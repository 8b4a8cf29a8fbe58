"""The safe forms of the steps that :mod:`jobscore.database.lint` calls dangerous.

A migration calls them instead of ``op``::

    from jobscore.database import safe

    def upgrade() -> None:
        safe.add_column("jobs", sa.Column("remote_days", sa.Integer()))
        safe.create_index("idx_jobs_remote_days", "jobs", ["remote_days"])

Each works on PostgreSQL without holding a long lock and on SQLite inside the one transaction of
the upgrade. Each may be run again after a first try that died half-way. On PostgreSQL most of them
commit what stood before in the revision (their docstrings say so): a lock that is held while
another step runs is what they avoid. With ``--sql`` they write the statements, save for those
that must read the database first: copying a table of SQLite.
"""

from collections.abc import Callable, Sequence
from typing import Any

from alembic import op
from alembic.operations import Operations
from sqlalchemy import Column, TextClause, make_url

from jobscore.database.safe import steps as safe_steps
from jobscore.database.safe.postgresql import OnPostgresql
from jobscore.database.safe.sqlite import OnSqlite
from jobscore.database.safe.steps import UnsafeStepError
from jobscore.database.sql_text import Default, default_of

__all__ = [
    "UnsafeStepError",
    "add_check",
    "add_column",
    "add_foreign_key",
    "add_unique",
    "backfill",
    "create_index",
    "drop_column",
    "drop_constraint",
    "drop_index",
    "drop_not_null",
    "drop_table",
    "set_not_null",
]

_DIALECTS = [make_url(f"{name}://").get_dialect()() for name in ("postgresql", "sqlite")]

_METHODS: dict[type[safe_steps.SafeStep], str] = {
    safe_steps.AddColumn: "add_column",
    safe_steps.DropColumn: "drop_column",
    safe_steps.DropTable: "drop_table",
    safe_steps.SetNotNull: "set_not_null",
    safe_steps.DropNotNull: "drop_not_null",
    safe_steps.AddConstraint: "add_constraint",
    safe_steps.AddUnique: "add_unique",
    safe_steps.DropConstraint: "drop_constraint",
    safe_steps.CreateIndex: "create_index",
    safe_steps.DropIndex: "drop_index",
    safe_steps.Backfill: "backfill",
}


def _implementation(method: str) -> Callable[[Operations, safe_steps.SafeStep], Any]:
    def carry_out(operations: Operations, step: safe_steps.SafeStep) -> Any:
        on_sqlite = operations.migration_context.dialect.name == "sqlite"
        runner = (OnSqlite if on_sqlite else OnPostgresql)(operations)
        return getattr(runner, method)(step)

    return carry_out


def _register() -> None:
    """Tell Alembic how each operation is carried out."""
    for kind, method in _METHODS.items():
        Operations.implementation_for(kind, replace=True)(_implementation(method))


_register()


def _invoke(step: safe_steps.SafeStep) -> Any:
    """Carry a step out, or have it written down while the revision is only read."""
    recorder = safe_steps.RECORDER.get()
    return op.invoke(step) if recorder is None else recorder.invoke(step)


def add_column(table: str, column: Column[Any]) -> None:
    """Add a column that is nullable or whose default is the same for all rows.

    Nothing is rewritten on PostgreSQL. SQLite adds it natively; a default of CURRENT_TIMESTAMP
    makes it copy the table. A column that is there already, of the same type, is left alone.

    :raises UnsafeStepError: for what cannot be added safely, with the way that can.
    """
    _check_column(table, column)
    _invoke(safe_steps.AddColumn(table, column))


def _check_column(table: str, column: Column[Any]) -> None:
    where = f"{table}.{column.name}"
    default = max(
        (default_of(column.server_default, d) for d in _DIALECTS),
        key=list(Default).index,
    )
    if column.primary_key or column.unique:
        raise UnsafeStepError(
            f"{where} cannot be added as a key: add it plain, fill it with safe.backfill(…), then "
            "safe.add_unique(…)."
        )
    if column.foreign_keys:
        raise UnsafeStepError(
            f"{where} cannot be added with its foreign key: add it plain, then "
            "safe.create_index(…) and safe.add_foreign_key(…)."
        )
    if column.index:
        raise UnsafeStepError(
            f"{where} cannot be added with its index: add it plain, then safe.create_index(…)."
        )
    if default in (Default.SERIAL, Default.GENERATED):
        raise UnsafeStepError(
            f"{where} would be computed for every row under a lock: add it plain and nullable, "
            "then safe.backfill(…)."
        )
    if default is Default.VOLATILE:
        raise UnsafeStepError(
            f"The default of {where} differs by row, so every row would be rewritten under a "
            "lock: add the column without it, then op.alter_column(…, server_default=…) for new "
            "rows and safe.backfill(…) for the others."
        )
    if default is Default.NONE and not column.nullable:
        raise UnsafeStepError(
            f"{where} is NOT NULL and has no server_default, so the rows that are there have no "
            "value: give it a constant one, or add it nullable, then safe.backfill(…) and "
            "safe.set_not_null(…)."
        )


def drop_column(table: str, column: str) -> None:
    """Drop a column with what it holds, its indexes and the table constraints that name it.

    The last step of expand and contract: the linter calls it dangerous unless the revision says
    why nothing reads it any more. Native on both databases; SQLite copies the table only where a
    constraint names the column. A column that is gone already is fine.
    """
    _invoke(safe_steps.DropColumn(table, column))


def drop_table(table: str) -> None:
    """Drop a table with its rows. Dangerous unless assured; a table that is gone is fine.

    On PostgreSQL it fails while another table points at it.
    """
    _invoke(safe_steps.DropTable(table))


def set_not_null(table: str, column: str) -> None:
    """Have a column refuse NULL.

    PostgreSQL: a check NOT VALID, proven without a lock that stops anyone, then NOT NULL, which
    believes the check; commits what stood before. SQLite: the table is copied.

    :raises sqlalchemy.exc.IntegrityError: when a row has NULL: nothing is left behind.
    """
    _invoke(safe_steps.SetNotNull(table, column))


def drop_not_null(table: str, column: str) -> None:
    """Let a column take NULL: the way back from :func:`set_not_null`."""
    _invoke(safe_steps.DropNotNull(table, column))


def add_check(name: str, table: str, sql: str) -> None:
    """Add the check ``sql``, such as ``"salary >= 0"``.

    PostgreSQL: NOT VALID, then VALIDATE in its own transaction; commits what stood before.
    SQLite: the table is copied.

    :raises sqlalchemy.exc.IntegrityError: when a row breaks it: nothing is left behind.
    """
    _invoke(safe_steps.AddConstraint(table, name, f"CHECK ({sql})"))


def add_foreign_key(
    name: str,
    table: str,
    referred: str,
    columns: Sequence[str],
    referred_columns: Sequence[str],
    *,
    ondelete: str | None = None,
) -> None:
    """Add a foreign key from ``table`` to ``referred``; create the index on ``columns`` before.

    PostgreSQL: NOT VALID, then VALIDATE in its own transaction; commits what stood before.
    SQLite: the table is copied.

    :param ondelete: CASCADE, SET NULL, RESTRICT or NO ACTION; None leaves it to the database.
    :raises sqlalchemy.exc.IntegrityError: when a row points nowhere: nothing is left behind.
    """
    actions = ("CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION")
    if ondelete is not None and ondelete.upper() not in actions:
        raise UnsafeStepError(f"ondelete is one of {', '.join(actions)}, not {ondelete!r}.")
    quote = _DIALECTS[0].identifier_preparer.quote
    sql = (
        f"FOREIGN KEY({', '.join(map(quote, columns))}) "
        f"REFERENCES {quote(referred)} ({', '.join(map(quote, referred_columns))})"
    )
    if ondelete is not None:
        sql += f" ON DELETE {ondelete.upper()}"
    _invoke(safe_steps.AddConstraint(table, name, sql))


def add_unique(name: str, table: str, columns: Sequence[str]) -> None:
    """Add a unique constraint.

    PostgreSQL: a unique index CONCURRENTLY, which the constraint then takes over; commits what
    stood before. SQLite: the table is copied.

    :raises sqlalchemy.exc.IntegrityError: when two rows are equal: nothing is left behind.
    """
    _invoke(safe_steps.AddUnique(table, name, tuple(columns)))


def drop_constraint(name: str, table: str) -> None:
    """Drop a constraint by its name: the way back from the three above. SQLite copies the table."""
    _invoke(safe_steps.DropConstraint(table, name))


def create_index(
    name: str,
    table: str,
    columns: Sequence[str | TextClause],
    unique: bool = False,
    where: str | None = None,
) -> None:
    """Create an index while rows are read and written.

    PostgreSQL: CONCURRENTLY, without time limits, and checked after; commits what stood before. A
    broken index of an earlier try is dropped first. SQLite: plain. An index that is there already
    is left alone.

    :param columns: names, or ``sa.text("lower(email)")`` for an expression.
    :param where: the condition of a partial index.
    :raises sqlalchemy.exc.IntegrityError: when ``unique`` and two rows are equal.
    :raises UnsafeStepError: when another index has that name.
    """
    _invoke(safe_steps.CreateIndex(table, name, tuple(columns), unique, where))


def drop_index(name: str, table: str) -> None:
    """Drop an index (PostgreSQL: CONCURRENTLY, commits what stood before); gone already is fine."""
    _invoke(safe_steps.DropIndex(table, name))


def backfill(
    table: str,
    set_sql: str,
    where_sql: str,
    *,
    batch: int = 10_000,
    key: str = "id",
    pause: float = 0.01,
) -> int:
    """Change rows in batches by ranges of the primary key, for instance::

        safe.backfill("jobs", "remote_days = 5", "remote AND remote_days IS NULL")

    PostgreSQL: each batch is its own transaction and takes as many rows as take 0.05 s, so no row
    is locked for long; a batch that meets a locked row lets go of its own and tries again. What
    stood before is committed. ``where_sql`` must leave out what is done already: then a second try
    goes on where the first one died. SQLite: inside the one transaction of the upgrade. Progress
    is logged for each batch.

    :param batch: rows at most in a batch.
    :param pause: seconds to let others go first between two batches (PostgreSQL).
    :returns: how many rows were changed; 0 with ``--sql`` and when the linter reads it.
    """
    if batch < 1:
        raise UnsafeStepError(f"A batch holds at least one row, not {batch}.")
    changed = _invoke(safe_steps.Backfill(table, set_sql, where_sql, batch, key, pause))
    return int(changed or 0)
