"""Wait for a lock of PostgreSQL so that nobody waits behind us: try briefly, let go, try again."""

import logging
import random
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from jobscore.database import errors

T = TypeVar("T")

log = logging.getLogger("jobscore.migrations")

#: Seconds after which we give up, where nobody says otherwise.
LONGEST_WAIT = 300.0


def is_lock_timeout(error: DBAPIError) -> bool:
    """Return whether a statement failed because a lock was not to be had in time."""
    return errors.sqlstate(error) == errors.LOCK_NOT_AVAILABLE


def pause_after(tries: int) -> float:
    """Return the seconds to leave others alone: more after each try, at most two, never even."""
    return min(2.0, 0.05 * 2.0 ** min(tries, 6)) * random.uniform(0.5, 1.0)


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
        pause = pause_after(tries)
        log.info("%s is in use, trying again in %.1f s", what, pause)
        time.sleep(pause)


def _has_changes(connection: Connection) -> bool:
    asked = text("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
    return bool(connection.scalar(asked))
