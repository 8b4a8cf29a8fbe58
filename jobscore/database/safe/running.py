"""What carrying out a safe step shares on both databases."""

import logging
import time
from typing import Any

from alembic.operations import Operations, ops
from sqlalchemy import Connection, TextClause, text

from jobscore.database.safe import steps as safe_steps

log = logging.getLogger(__name__)


class Runner:
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

    def first_batch(self, step: safe_steps.Backfill) -> int:
        """Return how many rows the first batch of a backfill holds."""
        return step.batch

    def next_batch(self, step: safe_steps.Backfill, size: int, took: float) -> int:
        """Return how many rows the batch holds after one of ``size`` that took so many seconds."""
        return step.batch

    def batch(
        self, step: safe_steps.Backfill, statement: TextClause, values: dict[str, Any]
    ) -> tuple[int, float]:
        """Change the rows of one batch; return how many, and the seconds that it took."""
        began = time.monotonic()
        changed = self.connection.execute(statement, values).rowcount
        return changed, time.monotonic() - began

    def index(self, step: safe_steps.CreateIndex, **options: Any) -> None:
        """Create the index of ``step``."""
        where = None if step.where is None else plain(step.where)
        conditions = (
            {} if where is None else {f"{d}_where": where for d in ("postgresql", "sqlite")}
        )
        make: Any = ops.CreateIndexOp
        self.operations.invoke(
            make(
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


def in_batches(runner: Runner, step: safe_steps.Backfill) -> int:
    """Change the rows range by range, in the order of the key; return how many."""
    table, key = runner.quote(step.table), runner.quote(step.key)
    where = plain(step.where_sql).text
    ahead = f"SELECT {key} FROM {table} WHERE ({where})"  # noqa: S608  a migration's own SQL
    change = f"UPDATE {table} SET {plain(step.set_sql).text} WHERE ({where}) AND {key} <= :upto"  # noqa: S608
    last = runner.value(f"SELECT max({key}) FROM {table}")  # noqa: S608
    changed, bound = 0, ""
    size = runner.first_batch(step)
    values: dict[str, Any] = {}
    while True:
        upto = runner.value(
            f"SELECT max({key}) FROM ({ahead}{bound} ORDER BY {key} LIMIT :batch) AS ahead",  # noqa: S608
            batch=size,
            **values,
        )
        if upto is None:
            return changed
        statement = text(f"{change}{bound}")
        rowcount, took = runner.batch(step, statement, {"upto": upto, **values})
        changed += rowcount
        log.info(
            "%s: %d rows changed, %s up to %s of %s", step.table, changed, step.key, upto, last
        )
        bound, values = f" AND {key} > :done", {"done": upto}
        size = runner.next_batch(step, size, took)
