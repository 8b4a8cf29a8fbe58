"""Whether the live database stands at the revision that this code was written for."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from time import monotonic
from types import FrameType

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from jobscore import logs, paths

#: A running process looks again whether the schema is still the code's, so often.
LOOK_SECONDS = 30.0
#: While waiting for an upgrade: seconds between two looks, and between two lines of the log.
POLL_SECONDS = 0.5
TELL_SECONDS = 5.0

log = logs.get("jobscore.schema")


class SchemaState(StrEnum):
    """How the database relates to the code."""

    CURRENT = "current"
    EMPTY = "empty"
    BEHIND = "behind"
    AHEAD = "ahead"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """The state, with the revision found (None: none) and the one wanted."""

    state: SchemaState
    current: str | None
    head: str

    @property
    def sentence(self) -> str:
        """Say what is wrong and which command mends it (English: for logs and terminals)."""
        return {
            SchemaState.CURRENT: f"The database is at revision {self.head}, as it should be.",
            SchemaState.EMPTY: "The database has no tables yet. Run: flask db upgrade",
            SchemaState.BEHIND: (
                f"The database is at revision {self.current}, the code needs {self.head}. "
                "Run: flask db upgrade"
            ),
            SchemaState.AHEAD: (
                f"The database is at revision {self.current}, which this code (head {self.head}) "
                "does not know. Install the newer jobscore, or downgrade with the newer one first."
            ),
            SchemaState.UNREACHABLE: (
                "The database cannot be reached. Check JOBSCORE_DATABASE_URL and that the server "
                "runs."
            ),
        }[self.state]


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(paths.MIGRATIONS))


def head_revision() -> str:
    """Return the newest revision of the migrations folder."""
    head = _scripts().get_current_head()
    if head is None:
        raise RuntimeError(f"no migrations in {paths.MIGRATIONS}")
    return head


def schema_report(engine: Engine) -> SchemaReport:
    """Compare the revision kept in the database with the newest one."""
    head = head_revision()
    try:
        with engine.connect() as connection:
            heads = MigrationContext.configure(connection).get_current_heads()
    except DBAPIError:
        return SchemaReport(SchemaState.UNREACHABLE, None, head)
    if not heads:
        return SchemaReport(SchemaState.EMPTY, None, head)
    current = ", ".join(sorted(heads))
    if current == head:
        return SchemaReport(SchemaState.CURRENT, current, head)
    known = {script.revision for script in _scripts().walk_revisions()}
    state = SchemaState.BEHIND if known.issuperset(heads) else SchemaState.AHEAD
    return SchemaReport(state, current, head)


class SchemaWatch:
    """Knows whether the schema is the code's without a query for each request.

    A current schema is looked at again after :data:`LOOK_SECONDS`, one thread at a time while the
    others go on; any other state is looked at each time, so that the end of an upgrade shows.
    """

    def __init__(self) -> None:
        self._report: SchemaReport | None = None
        self._looked_at = 0.0
        self._looking = threading.Lock()

    def report(self, engine: Engine) -> SchemaReport:
        """Return how the schema stands, at most :data:`LOOK_SECONDS` old when it was current."""
        known = self._report
        if known is None or known.state is not SchemaState.CURRENT:
            return self._look(engine)
        if monotonic() - self._looked_at < LOOK_SECONDS:
            return known
        if not self._looking.acquire(blocking=False):
            return known
        try:
            return self._look(engine)
        finally:
            self._looking.release()

    def _look(self, engine: Engine) -> SchemaReport:
        found = schema_report(engine)
        if self._report is not None and self._report.state is not found.state:
            log.warning("schema changed", state=found.state.value, sentence=found.sentence)
        self._report, self._looked_at = found, monotonic()
        return found


def wait_until_current(
    engine: Engine, seconds: float, *, stop: threading.Event | None = None
) -> SchemaReport:
    """Look until the schema is the code's, for at most ``seconds``; return how it stands then.

    Closes the engine's connections, so that a server may fork afterwards.

    :param stop: ends the wait when set; by default SIGTERM does, and then ends the process.
    """
    with contextlib.nullcontext(stop) if stop is not None else _until_sigterm() as ended:
        try:
            return _wait(engine, seconds, ended)
        finally:
            engine.dispose()


def _wait(engine: Engine, seconds: float, stop: threading.Event) -> SchemaReport:
    began = told = monotonic()
    report = schema_report(engine)
    is_first = True
    while report.state is not SchemaState.CURRENT and not stop.is_set():
        left = began + seconds - monotonic()
        if left <= 0:
            break
        if is_first or monotonic() - told >= TELL_SECONDS:
            log.warning("waiting for the schema", seconds=round(left), sentence=report.sentence)
            told, is_first = monotonic(), False
        stop.wait(min(POLL_SECONDS, left))
        report = schema_report(engine)
    return report


@contextlib.contextmanager
def _until_sigterm() -> Iterator[threading.Event]:
    """Give an event that SIGTERM sets; hand the signal on at the end of the block.

    Outside of the main thread nothing can be caught: the event stays unset.
    """
    ended = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield ended
        return
    caught: list[FrameType | None] = []

    def end(_signal: int, frame: FrameType | None) -> None:
        caught.append(frame)
        ended.set()

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield ended
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)
    if caught:
        if callable(before):
            before(signal.SIGTERM, caught[0])
        else:
            raise SystemExit(128 + signal.SIGTERM)
