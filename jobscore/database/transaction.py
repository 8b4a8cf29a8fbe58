"""Transactions: only the edge (a POST view, a task, a command) opens and commits one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from sqlalchemy import text
from sqlalchemy.orm import Session

from jobscore.extensions import db

_OPEN = "jobscore_transaction_open"
_AFTER = "jobscore_after_commit"


class NestedTransactionError(RuntimeError):
    """A transaction was opened inside another: a service tried to be an edge."""


@contextmanager
def transaction() -> Iterator[Session]:
    """Run the block in one transaction: commit at its end, roll back on any exception.

    On SQLite the write lock is taken at once (``BEGIN IMMEDIATE``). Callables given to
    :func:`after_commit` run when the commit has succeeded, and never otherwise.

    :raises NestedTransactionError: when the session is already inside such a block.
    """
    session = cast(Session, db.session())
    if session.info.get(_OPEN):
        raise NestedTransactionError("transaction() does not nest: only the edge commits")
    session.info[_OPEN] = True
    session.info[_AFTER] = []
    try:
        connection = session.connection()
        if connection.dialect.name == "sqlite" and not _in_transaction(session):
            session.execute(text("BEGIN IMMEDIATE"))
        yield session
        session.commit()
        waiting = cast(list[Callable[[], None]], session.info[_AFTER])
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop(_OPEN, None)
        session.info.pop(_AFTER, None)
    for call in waiting:
        call()


def after_commit(call: Callable[[], None]) -> None:
    """Have ``call`` run when the current transaction has committed; at once outside of one."""
    session = cast(Session, db.session())
    if session.info.get(_OPEN):
        session.info[_AFTER].append(call)
    else:
        call()


def _in_transaction(session: Session) -> bool:
    driver = session.connection().connection.driver_connection
    return bool(getattr(driver, "in_transaction", False))
