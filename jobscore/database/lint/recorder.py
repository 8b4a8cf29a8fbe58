"""Run a revision against nothing and write down what it would do.

``op`` is a recorder for as long as the revision's function runs: operations become :class:`Step`
objects, statements sent through ``op.get_bind()`` too. No database is touched.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from io import StringIO
from types import FrameType, FunctionType, ModuleType
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations, MigrateOperation, Operations, ops
from alembic.operations.batch import BatchOperationsImpl
from alembic.runtime.migration import MigrationContext
from alembic.script import Script
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import ClauseElement

from jobscore.database.safe.steps import RECORDER, SafeStep

#: ``op`` is one module for the whole process: one revision is read at a time.
_READING = threading.RLock()


class NeedsAnswerError(Exception):
    """The revision asks the database something that only a live one can answer."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A ``batch_alter_table`` block; ``rebuilds`` says that the table would be copied."""

    table: str
    rebuilds: bool
    line: int | None
    operations: tuple[MigrateOperation, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a revision.

    ``transaction`` numbers the transactions of the revision; None is an autocommit block, where
    each statement is its own.
    """

    operation: MigrateOperation
    line: int | None
    transaction: int | None
    in_batch: bool = False


@dataclass(slots=True)
class Recording:
    """What a function of a revision would do, in order; ``failure`` is why reading stopped."""

    dialect: Dialect
    steps: list[Step | Batch] = field(default_factory=list)
    failure: Exception | None = None
    failure_line: int | None = None


class _Answer:
    """The result of a statement nobody ran: reading it is what cannot be done."""

    def __init__(self, statement: str) -> None:
        self._statement = statement

    def _refuse(self) -> Any:
        raise NeedsAnswerError(f"needs the answer to: {self._statement}")

    def __getattr__(self, name: str) -> Any:
        return None if name == "close" else self._refuse()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._refuse())

    def __bool__(self) -> bool:
        return bool(self._refuse())


class RecordingBind:
    """Stands in for the connection that ``op.get_bind()`` gives."""

    def __init__(self, recorder: "RecordingOperations", dialect: Dialect) -> None:
        self._recorder = recorder
        self.dialect = dialect

    @property
    def engine(self) -> "RecordingBind":
        """Return itself: scripts ask it for the dialect."""
        return self

    def execute(self, statement: Any, *_args: Any, **_kw: Any) -> Any:
        """Write the statement down."""
        if isinstance(statement, str):
            raise NeedsAnswerError("a plain string cannot be executed: wrap it in sa.text()")
        self._recorder.invoke(ops.ExecuteSQLOp(statement))
        return _Answer(sql_of(statement, self.dialect))

    def exec_driver_sql(self, statement: str, *_args: Any, **_kw: Any) -> Any:
        """Write the statement down."""
        self._recorder.invoke(ops.ExecuteSQLOp(statement))
        return _Answer(statement)

    def execution_options(self, **_kw: Any) -> "RecordingBind":
        """Return itself."""
        return self

    def begin_nested(self) -> Any:
        """Return a block that does nothing."""
        return nullcontext(self)

    def scalar(self, statement: Any, *args: Any, **kw: Any) -> Any:
        """Write the statement down; its value is not known."""
        return self.execute(statement, *args, **kw).scalar()

    def scalars(self, statement: Any, *args: Any, **kw: Any) -> Any:
        """Write the statement down; its values are not known."""
        return self.execute(statement, *args, **kw).scalars()

    def __getattr__(self, name: str) -> Any:
        raise NeedsAnswerError(f"needs a live connection ({name})")


class _RecordingContext(MigrationContext):
    """Counts transactions where the real context commits and begins."""

    transaction: int | None = 0
    _last = 0

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Mark what is recorded inside as standing outside any transaction."""
        self.transaction = None
        try:
            yield
        finally:
            self.commit()

    def commit(self) -> None:
        """Begin the next transaction."""
        self._last += 1
        self.transaction = self._last


class _RecordingBatch(BatchOperations):
    recorder: "RecordingOperations"
    operations: list[MigrateOperation]

    def invoke(self, operation: MigrateOperation) -> Any:
        """Write the operation down, and tell the batch, which knows when it must rebuild."""
        self.operations.append(operation)
        self.recorder.note(operation, in_batch=True)
        if not isinstance(operation, ops.ExecuteSQLOp):
            return super().invoke(operation)
        return None


class RecordingOperations(Operations):
    """The ``op`` of a revision that is read, not run."""

    def __init__(self, context: _RecordingContext, path: str) -> None:
        super().__init__(context)
        self._context = context
        self._path = path
        self.recording = Recording(context.dialect)

    def note(self, operation: MigrateOperation, in_batch: bool = False) -> None:
        """Append a step, with the line of the revision that is running now."""
        self.recording.steps.append(
            Step(operation, line_in(self._path), self._context.transaction, in_batch)
        )

    def invoke(self, operation: MigrateOperation) -> Any:
        """Write the operation down; a created table is given back, as scripts insert into it."""
        self.note(operation)
        if isinstance(operation, SafeStep) and operation.commits:
            self._context.commit()
        if isinstance(operation, ops.CreateTableOp):
            return operation.to_table(self.migration_context)
        return None

    @contextmanager
    def batch_alter_table(  # type: ignore[override]  # the same, with all but three by keyword
        self, table_name: str, schema: str | None = None, recreate: Any = "auto", **kw: Any
    ) -> Iterator[BatchOperations]:
        """Write down the block and what stands inside."""
        line = line_in(self._path)
        make: Any = BatchOperationsImpl  # Alembic does not annotate it
        impl = make(
            self,
            table_name,
            schema,
            recreate,
            kw.get("copy_from"),
            kw.get("table_args", ()),
            kw.get("table_kwargs", {}),
            kw.get("reflect_args", ()),
            kw.get("reflect_kwargs", {}),
            kw.get("naming_convention"),
            kw.get("partial_reordering"),
        )
        batch = _RecordingBatch(self.migration_context, impl=impl)
        batch.recorder, batch.operations = self, []
        yield batch
        rebuilds = impl._should_recreate()
        self.recording.steps.append(Batch(table_name, rebuilds, line, tuple(batch.operations)))

    def get_bind(self) -> Any:
        """Return a connection that writes down what is sent."""
        return RecordingBind(self, self._context.dialect)

    def run_async(self, *_args: Any, **_kw: Any) -> Any:
        """Refuse: what the coroutine does cannot be seen."""
        raise NeedsAnswerError("runs a coroutine on a live connection")


def line_in(path: str) -> int | None:
    """Return the line of the file ``path`` that is running, the innermost one."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename != path:
        frame = frame.f_back
    return None if frame is None else frame.f_lineno


def sql_of(statement: Any, dialect: Dialect) -> str:
    """Return the SQL of a statement, values replaced by placeholders."""
    if isinstance(statement, str):
        return statement
    if isinstance(statement, sa.TextClause):
        return statement.text.replace("\\:", ":")
    if isinstance(statement, ClauseElement):
        return str(statement.compile(dialect=dialect))
    return str(statement)


class _ForOneThread:
    """The proxy behind ``alembic.op`` while a revision is read: other threads see their own."""

    def __init__(self, recorder: RecordingOperations, before: Any) -> None:
        self._recorder = recorder
        self._before = before
        self._thread = threading.get_ident()

    def __getattr__(self, name: str) -> Any:
        mine = threading.get_ident() == self._thread
        return getattr(self._recorder if mine else self._before, name)


@contextmanager
def _in_place_of_op(recorder: RecordingOperations) -> Iterator[None]:
    """Have ``alembic.op`` and ``safe`` write down what this thread asks of them.

    An upgrade may be running on another thread: its operations are neither swallowed nor doubled.
    What was there comes back, unless an upgrade has begun since and put its own there.
    """
    _, namespaces = Operations._setups[Operations]
    mine = [(names, _ForOneThread(recorder, names.get("_proxy"))) for names, _ in namespaces]
    for names, proxy in mine:
        names["_proxy"] = proxy
    token = RECORDER.set(recorder)
    try:
        yield
    finally:
        RECORDER.reset(token)
        for names, proxy in mine:
            if names.get("_proxy") is proxy:
                names["_proxy"] = proxy._before


def _function_of(module: ModuleType, name: str, recorder: RecordingOperations) -> Any:
    """Return a function of the revision that calls the recorder wherever it says ``op``.

    The module itself stays as it is (it may be running); None when it has no such function.
    """
    space = dict(vars(module))
    for key, value in vars(module).items():
        if value is op:
            space[key] = recorder
        elif isinstance(value, FunctionType) and value.__globals__ is vars(module):
            own = FunctionType(
                value.__code__, space, value.__name__, value.__defaults__, value.__closure__
            )
            own.__kwdefaults__ = value.__kwdefaults__
            space[key] = own
    return space.get(name)


def record(script: Script, dialect_name: str, function: str = "upgrade") -> Recording:
    """Read what ``upgrade`` (or ``downgrade``) of a revision would do on a database.

    What an error interrupts is kept as far as it was read, with the error as its ``failure``.
    """
    dialect = sa.make_url(f"{dialect_name}://").get_dialect()()
    options = {"as_sql": True, "output_buffer": StringIO()}
    context = _RecordingContext(dialect, None, options)
    context.as_sql = False  # scripts see what an upgrade of a live database would see
    path = str(getattr(script.module, "__file__", None) or os.fspath(script.path))
    recorder = RecordingOperations(context, path)
    call = _function_of(script.module, function, recorder)
    recording = recorder.recording
    if call is None:
        recording.failure = NotImplementedError(f"{function}() is missing")
        return recording
    with _READING, _in_place_of_op(recorder):
        try:
            call()
        except Exception as error:  # noqa: BLE001  a revision is anybody's code: any error is told
            recording.failure = error
            recording.failure_line = _line_of(error, path)
    return recording


def _line_of(error: Exception, path: str) -> int | None:
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
