"""What an upgrade would do to this database, and what a downgrade would lose of it.

Both are read from the revisions themselves (:mod:`jobscore.database.lint.recorder`) and measured on
the live tables; nothing is changed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.operations import MigrateOperation, ops
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, func, inspect, select
from sqlalchemy.sql import column, table

from jobscore.database import lint
from jobscore.database.lint.recorder import Batch, Recording, record
from jobscore.database.safe import steps as safe_steps


@dataclass(frozen=True, slots=True)
class Loss:
    """What a downgrade deletes: a table, or one column of it; ``rows`` hold something there."""

    table: str
    column: str | None
    rows: int
    revision: str

    @property
    def words(self) -> str:
        """Say it (English: for terminals and logs)."""
        rows = "1 row" if self.rows == 1 else f"{self.rows:,} rows"
        if self.column is None:
            return f"table {self.table} with {rows} ({self.revision})"
        return f"column {self.table}.{self.column}, filled in {rows} ({self.revision})"

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``--json``."""
        return {
            "table": self.table,
            "column": self.column,
            "rows": self.rows,
            "revision": self.revision,
        }


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One operation: what it does, how many rows the table has, whom it keeps waiting.

    ``rows`` is None for a table that is not there yet, or for no table.
    """

    operation: str
    table: str | None
    rows: int | None
    lock: str

    @property
    def words(self) -> str:
        """Say it in one line."""
        rows = "" if self.rows is None else f" ({self.rows:,} rows)"
        return f"{self.operation}{rows}: {self.lock}"

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``--json``."""
        return {
            "operation": self.operation,
            "table": self.table,
            "rows": self.rows,
            "lock": self.lock,
        }


@dataclass(frozen=True, slots=True)
class PlannedRevision:
    """A revision that lies ahead, with its steps in order and what the linter says of it."""

    revision: str
    message: str
    steps: tuple[PlannedStep, ...]
    findings: tuple[lint.Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``--json``."""
        return {
            "revision": self.revision,
            "message": self.message,
            "steps": [s.as_json() for s in self.steps],
            "findings": [f.as_json() for f in self.findings],
        }


def plan(
    connection: Connection, directory: ScriptDirectory, revisions: Sequence[str]
) -> list[PlannedRevision]:
    """Return what these revisions would do here, in the order given."""
    dialect = connection.dialect.name
    known = set(inspect(connection).get_table_names())
    counted: dict[str, int] = {}
    made: set[str | None] = set()
    planned = []
    for script in _scripts(directory, revisions):
        steps = []
        for operation, is_rebuild, is_free in _operations(record(script, dialect)):
            name = _table_of(operation)
            if name in known and name not in counted:
                counted[name] = _count(connection, name)
            rows = counted.get(name) if name else None
            if isinstance(operation, ops.CreateTableOp):
                made.add(name)
            lock = (
                "nobody waits" if name in made else _lock(operation, dialect, is_rebuild, is_free)
            )
            steps.append(PlannedStep(_words(operation), name, rows, lock))
        findings = tuple(lint.lint_script(script, (dialect,)))
        planned.append(
            PlannedRevision(str(script.revision), script.doc or "", tuple(steps), findings)
        )
    return planned


def losses(
    connection: Connection, directory: ScriptDirectory, revisions: Sequence[str]
) -> list[Loss]:
    """Return what taking back these revisions deletes; what holds no row is no loss.

    What a revision deletes by raw SQL is not seen.
    """
    columns = {
        name: {c["name"] for c in inspect(connection).get_columns(name)}
        for name in inspect(connection).get_table_names()
    }
    found = []
    for script in _scripts(directory, revisions):
        for operation, _, _ in _operations(record(script, connection.dialect.name, "downgrade")):
            name, lost = _dropped(operation)
            if name not in columns or (lost is not None and lost not in columns[name]):
                continue
            rows = _count(connection, name, lost)
            if rows:
                found.append(Loss(name, lost, rows, str(script.revision)))
    return found


def _scripts(directory: ScriptDirectory, revisions: Sequence[str]) -> Iterable[Script]:
    return [found for name in revisions for found in directory.get_revisions(name)]


def _operations(recording: Recording) -> Iterator[tuple[MigrateOperation, bool, bool]]:
    """Yield each operation, whether its table is copied, and whether it runs outside of a lock."""
    for step in recording.steps:
        if isinstance(step, Batch):
            for operation in step.operations:
                yield operation, step.rebuilds, False
        elif not step.in_batch:
            yield step.operation, False, step.transaction is None


def _dropped(operation: MigrateOperation) -> tuple[str, str | None]:
    if isinstance(operation, ops.DropTableOp):
        return operation.table_name, None
    if isinstance(operation, ops.DropColumnOp):
        return operation.table_name, operation.column_name
    if isinstance(operation, safe_steps.DropTable):
        return operation.table, None
    if isinstance(operation, safe_steps.DropColumn):
        return operation.table, operation.column
    return "", None


def _count(connection: Connection, name: str, filled: str | None = None) -> int:
    counted = func.count() if filled is None else func.count(column(filled))
    return connection.scalar(select(counted).select_from(table(name))) or 0


def _table_of(operation: MigrateOperation) -> str | None:
    for name in ("table", "table_name", "source_table"):
        found = getattr(operation, name, None)
        if found is not None:
            return str(getattr(found, "name", found))
    return None


def _words(operation: MigrateOperation) -> str:
    """Say what an operation does: its kind in plain words, its table, its subject."""
    kind = type(operation).__name__.removesuffix("Op")
    verb = "".join(f" {c.lower()}" if c.isupper() else c for c in kind).strip()
    if isinstance(operation, ops.ExecuteSQLOp):
        return f"run SQL {' '.join(str(operation.sqltext).split())[:80]}"
    subject = next(
        (
            str(getattr(value, "name", value))
            for name in ("column", "column_name", "index_name", "constraint_name", "name")
            if (value := getattr(operation, name, None)) is not None
        ),
        None,
    )
    where = _table_of(operation)
    if subject is None or subject == where:
        return f"{verb} {where or ''}".strip()
    return f"{verb} {subject} on {where}"


def _lock(operation: MigrateOperation, dialect: str, is_rebuild: bool, is_free: bool) -> str:
    """Say whom an operation keeps waiting, and for how long."""
    if dialect == "sqlite":
        if is_rebuild:
            return "copies the table; writers wait until the upgrade ends"
        return "writers wait until the upgrade ends"
    if isinstance(operation, safe_steps.SafeStep):
        return "a lock for a moment; what takes long keeps nobody waiting"
    if isinstance(operation, ops.CreateIndexOp | ops.DropIndexOp):
        if is_free and operation.kw.get("postgresql_concurrently"):
            return "keeps nobody waiting"
        return "writers of the table wait while it is built (SHARE)"
    if isinstance(operation, ops.CreateForeignKeyOp):
        return "writers of both tables wait while rows are checked (SHARE ROW EXCLUSIVE)"
    if isinstance(operation, ops.BulkInsertOp):
        return "nobody waits"
    if isinstance(operation, ops.ExecuteSQLOp):
        return "as the statement says"
    return "readers and writers of the table wait (ACCESS EXCLUSIVE)"
