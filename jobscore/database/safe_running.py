"""How the operations of :mod:`jobscore.database.safe` are carried out on each database."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic.operations import Operations, ops
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.schema import CreateColumn

from jobscore.database import safe_steps, sqlite_rebuild
from jobscore.database.safe_steps import UnsafeStepError
from jobscore.database.sql_text import Default, default_of, tokens

log = logging.getLogger(__name__)

LONGEST_NAME = 63
#: SQL for the number of the table ``:table`` in PostgreSQL.
_OID = "to_regclass(quote_ident(:table))"


class _Runner:
    """What the two databases share: a connection, quoting, and statements also for ``--sql``."""

    def __init__(self, operations: Operations) -> None:
        self.operations = operations
        self.context = operations.migration_context
        self.offline = self.context.as_sql
        self.dialect = self.context.dialect
        self.quote = self.dialect.identifier_preparer.quote

    @property
    def connection(self) -> Connection:
        """Return the live connection (there is none with ``--sql``)."""
        return self.operations.get_bind()

    def run(self, sql: str) -> None:
        """Run or write a statement; a colon in it is a colon."""
        self.operations.execute(plain(sql))

    def value(self, sql: str, **values: Any) -> Any:
        """Return the first value that a query gives, None without a row."""
        return self.connection.execute(text(sql), values).scalar()

    def index(self, step: safe_steps.CreateIndex, **options: Any) -> None:
        """Create the index of ``step``."""
        where = None if step.where is None else plain(step.where)
        conditions = (
            {} if where is None else {f"{d}_where": where for d in ("postgresql", "sqlite")}
        )
        self.operations.invoke(
            ops.CreateIndexOp(
                step.name,
                step.table,
                list(step.columns),
                unique=step.unique,
                **conditions,
                **options,
            )
        )


def plain(sql: str) -> TextClause:
    """Return SQL whose colons are not taken for parameters."""
    return text(sql.replace(":", r"\:"))


class _OnSqlite(_Runner):
    """SQLite: natively where it can, else by copying the table; always in the one transaction."""

    def rebuild(self, table: str, change: sqlite_rebuild.Change) -> None:
        if self.offline:
            raise UnsafeStepError(
                f"SQLite must copy {table} for this step, and for that its definition must be "
                "read from the database: --sql cannot write it. Run flask db upgrade instead."
            )
        sqlite_rebuild.rebuild(self.connection, table, change)

    def columns(self, table: str) -> dict[str, bool]:
        return {} if self.offline else sqlite_rebuild.columns_of(self.connection, table)

    def has_column(self, table: str, column: str) -> bool:
        return column.lower() in (name.lower() for name in self.columns(table))

    def constraint_names(self, table: str) -> set[str]:
        if self.offline:
            return set()
        items = sqlite_rebuild.items_of(sqlite_rebuild.definition(self.connection, table))
        return {item.constraint for item in items if item.constraint is not None}

    def add_column(self, step: safe_steps.AddColumn) -> None:
        if self.has_column(step.table, step.column.name):
            return
        table = self.operations.schema_obj.table(step.table, step.column._copy())
        compiled = str(CreateColumn(table.c[step.column.name]).compile(dialect=self.dialect))
        computed = default_of(step.column.server_default, self.dialect) is Default.STABLE
        if computed or "DEFAULT (" in compiled:
            self.rebuild(step.table, sqlite_rebuild.add_item(compiled))
        else:
            self.run(f"ALTER TABLE {self.quote(step.table)} ADD COLUMN {compiled}")

    def drop_column(self, step: safe_steps.DropColumn) -> None:
        if not self.offline and not self.has_column(step.table, step.column):
            return
        for index in [] if self.offline else self._indexes_on(step.table, step.column):
            self.run(f"DROP INDEX {self.quote(index)}")
        if not self.offline and self._in_a_constraint(step.table, step.column):
            self.rebuild(step.table, sqlite_rebuild.drop_column(step.column))
        else:
            self.run(f"ALTER TABLE {self.quote(step.table)} DROP COLUMN {self.quote(step.column)}")

    def _indexes_on(self, table: str, column: str) -> list[str]:
        rows = self.connection.execute(
            text(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL "
                "AND lower(tbl_name) = lower(:name)"
            ),
            {"name": table},
        )
        return [
            name
            for name, sql in rows
            if any(t.name == column.lower() for t in tokens(sql.lower()) if t.kind != "string")
        ]

    def _in_a_constraint(self, table: str, column: str) -> bool:
        for item in sqlite_rebuild.items_of(sqlite_rebuild.definition(self.connection, table)):
            own = item.column is not None and item.column.lower() == column.lower()
            words = {token.keyword for token in item.pieces}
            if own and words & {"UNIQUE", "PRIMARY", "CHECK", "REFERENCES"}:
                return True
            if item.column is None and item.names(column):
                return True
        return False

    def drop_table(self, step: safe_steps.DropTable) -> None:
        self.run(f"DROP TABLE IF EXISTS {self.quote(step.table)}")

    def set_not_null(self, step: safe_steps.SetNotNull) -> None:
        if not self.columns(step.table).get(step.column, False):
            self.rebuild(step.table, sqlite_rebuild.set_null(step.column, nullable=False))

    def drop_not_null(self, step: safe_steps.DropNotNull) -> None:
        if self.offline or self.columns(step.table).get(step.column, True):
            self.rebuild(step.table, sqlite_rebuild.set_null(step.column, nullable=True))

    def add_constraint(self, step: safe_steps.AddConstraint) -> None:
        self._add(step.table, step.name, step.sql)

    def add_unique(self, step: safe_steps.AddUnique) -> None:
        self._add(step.table, step.name, f"UNIQUE ({', '.join(map(self.quote, step.columns))})")

    def _add(self, table: str, name: str, sql: str) -> None:
        if name not in self.constraint_names(table):
            item = f"CONSTRAINT {self.quote(name)} {sql}"
            self.rebuild(table, sqlite_rebuild.add_item(item))

    def drop_constraint(self, step: safe_steps.DropConstraint) -> None:
        if self.offline or step.name in self.constraint_names(step.table):
            self.rebuild(step.table, sqlite_rebuild.drop_constraint(step.name))

    def create_index(self, step: safe_steps.CreateIndex) -> None:
        if not self.offline:
            owner = self.value(
                "SELECT tbl_name FROM sqlite_master WHERE type = 'index' AND name = :name",
                name=step.name,
            )
            if owner is not None and owner != step.table:
                raise UnsafeStepError(f"An index {step.name} stands on table {owner} already.")
        self.index(step, if_not_exists=True)

    def drop_index(self, step: safe_steps.DropIndex) -> None:
        self.run(f"DROP INDEX IF EXISTS {self.quote(step.name)}")

    def backfill(self, step: safe_steps.Backfill) -> int:
        if self.offline:
            self.run(f"UPDATE {self.quote(step.table)} SET {step.set_sql} WHERE {step.where_sql}")
            return 0
        return in_batches(self, step)


class _OnPostgresql(_Runner):
    """PostgreSQL: short locks only; what takes long runs outside the transaction, unlocked."""

    def table(self, name: str) -> str:
        return str(self.quote(name))

    def alter(self, table: str, action: str) -> None:
        self.run(f"ALTER TABLE {self.table(table)} {action}")

    @contextmanager
    def patiently(self, *settings: str) -> Iterator[None]:
        """Lift time limits while the block runs, then put back what was there."""
        if self.offline:
            for setting in settings:
                self.run(f"SET {setting} = 0")
            yield
            for setting in settings:
                self.run(f"RESET {setting}")
            return
        before = {setting: self.value(f"SHOW {setting}") for setting in settings}
        for setting in settings:
            self.run(f"SET {setting} = 0")
        try:
            yield
        finally:
            for setting, value in before.items():
                self.run(f"SET {setting} = '{value}'")

    def add_column(self, step: safe_steps.AddColumn) -> None:
        self.operations.invoke(ops.AddColumnOp(step.table, step.column._copy(), if_not_exists=True))
        if self.offline:
            return
        wanted = str(step.column.type.compile(dialect=self.dialect))
        there = self.value(
            "SELECT format_type(atttypid, NULL) FROM pg_attribute "
            f"WHERE attrelid = {_OID} AND attname = :column",
            table=step.table,
            column=step.column.name,
        )
        said = self.value("SELECT format_type(to_regtype(:kind), NULL)", kind=wanted)
        if said is not None and said != there:
            raise UnsafeStepError(
                f"{step.table}.{step.column.name} is there already, as {there} instead of {said}."
            )

    def drop_column(self, step: safe_steps.DropColumn) -> None:
        self.alter(step.table, f"DROP COLUMN IF EXISTS {self.quote(step.column)}")

    def drop_table(self, step: safe_steps.DropTable) -> None:
        self.run(f"DROP TABLE IF EXISTS {self.table(step.table)}")

    def set_not_null(self, step: safe_steps.SetNotNull) -> None:
        name = f"ck_{step.table}_{step.column}_not_null".encode()[:LONGEST_NAME].decode(
            errors="ignore"
        )
        column = self.quote(step.column)
        done = not self.offline and self.value(
            f"SELECT attnotnull FROM pg_attribute WHERE attrelid = {_OID} AND attname = :column",
            table=step.table,
            column=step.column,
        )
        with self.context.autocommit_block():
            if not done:
                self._prove(step.table, name, f"CHECK ({column} IS NOT NULL)")
                self.alter(step.table, f"ALTER COLUMN {column} SET NOT NULL")
            self.alter(step.table, f"DROP CONSTRAINT IF EXISTS {self.quote(name)}")

    def drop_not_null(self, step: safe_steps.DropNotNull) -> None:
        self.alter(step.table, f"ALTER COLUMN {self.quote(step.column)} DROP NOT NULL")

    def add_constraint(self, step: safe_steps.AddConstraint) -> None:
        with self.context.autocommit_block():
            self._prove(step.table, step.name, step.sql)

    def _constraint(self, table: str, name: str) -> bool | None:
        """Return whether the constraint is proven; None: it is not there."""
        found: bool | None = self.value(
            f"SELECT convalidated FROM pg_constraint WHERE conrelid = {_OID} AND conname = :name",
            table=table,
            name=name,
        )
        return found

    def _prove(self, table: str, name: str, sql: str) -> None:
        """Add a constraint NOT VALID and validate it, each in a transaction of its own."""
        quoted = self.quote(name)
        if self.offline:
            self.alter(table, f"DROP CONSTRAINT IF EXISTS {quoted}")
        known = None if self.offline else self._constraint(table, name)
        if known is None:
            self.alter(table, f"ADD CONSTRAINT {quoted} {sql} NOT VALID")
        if known:
            return
        try:
            with self.patiently("statement_timeout"):
                self.alter(table, f"VALIDATE CONSTRAINT {quoted}")
        except IntegrityError:
            self.alter(table, f"DROP CONSTRAINT IF EXISTS {quoted}")
            raise

    def add_unique(self, step: safe_steps.AddUnique) -> None:
        if not self.offline and self._constraint(step.table, step.name) is not None:
            return
        self.create_index(safe_steps.CreateIndex(step.table, step.name, step.columns, True, None))
        name = self.quote(step.name)
        with self.context.autocommit_block():
            self.alter(step.table, f"ADD CONSTRAINT {name} UNIQUE USING INDEX {name}")

    def drop_constraint(self, step: safe_steps.DropConstraint) -> None:
        self.alter(step.table, f"DROP CONSTRAINT IF EXISTS {self.quote(step.name)}")

    def _index(self, name: str) -> tuple[str, bool, bool] | None:
        """Return the table of an index, whether it is valid, and unique; None: not there."""
        row = self.connection.execute(
            text(
                "SELECT c.relname, i.indisvalid, i.indisunique FROM pg_index i "
                "JOIN pg_class c ON c.oid = i.indrelid "
                "WHERE i.indexrelid = to_regclass(quote_ident(:name))"
            ),
            {"name": name},
        ).one_or_none()
        return None if row is None else (row[0], row[1], row[2])

    def create_index(self, step: safe_steps.CreateIndex) -> None:
        with (
            self.context.autocommit_block(),
            self.patiently("lock_timeout", "statement_timeout"),
        ):
            if self.offline:
                self._drop_index(step.name)
                self.index(step, postgresql_concurrently=True)
            elif not self._usable(step):
                self._build(step)

    def _usable(self, step: safe_steps.CreateIndex) -> bool:
        """Return whether the index is there; drop what a broken build left."""
        known = self._index(step.name)
        if known is None:
            return False
        table, valid, unique = known
        if table != step.table or (valid and unique != step.unique):
            raise UnsafeStepError(
                f"Another index {step.name} stands on table {table}: drop it first, or choose "
                "another name."
            )
        if not valid:
            self._drop_index(step.name)
        return valid

    def _build(self, step: safe_steps.CreateIndex) -> None:
        try:
            self.index(step, postgresql_concurrently=True)
        except (IntegrityError, OperationalError):
            self._drop_index(step.name)
            raise
        known = self._index(step.name)
        if known is None or not known[1]:
            raise UnsafeStepError(f"PostgreSQL says that index {step.name} is not valid.")

    def _drop_index(self, name: str) -> None:
        self.run(f"DROP INDEX CONCURRENTLY IF EXISTS {self.quote(name)}")

    def drop_index(self, step: safe_steps.DropIndex) -> None:
        with (
            self.context.autocommit_block(),
            self.patiently("lock_timeout", "statement_timeout"),
        ):
            self._drop_index(step.name)

    def backfill(self, step: safe_steps.Backfill) -> int:
        with self.context.autocommit_block():
            if self.offline:
                self.run(self._script(step))
                return 0
            return in_batches(self, step)

    def _script(self, step: safe_steps.Backfill) -> str:
        """Write the batches as a block that commits each, for psql."""
        table, key = self.table(step.table), self.quote(step.key)
        rows = f"SELECT {key} FROM {table} WHERE ({step.where_sql})"  # noqa: S608  a migration's own SQL
        return (
            "DO $jobscore$ DECLARE done "
            f"{table}.{key}%TYPE; upto {table}.{key}%TYPE; BEGIN LOOP "
            f"SELECT max({key}) INTO upto FROM ({rows} AND (done IS NULL OR {key} > done) "
            f"ORDER BY {key} LIMIT {step.batch}) batch; EXIT WHEN upto IS NULL; "
            f"UPDATE {table} SET {step.set_sql} WHERE ({step.where_sql}) AND {key} <= upto "
            f"AND (done IS NULL OR {key} > done); COMMIT; done := upto; "
            f"PERFORM pg_sleep({step.pause}); END LOOP; END $jobscore$"
        )


def in_batches(runner: _Runner, step: safe_steps.Backfill) -> int:
    """Change the rows range by range, in the order of the key; return how many."""
    table, key = runner.quote(step.table), runner.quote(step.key)
    where = plain(step.where_sql).text
    ahead = f"SELECT {key} FROM {table} WHERE ({where})"  # noqa: S608  a migration's own SQL
    change = f"UPDATE {table} SET {plain(step.set_sql).text} WHERE ({where}) AND {key} <= :upto"  # noqa: S608
    last = runner.value(f"SELECT max({key}) FROM {table}")  # noqa: S608
    changed, bound = 0, ""
    values: dict[str, Any] = {}
    while True:
        upto = runner.value(
            f"SELECT max({key}) FROM ({ahead}{bound} ORDER BY {key} LIMIT :batch) AS ahead",  # noqa: S608
            batch=step.batch,
            **values,
        )
        if upto is None:
            return changed
        statement = text(f"{change}{bound}")
        changed += runner.connection.execute(statement, {"upto": upto, **values}).rowcount
        log.info(
            "%s: %d rows changed, %s up to %s of %s", step.table, changed, step.key, upto, last
        )
        bound, values = f" AND {key} > :done", {"done": upto}
        if runner.dialect.name == "postgresql" and step.pause:
            time.sleep(step.pause)


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
        runner = (_OnSqlite if on_sqlite else _OnPostgresql)(operations)
        return getattr(runner, method)(step)

    return carry_out


def register() -> None:
    """Tell Alembic how each operation is carried out."""
    for kind, method in _METHODS.items():
        Operations.implementation_for(kind, replace=True)(_implementation(method))
