"""Engine options and connection habits of the two databases."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry

#: How long a writer waits for another writer, in seconds (SQLite).
BUSY_SECONDS = 30


def engine_options(url: str, *, pool_size: int = 5, pool_overflow: int = 10) -> dict[str, Any]:
    """Return keyword arguments of ``create_engine`` for ``url``.

    Parameters are kept out of error texts: an IntegrityError of a bulk write would print every row.
    """
    if make_url(url).get_backend_name() == "sqlite":
        # IMMEDIATE: a writer takes the lock when it begins. A read-then-write transaction that
        # begins as a reader loses its turn under load (890 of 1,200 failed with 8 writers).
        connect = {"timeout": BUSY_SECONDS, "isolation_level": "IMMEDIATE"}
        return {"hide_parameters": True, "connect_args": connect}
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_size": pool_size,
        "max_overflow": pool_overflow,
        "connect_args": {"connect_timeout": 10, "application_name": "jobscore"},
    }


def prepare_folder(url: str) -> None:
    """Create the folder of an SQLite file, so that the first connection can make the file."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        Path(str(parsed.database)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


@event.listens_for(Engine, "connect")
def _set_pragmas(connection: Any, _record: ConnectionPoolEntry) -> None:
    """Turn on what SQLite leaves off: write-ahead log, foreign keys, patience."""
    if isinstance(connection, sqlite3.Connection):
        cursor = connection.cursor()
        _use_write_ahead_log(cursor)
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # what is deleted is overwritten: no erased person is found in the file's free pages
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.close()


def _use_write_ahead_log(cursor: sqlite3.Cursor) -> None:
    """Switch a new file over; SQLite does not wait here when another process is just writing."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def truncate_log(engine: Engine) -> None:
    """Move SQLite's write-ahead log into the file and empty it: it holds pages as they were before.

    Gives up after a second while others read; the next checkpoint does it then.
    """
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1000")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}")
