"""Run an import: claim it, read its file, write batch after batch, each row exactly once.

Each batch of 1,000 records is one transaction that also moves the attempt's checkpoint, on the
condition that it still stands where this worker left it. A worker that is killed leaves whole
batches behind; whoever takes over goes on behind the checkpoint. A worker that lost its claim
(cancelled, or taken for dead) writes nothing more.
"""

import csv
import gc
import io
import os
import secrets
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, update
from sqlalchemy import Table as DatabaseTable
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, aliased

from jobscore import clock, config, logs
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import batches, journal, service
from jobscore.imports.batches import Batch, Counts, read, tally
from jobscore.imports.drafting import Drafter, Severity
from jobscore.imports.full_feed import FULL_FEED, Feed, close_missing
from jobscore.imports.models import (
    CsvImport,
    ImportAttempt,
    ImportMessage,
    ImportStatus,
    ImportType,
)
from jobscore.imports.reader import FileRefusedError, Row, RowError, Table, open_table
from jobscore.jobs import writing
from jobscore.jobs.duplicates import passes
from jobscore.jobs.finding import FinderPool
from jobscore.jobs.writing import Outcome

log = logs.get("jobscore.imports")

#: A running attempt without a heartbeat for so long is taken over.
STALE = timedelta(seconds=60)
#: Messages kept for one attempt, by severity; all are counted.
KEPT = {Severity.ERROR: 100_000, Severity.WARNING: 20_000}
#: Fewer rows than this are not worth further processes.
SMALL_ROWS = 3_000
_HEARTBEAT_RECORDS = 200_000
#: Mistakes of ours: a row that we did not think of. Taken up again the run would end so again, and
#: nothing behind it would ever be imported.
DEFECTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

_messages: DatabaseTable = ImportMessage.__table__  # type: ignore[assignment]  # FromClause


class LostClaimError(Exception):
    """The attempt was cancelled or taken over: this worker must not write any more."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is; ``total`` is None until it is known."""

    counts: Counts
    total: int | None


@dataclass(slots=True)
class _Run:
    """One attempt in the hands of this worker."""

    attempt_id: int
    import_id: int
    worker: str
    source: str
    path: Path
    table: Table
    drafter: Drafter
    checkpoint: int
    total: int | None
    is_full_feed: bool
    counts: Counts
    codes: Counter[str]
    words: writing.Vocabulary
    kept: Counter[Severity] = field(default_factory=Counter)
    #: Identity (first 8 bytes) -> line of the row that has it now.
    seen: dict[bytes, int] = field(default_factory=dict)


def worker_name() -> str:
    """Return a name for this process that no other has."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


def claim(
    worker: str, attempt_id: int | None = None, kind: ImportType = ImportType.JOBS
) -> int | None:
    """Take a queued or abandoned attempt of a ``kind`` of file; return its id, None without one.

    Commits: the claim is a conditional UPDATE in a transaction of its own.
    """
    now = clock.now()
    is_free = or_(
        ImportAttempt.status == ImportStatus.QUEUED,
        and_(
            ImportAttempt.status == ImportStatus.RUNNING,
            or_(ImportAttempt.heartbeat_at.is_(None), ImportAttempt.heartbeat_at < now - STALE),
        ),
    )
    with transaction() as session:
        of_kind = ImportAttempt.csv_import.has(import_type=kind)
        wanted = select(ImportAttempt.id).where(is_free, of_kind, _is_its_turn())
        wanted = wanted.order_by(ImportAttempt.id).limit(1)
        if attempt_id is not None:
            wanted = wanted.where(ImportAttempt.id == attempt_id)
        if session.get_bind().dialect.name == "postgresql":
            wanted = wanted.with_for_update(skip_locked=True)
        found = session.scalar(wanted)
        if found is None:
            return None
        attempt = session.get_one(ImportAttempt, found, populate_existing=True)
        attempt.status = ImportStatus.RUNNING
        attempt.claimed_by = worker
        attempt.heartbeat_at = now
        attempt.started_at = attempt.started_at or now
        csv_import = attempt.csv_import
        csv_import.status = ImportStatus.RUNNING
        csv_import.started_at = csv_import.started_at or now
        return found


def _is_its_turn() -> ColumnElement[bool]:
    """Return the condition that no older file of the source is under way around a full feed.

    What a full feed closes is right only when the files of its source run in order.
    """
    older = aliased(ImportAttempt)
    return ~exists().where(
        older.source == ImportAttempt.source,
        older.id < ImportAttempt.id,
        older.status.in_([ImportStatus.QUEUED, ImportStatus.RUNNING]),
        or_(older.mode == FULL_FEED, ImportAttempt.mode == FULL_FEED),
    )


def run(
    attempt_id: int, worker: str, on_progress: Callable[[Progress], None] | None = None
) -> ImportStatus:
    """Run a claimed attempt to its end; return how it ended.

    Commits once for each batch. What cannot be read or written leaves the attempt ``failed`` with
    the reason, and resumable; a claim that was lost leaves it to whoever has it.
    """
    report = on_progress or (lambda progress: None)
    try:
        run = _open(attempt_id, worker)
        _count(run)
        _pass_over(run)
        with FinderPool(_processes(run)) as pool, _few_collections():
            for batch in _batches(run, pool):
                _write(run, batch)
                report(Progress(run.counts, run.total))
        if run.is_full_feed and not _close_missing(run):
            return _wait_for_answer(run)
        return _finish(run)
    except LostClaimError:
        log.warning("claim lost", attempt=attempt_id)
        return _status(attempt_id)
    except FileRefusedError as error:
        return _fail(attempt_id, worker, error.code.value)
    except OSError as error:
        log.exception("file not readable", attempt=attempt_id)
        return _fail(attempt_id, worker, "file_gone" if error.errno == 2 else "disk")
    except SQLAlchemyError:
        log.exception("batch not written", attempt=attempt_id)
        return _fail(attempt_id, worker, "database")
    except DEFECTS:
        log.exception("import stopped by a defect", attempt=attempt_id)
        return _fail(attempt_id, worker, "defect")


@contextmanager
def _few_collections() -> Iterator[None]:
    """Have Python look for garbage less often: a batch makes many objects and no cycles."""
    usual = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


# -- one batch -------------------------------------------------------------------------------


def _processes(run: _Run) -> int:
    """Return how many processes shall find words: one for a small rest of a file."""
    if run.total is not None and run.total - run.checkpoint < SMALL_ROWS:
        return 1
    return config.current().workers or os.cpu_count() or 1


def _batches(run: _Run, pool: FinderPool) -> Iterator[Batch]:
    """Yield the batches behind the checkpoint; the next one is searched while one is written."""
    records = islice(run.table.records(), run.checkpoint, None)
    waiting: Batch | None = None
    while chunk := list(islice(records, batches.BATCH_ROWS)):
        batch = read(run.drafter, chunk, run.seen)
        _search(run, batch, pool)
        if waiting is not None:
            yield waiting
        waiting = batch
    if waiting is not None:
        yield waiting


def _search(run: _Run, batch: Batch, pool: FinderPool) -> None:
    """Have the texts searched that are new or changed as the database stands now."""
    drafts = [draft for draft, _ in batch.drafts]
    session = db.session()
    outcomes = writing.compare(session, drafts, source=run.source)
    session.rollback()  # a reader's transaction must not stay open while others write
    changed = [
        draft
        for draft, outcome in zip(drafts, outcomes, strict=True)
        if outcome is not Outcome.UNCHANGED
    ]
    batch.searched = [writing.identity_of(draft) for draft in changed]
    batch.collect = pool.submit(changed)


def _write(run: _Run, batch: Batch) -> None:
    """Write one batch in one transaction with the checkpoint behind it."""
    found = dict(zip(batch.searched, batch.collect(), strict=True))
    settings = config.current()
    checkpoint = run.checkpoint + batch.n_records
    with transaction() as session:
        _advance(session, run, checkpoint)
        written = writing.upsert(
            session,
            [draft for draft, _ in batch.drafts],
            source=run.source,
            today=run.drafter.today,
            timezone=settings.timezone,
            import_id=run.import_id,
            known_words=run.words,
            searched=found,
            journal=partial(journal.record, session, run.attempt_id),
        )
        tally(run.counts, batch, [one.outcome for one in written])
        rows = _message_rows(run, batch)
        if rows:
            session.execute(insert(_messages), rows)
        _store_counts(session, run)
    run.checkpoint = checkpoint


def _advance(session: Session, run: _Run, checkpoint: int) -> None:
    """Move the checkpoint, if this worker still holds the attempt where it left it."""
    moved: Any = session.execute(
        update(ImportAttempt)
        .where(
            ImportAttempt.id == run.attempt_id,
            ImportAttempt.claimed_by == run.worker,
            ImportAttempt.status == ImportStatus.RUNNING,
            ImportAttempt.checkpoint == run.checkpoint,
        )
        .values(checkpoint=checkpoint, heartbeat_at=clock.now())
    )
    if moved.rowcount != 1:
        raise LostClaimError


def _store_counts(session: Session, run: _Run) -> None:
    counts = run.counts
    session.execute(
        update(ImportAttempt)
        .where(ImportAttempt.id == run.attempt_id)
        .values(
            new_rows=counts.new,
            changed_rows=counts.changed,
            unchanged_rows=counts.unchanged,
            duplicate_rows=counts.duplicate,
            rejected_rows=counts.rejected,
            warning_rows=counts.warned,
        )
    )
    session.execute(
        update(CsvImport)
        .where(CsvImport.id == run.import_id)
        .values(
            processed_rows=counts.processed,
            success_rows=counts.success,
            error_rows=counts.rejected,
            error_details={"codes": dict(run.codes), "failure": None},
        )
    )


def _message_rows(run: _Run, batch: Batch) -> list[dict[str, Any]]:
    """Return the messages of a batch as rows, as far as they are kept; count them all."""
    rows: list[dict[str, Any]] = []
    for error in batch.errors:
        run.codes[error.code] += 1
        if _is_kept(run, Severity.ERROR):
            rows.append(
                {
                    "attempt_id": run.attempt_id,
                    "severity": Severity.ERROR,
                    "line": error.line,
                    "column_index": None,
                    "code": error.code,
                    "params": error.params,
                    "cells": _torn_cells(error.raw, run.table),
                }
            )
    for message in batch.messages:
        run.codes[message.code] += 1
        if message.severity is not Severity.INFO and _is_kept(run, message.severity):
            is_error = message.severity is Severity.ERROR
            rows.append(
                {
                    "attempt_id": run.attempt_id,
                    "severity": message.severity,
                    "line": message.line,
                    "column_index": message.column,
                    "code": message.code,
                    "params": {**message.params, "value": message.value},
                    "cells": batch.cells.get(message.line) if is_error else None,
                }
            )
    return rows


def _is_kept(run: _Run, severity: Severity) -> bool:
    run.kept[severity] += 1
    return run.kept[severity] <= KEPT[severity]


def _torn_cells(raw: str, table: Table) -> list[str]:
    """Cut the text of a broken record leniently, for a person to mend in a spreadsheet."""
    reader = csv.reader(
        io.StringIO(raw, newline=""),
        delimiter=table.dialect.delimiter,
        quotechar=table.dialect.quote,
        quoting=csv.QUOTE_MINIMAL if table.dialect.quote else csv.QUOTE_NONE,
    )
    try:
        return [cell for row in reader for cell in row]
    except csv.Error:
        return [raw]


# -- begin and end ---------------------------------------------------------------------------


def _open(attempt_id: int, worker: str) -> _Run:
    """Gather what a run needs, counters of an earlier part of it included."""
    settings = config.current()
    with transaction() as session:
        attempt = session.get_one(ImportAttempt, attempt_id, populate_existing=True)
        if attempt.claimed_by != worker or attempt.status is not ImportStatus.RUNNING:
            raise LostClaimError
        csv_import = attempt.csv_import
        path = service.path_of(csv_import)
        table = open_table(path, service.options_of(attempt.dialect))
        uploaded_on = csv_import.created_at.astimezone(ZoneInfo(settings.timezone)).date()
        return _Run(
            attempt_id=attempt.id,
            import_id=csv_import.id,
            worker=worker,
            source=attempt.source,
            path=path,
            table=table,
            drafter=Drafter(attempt.mapping, table.header, uploaded_on),
            checkpoint=attempt.checkpoint,
            total=csv_import.total_rows,
            is_full_feed=attempt.mode == FULL_FEED,
            counts=Counts(
                attempt.new_rows,
                attempt.changed_rows,
                attempt.unchanged_rows,
                attempt.duplicate_rows,
                attempt.rejected_rows,
                attempt.warning_rows,
            ),
            words=writing.Vocabulary.load(),
            codes=Counter((csv_import.error_details or {}).get("codes", {})),
        )


def _count(run: _Run) -> None:
    """Count the records of the file, once, so that progress has an end."""
    if run.total is not None:
        return
    total = 0
    records = run.table.records()
    while n := sum(1 for _ in islice(records, _HEARTBEAT_RECORDS)):
        total += n
        with transaction() as session:
            _advance(session, run, run.checkpoint)
    run.total = total
    with transaction() as session:
        _advance(session, run, run.checkpoint)
        session.execute(
            update(CsvImport).where(CsvImport.id == run.import_id).values(total_rows=total)
        )


def _pass_over(run: _Run) -> None:
    """Learn again which postings the rows before the checkpoint were."""
    records: Iterator[Row | RowError] = islice(run.table.records(), run.checkpoint)
    while batch := list(islice(records, batches.BATCH_ROWS)):
        read(run.drafter, batch, run.seen)


def _close_missing(run: _Run) -> bool:
    """Close the jobs that a full feed no longer has; return False when it has to ask first."""
    feed = Feed(run.attempt_id, run.source, run.seen, max(run.seen.values(), default=0))
    return close_missing(feed, lambda session: _advance(session, run, run.checkpoint))


def _wait_for_answer(run: _Run) -> ImportStatus:
    """Leave the run to an admin's yes or no; a worker ends it after that."""
    with transaction() as session:
        _advance(session, run, run.checkpoint)
        _set_status(session, run, ImportStatus.ASKING, None)
    log.info("import asks before it closes jobs", attempt=run.attempt_id)
    return ImportStatus.ASKING


def _finish(run: _Run) -> ImportStatus:
    status = ImportStatus.DONE_WITH_ERRORS if run.counts.rejected else ImportStatus.DONE
    now = clock.now()
    with transaction() as session:
        _advance(session, run, run.checkpoint)
        _store_counts(session, run)
        _set_status(session, run, status, now)
        if run.counts.new or run.counts.changed:
            passes.request(session)
    log.info("import finished", attempt=run.attempt_id, status=status.value)
    return status


def _set_status(
    session: Session, run: _Run, status: ImportStatus, completed_at: datetime | None
) -> None:
    for table, row_id in ((ImportAttempt, run.attempt_id), (CsvImport, run.import_id)):
        session.execute(
            update(table).where(table.id == row_id).values(status=status, completed_at=completed_at)
        )


def _fail(attempt_id: int, worker: str, failure: str) -> ImportStatus:
    """Mark the attempt failed, with the reason, if this worker still holds it.

    Where not even that can be written the attempt is left as a killed worker leaves it: it counts
    as interrupted, and is taken up again when its heartbeat is too old.
    """
    try:
        return _mark_failed(attempt_id, worker, failure)
    except SQLAlchemyError:
        log.exception("failure not recorded", attempt=attempt_id)
        return ImportStatus.INTERRUPTED


def _mark_failed(attempt_id: int, worker: str, failure: str) -> ImportStatus:
    now = clock.now()
    with transaction() as session:
        attempt = session.get_one(ImportAttempt, attempt_id, populate_existing=True)
        if attempt.claimed_by != worker or attempt.status is not ImportStatus.RUNNING:
            return attempt.status
        attempt.status = ImportStatus.FAILED
        attempt.completed_at = now
        csv_import = attempt.csv_import
        csv_import.status = ImportStatus.FAILED
        csv_import.completed_at = now
        codes = (csv_import.error_details or {}).get("codes", {})
        csv_import.error_details = {"codes": codes, "failure": failure}
    return ImportStatus.FAILED


def _status(attempt_id: int) -> ImportStatus:
    with transaction() as session:
        return session.get_one(ImportAttempt, attempt_id, populate_existing=True).status
