"""Run migrations so that a failure leaves nothing half done and nobody else waits long.

An ``env.py`` calls :func:`run`; ``flask db``, ``flask schema`` and the Migrator all come through
here; what is checked and held meanwhile is :mod:`jobscore.database.guards`. SQLite: foreign keys
are off while tables are rebuilt (a batch rebuild of a parent would delete its children through ON
DELETE CASCADE) and are checked before the commit; DDL is transactional, the whole upgrade is one
transaction; a copy is kept before. PostgreSQL: one upgrade
at a time by an advisory lock that is polled on its own connection (a blocking one would hang with
concurrent index builds), one transaction a revision, a short lock timeout with many retries, so
that nobody queues behind an upgrade that itself waits.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, cast

from alembic import context
from alembic.runtime.migration import MigrationContext, RevisionStep, StampStep
from alembic.script import ScriptDirectory
from alembic.script.revision import MultipleHeads, ResolutionError, RevisionError
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from jobscore import clock
from jobscore.database import errors, guards, locks, records
from jobscore.database.guards import Settings
from jobscore.database.lint import recorder
from jobscore.database.safe import steps as safe_steps

Step = RevisionStep | StampStep

log = logging.getLogger("jobscore.migrations")


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
            try:
                _Run(connection, options, creates_records).go()
            finally:
                if connection.dialect.name == "postgresql" and not connection.invalidated:
                    # Our timeouts end with it, and reach nobody through the pool. (A detached
                    # connection would do the same, but cannot change to autocommit.)
                    connection.invalidate()
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
        self.copy: Path | None = None
        self.mark: object = None
        self.has_ended = False
        self.checksums: dict[str, str] = {}
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
        try:
            with guards.guarded(self.connection, self.settings):
                self._run_with_retries()
        except BaseException:
            if self.copy is not None and not self.has_ended:
                self.copy.unlink(missing_ok=True)  # all was rolled back: the file is what it holds
            raise
        if self.copy is not None:
            guards.forget_old_copies(self.copy)

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
        if self.connection.dialect.name == "sqlite":
            # One transaction holds the whole upgrade, and no statement of SQLite needs to stand
            # outside of one: a block for PostgreSQL's CONCURRENTLY changes nothing here.
            cast(Any, context.get_context()).autocommit_block = nullcontext

    def _run_with_retries(self) -> None:
        event.listen(self.connection, "commit", self._count_commit)
        deadline = time.monotonic() + guards.lock_wait(self.connection, self.settings)
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
        raise self.failed(step, error) from error

    def _is_repeatable(self, step: Step) -> bool:
        """Whether it may run again though part of it is committed: safe steps find what is done."""
        script = self.script.get_revision(str(step.info.up_revision_id))
        way = "upgrade" if step.is_upgrade else "downgrade"
        recording = recorder.record(script, self.connection.dialect.name, way)
        return recording.failure is None and all(
            isinstance(getattr(s, "operation", None), safe_steps.SafeStep) for s in recording.steps
        )

    def _current(self) -> Step | None:
        planned = self.planned or []
        return planned[self.done] if self.done < len(planned) else None

    def failed(self, step: Step, error: BaseException) -> errors.FailedMigrationError:
        """Say which revision failed, by what, and what of it stays."""
        what = str(getattr(error, "orig", None) or error).strip().splitlines() or [repr(error)]
        kept = "It was rolled back whole."
        if self.has_ended:
            kept = "It ended the transaction itself: part of it may be committed."
        elif self.commits:
            kept = "Part of it was committed already, because it asked for that (autocommit_block)."
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
            # Read now, so that nothing slow stands between the step's locks and its commit.
            self.checksums = self._checksums_of(step)
            self.started, self.commits = time.monotonic(), 0
            self.mark = guards.transaction_mark(self.connection)
            yield _Named(step, self)

    def look_at_transaction(self) -> None:
        """Notice when the revision has ended the transaction that it runs in, behind our back."""
        own = getattr(context.get_context(), "_transaction", None)  # a new one after each commit
        if self.connection.closed or (own is not None and not own.is_active):
            self.has_ended = True
        elif not self.commits or self.connection.dialect.name != "postgresql":
            # Otherwise an autocommit block or a safe step has, and has begun the next one.
            found = guards.transaction_mark(self.connection)
            self.has_ended = found is not None and found != self.mark

    def check_transaction(self, step: Step) -> None:
        """Refuse to call a revision applied whose changes may not be there.

        :raises FailedMigrationError: when it has committed or rolled back by itself.
        """
        self.look_at_transaction()
        if self.has_ended:
            raise self.failed(step, RuntimeError("it committed or rolled back by itself"))

    def _checksums_of(self, step: Step) -> dict[str, str]:
        if not step.is_upgrade or step.info.is_stamp:
            return {}
        found = (self.script.get_revision(str(r)) for r in step.info.up_revision_ids)
        return {s.revision: records.checksum(Path(s.path)) for s in found}

    def _prepare(self, heads: tuple[str, ...], migration: MigrationContext) -> None:
        """Look before anything runs: tables from elsewhere, dangers, losses; keep a copy."""
        steps = [s for s in self.planned or [] if not s.info.is_stamp]
        if not steps:
            return
        ups = [cast(str, s.info.up_revision_id) for s in steps if s.is_upgrade]
        if ups:
            if not heads:
                guards.refuse_foreign_tables(self.connection, migration.opts.get("target_metadata"))
            guards.refuse_dangers(
                self.script, ups, self.connection.dialect.name, self.settings.allow
            )
        else:
            downs = [cast(str, s.info.up_revision_id) for s in steps]
            guards.say_losses(self.connection, self.script, downs)
        if heads and self.settings.copy:
            self.copy = guards.copy_before(self.connection, str(steps[-1].info.up_revision_id))

    def _applied(self, *, step: Any, heads: set[str], **_kw: Any) -> None:
        """Keep the record of a step, in its own transaction."""
        seconds = time.monotonic() - self.started
        self.done += 1
        self.commits = 0
        for revision in step.up_revision_ids if step.is_upgrade and not step.is_stamp else ():
            self.ran[revision] = records.Applied(
                revision, self.checksums[revision], clock.now(), seconds
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

    def __init__(self, step: Step, run: _Run) -> None:
        self._step = step
        self._run = run

    def __getattr__(self, name: str) -> Any:
        return getattr(self._step, name)

    def __str__(self) -> str:
        return str(self._step)

    def migration_fn(self, **kw: Any) -> None:
        """Run the revision's code."""
        try:
            self._step.migration_fn(**kw)
        except (DBAPIError, errors.MigrationError):
            self._run.look_at_transaction()
            raise  # the runner looks whether it was a lock
        except SystemExit as error:  # it would end the command as if all were well
            self._run.look_at_transaction()
            raise self._run.failed(self._step, RuntimeError("it called sys.exit()")) from error
        except Exception as error:
            self._run.look_at_transaction()
            raise self._run.failed(self._step, error) from error
        self._run.check_transaction(self._step)


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
    if "overlaps with other requested" in str(error):
        return errors.SeveralHeadsError(
            f"The database names several revisions of one line: {', '.join(sorted(heads))}.",
            "Look which tables it has, then name that revision alone: "
            "flask db stamp --purge REVISION",
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
