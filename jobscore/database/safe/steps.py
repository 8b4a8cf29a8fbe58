"""The operations behind :mod:`jobscore.database.safe`: what is to be done, not how.

Each is an Alembic operation of its own, so that the linter sees an object instead of statements.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar

from alembic.operations import MigrateOperation, Operations
from sqlalchemy import Column, TextClause

#: Who writes the steps down instead of carrying them out; None: nobody, they are carried out.
RECORDER: ContextVar[Operations | None] = ContextVar("recorder", default=None)


class UnsafeStepError(ValueError):
    """A step that a helper of ``safe`` cannot do safely; the sentence names the recipe."""


@dataclass(frozen=True)
class SafeStep(MigrateOperation):
    """A step on one table. ``commits``: on PostgreSQL it ends the transaction it began in."""

    table: str
    commits: ClassVar[bool] = True


@dataclass(frozen=True)
class AddColumn(SafeStep):
    """Add a column that is nullable or has a default which is the same for all rows."""

    column: Column[Any]
    commits: ClassVar[bool] = False


@dataclass(frozen=True)
class DropColumn(SafeStep):
    """Drop a column with what it holds, and the indexes on it."""

    column: str
    commits: ClassVar[bool] = False


@dataclass(frozen=True)
class DropTable(SafeStep):
    """Drop a table with its rows."""

    commits: ClassVar[bool] = False


@dataclass(frozen=True)
class SetNotNull(SafeStep):
    """Have a column refuse NULL."""

    column: str


@dataclass(frozen=True)
class DropNotNull(SafeStep):
    """Let a column take NULL."""

    column: str
    commits: ClassVar[bool] = False


@dataclass(frozen=True)
class AddConstraint(SafeStep):
    """Add a constraint that PostgreSQL proves in a step of its own: ``sql`` follows its name."""

    name: str
    sql: str


@dataclass(frozen=True)
class AddUnique(SafeStep):
    """Add a unique constraint."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class DropConstraint(SafeStep):
    """Drop a constraint by its name."""

    name: str
    commits: ClassVar[bool] = False


@dataclass(frozen=True)
class CreateIndex(SafeStep):
    """Create an index; text columns are expressions."""

    name: str
    columns: Sequence[str | TextClause]
    unique: bool
    where: str | None


@dataclass(frozen=True)
class DropIndex(SafeStep):
    """Drop an index."""

    name: str


@dataclass(frozen=True)
class Backfill(SafeStep):
    """Change rows by ranges of ``key``; ``pause`` in seconds between two batches."""

    set_sql: str
    where_sql: str
    batch: int
    key: str
    pause: float
