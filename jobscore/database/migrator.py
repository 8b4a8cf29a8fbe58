"""The Migrator: everything about a schema and its migrations, from Python.

It stands alone: any SQLAlchemy address (the async drivers included) with any Alembic folder, or a
Flask application with its own. Alembic does the work; what is added is that it fails in words,
looks before it runs, and checks afterwards that what was asked for is so.

    with Migrator("postgresql+psycopg://…", directory="migrations") as m:
        m.upgrade()

    async with Migrator.open("sqlite+aiosqlite:///file.sqlite3") as m:
        await m.upgrade()
"""

import argparse
import io
import logging
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

try:
    from alembic import command
    from alembic.config import Config
    from alembic.operations import MigrationScript
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from alembic.script.revision import RevisionError
    from alembic.util import CommandError
except ImportError as error:
    raise ImportError(
        "jobscore.database.Migrator works with Alembic, which is not installed: pip install alembic"
    ) from error

from sqlalchemy import URL, Connection, MetaData
from sqlalchemy.exc import DBAPIError

from jobscore import paths
from jobscore.config import normalise_database_url
from jobscore.database import diagnosis, drift, errors, migrating, plans, records
from jobscore.database.asynchronous import AsyncMigrator
from jobscore.database.connecting import on_connection
from jobscore.database.diagnosis import Validation
from jobscore.database.guards import Settings
from jobscore.database.revisions import NewRevision, RevisionEntry, entry

if TYPE_CHECKING:
    from flask import Flask

T = TypeVar("T")

log = logging.getLogger("jobscore.migrations")

#: Alembic keeps the running environment in module globals: one at a time in a process.
_environment_lock = threading.RLock()
SCAFFOLD = Path(__file__).with_name("scaffold")


class Migrator:
    """Look at a database's schema and change it. A context manager, sync and async.

    ``target`` is the address of a database or a Flask application (whose address and migrations
    folder are used). ``directory`` is an Alembic folder, by default jobscore's own. ``metadata``
    are the tables to compare with, where the folder's ``env.py`` does not name them itself.
    ``settings`` say how upgrades and downgrades run.

    Each call opens its own connection and closes it.

    :raises BadUrlError: when the address cannot be read or its driver is missing.
    """

    def __init__(
        self,
        target: "str | URL | Flask",
        directory: str | Path | None = None,
        *,
        metadata: MetaData | None = None,
        settings: Settings | None = None,
    ) -> None:
        self._app: Flask | None = None
        if isinstance(target, str | URL):
            address: str | URL = target
        else:
            self._app = target
            address = target.config["SQLALCHEMY_DATABASE_URI"]
            directory = directory or target.extensions["migrate"].directory
        if isinstance(address, str):
            address = normalise_database_url(address)
        self.url = errors.parse_url(address)
        self.directory = Path(directory or paths.MIGRATIONS)
        self.metadata = metadata
        self.settings = settings or Settings()
        self._is_closed = False

    @classmethod
    def open(
        cls,
        target: "str | URL | Flask",
        directory: str | Path | None = None,
        *,
        metadata: MetaData | None = None,
        settings: Settings | None = None,
    ) -> "AsyncMigrator":
        """Return the same for ``async with``: every method awaits its thread."""
        return AsyncMigrator(cls(target, directory, metadata=metadata, settings=settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> "AsyncMigrator":
        return AsyncMigrator(self)

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it: further calls raise."""
        self._is_closed = True

    # Changing the database

    def upgrade(self, revision: str = "head") -> list[RevisionEntry]:
        """Bring the database up to ``revision``; return what was applied, in order.

        :raises MigrationError: see :mod:`jobscore.database.errors`; the error says what was kept.
        """
        steps = self._migrate("upgrade", revision, "_upgrade_revs")
        standing = self._standing()
        if missing := [s for s in steps if s not in standing]:
            raise _not_run("applied", missing, self._heads_here())
        return [e for s in steps for e in self.history() if e.revision == s]

    def downgrade(self, revision: str = "-1") -> list[RevisionEntry]:
        """Take back revisions down to ``revision`` (``base``: all); return them, newest first.

        What that loses is logged before it runs; :meth:`losses` tells it without running.

        :raises MigrationError: as for :meth:`upgrade`.
        """
        steps = self._migrate("downgrade", revision, "_downgrade_revs")
        standing = self._standing()
        if kept := [s for s in steps if s in standing]:
            raise _not_run("taken back", kept, self._heads_here())
        return [e for s in steps for e in self.history() if e.revision == s]

    def stamp(self, revision: str = "head") -> None:
        """Say that the database is at ``revision``; change nothing else.

        :raises UnknownRevisionError: when the scripts do not have it.
        """
        self._migrate("stamp", revision, "_stamp_revs")
        wanted = set(self._names(revision))
        if set(self._heads_here()) != wanted:
            raise _not_run("stamped", sorted(wanted), self._heads_here())

    def _migrate(self, way: str, revision: str, planner: str) -> list[str]:
        """Run the environment; return the revisions of its steps."""
        script = self.script()
        planned: list[Any] | None = None

        def plan(heads: Any, _context: MigrationContext) -> list[Any]:
            nonlocal planned
            planned = list(getattr(script, planner)(revision, heads))
            return planned

        log.info("%s to %s of %s", way, revision, errors.shown(self.url))
        self._run_environment(plan, destination_rev=revision)
        if planned is None:
            raise errors.NotRunError(
                f"{self.directory / 'env.py'} ran no migrations.",
                "It has to call context.run_migrations().",
            )
        return [cast(str, step.info.up_revision_id) for step in planned]

    # Looking at the database

    def current(self) -> str | None:
        """Return the revision that the database is at; None before the first.

        :raises SeveralHeadsError: when it is at several (branches).
        """
        heads = self._heads_here()
        if len(heads) > 1:
            raise errors.SeveralHeadsError(
                f"The database is at several revisions: {', '.join(heads)}.",
                "Join them: flask db merge heads, then flask db upgrade",
            )
        return heads[0] if heads else None

    def heads(self) -> list[str]:
        """Return the newest revisions of the folder: one, unless it branches."""
        return sorted(self.script().get_heads())

    def history(self) -> list[RevisionEntry]:
        """Return every revision of the folder, oldest first.

        :raises UnknownRevisionError: when the database is at one that the folder does not have.
        """
        script = self.script()
        heads, kept = self.look(lambda c: (_heads_of(c), records.read(c)))
        with self._named(heads):
            standing = {s.revision for s in script.iterate_revisions(heads, "base")}
            found = list(script.walk_revisions())[::-1]
        return [entry(s, s.revision in standing, kept.get(s.revision)) for s in found]

    def pending(self) -> list[RevisionEntry]:
        """Return exactly what :meth:`upgrade` would apply, in the order it would run."""
        script = self.script()
        heads = self._heads_here()
        with self._named(heads):
            steps = script._upgrade_revs("heads", cast(Any, heads))  # the very plan of an upgrade
        return [entry(step.revision, False, None) for step in steps]

    def plan(self) -> list["plans.PlannedRevision"]:
        """Return what an upgrade would do here: steps, rows touched, locks, dangers."""
        script = self.script()
        wanted = [entry.revision for entry in self.pending()]
        return self.look(lambda c: plans.plan(c, script, wanted))

    def losses(self, revision: str = "-1") -> list["plans.Loss"]:
        """Return what a downgrade to ``revision`` would lose: tables and columns with rows."""
        script = self.script()
        heads = self._heads_here()
        with self._named(heads):
            steps = script._downgrade_revs(revision, cast(Any, heads))
        wanted = [step.revision.revision for step in steps]
        return self.look(lambda c: plans.losses(c, script, wanted))

    def check(self) -> list["drift.Difference"]:
        """Return how the live database differs from the models; an empty list: not at all.

        :raises OutOfDateError: when the database is not at head; there is no sense in comparing.
        :raises NoMetadataError: when nobody says what to compare with.
        """
        if set(self._heads_here()) != set(self.script().get_heads()):
            raise errors.OutOfDateError(
                f"The database is at {self.current() or 'no revision'}, the newest is "
                f"{', '.join(self.heads())}.",
                "Run first: flask db upgrade",
            )
        found: list[drift.Difference] = []

        def compare(_heads: Any, context: MigrationContext) -> list[Any]:
            metadata = context.opts.get("target_metadata")
            if metadata is None:
                raise errors.NoMetadataError(
                    f"{self.directory / 'env.py'} names no tables to compare with.",
                    "Set target_metadata there, or give the Migrator metadata=….",
                )
            connection = cast(Connection, context.connection)
            found.extend(drift.differences(connection, metadata, context.opts.get("include_name")))
            return []

        self._run_environment(compare, dont_mutate=True)
        return found

    def validate(self) -> Validation:
        """Look at everything that can be wrong with scripts, database, and the two together."""
        return diagnosis.validate(self)

    # The folder

    def revision(self, message: str, *, autogenerate: bool = False) -> NewRevision:
        """Write a new revision; return its path and identifier.

        With ``autogenerate`` it holds the difference between the models and the database.

        :raises NoChangesError: when there is no difference; nothing is written then.
        :raises OutOfDateError: when the database is not at head.
        """
        if not message.strip():
            raise errors.BrokenScriptsError(
                "A revision needs a message.", 'Say what it does, as in "add a column for …".'
            )
        script = self.script()
        if len(heads := script.get_heads()) > 1:
            raise errors.SeveralHeadsError(
                f"The scripts end in several revisions: {', '.join(sorted(heads))}.",
                "Join them: flask db merge heads",
            )

        def write(connection: Connection) -> Any:
            config = self._config(connection=connection)
            config.cmd_opts = argparse.Namespace(autogenerate=autogenerate, x=[], quiet=True)
            with self._environment():
                return command.revision(
                    config,
                    message,
                    autogenerate=autogenerate,
                    process_revision_directives=_drop_empty if autogenerate else None,
                )

        written = self.look(write)
        scripts = written if isinstance(written, list) else [written]
        made = [s for s in scripts if s is not None]
        if not made:
            raise errors.NoChangesError(
                "The models equal the database: nothing was written.",
                "Change a model first, or write the revision by hand (autogenerate=False).",
            )
        return NewRevision(Path(made[0].path), made[0].revision)

    def offline_sql(self, start: str = "base", end: str = "head") -> str:
        """Return the SQL from one revision to another, up or down, without running it."""
        script = self.script()
        output = io.StringIO()
        with self._named(()):
            below = {s.revision for s in script.iterate_revisions(start, "base")}
            goal = [] if end == "base" else self._names(end)
            config = self._config(output_buffer=output)
            is_down = end == "base" or (set(goal) < below and end != "head")
            run = command.downgrade if is_down else command.upgrade
            with self._environment():
                run(config, f"{start}:{end}", sql=True)
        return output.getvalue()

    def init_environment(self, path: str | Path) -> Path:
        """Write a new, working Alembic folder and use it from now on; return its ``alembic.ini``.

        Its ``env.py`` runs by itself (``alembic -c …/alembic.ini upgrade head``), with sync and
        async drivers, and under a Migrator with all the Migrator's care.

        :raises BrokenScriptsError: when the folder is not empty; nothing is overwritten.
        """
        folder = Path(path)
        config = _ScaffoldConfig(str(folder / "alembic.ini"))
        address = self.url.set(password=None).render_as_string().replace("%", "%%")
        with redirect_stdout(io.StringIO()), self._named(()):
            command.init(config, str(folder), template="folder")
        ini = folder / "alembic.ini"
        ini.write_text(ini.read_text("utf-8").replace("ADDRESS", address), "utf-8")
        self.directory = folder
        return ini

    # How it is done

    def _config(self, **attributes: Any) -> Config:
        ini = self.directory / "alembic.ini"
        config = Config(
            str(ini) if ini.exists() else None,
            output_buffer=attributes.pop("output_buffer", None),
            stdout=io.StringIO(),
        )
        config.set_main_option("script_location", str(self.directory.absolute()))
        address = self.url.render_as_string(hide_password=False)
        config.set_main_option("sqlalchemy.url", address.replace("%", "%%"))
        config.cmd_opts = argparse.Namespace(x=[], quiet=True)
        config.attributes.update(
            migrating=self.settings, run=migrating.run, metadata=self.metadata, **attributes
        )
        return config

    def script(self) -> ScriptDirectory:
        """Load the folder.

        :raises BrokenScriptsError: when it is missing or its revisions do not hang together.
        """
        if self._is_closed:
            raise errors.MigrationError("This Migrator is closed.", "Open a new one.")
        if not (self.directory / "env.py").is_file():
            raise errors.BrokenScriptsError(
                f"{self.directory} is no migrations folder: it has no env.py.",
                "Check the path, or make one with init_environment().",
            )
        script = ScriptDirectory.from_config(self._config())
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            try:
                list(script.walk_revisions())
            except (UserWarning, CommandError, RevisionError, KeyError) as error:
                raise errors.BrokenScriptsError(
                    f"The revisions in {self.directory} do not hang together: {error}.",
                    "Put the missing file back, or mend down_revision.",
                ) from error
            except Exception as error:  # a revision's file may raise anything when it is loaded
                raise errors.BrokenScriptsError(
                    f"A file in {self.directory / 'versions'} cannot be loaded: "
                    f"{type(error).__name__}: {error}.",
                    "Mend it (python FILE shows the place).",
                ) from error
        return script

    def _names(self, revision: str) -> list[str]:
        script = self.script()
        with self._named(()):
            found = script.get_revisions(revision) if revision != "base" else ()
        return [s.revision for s in found]

    @contextmanager
    def _named(self, heads: Sequence[str]) -> Iterator[None]:
        """Turn what Alembic raises into an error with its cause and the way out."""
        try:
            yield
        except (CommandError, RevisionError) as error:
            if "not empty" in str(error) or "already exists" in str(error):
                raise errors.BrokenScriptsError(
                    f"{error}.", "Choose a new folder; nothing is overwritten."
                ) from error
            raise migrating.command_error(error, self.script(), heads) from error
        except (DBAPIError, OSError) as error:
            named = errors.translate(error, self.url)
            if named is None:
                raise
            raise named from error

    @contextmanager
    def _environment(self) -> Iterator[None]:
        with _environment_lock, self._app.app_context() if self._app else nullcontext():
            yield

    def _run_environment(self, fn: Callable[..., Iterable[Any]], **options: Any) -> None:
        """Run ``env.py`` on a connection of ours, with ``fn`` as the work."""
        script = self.script()

        def work(connection: Connection) -> None:
            config = self._config(connection=connection)
            with self._environment(), EnvironmentContext(config, script, fn=fn, **options):
                script.run_env()

        with self._named(()):
            on_connection(self.url, work)

    def look(self, look: Callable[[Connection], T]) -> T:
        """Run a look at the database that changes nothing (and makes no SQLite file)."""
        if self._is_closed:
            raise errors.MigrationError("This Migrator is closed.", "Open a new one.")
        file = self.url.database if self.url.get_backend_name() == "sqlite" else None
        is_absent = bool(file) and Path(str(file)).parent.is_dir() and not Path(str(file)).exists()
        url = self.url.set(database=":memory:") if is_absent else self.url
        with self._named(()):
            return on_connection(url, look)

    def _heads_here(self) -> tuple[str, ...]:
        return self.look(_heads_of)

    def _standing(self) -> set[str]:
        script = self.script()
        heads = self._heads_here()
        with self._named(heads):
            return {s.revision for s in script.iterate_revisions(heads, "base")}


def _drop_empty(_context: Any, _revision: Any, scripts: list[MigrationScript]) -> None:
    """Write no revision that holds nothing."""
    if scripts and scripts[0].upgrade_ops is not None and scripts[0].upgrade_ops.is_empty():
        scripts[:] = []


def _heads_of(connection: Connection) -> tuple[str, ...]:
    return MigrationContext.configure(connection).get_current_heads()


def _not_run(what: str, revisions: Sequence[str], heads: Sequence[str]) -> errors.NotRunError:
    return errors.NotRunError(
        f"Not {what}, though nothing failed: {', '.join(revisions)}. "
        f"The database is at {', '.join(heads) or 'no revision'}.",
        "Another process may have changed it meanwhile, or env.py writes elsewhere.",
    )


class _ScaffoldConfig(Config):
    """Has ``alembic init`` take our template."""

    def get_template_directory(self) -> str:
        """Return the folder of templates."""
        return str(SCAFFOLD)
