"""The Migrator for programs with an event loop: every call awaits a thread of its own."""

import asyncio
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from jobscore.database import drift, plans
    from jobscore.database.diagnosis import Validation
    from jobscore.database.migrator import Migrator
    from jobscore.database.revisions import NewRevision, RevisionEntry


class AsyncMigrator:
    """The same methods as :class:`~jobscore.database.migrator.Migrator`, to be awaited."""

    def __init__(self, migrator: "Migrator") -> None:
        self.sync = migrator

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.sync.close()

    async def upgrade(self, revision: str = "head") -> "list[RevisionEntry]":
        """Bring the database up to ``revision``; return what was applied, in order."""
        return await asyncio.to_thread(self.sync.upgrade, revision)

    async def downgrade(self, revision: str = "-1") -> "list[RevisionEntry]":
        """Take back revisions down to ``revision``; return them, newest first."""
        return await asyncio.to_thread(self.sync.downgrade, revision)

    async def stamp(self, revision: str = "head") -> None:
        """Say that the database is at ``revision``; change nothing else."""
        await asyncio.to_thread(self.sync.stamp, revision)

    async def current(self) -> str | None:
        """Return the revision that the database is at; None before the first."""
        return await asyncio.to_thread(self.sync.current)

    async def heads(self) -> list[str]:
        """Return the newest revisions of the folder."""
        return await asyncio.to_thread(self.sync.heads)

    async def history(self) -> "list[RevisionEntry]":
        """Return every revision of the folder, oldest first."""
        return await asyncio.to_thread(self.sync.history)

    async def pending(self) -> "list[RevisionEntry]":
        """Return exactly what :meth:`upgrade` would apply, in order."""
        return await asyncio.to_thread(self.sync.pending)

    async def plan(self) -> "list[plans.PlannedRevision]":
        """Return what an upgrade would do here."""
        return await asyncio.to_thread(self.sync.plan)

    async def losses(self, revision: str = "-1") -> "list[plans.Loss]":
        """Return what a downgrade to ``revision`` would lose."""
        return await asyncio.to_thread(self.sync.losses, revision)

    async def check(self) -> "list[drift.Difference]":
        """Return how the live database differs from the models."""
        return await asyncio.to_thread(self.sync.check)

    async def validate(self) -> "Validation":
        """Look at everything that can be wrong."""
        return await asyncio.to_thread(self.sync.validate)

    async def revision(self, message: str, *, autogenerate: bool = False) -> "NewRevision":
        """Write a new revision; return its path and identifier."""
        return await asyncio.to_thread(self.sync.revision, message, autogenerate=autogenerate)

    async def offline_sql(self, start: str = "base", end: str = "head") -> str:
        """Return the SQL from one revision to another, up or down."""
        return await asyncio.to_thread(self.sync.offline_sql, start, end)

    async def init_environment(self, path: str | Path) -> Path:
        """Write a new, working Alembic folder; return its ``alembic.ini``."""
        return await asyncio.to_thread(self.sync.init_environment, path)
