"""Run an import of people: batch after batch, each row exactly once, as imports of jobs do.

Each batch of 500 records is one transaction that also moves the attempt's checkpoint, on the
condition that it still stands where this worker left it: a killed worker leaves whole batches
behind, and whoever takes over goes on behind the last. When all is done the file is deleted.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table as DatabaseTable
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from jobscore import clock, config, logs
from jobscore.database.transaction import after_commit, transaction
from jobscore.extensions import db
from jobscore.imports import service
from jobscore.imports.batches import Counts
from jobscore.imports.drafting import Message, Severity
from jobscore.imports.models import CsvImport, ImportAttempt, ImportMessage, ImportStatus
from jobscore.imports.people import writing
from jobscore.imports.people.columns import is_known_header, password_columns
from jobscore.imports.people.drafting import Code, ConsentProof, PeopleDrafter, PersonDraft
from jobscore.imports.people.models import ConsentStatement
from jobscore.imports.people.writing import Outcome
from jobscore.imports.reader import FileRefusedError, Row, RowError, Table, open_table
from jobscore.imports.running import DEFECTS, LostClaimError, Progress

log = logs.get("jobscore.imports.people")

_messages: DatabaseTable = ImportMessage.__table__  # type: ignore[assignment]  # FromClause

#: Records in one transaction.
BATCH_ROWS = 500
#: Messages kept for one attempt, by severity; all are counted.
KEPT = {Severity.ERROR: 20_000, Severity.WARNING: 20_000}
_HEARTBEAT_RECORDS = 100_000


@dataclass(slots=True)
class Batch:
    """The records of one batch, understood; of rows about one person the last one stays."""

    drafts: list[tuple[PersonDraft, bool]] = field(default_factory=list)  # and: seen before
    messages: list[Message] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    cells: dict[int, list[str]] = field(default_factory=dict)
    n_records: int = 0
    n_dropped: int = 0


@dataclass(slots=True)
class _Run:
    """One attempt in the hands of this worker."""

    attempt_id: int
    import_id: int
    worker: str
    table: Table
    drafter: PeopleDrafter
    banned: tuple[int, ...]
    recorded_by: int | None
    checkpoint: int
    total: int | None
    counts: Counts
    codes: Counter[str]
    words: writing.Words
    kept: Counter[Severity] = field(default_factory=Counter)
    #: Mailbox -> line of the row that has it now.
    seen: dict[str, int] = field(default_factory=dict)


def run(
    attempt_id: int, worker: str, on_progress: Callable[[Progress], None] | None = None
) -> ImportStatus:
    """Run a claimed attempt to its end; return how it ended. Commits once for each batch.

    What cannot be read or written leaves the attempt ``failed`` with the reason, and resumable.
    """
    report = on_progress or (lambda progress: None)
    try:
        run = _open(attempt_id, worker)
        _count(run)
        records = run.table.records()
        passed = islice(records, run.checkpoint)
        while chunk := list(islice(passed, BATCH_ROWS)):
            read(run.drafter, chunk, run.seen)  # learns who the rows before the checkpoint were
        while chunk := list(islice(records, BATCH_ROWS)):
            _write_or_again(run, chunk)
            report(Progress(run.counts, run.total))
        return _finish(run)
    except LostClaimError:
        log.warning("claim lost", attempt=attempt_id)
        with transaction() as session:
            return session.get_one(ImportAttempt, attempt_id, populate_existing=True).status
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


# -- one batch -------------------------------------------------------------------------------


def read(drafter: PeopleDrafter, records: list[Row | RowError], seen: dict[str, int]) -> Batch:
    """Draft the rows of a batch and note in ``seen`` on which line each mailbox stands."""
    batch = Batch(n_records=len(records))
    kept: dict[str, tuple[PersonDraft, bool]] = {}
    for record in records:
        if isinstance(record, RowError):
            batch.errors.append(record)
            continue
        draft, messages = drafter.draft(record.line, record.cells)
        if draft is None:
            batch.cells[record.line] = record.cells
        else:
            key = writing.key_of(draft.email)
            line = seen.get(key)
            was_before = line is not None
            if line is not None:
                params: dict[str, int | str] = {"winner": record.line}
                code = Code.PERSON_REPEATED
                messages.append(Message(Severity.WARNING, code, line, params=params))
                if key in kept:
                    was_before = kept.pop(key)[1]
                    batch.n_dropped += 1
            kept[key] = (draft, was_before)
            seen[key] = record.line
        batch.messages += messages
    batch.drafts = list(kept.values())
    return batch


def tally(counts: Counts, batch: Batch, outcomes: list[Outcome]) -> None:
    """Count a batch. ``changed``: filled up; ``unchanged``: known, or nothing to fill in."""
    for (_, was_before), outcome in zip(batch.drafts, outcomes, strict=True):
        if outcome is Outcome.CLOSED:
            counts.rejected += 1
        elif was_before:
            counts.duplicate += 1
        elif outcome is Outcome.NEW:
            counts.new += 1
        elif outcome is Outcome.FILLED:
            counts.changed += 1
        else:
            counts.unchanged += 1
    counts.duplicate += batch.n_dropped
    counts.rejected += len(batch.errors) + len(batch.cells)
    warned = {m.line for m in batch.messages if m.severity is Severity.WARNING}
    counts.warned += len(warned)


def said(batch: Batch, outcomes: list[Outcome]) -> list[Message]:
    """Return all messages of a batch, with those that only the accounts could tell."""
    own = {Outcome.KNOWN: (Severity.INFO, Code.ACCOUNT_KNOWN),
           Outcome.CLOSED: (Severity.ERROR, Code.NOT_INVITABLE)}  # fmt: skip
    more = [
        Message(*own[outcome], draft.line)
        for (draft, _), outcome in zip(batch.drafts, outcomes, strict=True)
        if outcome in own
    ]
    gone = {message.line for message in more if message.code is Code.NOT_INVITABLE}
    return [message for message in batch.messages if message.line not in gone] + more


def _write_or_again(run: _Run, chunk: list[Row | RowError]) -> None:
    """Write a batch; once more when somebody signed up with one of its addresses meanwhile."""
    batch = read(run.drafter, chunk, run.seen)
    try:
        _write(run, batch)
    except IntegrityError:
        _write(run, batch)


def _write(run: _Run, batch: Batch) -> None:
    """Write one batch in one transaction with the checkpoint behind it."""
    checkpoint = run.checkpoint + batch.n_records
    counts, codes, kept = Counts(**_as_dict(run.counts)), run.codes.copy(), run.kept.copy()
    with transaction() as session:
        _advance(session, run, checkpoint)
        outcomes = writing.upsert(
            session,
            batch.drafts,
            import_id=run.import_id,
            recorded_by=run.recorded_by,
            words=run.words,
        )
        tally(counts, batch, outcomes)
        rows = list(_message_rows(run, batch, said(batch, outcomes), codes, kept))
        if rows:
            session.execute(insert(_messages), rows)
        _store_counts(session, run, counts, codes)
    run.counts, run.codes, run.kept, run.checkpoint = counts, codes, kept, checkpoint


def _as_dict(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in Counts.__dataclass_fields__}


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


def _store_counts(session: Session, run: _Run, counts: Counts, codes: Counter[str]) -> None:
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
            error_details={"codes": dict(codes), "failure": None},
        )
    )


def _message_rows(
    run: _Run,
    batch: Batch,
    messages: list[Message],
    codes: Counter[str],
    kept: Counter[Severity],
) -> Iterator[dict[str, Any]]:
    """Yield the messages of a batch as rows, as far as they are kept; count them all.

    Rejected rows keep their cells, to be mended; not those of an address that is on the
    suppression list, and never a column that looks like a password.
    """
    for error in batch.errors:
        codes[error.code] += 1
        kept[Severity.ERROR] += 1
        if kept[Severity.ERROR] <= KEPT[Severity.ERROR]:
            # torn: which cell is which cannot be told, so that no word of it is kept
            yield _message(run, Severity.ERROR, error.line, error.code, dict(error.params))
    for message in messages:
        codes[message.code] += 1
        if message.severity is Severity.INFO:
            continue
        kept[message.severity] += 1
        if kept[message.severity] > KEPT[message.severity]:
            continue
        cells = batch.cells.get(message.line) if message.severity is Severity.ERROR else None
        params = {**message.params, "value": message.value}
        row = _message(run, message.severity, message.line, message.code, params)
        yield row | {"column_index": message.column, "cells": _without(cells, run.banned)}


def _message(
    run: _Run, severity: Severity, line: int, code: str, params: dict[str, Any]
) -> dict[str, Any]:
    return {
        "attempt_id": run.attempt_id,
        "severity": severity,
        "line": line,
        "column_index": None,
        "code": code,
        "params": params,
        "cells": None,
    }


def _without(cells: list[str] | None, banned: tuple[int, ...]) -> list[str] | None:
    if cells is None:
        return None
    hidden = {*banned, *password_columns((), [cells])}
    return ["" if n in hidden else cell for n, cell in enumerate(cells)]


# -- begin and end ---------------------------------------------------------------------------


def _open(attempt_id: int, worker: str) -> _Run:
    """Gather what a run needs, counters of an earlier part of it included."""
    settings = config.current()
    with transaction() as session:
        attempt = session.get_one(ImportAttempt, attempt_id, populate_existing=True)
        if attempt.claimed_by != worker or attempt.status is not ImportStatus.RUNNING:
            raise LostClaimError
        csv_import = attempt.csv_import
        options = service.options_of(attempt.dialect)
        table = open_table(service.path_of(csv_import), options, is_known_header)
        stated = session.get(ConsentStatement, attempt_id)
        uploaded_on = csv_import.created_at.astimezone(ZoneInfo(settings.timezone)).date()
        return _Run(
            attempt_id=attempt.id,
            import_id=csv_import.id,
            worker=worker,
            table=table,
            drafter=PeopleDrafter(attempt.mapping, table.header, uploaded_on, proof_of(stated)),
            banned=password_columns(table.header),
            recorded_by=(stated.stated_by if stated else None) or csv_import.uploaded_by,
            checkpoint=attempt.checkpoint,
            total=csv_import.total_rows,
            counts=Counts(
                attempt.new_rows,
                attempt.changed_rows,
                attempt.unchanged_rows,
                attempt.duplicate_rows,
                attempt.rejected_rows,
                attempt.warning_rows,
            ),
            codes=Counter((csv_import.error_details or {}).get("codes", {})),
            words=writing.Words.load(),
        )


def proof_of(stated: ConsentStatement | None) -> ConsentProof | None:
    """Return a statement as the drafter takes it."""
    if stated is None:
        return None
    return ConsentProof(
        text=stated.text,
        given_on=stated.given_on,
        version=stated.version,
        method=stated.method,
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


def _finish(run: _Run) -> ImportStatus:
    status = ImportStatus.DONE_WITH_ERRORS if run.counts.rejected else ImportStatus.DONE
    now = clock.now()
    with transaction() as session:
        _advance(session, run, run.checkpoint)
        _store_counts(session, run, run.counts, run.codes)
        attempt = session.get_one(ImportAttempt, run.attempt_id, populate_existing=True)
        attempt.status, attempt.completed_at = status, now
        csv_import = attempt.csv_import
        csv_import.status, csv_import.completed_at = status, now
        if not csv_import.total_rows:
            csv_import.total_rows = run.counts.processed
        after_commit(lambda: run.table.path.unlink(missing_ok=True))
    log.info("import of people finished", attempt=run.attempt_id, status=status.value)
    return status


def _fail(attempt_id: int, worker: str, failure: str) -> ImportStatus:
    """Mark the attempt failed, with the reason, if this worker still holds it."""
    db.session.rollback()
    now = clock.now()
    with transaction() as session:
        attempt = session.get_one(ImportAttempt, attempt_id, populate_existing=True)
        if attempt.claimed_by != worker or attempt.status is not ImportStatus.RUNNING:
            return attempt.status
        attempt.status, attempt.completed_at = ImportStatus.FAILED, now
        csv_import = attempt.csv_import
        csv_import.status, csv_import.completed_at = ImportStatus.FAILED, now
        codes = (csv_import.error_details or {}).get("codes", {})
        csv_import.error_details = {"codes": codes, "failure": failure}
    return ImportStatus.FAILED
