"""How a safe step is carried out on PostgreSQL: what takes long holds no lock that stops others."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from alembic.operations import ops
from sqlalchemy import TextClause, text
from sqlalchemy.exc import IntegrityError, OperationalError

from jobscore.database import locks
from jobscore.database.safe import steps as safe_steps
from jobscore.database.safe.running import Runner, in_batches
from jobscore.database.safe.steps import UnsafeStepError

T = TypeVar("T")

#: PostgreSQL cuts names off after so many bytes.
LONGEST_NAME = 63
#: Rows of the first batch of a backfill.
FIRST_BATCH = 500
#: Seconds that a batch should take: so long others may wait for a row that it changes.
BATCH_SECONDS = 0.05


class OnPostgresql(Runner):
    """PostgreSQL: short locks only; what takes long runs outside the transaction, unlocked."""

    def table(self, name: str) -> str:
        """Return the quoted name of a table."""
        return str(self.quote(name))

    def alter(self, table: str, action: str) -> None:
        """Run ALTER TABLE; while somebody else uses the table, let go and try again."""
        self.briefly(table, lambda: self.run(f"ALTER TABLE {self.table(table)} {action}"))

    def briefly(self, table: str, work: Callable[[], T]) -> T:
        """Do what needs a lock on a table without having others wait behind us."""
        if self.offline:
            return work()
        return locks.briefly(self.connection, table, work, self.wait)

    @property
    def wait(self) -> float:
        """Return the seconds that this migration may wait for a lock."""
        config = self.context.config
        settings = config.attributes.get("migrating") if config else None
        given: float | None = getattr(settings, "lock_wait", None)
        return locks.LONGEST_WAIT if given is None else given

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

    @contextmanager
    def dividing_the_wait(self, locks: int) -> Iterator[None]:
        """Give each of the locks that a statement takes its part of ``lock_timeout``.

        Whoever queues behind the first waits for the others, too.
        """
        if self.offline or locks == 1:
            yield
            return
        before = self.value("SHOW lock_timeout")
        seconds = "extract(epoch FROM cast(current_setting('lock_timeout') AS interval))"
        given = int(self.value(f"SELECT {seconds} * 1000"))
        part = max(1, given // locks) if given else 0
        self.run(f"SET lock_timeout = {part}")
        try:
            yield
        finally:
            self.run(f"SET lock_timeout = '{before}'")

    def add_column(self, step: safe_steps.AddColumn) -> None:
        """Add the column."""
        add = ops.AddColumnOp(step.table, step.column._copy(), if_not_exists=True)
        self.briefly(step.table, lambda: self.operations.invoke(add))
        if self.offline:
            return
        wanted = str(step.column.type.compile(dialect=self.dialect))
        there = self.value(
            "SELECT format_type(atttypid, NULL) FROM pg_attribute "
            "WHERE attrelid = to_regclass(quote_ident(:table)) AND attname = :column",
            table=step.table,
            column=step.column.name,
        )
        said = self.value("SELECT format_type(to_regtype(:kind), NULL)", kind=wanted)
        if said is not None and said != there:
            raise UnsafeStepError(
                f"{step.table}.{step.column.name} is there already, as {there} instead of {said}."
            )

    def drop_column(self, step: safe_steps.DropColumn) -> None:
        """Drop the column, and the indexes on it."""
        self.alter(step.table, f"DROP COLUMN IF EXISTS {self.quote(step.column)}")

    def drop_table(self, step: safe_steps.DropTable) -> None:
        """Drop the table."""
        sql = f"DROP TABLE IF EXISTS {self.table(step.table)}"
        self.briefly(step.table, lambda: self.run(sql))

    def set_not_null(self, step: safe_steps.SetNotNull) -> None:
        """Have the column refuse NULL."""
        name = f"ck_{step.table}_{step.column}_not_null".encode()[:LONGEST_NAME].decode(
            errors="ignore"
        )
        column = self.quote(step.column)
        done = not self.offline and self.value(
            "SELECT attnotnull FROM pg_attribute "
            "WHERE attrelid = to_regclass(quote_ident(:table)) AND attname = :column",
            table=step.table,
            column=step.column,
        )
        with self.context.autocommit_block():
            if not done:
                self._prove(step.table, name, f"CHECK ({column} IS NOT NULL)")
                self.alter(step.table, f"ALTER COLUMN {column} SET NOT NULL")
            self.alter(step.table, f"DROP CONSTRAINT IF EXISTS {self.quote(name)}")

    def drop_not_null(self, step: safe_steps.DropNotNull) -> None:
        """Let the column take NULL."""
        self.alter(step.table, f"ALTER COLUMN {self.quote(step.column)} DROP NOT NULL")

    def add_constraint(self, step: safe_steps.AddConstraint) -> None:
        """Add the check or foreign key."""
        is_foreign_key = step.sql.upper().startswith("FOREIGN KEY")
        with self.context.autocommit_block(), self.dividing_the_wait(2 if is_foreign_key else 1):
            self._prove(step.table, step.name, step.sql)

    def _constraint(self, table: str, name: str) -> bool | None:
        """Return whether the constraint is proven; None: it is not there."""
        found: bool | None = self.value(
            "SELECT convalidated FROM pg_constraint "
            "WHERE conrelid = to_regclass(quote_ident(:table)) AND conname = :name",
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
        """Add the unique constraint."""
        if not self.offline and self._constraint(step.table, step.name) is not None:
            return
        if self.offline:
            self.alter(step.table, f"DROP CONSTRAINT IF EXISTS {self.quote(step.name)}")
        self.create_index(safe_steps.CreateIndex(step.table, step.name, step.columns, True, None))
        name = self.quote(step.name)
        with self.context.autocommit_block():
            self.alter(step.table, f"ADD CONSTRAINT {name} UNIQUE USING INDEX {name}")

    def drop_constraint(self, step: safe_steps.DropConstraint) -> None:
        """Drop the constraint."""
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
        """Create the index."""
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
        """Drop the index."""
        with (
            self.context.autocommit_block(),
            self.patiently("lock_timeout", "statement_timeout"),
        ):
            self._drop_index(step.name)

    def backfill(self, step: safe_steps.Backfill) -> int:
        """Change the rows in batches; return how many."""
        with self.context.autocommit_block():
            if self.offline:
                self.run(self._script(step))
                return 0
            return in_batches(self, step)

    def first_batch(self, step: safe_steps.Backfill) -> int:
        """Begin small: how long rows take is not known yet."""
        return min(step.batch, FIRST_BATCH)

    def next_batch(self, step: safe_steps.Backfill, size: int, took: float) -> int:
        """Let others go first, then take as many rows as should take BATCH_SECONDS."""
        if step.pause:
            time.sleep(step.pause)
        factor = min(2.0, max(0.1, BATCH_SECONDS / max(took, 1e-6)))
        return min(step.batch, max(1, int(size * factor)))

    def batch(
        self, step: safe_steps.Backfill, statement: TextClause, values: dict[str, Any]
    ) -> tuple[int, float]:
        """Change the rows of one batch; while somebody else holds one of them, let go of all."""
        return self.briefly(
            step.table, lambda: super(OnPostgresql, self).batch(step, statement, values)
        )

    def _script(self, step: safe_steps.Backfill) -> str:
        """Write the batches as a block that commits each, for psql."""
        table, key = self.table(step.table), self.quote(step.key)
        ahead = f"({step.where_sql}) AND (done IS NULL OR {key} > done)"
        lines = (  # a migration's own SQL
            f"DO $jobscore$ DECLARE done {table}.{key}%TYPE; upto {table}.{key}%TYPE;",
            f"BEGIN LOOP SELECT max({key}) INTO upto FROM (SELECT {key} FROM {table}",  # noqa: S608
            f"WHERE {ahead} ORDER BY {key} LIMIT {step.batch}) batch;",
            "EXIT WHEN upto IS NULL;",
            f"UPDATE {table} SET {step.set_sql}",  # noqa: S608
            f"WHERE {ahead} AND {key} <= upto;",
            f"COMMIT; done := upto; PERFORM pg_sleep({step.pause}); END LOOP; END $jobscore$",
        )
        return "\n".join(lines)
