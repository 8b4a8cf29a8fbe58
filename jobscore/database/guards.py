"""What has to be so before a migration runs, and what is held while it does.

Before: no tables from elsewhere, no danger that nobody allowed, losses said, a copy of an SQLite
file. While: on SQLite the write lock, with foreign keys off and checked at the end; on PostgreSQL
the advisory lock and timeouts.
"""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from jobscore import clock
from jobscore.database import errors, lint, locks, plans

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
    lock_timeout: float = 0.1
    statement_timeout: float = 3600

    @classmethod
    def from_arguments(cls, given: Sequence[str]) -> "Settings":
        """Read ``-x allow=rule,rule`` and ``-x copy=no`` of ``flask db``; leave others alone."""
        pairs = dict(item.partition("=")[::2] for item in given)
        allow = frozenset(filter(None, pairs.get("allow", "").split(",")))
        return cls(allow=allow, copy=pairs.get("copy", "yes") != "no")


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


def say_losses(connection: Connection, script: ScriptDirectory, revisions: Sequence[str]) -> None:
    """Say what taking back ``revisions`` is going to lose, before it runs."""
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


def lock_wait(connection: Connection, settings: Settings) -> float:
    """Return how long to wait for locks in all, in seconds."""
    if settings.lock_wait is not None:
        return settings.lock_wait
    return 60.0 if connection.dialect.name == "sqlite" else locks.LONGEST_WAIT


@contextmanager
def guarded(connection: Connection, settings: Settings) -> Iterator[None]:
    """Hold what keeps a migration safe on this database while the block runs."""
    if connection.dialect.name == "sqlite":
        with _sqlite(connection, lock_wait(connection, settings)):
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
    with one_at_a_time(connection.engine, lock_wait(connection, settings)):
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
