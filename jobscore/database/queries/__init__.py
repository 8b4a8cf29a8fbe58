"""Statistics of every statement since the process started: how often, how long, who sent it.

A listener on SQLAlchemy's engines counts each normalised statement under the *unit* of work that
sent it (a request, a command, a task), and names statements that one unit sends many times over.
No parameter's value is ever kept. Stands alone on SQLAlchemy::

    queries.listen()
    with queries.unit("nightly"):
        session.execute(...)
    queries.slowest(queries.own())

Seconds are those spent in the driver: executing, and on SQLite fetching too, where rows are
computed while they are fetched. Statements that go to the driver directly (COPY) are not seen.
"""

import atexit
import contextlib
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.engine.cursor import CursorFetchStrategy

from jobscore import clock
from jobscore.database.queries import files as query_files
from jobscore.database.queries.statistics import (
    OTHERS,
    WORST_ERROR,
    Entry,
    RepeatedStatement,
    StatementStatistics,
    Statistics,
    Sums,
    as_json,
    slowest,
)
from jobscore.database.queries.text import normalise

__all__ = [
    "ELSEWHERE",
    "OTHERS",
    "REPEATED_FROM",
    "WORST_ERROR",
    "RepeatedStatement",
    "StatementStatistics",
    "Statistics",
    "as_json",
    "keep_in",
    "listen",
    "merged",
    "normalise",
    "own",
    "publish",
    "slowest",
    "start_over",
    "unit",
]

#: The same statement so often within one unit is a pattern worth a name.
REPEATED_FROM = 10
#: The sender of what no unit sent.
ELSEWHERE = "(elsewhere)"
#: Seconds between two files of one process.
WRITE_SECONDS = 5.0
#: Statements whose normalised form is remembered.
MOST_FORMS = 4000

_BEGAN = "_jobscore_began"
#: Statements that steer a transaction: never a pattern.
_STEERING = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "PRAGMA", "SET ")

log = logging.getLogger("jobscore.queries")


@dataclass(slots=True, eq=False)
class Unit:
    """One piece of work: a request, a command, a unit of a task."""

    #: Or what tells it at the first statement: a command is known only when it runs.
    name: str | Callable[[], str]
    #: Whether loops over statements are its trade, so that only lazy loads are a pattern.
    is_batch: bool
    #: Statement -> times.
    times: dict[str, int] = field(default_factory=dict)
    #: Statement -> relationship that the ORM loaded with it one by one.
    relationships: dict[str, str] = field(default_factory=dict)

    def label(self) -> str:
        """Return the name, asked for once."""
        if not isinstance(self.name, str):
            self.name = self.name()
        return self.name


_unit: ContextVar[Unit | None] = ContextVar("jobscore_query_unit", default=None)


class _Recorder:
    """The sums of this process and the file that they are written to."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.sums = Sums(clock.now())
        #: hash of a statement as sent -> its sums; hashes, so that no literal stays in memory.
        self.forms: dict[int, Entry] = {}
        self.writing = threading.Lock()
        self.folder: Path | None = None
        self.file_name = _file_name()
        self.wrote_at = time.monotonic()
        self.is_writing = False
        self.has_failed = False

    def start_over(self) -> None:
        """Forget everything but the folder: a process of its own begins."""
        self.lock = threading.Lock()
        self.sums = Sums(clock.now())
        self.forms = {}
        self.writing = threading.Lock()
        self.file_name = _file_name()
        self.wrote_at = time.monotonic()
        self.is_writing = False

    def entry(self, statement: str) -> Entry:
        """Return the sums of a statement as sent; the lock must be held."""
        key = hash(statement)
        found = self.forms.get(key)
        if found is None or self.sums.entries.get(found.statement) is not found:
            if len(self.forms) >= MOST_FORMS:
                self.forms.clear()
            found = self.forms[key] = self.sums.entry(normalise(statement))
        return found

    def path(self) -> Path | None:
        """Return the file of this process; None while no folder is set."""
        return None if self.folder is None else self.folder / self.file_name


def _file_name() -> str:
    """Return a name that no other process has, nor an earlier one of the same number."""
    return f"{os.getpid()}-{secrets.token_hex(4)}.jsonl"


_recorder = _Recorder()


@contextlib.contextmanager
def unit(name: str | Callable[[], str], *, is_batch: bool = False) -> Iterator[None]:
    """Count the statements of the block under ``name``; blocks may nest, the innermost counts.

    :param name: or a function that tells it when the first statement is sent.
    :param is_batch: the block is a command or task, whose loops over statements are intended;
        only relationships that the ORM loads one by one are named then.
    """
    token = begin(name, is_batch=is_batch)
    try:
        yield
    finally:
        end(token)


def begin(name: str | Callable[[], str], *, is_batch: bool = False) -> tuple[Unit, Unit | None]:
    """Open a unit where no ``with`` fits; give what is returned to :func:`end`."""
    before, opened = _unit.get(), Unit(name, is_batch)
    _unit.set(opened)
    return opened, before


def end(token: tuple[Unit, Unit | None]) -> None:
    """Close a unit: name its repeated statements, and write the file when it is time."""
    closed, before = token
    _unit.set(before)
    found = [
        RepeatedStatement(statement, closed.label(), times, 1, closed.relationships.get(statement))
        for statement, times in list(closed.times.items())
        if times >= REPEATED_FROM
    ]
    recorder = _recorder
    if found:
        with recorder.lock:
            for each in found:
                recorder.sums.repeat(each)
    if recorder.folder is not None and time.monotonic() - recorder.wrote_at >= WRITE_SECONDS:
        if closed.is_batch:  # nobody waits, and a process with a second thread may not fork
            publish()
        else:
            _write_aside()


def current() -> str | None:
    """Return the name of the unit that is open here; None outside of any."""
    opened = _unit.get()
    return None if opened is None else opened.label()


def is_open() -> bool:
    """Return whether a unit is open here."""
    return _unit.get() is not None


def listen(target: "type[Engine] | Engine" = Engine) -> None:
    """Count the statements of ``target`` (default: of every engine); further calls do nothing."""
    for name, function in (
        ("before_cursor_execute", _before),
        ("after_cursor_execute", _after),
        ("handle_error", _failed),
    ):
        if not event.contains(Engine, name, function) and not event.contains(
            target, name, function
        ):
            event.listen(target, name, function)


def stop_listening() -> None:
    """Count no more statements of engines in general."""
    for name, function in (
        ("before_cursor_execute", _before),
        ("after_cursor_execute", _after),
        ("handle_error", _failed),
    ):
        if event.contains(Engine, name, function):
            event.remove(Engine, name, function)


def _lazy_load(context: Any) -> str | None:
    """Return the relationship (``Match.job``) that a statement loads for one object; else None.

    The ORM leaves word in the execution's options. Its public event, ``do_orm_execute``, tells the
    same, but costs every statement of every session 15 µs or more.
    """
    loading = context.execution_options.get("_sa_orm_load_options")
    owner = getattr(loading, "_lazy_loaded_from", None)
    if owner is None:
        return None
    options = getattr(context.invoked_statement, "_compile_options", None)
    path = getattr(options, "_current_path", None)
    key = getattr(path[-1], "key", "?") if path else "?"
    return f"{owner.mapper.class_.__name__}.{key}"


def _before(
    _connection: Connection, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool
) -> None:
    if context is not None:
        setattr(context, _BEGAN, time.perf_counter())


def _after(
    _connection: Connection, cursor: Any, statement: str, _values: Any, context: Any, _many: bool
) -> None:
    began = getattr(context, _BEGAN, None)
    if began is None:
        return
    seconds = time.perf_counter() - began
    setattr(context, _BEGAN, None)
    rows: int = cursor.rowcount
    entry = _count(context, statement, seconds, rows if rows >= 0 else None)
    if (
        rows < 0
        and cursor.description is not None
        and type(context.cursor_fetch_strategy) is CursorFetchStrategy
    ):
        # SQLite computes its rows while they are fetched, and does not tell how many there are.
        context.cursor_fetch_strategy = _CountedFetch(entry, seconds)


def _failed(failure: ExceptionContext) -> None:
    context: Any = failure.execution_context
    if context is None:  # connecting, committing: no statement of anybody's
        return
    statement = failure.statement or context.statement
    began = getattr(context, _BEGAN, None)
    if began is not None:
        setattr(context, _BEGAN, None)
        _count(context, statement, time.perf_counter() - began, None, failed=True)
    elif statement:  # while fetching: the call is counted already
        with _recorder.lock:
            _recorder.entry(statement).errors += 1


def _count(
    context: Any, statement: str, seconds: float, rows: int | None, *, failed: bool = False
) -> Entry:
    opened = _unit.get()
    recorder = _recorder
    with recorder.lock:
        entry = recorder.entry(statement)
        entry.add(seconds, rows, ELSEWHERE if opened is None else opened.label(), failed=failed)
        if opened is not None:
            _count_in(opened, entry.statement, _lazy_load(context))
    return entry


def _count_in(opened: Unit, statement: str, relationship: str | None) -> None:
    """Count within the unit what could become a pattern."""
    if relationship is not None:
        opened.relationships[statement] = relationship
    elif opened.is_batch or statement.startswith(_STEERING):
        return
    opened.times[statement] = opened.times.get(statement, 0) + 1


class _CountedFetch(CursorFetchStrategy):
    """Fetches as usual; adds the time and the rows to the call that brought them."""

    __slots__ = ("_entry", "_seconds")

    def __init__(self, entry: Entry, seconds: float) -> None:
        self._entry = entry
        self._seconds = seconds

    def _add(self, began: float, rows: int) -> None:
        after = self._seconds + time.perf_counter() - began
        with _recorder.lock:
            self._entry.lengthen(self._seconds, after, rows)
        self._seconds = after

    def yield_per(self, result: Any, dbapi_cursor: Any, num: int) -> None:
        """Keep fetching here: rows come in parts anyway, and SQLite reads ahead by itself."""

    def fetchone(self, result: Any, dbapi_cursor: Any, hard_close: bool = False) -> Any:
        """Fetch one row."""
        began = time.perf_counter()
        row = super().fetchone(result, dbapi_cursor, hard_close)
        self._add(began, 0 if row is None else 1)
        return row

    def fetchmany(self, result: Any, dbapi_cursor: Any, size: int | None = None) -> Any:
        """Fetch some rows."""
        began = time.perf_counter()
        rows = super().fetchmany(result, dbapi_cursor, size)
        self._add(began, len(rows))
        return rows

    def fetchall(self, result: Any, dbapi_cursor: Any) -> Any:
        """Fetch the remaining rows."""
        began = time.perf_counter()
        rows = super().fetchall(result, dbapi_cursor)
        self._add(began, len(rows))
        return rows


def own() -> Statistics:
    """Return the statistics of this process."""
    with _recorder.lock:
        sums = _recorder.sums.copy()
    return sums.statistics(processes=1)


def merged(folder: Path) -> Statistics:
    """Return the statistics of all processes that wrote to ``folder`` in the last day.

    This process counts as it is now when it writes there too.
    """
    mine = _recorder.path() if _recorder.folder == folder else None
    with _recorder.lock:
        whole, processes = Sums(_recorder.sums.since), 0
        if mine is not None and _recorder.sums.entries:
            whole, processes = _recorder.sums.copy(), 1
    for path in query_files.paths(folder):
        found = None if path == mine else query_files.read(path)
        if found is not None:
            whole.merge(found)
            processes += 1
    return whole.statistics(processes)


def keep_in(folder: Path | None) -> None:
    """Have this process write its statistics to ``folder`` from now on (None: nowhere)."""
    if folder != _recorder.folder:
        _recorder.folder = folder
        _recorder.has_failed = False


def publish() -> None:
    """Write this process's statistics to its folder now, when there is anything to write.

    A folder that cannot be written is logged once; nothing else comes of it.
    """
    recorder = _recorder
    path = recorder.path()
    recorder.wrote_at = time.monotonic()
    if path is None:
        return
    try:
        with recorder.writing:  # the thread of a unit and the end of the process may meet
            with recorder.lock:
                sums = recorder.sums.copy()
            if sums.entries:
                query_files.write(path, sums)
                query_files.remove_old(path.parent)
    except OSError as error:
        if not recorder.has_failed:
            recorder.has_failed = True
            log.warning("statistics of statements cannot be kept in %s: %s", path.parent, error)


def _write_aside() -> None:
    """Write the file in a thread of its own: no request waits for it."""
    recorder = _recorder
    with recorder.lock:
        if recorder.is_writing:
            return
        recorder.is_writing = True
        recorder.wrote_at = time.monotonic()

    def write() -> None:
        try:
            publish()
        finally:
            recorder.is_writing = False

    try:
        threading.Thread(target=write, name="query-statistics", daemon=True).start()
    except RuntimeError:  # the interpreter ends; the last file is written at exit
        recorder.is_writing = False


def start_over() -> None:
    """Forget all statistics of this process; its folder stays."""
    _recorder.start_over()


def _after_fork() -> None:
    """Begin from nothing in a child: what its parent counted is the parent's."""
    _recorder.start_over()
    opened = _unit.get()
    if opened is not None:
        _unit.set(Unit(opened.name, opened.is_batch))


os.register_at_fork(after_in_child=_after_fork)
atexit.register(publish)
