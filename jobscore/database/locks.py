"""Wait for a lock of PostgreSQL so that nobody waits behind us: try briefly, let go, try again."""

import logging
import random
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from jobscore.database import errors

T = TypeVar("T")

log = logging.getLogger("jobscore.migrations")

#: Tables named in a statement that somebody holds as a vacuum does.
VACUUMED = text(
    "SELECT DISTINCT c.oid::regclass::text FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
    "JOIN pg_database d ON d.oid = l.database WHERE d.datname = current_database() "
    "AND l.granted AND l.mode = 'ShareUpdateExclusiveLock' AND c.relkind IN ('r', 'p') "
    "AND position(c.relname IN :statement) > 0"
)
#: A little longer than autovacuum lets others wait before it steps aside.
PATIENCE = text(
    "SELECT set_config('lock_timeout', (1000 * (1 + extract(epoch FROM "
    "current_setting('deadlock_timeout')::interval)))::int::text, true)"
)
#: Seconds after which we give up, where nobody says otherwise.
LONGEST_WAIT = 300.0


def take_turn(session: Session, name: str) -> None:
    """Wait until no other transaction has the turn of this name, and keep it until ours ends.

    On SQLite a writer has its turn already: there is one at a time.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
                        {"name": name})  # fmt: skip


def is_lock_timeout(error: DBAPIError) -> bool:
    """Return whether a statement failed because a lock was not to be had in time."""
    return errors.sqlstate(error) == errors.LOCK_NOT_AVAILABLE


def pause_after(tries: int) -> float:
    """Return the seconds to leave others alone: more after each try, at most two, never even."""
    return min(2.0, 0.05 * 2.0 ** min(tries, 6)) * random.uniform(0.5, 1.0)


def let_go(engine: Engine, error: DBAPIError, tries: int, what: str) -> None:
    """Wait between two tries: for an autovacuum to step aside, or else a moment.

    Autovacuum leaves a table to whoever has waited for it for ``deadlock_timeout`` (1 s). Our own
    statements never wait so long, and would be refused as long as it runs, hours on a big table.
    So wait for the one lock that it holds, behind which no reader and no writer queues.
    """
    with engine.connect() as connection:
        named = {"statement": error.statement or ""}
        tables = list(connection.scalars(VACUUMED, named))
        connection.rollback()
        if not tables:
            pause = pause_after(tries)
            log.info("%s is in use, trying again in %.1f s", what, pause)
            time.sleep(pause)
        for table in tables:
            log.info("%s is being vacuumed, asking for it", table)
            quoted = table.replace(":", r"\:")
            try:
                connection.execute(PATIENCE)
                connection.execute(text(f"LOCK TABLE {quoted} IN SHARE UPDATE EXCLUSIVE MODE"))
            except DBAPIError as refused:
                if not is_lock_timeout(refused):
                    raise
            finally:
                connection.rollback()


def briefly(connection: Connection, what: str, work: Callable[[], T], wait: float) -> T:
    """Do ``work``, whose statements wait no longer than ``lock_timeout``, until it succeeds.

    Between two tries it holds no lock. Where the transaction has changed something already, it is
    tried once: waiting would keep the locks of those changes, and only who began the transaction
    can begin it anew.

    :param wait: seconds in all.
    :raises DBAPIError: the last lock timeout when the time is over; any other error at once.
    """
    deadline = time.monotonic() + wait
    tries = 0
    is_autocommit = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    is_free = is_autocommit or not _has_changes(connection)
    while True:
        try:
            with nullcontext() if is_autocommit else connection.begin_nested():
                return work()
        except DBAPIError as error:
            if not (is_free and is_lock_timeout(error) and time.monotonic() < deadline):
                raise
            tries += 1
            let_go(connection.engine, error, tries, what)


def _has_changes(connection: Connection) -> bool:
    asked = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
    return bool(connection.scalar(asked))
