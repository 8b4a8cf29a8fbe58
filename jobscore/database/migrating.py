"""Run migrations so that a failure leaves nothing half done and nobody else waits long.

An ``env.py`` calls :func:`run`; ``flask db``, ``flask schema`` and the Migrator all come through
here. SQLite: foreign keys are off while tables are rebuilt (a batch rebuild of a parent would
delete its children through ON DELETE CASCADE) and are checked before the commit; DDL is
transactional, the whole upgrade is one transaction; a copy is kept before. PostgreSQL: one upgrade
at a time by an advisory lock that is polled on its own connection (a blocking one would hang with
concurrent index builds), one transaction a revision, a short lock timeout with many retries, so
that nobody queues behind an upgrade that itself waits.
"""

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from alembic import context
from alembic.runtime.migration import MigrationContext, RevisionStep, StampStep
from alembic.script import ScriptDirectory
from alembic.script.revision import MultipleHeads, ResolutionError, RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from jobscore import clock
from jobscore.database import errors, lint, lint_record, locks, plans, records, safe_steps

Step = RevisionStep | StampStep

log = logging.getLogger("jobscore.migrations")

#: A number of our own for pg_try_advisory_lock; any constant does.
ADVISORY_LOCK = 7_236_115_002
#: Copies of an SQLite file that are kept; older ones are removed.
KEPT_COPIES = 3


@dataclass(frozen=True, slots=True)
class Settings:
    """How an upgrade or downgrade runs; all times in seconds.

    ``allow`` names rules of the linter that may be broken this once. ``copy`` keeps a copy of an
    SQLite file before anything changes. ``lock_wait`` is the longest wait for another upgrade, for
    the locks of a revision, and of a safe step (default: 300 on PostgreSQL, 60 on SQLite),
    ``lock_timeout`` the wait for one lock before trying again (what others may have to wait behind
    us; PostgreSQL), ``statement_timeout`` the longest that one statement may take (PostgreSQL; 0:
    no limit).
    """

    allow: frozenset[str] = frozenset()
    copy: bool = True
    lock_wait: float | None = None
    lock_timeout: float = 0.15
    statement_timeout: float = 3600

    @classmethod
    def from_arguments(cls, given: Sequence[str]) -> "Settings":
        """Read ``-x allow=rule,rule`` and ``-x copy=no`` of ``flask db``; leave others alone."""
        pairs = dict(item.partition("=")[::2] for item in given)
        allow = frozenset(filter(None, pairs.get("allow", "").split(",")))
        return cls(allow=allow, copy=pairs.get("copy", "yes") != "no")


def run(
    source: Engine | Connection, options: dict[str, Any], *, creates_records: bool = False
) -> None:
    """Do in ``env.py`` what the command asks for, on ``source``.

    ``options`` are those of ``context.configure``. ``creates_records`` makes the table of
    :mod:`jobscore.database.records` where no migration does. Settings come from
    ``config.attributes["migrating"]`` or the command's ``-x`` arguments.

    :raises MigrationError: for everything that can be named; see :mod:`jobscore.database.errors`.
    """
    url = source.engine.url
    try:
        if isinstance(source, Connection):
            _Run(source, options, creates_records).go()
            return
        with source.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.detach()  # our timeouts end with it, and reach nobody through the pool
            _Run(connection, options, creates_records).go()
    except DBAPIError as error:
        named = errors.translate(error, url)
        if named is None:
            raise
        raise named from error


def write_sql(url: str, options: dict[str, Any]) -> None:
    """Do in ``env.py`` what ``--sql`` asks for: write the statements, run none."""
    context.configure(
        url=url,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        transaction_per_migration=True,
        transactional_ddl=True,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()


class _Run:
    """One command on one connection."""

    def __init__(
        self, connection: Connection, options: dict[str, Any], creates_records: bool
    ) -> None:
        self.connection = connection
        self.options = options
        self.creates_records = creates_records
        given = context.config.attributes.get("migrating")
        self.settings = cast(Settings | None, given) or Settings.from_arguments(
            cast(list[str], context.get_x_argument())
        )
        self.script: ScriptDirectory = context.script
        self.planned: list[Step] | None = None
        self.done = 0
        self.started = 0.0
        self.commits = 0
        self.ran: dict[str, records.Applied] = {}

    def go(self) -> None:
        """Run what lies ahead, or only look when the command only looks."""
        self._configure()
        opts = context.get_context().opts
        self.original = opts["fn"]
        if "destination_rev" not in opts:
            self._configure(dont_mutate=True)
            with self._command_errors(()):
                context.run_migrations()
            return
        with guarded(self.connection, self.settings):
            self._run_with_retries()

    def _configure(self, **more: Any) -> None:
        context.configure(
            connection=self.connection,
            **{
                "transaction_per_migration": True,
                "transactional_ddl": True,
                **self.options,
                **more,
            },
        )

    def _run_with_retries(self) -> None:
        event.listen(self.connection, "commit", self._count_commit)
        deadline = time.monotonic() + _lock_wait(self.connection, self.settings)
        tries = 0
        try:
            while True:
                self._configure(fn=self._steps, on_version_apply=self._applied)
                try:
                    with context.begin_transaction():
                        context.run_migrations()
                except DBAPIError as error:
                    tries += 1
                    self._give_up_unless_locked(error, deadline, tries)
                else:
                    return
        finally:
            event.remove(self.connection, "commit", self._count_commit)

    def _count_commit(self, _connection: Connection) -> None:
        self.commits += 1

    def _give_up_unless_locked(self, error: DBAPIError, deadline: float, tries: int) -> None:
        """Wait a little when a lock was not to be had; raise for everything else."""
        step = self._current()
        locked = locks.is_lock_timeout(error)
        may_repeat = not self.commits or (step is not None and self._is_repeatable(step))
        if locked and may_repeat and time.monotonic() < deadline:
            self.connection.rollback()
            locks.let_go(self.connection.engine, error, tries, f"{_name(step)}: a table")
            return
        named = errors.translate(error, self.connection.engine.url)
        if step is None or (named is not None and not self.commits):
            raise error
        if locked:
            raise errors.LockedDatabaseError(
                f"{_name(step)}: other transactions held a table for too long. What the revision "
                "committed before (a safe step does) stays.",
                "Run it again when long reports or imports have ended: safe steps go on where "
                "they were.",
            ) from error
        raise self._failed(step, error) from error

    def _is_repeatable(self, step: Step) -> bool:
        """Whether it may run again though part of it is committed: safe steps find what is done."""
        script = self.script.get_revision(str(step.info.up_revision_id))
        way = "upgrade" if step.is_upgrade else "downgrade"
        recording = lint_record.record(script, self.connection.dialect.name, way)
        return recording.failure is None and all(
            isinstance(getattr(s, "operation", None), safe_steps.SafeStep) for s in recording.steps
        )

    def _current(self) -> Step | None:
        planned = self.planned or []
        return planned[self.done] if self.done < len(planned) else None

    def _failed(self, step: Step, error: Exception) -> errors.FailedMigrationError:
        what = str(getattr(error, "orig", None) or error).strip().splitlines() or [repr(error)]
        kept = (
            "Part of it was committed already, because it asked for that (autocommit_block)."
            if self.commits
            else "It was rolled back whole."
        )
        statement = getattr(error, "statement", None)
        said = f" The statement: {' '.join(statement.split())[:200]}" if statement else ""
        return errors.FailedMigrationError(
            f"{_name(step)} failed: {what[0].rstrip('.')}. {kept}{said}",
            "Mend the revision (or what it ran into) and run it again.",
            revision=step.info.up_revision_id,
            statement=statement,
        )

    def _steps(self, heads: tuple[str, ...], migration: MigrationContext) -> Iterator[Any]:
        """Yield the steps that are still to run; plan and check them all before the first."""
        if self.planned is None:
            with self._command_errors(heads):
                self.planned = list(self.original(heads, migration))
            self._prepare(heads, migration)
        for step in self.planned[self.done :]:
            self.started, self.commits = time.monotonic(), 0
            yield _Named(step, self._failed)

    def _prepare(self, heads: tuple[str, ...], migration: MigrationContext) -> None:
        """Look before anything runs: tables from elsewhere, dangers, losses; keep a copy."""
        steps = [s for s in self.planned or [] if not s.info.is_stamp]
        if not steps:
            return
        ups = [cast(str, s.info.up_revision_id) for s in steps if s.is_upgrade]
        if ups:
            if not heads:
                refuse_foreign_tables(self.connection, migration.opts.get("target_metadata"))
            refuse_dangers(self.script, ups, self.connection.dialect.name, self.settings.allow)
        else:
            say_losses(self.connection, self.script, steps)
        if heads and self.settings.copy:
            copy_before(self.connection, str(steps[-1].info.up_revision_id))

    def _applied(self, *, step: Any, heads: set[str], **_kw: Any) -> None:
        """Keep the record of a step, in its own transaction."""
        seconds = time.monotonic() - self.started
        self.done += 1
        self.commits = 0
        for revision in step.up_revision_ids if step.is_upgrade and not step.is_stamp else ():
            found = self.script.get_revision(revision)
            self.ran[revision] = records.Applied(
                revision, records.checksum(Path(found.path)), clock.now(), seconds
            )
        log.info("%s in %.2f s", _name_of(step), seconds)
        connection = cast(Connection, context.get_context().connection)
        if self.creates_records:
            records.TABLE.create(connection, checkfirst=True)
        if records.exists(connection):
            standing = {s.revision for s in self.script.iterate_revisions(tuple(heads), "base")}
            records.write(connection, self.ran, standing)

    @contextmanager
    def _command_errors(self, heads: Sequence[str]) -> Iterator[None]:
        try:
            yield
        except (CommandError, RevisionError) as error:
            raise command_error(error, self.script, heads) from error


class _Named:
    """A step that says which revision failed when its code raises."""

    def __init__(
        self,
        step: Step,
        failed: Callable[[Step, Exception], errors.MigrationError],
    ) -> None:
        self._step = step
        self._failed = failed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._step, name)

    def __str__(self) -> str:
        return str(self._step)

    def migration_fn(self, **kw: Any) -> None:
        """Run the revision's code."""
        try:
            self._step.migration_fn(**kw)
        except (DBAPIError, errors.MigrationError):
            raise  # the runner looks whether it was a lock
        except Exception as error:
            raise self._failed(self._step, error) from error


def _name(step: Step | None) -> str:
    return "The schema" if step is None else _name_of(step.info)


def _name_of(info: Any) -> str:
    way = "stamp" if info.is_stamp else "upgrade" if info.is_upgrade else "downgrade"
    script = info.up_revision
    said = f" ({script.doc})" if script is not None and script.doc else ""
    return f"Revision {info.up_revision_id}{said}, {way}"


def command_error(
    error: CommandError | RevisionError, script: ScriptDirectory, heads: Sequence[str]
) -> errors.MigrationError:
    """Name what Alembic reports about revisions."""
    known = {s.revision for s in script.walk_revisions()}
    if strangers := [h for h in heads if h not in known]:
        return errors.UnknownRevisionError(
            f"The database is at revision {', '.join(strangers)}, which is not among the scripts "
            f"in {script.dir}.",
            "Install the version of the program that brings it, or downgrade with that one first. "
            "If the mark is wrong and the tables are right: flask db stamp --purge REVISION",
        )
    cause = error.__cause__ or error
    if isinstance(cause, MultipleHeads) or "ultiple head" in str(error):
        return errors.SeveralHeadsError(
            f"The scripts end in several revisions: {', '.join(sorted(script.get_heads()))}.",
            "Join them: flask db merge heads",
        )
    if "up to date" in str(error):
        return errors.OutOfDateError(
            "The database is not at the newest revision.", "Run first: flask db upgrade"
        )
    if isinstance(cause, ResolutionError) or "locate revision" in str(error):
        return errors.UnknownRevisionError(
            f"{error}.", f"Known are: {', '.join(sorted(known)) or 'none'} (flask schema history)."
        )
    return errors.UnknownRevisionError(f"{error}.", "flask schema history lists the revisions.")


def refuse_foreign_tables(connection: Connection, metadata: Any) -> None:
    """Refuse to build a schema where tables of its names stand already, made by others.

    :raises ForeignSchemaError: naming them.
    """
    wanted = set() if metadata is None else {t.name for t in metadata.tables.values()}
    found = sorted(wanted & set(inspect(connection).get_table_names()))
    if not found:
        return
    some = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    raise errors.ForeignSchemaError(
        f"The database holds tables that no migration made: {some}. Nothing was changed.",
        "Use an empty database. If these tables are exactly those of a revision, say so: "
        "flask db stamp REVISION, then look: flask schema check",
    )


def refuse_dangers(
    script: ScriptDirectory, revisions: Sequence[str], dialect: str, allow: frozenset[str]
) -> None:
    """Refuse steps that the linter calls dangerous, unless they are allowed or assured.

    :raises DangerousMigrationError: with all of them.
    """
    if dialect not in {"sqlite", "postgresql"}:
        return
    found = [
        f for f in lint.lint(script, revisions, (dialect,)) if f.is_refused and f.rule not in allow
    ]
    if found:
        raise errors.DangerousMigrationError(found)


def say_losses(connection: Connection, script: ScriptDirectory, steps: Sequence[Step]) -> None:
    """Say what a downgrade is going to lose, before it runs."""
    revisions = [cast(str, s.info.up_revision_id) for s in steps]
    for loss in plans.losses(connection, script, revisions):
        log.warning("this downgrade loses %s", loss.words)


def copy_before(connection: Connection, revision: str) -> Path | None:
    """Keep a copy of an SQLite file beside it; return its path, None where there is no file.

    Called while we hold the write lock, from a second connection, so that it holds exactly what
    the upgrade begins with. Readable by its owner only.

    :raises CopyError: when it cannot be written; nothing was changed.
    """
    file = connection.engine.url.database or ":memory:"
    if connection.dialect.name != "sqlite" or file == ":memory:":
        return None
    path = Path(file)
    stem = f"{path.name}.before-"
    target = path.with_name(f"{stem}{revision}-{clock.now():%Y%m%dT%H%M%S%fZ}")
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with connection.engine.connect() as second:
            second.exec_driver_sql("VACUUM INTO ?", (str(target),))
    except (OSError, DBAPIError) as error:
        target.unlink(missing_ok=True)
        reason = str(getattr(error, "orig", None) or error)
        raise errors.CopyError(
            f"The copy {target} could not be made ({reason}). Nothing was changed.",
            "Make room, or go without it: flask schema upgrade --no-copy "
            "(flask db upgrade -x copy=no).",
        ) from error
    log.info("copy before the change: %s", target)
    for old in sorted(path.parent.glob(f"{stem}*"), key=lambda p: p.name[-23:])[:-KEPT_COPIES]:
        old.unlink(missing_ok=True)
    return target


def _lock_wait(connection: Connection, settings: Settings) -> float:
    if settings.lock_wait is not None:
        return settings.lock_wait
    return 60.0 if connection.dialect.name == "sqlite" else locks.LONGEST_WAIT


@contextmanager
def guarded(connection: Connection, settings: Settings) -> Iterator[None]:
    """Hold what keeps a migration safe on this database while the block runs."""
    if connection.dialect.name == "sqlite":
        with _sqlite(connection, _lock_wait(connection, settings)):
            yield
    elif connection.dialect.name == "postgresql":
        with _postgresql(connection, settings):
            yield
    else:
        yield


@contextmanager
def _sqlite(connection: Connection, lock_wait: float) -> Iterator[None]:
    """Take the write lock at once, with foreign keys off; check them before the commit."""
    raw: Any = connection.connection.dbapi_connection
    level = raw.isolation_level
    before = {n: _pragma(connection, n) for n in ("foreign_keys", "busy_timeout")}
    connection.rollback()
    raw.isolation_level = None
    try:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(lock_wait * 1000)}")
        connection.rollback()
        with connection.begin():
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield
            check_foreign_keys(connection)
    finally:
        for name, value in before.items():
            connection.exec_driver_sql(f"PRAGMA {name}={value}")
        connection.rollback()
        raw.isolation_level = level


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0)


def check_foreign_keys(connection: Connection) -> None:
    """Refuse to commit rows that point nowhere.

    :raises BrokenRowsError: naming the first table with such a row.
    """
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise errors.BrokenRowsError(
            f"{len(broken)} rows would point nowhere, the first in table {broken[0][0]} "
            f"(row {broken[0][1]}, to {broken[0][2]}). Nothing was changed.",
            "Mend those rows (PRAGMA foreign_key_check lists them), then run it again.",
        )


@contextmanager
def _postgresql(connection: Connection, settings: Settings) -> Iterator[None]:
    """Hold the advisory lock, with timeouts on the connection that migrates."""
    with one_at_a_time(connection.engine, _lock_wait(connection, settings)):
        for name, seconds in (
            ("lock_timeout", settings.lock_timeout),
            ("statement_timeout", settings.statement_timeout),
        ):
            connection.execute(text(f"SET {name} = {int(seconds * 1000)}"))
        connection.commit()
        yield


@contextmanager
def one_at_a_time(engine: Engine, wait: float) -> Iterator[None]:
    """Hold the advisory lock of PostgreSQL while the block runs.

    :raises LockedDatabaseError: when another upgrade holds it for longer than ``wait`` seconds.
    """
    key = {"key": ADVISORY_LOCK}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as lock:
        deadline = time.monotonic() + wait
        said = False
        while not lock.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
            if time.monotonic() > deadline:
                raise errors.LockedDatabaseError(
                    f"Another upgrade of this database has been running for {wait:.0f} seconds.",
                    "Let it end (or end it), then run this again.",
                )
            if not said:
                log.info("another upgrade is running: waiting up to %.0f s for it", wait)
                said = True
            time.sleep(0.1)
        try:
            yield
        finally:
            lock.execute(text("SELECT pg_advisory_unlock(:key)"), key)
