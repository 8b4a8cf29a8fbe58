"""The dry run of a file: read all of it, say what a run would do, write no job.

A check is a row in ``import_checks`` that a worker claims as it claims a run, with a heartbeat
after every batch. It holds nothing that cannot be done again: whoever takes over from a worker
that was killed begins anew. What is found is stored, so that the page can be left and reloaded.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Table as DatabaseTable
from sqlalchemy import and_, delete, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from jobscore import clock, config, logs
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import batches, prospects
from jobscore.imports.batches import Batch, Counts
from jobscore.imports.drafting import Drafter, Severity
from jobscore.imports.models import (
    CheckStatus,
    CsvImport,
    ImportCheck,
    ImportDifference,
    ImportStatus,
)
from jobscore.imports.reader import FileRefusedError, Table
from jobscore.imports.running import DEFECTS, STALE, LostClaimError
from jobscore.imports.sources.models import FeedMode as Mode
from jobscore.jobs import differences, writing
from jobscore.jobs.differences import Difference
from jobscore.jobs.drafts import JobDraft

log = logs.get("jobscore.imports.checking")

#: Differences kept for one check; all are counted.
KEPT_DIFFERENCES = 2_000
#: Rows named under each kind of message.
KEPT_EXAMPLES = 3
#: A file that would write more jobs than this is not held against people's lists.
MOST_FOR_EFFECT = 20_000
_COUNT_RECORDS = 200_000

_rows: DatabaseTable = ImportDifference.__table__  # type: ignore[assignment]  # FromClause


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """How far a check is; ``total`` is None until it is known."""

    counts: Counts
    total: int | None


@dataclass(slots=True)
class _Check:
    """One check in the hands of this worker."""

    check_id: int
    import_id: int
    worker: str
    source: str
    is_full_feed: bool
    table: Table
    drafter: Drafter
    timezone: str
    total: int | None = None
    counts: Counts = field(default_factory=Counts)
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)
    n_differences: int = 0
    #: Identity (first 8 bytes) -> line of the row that has it now.
    seen: dict[bytes, int] = field(default_factory=dict)


def claim(worker: str) -> int | None:
    """Take one queued or abandoned check for ``worker``; return its id, None without one.

    Commits: the claim is a transaction of its own. What an abandoned one had found is dropped.
    """
    now = clock.now()
    is_free = or_(
        ImportCheck.status == CheckStatus.QUEUED,
        and_(
            ImportCheck.status == CheckStatus.RUNNING,
            or_(ImportCheck.heartbeat_at.is_(None), ImportCheck.heartbeat_at < now - STALE),
        ),
    )
    with transaction() as session:
        wanted = select(ImportCheck.id).where(is_free).order_by(ImportCheck.id).limit(1)
        if session.get_bind().dialect.name == "postgresql":
            wanted = wanted.with_for_update(skip_locked=True)
        found = session.scalar(wanted)
        if found is None:
            return None
        check = session.get_one(ImportCheck, found, populate_existing=True)
        check.status = CheckStatus.RUNNING
        check.claimed_by = worker
        check.heartbeat_at = check.started_at = now
        check.processed_rows = 0
        session.execute(delete(ImportDifference).where(ImportDifference.check_id == found))
        return found


def run(
    check_id: int, worker: str, on_progress: Callable[[CheckProgress], None] | None = None
) -> CheckStatus:
    """Run a claimed check to its end; return how it ended.

    Commits its progress once for each batch, in a short transaction: no job is written and nobody
    waits. What cannot be read leaves it ``failed`` with the reason.
    """
    report = on_progress or (lambda progress: None)
    try:
        check = _open(check_id, worker)
        _count(check)
        for batch in _batches(check):
            _look_at(check, batch)
            report(CheckProgress(check.counts, check.total))
        return _finish(check)
    except LostClaimError:
        log.warning("claim lost", check=check_id)
        return _status(check_id)
    except FileRefusedError as error:
        return _fail(check_id, worker, error.code.value)
    except OSError as error:
        log.exception("file not readable", check=check_id)
        return _fail(check_id, worker, "file_gone" if error.errno == 2 else "disk")
    except SQLAlchemyError:
        log.exception("check not stored", check=check_id)
        return _fail(check_id, worker, "database")
    except DEFECTS:
        log.exception("check stopped by a defect", check=check_id)
        return _fail(check_id, worker, "defect")


def _open(check_id: int, worker: str) -> _Check:
    settings = config.current()
    with transaction() as session:
        row = session.get_one(ImportCheck, check_id, populate_existing=True)
        if row.claimed_by != worker or row.status is not CheckStatus.RUNNING:
            raise LostClaimError
        csv_import = session.get_one(CsvImport, row.csv_import_id)
        table, drafter = prospects.reading(row, csv_import)
        return _Check(
            check_id=row.id,
            import_id=row.csv_import_id,
            worker=worker,
            source=row.source,
            is_full_feed=row.mode == Mode.FULL_FEED,
            table=table,
            drafter=drafter,
            timezone=settings.timezone,
        )


def _count(check: _Check) -> None:
    """Count the records of the file, so that progress has an end."""
    total = 0
    records = check.table.records()
    while n := sum(1 for _ in islice(records, _COUNT_RECORDS)):
        total += n
        with transaction() as session:
            _beat(session, check, {})
    check.total = total
    with transaction() as session:
        _beat(session, check, {"total_rows": total})


def _batches(check: _Check) -> Iterator[Batch]:
    records = check.table.records()
    while chunk := list(islice(records, batches.BATCH_ROWS)):
        yield batches.read(check.drafter, chunk, check.seen)


def _look_at(check: _Check, batch: Batch) -> None:
    """Hold one batch against the database and store what came out."""
    drafts = [draft for draft, _ in batch.drafts]
    reader = db.session()
    found = differences.differences(reader, drafts, source=check.source, timezone=check.timezone)
    reader.rollback()  # a reader's transaction must not stay open
    batches.tally(check.counts, batch, [one.outcome for one in found])
    _note_messages(check, batch)
    rows = _difference_rows(check, drafts, found)
    with transaction() as session:
        _beat(session, check, _figures(check))
        if rows:
            session.execute(insert(_rows), rows)


def _difference_rows(
    check: _Check, drafts: list[JobDraft], found: list[Difference]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for draft, one in zip(drafts, found, strict=True):
        if one.job_id is None or check.n_differences >= KEPT_DIFFERENCES:
            continue
        check.n_differences += 1
        key = bytes.fromhex(writing.identity_of(draft)[:16])
        rows.append(
            {
                "check_id": check.check_id,
                "job_id": one.job_id,
                "line": check.seen[key],
                "title": one.title,
                "changes": [[c.field, c.before, c.after] for c in one.changes],
            }
        )
    return rows


def _note_messages(check: _Check, batch: Batch) -> None:
    """Count what is said about rows, and keep the first rows of each kind as examples."""
    for error in batch.errors:
        _note(check, error.code, Severity.ERROR, error.line, None, error.raw[:200], error.params)
    for said in batch.messages:
        _note(check, said.code, said.severity, said.line, said.column, said.value, said.params)


def _note(
    check: _Check,
    code: str,
    severity: Severity,
    line: int,
    column: int | None,
    value: str,
    params: dict[str, Any],
) -> None:
    one = check.findings.setdefault(
        code, {"code": code, "severity": severity.value, "count": 0, "examples": []}
    )
    one["count"] += 1
    if len(one["examples"]) < KEPT_EXAMPLES:
        one["examples"].append(
            {"line": line, "column": column, "value": value[:200], "params": dict(params)}
        )


def _figures(check: _Check) -> dict[str, Any]:
    counts = check.counts
    return {
        "processed_rows": counts.processed,
        "new_rows": counts.new,
        "changed_rows": counts.changed,
        "unchanged_rows": counts.unchanged,
        "duplicate_rows": counts.duplicate,
        "rejected_rows": counts.rejected,
        "warning_rows": counts.warned,
        "findings": sorted(check.findings.values(), key=_weight),
    }


def _weight(finding: dict[str, Any]) -> tuple[bool, int, str]:
    """Put errors first, then what is said most often."""
    return finding["severity"] != Severity.ERROR, -finding["count"], finding["code"]


def _beat(session: Session, check: _Check, values: dict[str, Any]) -> None:
    """Store progress, if this worker still holds the check."""
    moved: Any = session.execute(
        update(ImportCheck)
        .where(
            ImportCheck.id == check.check_id,
            ImportCheck.claimed_by == check.worker,
            ImportCheck.status == CheckStatus.RUNNING,
        )
        .values(heartbeat_at=clock.now(), **values)
    )
    if moved.rowcount != 1:
        raise LostClaimError


def _finish(check: _Check) -> CheckStatus:
    open_jobs, closing = _closing(check) if check.is_full_feed else (None, None)
    n_written = check.counts.new + check.counts.changed + (closing or 0)
    values = _figures(check) | {
        "open_jobs": open_jobs,
        "closing_jobs": closing,
        "effect": _effect_to_come(n_written),
    }
    with transaction() as session:
        _beat(session, check, values)
        session.execute(
            update(ImportCheck)
            .where(ImportCheck.id == check.check_id)
            .values(status=CheckStatus.DONE, completed_at=clock.now())
        )
        session.execute(
            update(CsvImport)
            .where(CsvImport.id == check.import_id, CsvImport.status == ImportStatus.CHECKING)
            .values(status=ImportStatus.READY)
        )
    log.info("check finished", check=check.check_id, rows=check.total)
    return CheckStatus.DONE


def _effect_to_come(n_written: int) -> dict[str, Any]:
    if n_written == 0:
        return {"state": "not_computed", "reason": "nothing_changes"}
    if n_written > MOST_FOR_EFFECT:
        return {"state": "not_computed", "reason": "too_many", "most": MOST_FOR_EFFECT}
    return {"state": "waiting"}


def _closing(check: _Check) -> tuple[int, int]:
    session = db.session()
    n_open, gone = prospects.missing_jobs(session, check.source, set(check.seen))
    session.rollback()
    return n_open, len(gone)


def _fail(check_id: int, worker: str, failure: str) -> CheckStatus:
    """Mark the check failed, with the reason, if this worker still holds it."""
    with transaction() as session:
        row = session.get_one(ImportCheck, check_id, populate_existing=True)
        if row.claimed_by != worker or row.status is not CheckStatus.RUNNING:
            return row.status
        row.status = CheckStatus.FAILED
        row.failure = failure
        row.completed_at = clock.now()
        session.execute(
            update(CsvImport)
            .where(CsvImport.id == row.csv_import_id, CsvImport.status == ImportStatus.CHECKING)
            .values(status=ImportStatus.MAPPING)
        )
    return CheckStatus.FAILED


def _status(check_id: int) -> CheckStatus:
    with transaction() as session:
        return session.get_one(ImportCheck, check_id, populate_existing=True).status
