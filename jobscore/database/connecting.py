"""A connection for one piece of work, with sync and async drivers alike."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, NullPool, create_engine

from jobscore.database.engine import BUSY_SECONDS

T = TypeVar("T")


def on_connection(url: URL, work: Callable[[Connection], T]) -> T:
    """Call ``work`` with a new connection, closed afterwards; return what it returns.

    An async driver gets a thread and an event loop of its own, so that the caller may have one.
    """
    if url.get_dialect().is_async:
        return _in_own_thread(lambda: asyncio.run(_on_async_connection(url, work)))
    engine = create_engine(url, poolclass=NullPool, connect_args=_patience(url))
    try:
        with engine.connect() as connection:
            return work(connection)
    finally:
        engine.dispose()


def _patience(url: URL) -> dict[str, Any]:
    """Have a look at an SQLite file wait for whoever writes it just now."""
    return {"timeout": BUSY_SECONDS} if url.get_backend_name() == "sqlite" else {}


async def _on_async_connection(url: URL, work: Callable[[Connection], T]) -> T:
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(url, poolclass=NullPool, connect_args=_patience(url))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _in_own_thread(call: Callable[[], T]) -> T:
    """Run ``call`` in a new thread, because the caller's may have an event loop already."""
    context = contextvars.copy_context()
    with ThreadPoolExecutor(1, thread_name_prefix="migrator") as pool:
        return pool.submit(context.run, call).result()
