"""Undo an import: give each job it wrote back what it was, newest job first, in batches.

A batch is one transaction: what undo made of its jobs stands in the journal with it, so a killed
undo goes on behind the last batch and does nothing twice. A job that somebody has changed since is
kept, and the report says by whom. A job that was new is deleted, or closed when people have scores,
letters or applications about it (see ``jobs.closing``).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from jobscore import clock, logs
from jobscore.database.locks import take_turn
from jobscore.database.transaction import transaction
from jobscore.imports import journal, service
from jobscore.imports.models import (
    CsvImport,
    ImportAttempt,
    ImportChange,
    ImportStatus,
    ImportUndo,
    UndoOutcome,
    UndoStatus,
)
from jobscore.imports.running import STALE, LostClaimError
from jobscore.imports.verdicts import KEPT, OPEN, Judge, Verdict, report_of
from jobscore.imports.verdicts import KeptGroup as KeptGroup
from jobscore.imports.verdicts import UndoReport as UndoReport
from jobscore.jobs import closing, images
from jobscore.jobs.models import Job

log = logs.get("jobscore.imports")

#: Jobs in one transaction.
BATCH_JOBS = 500


class UndoBlocked(StrEnum):
    """Why an attempt cannot be undone (now)."""

    NOT_FINISHED = "not_finished"
    UNDER_WAY = "under_way"
    UNDONE = "undone"
    NOTHING_WRITTEN = "nothing_written"
    #: Its journal is older than journals are kept (or than the journal itself).
    JOURNAL_GONE = "journal_gone"
    #: A newer run of the same file has to be undone first.
    NEWER_RUN = "newer_run"


class CannotUndoError(Exception):
    """The attempt cannot be undone; ``reason`` says why."""

    def __init__(self, reason: UndoBlocked) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class LeftJob:
    """One job that undo left as it is: why, and for which later import."""

    job_id: int
    title: str | None
    why: UndoOutcome
    import_id: int | None
    note: str | None


@dataclass(frozen=True, slots=True)
class UndoProgress:
    """How far an undo is, in jobs."""

    done: int
    total: int


# -- asking ----------------------------------------------------------------------------------


def can_undo(session: Session, attempt: ImportAttempt) -> UndoBlocked | None:
    """Return why the attempt cannot be undone; None when it can.

    An attempt that was undone in part (jobs were kept) can be undone again, once what they were
    kept for is undone itself.
    """
    undo = session.get(ImportUndo, attempt.id, populate_existing=True)
    if undo is not None and undo.status in (UndoStatus.QUEUED, UndoStatus.RUNNING):
        return UndoBlocked.UNDER_WAY
    if attempt.status not in service.FINISHED and attempt.status is not ImportStatus.UNDOING:
        return UndoBlocked.NOT_FINISHED
    if not journal.is_kept(session, attempt.id):
        wrote = attempt.new_rows + attempt.changed_rows
        return UndoBlocked.JOURNAL_GONE if wrote else UndoBlocked.NOTHING_WRITTEN
    if session.scalar(select(func.count()).where(_of(attempt.id), OPEN)) == 0:
        return UndoBlocked.UNDONE
    newer = (
        select(ImportChange.id)
        .join(ImportAttempt, ImportAttempt.id == ImportChange.attempt_id)
        .where(
            ImportAttempt.csv_import_id == attempt.csv_import_id,
            ImportAttempt.id > attempt.id,
            ImportAttempt.status != ImportStatus.UNDONE,
        )
        .limit(1)
    )
    return UndoBlocked.NEWER_RUN if session.scalar(newer) is not None else None


def undoable(session: Session, import_id: int) -> ImportAttempt | None:
    """Return the newest attempt of an import that can be undone; None without one."""
    attempts = session.scalars(
        select(ImportAttempt)
        .where(ImportAttempt.csv_import_id == import_id)
        .order_by(ImportAttempt.id.desc())
    )
    return next((one for one in attempts if can_undo(session, one) is None), None)


def request(session: Session, attempt: ImportAttempt) -> ImportUndo:
    """Queue the undoing of an attempt (again, or where it stopped); a worker takes it from there.

    :raises CannotUndoError: when it cannot be undone, also when somebody else just asked for it.
    """
    csv_import = _begin(session, attempt)
    undo = session.get(ImportUndo, attempt.id, populate_existing=True, with_for_update=True)
    if undo is None:
        undo = ImportUndo(attempt_id=attempt.id)
        session.add(undo)
    if undo.status is not UndoStatus.FAILED:
        undo.checkpoint, undo.done_rows, undo.report = None, 0, None
        undo.total_rows = session.scalar(select(func.count()).where(_of(attempt.id), OPEN)) or 0
    undo.status = UndoStatus.QUEUED
    undo.failure = undo.claimed_by = undo.heartbeat_at = undo.completed_at = None
    attempt.status = csv_import.status = ImportStatus.UNDOING
    session.flush()
    return undo


def _begin(session: Session, attempt: ImportAttempt) -> CsvImport:
    """Refuse what cannot be undone, with the import's row held against others who begin."""
    csv_import = session.get_one(
        CsvImport, attempt.csv_import_id, populate_existing=True, with_for_update=True
    )
    session.refresh(attempt)
    if csv_import.status in (ImportStatus.QUEUED, ImportStatus.RUNNING):
        raise CannotUndoError(UndoBlocked.NOT_FINISHED)
    reason = can_undo(session, attempt)
    if reason is not None:
        raise CannotUndoError(reason)
    return csv_import


def preview(session: Session, attempt: ImportAttempt) -> UndoReport:
    """Return what undoing the attempt now would make of its jobs, without changing anything."""
    seen: Counter[tuple[UndoOutcome, int | None]] = Counter()
    judge = Judge(session, attempt)
    checkpoint: int | None = None
    while entries := _next(session, attempt.id, checkpoint):
        checkpoint = entries[-1].job_id
        verdicts, _ = judge.verdicts(entries, lock=False)
        seen.update((one.outcome, one.kept_for) for one in verdicts.values())
    return report_of(seen)


def report(session: Session, attempt_id: int) -> UndoReport | None:
    """Return the report of the last undo of the attempt; None while there is none."""
    undo = session.get(ImportUndo, attempt_id, populate_existing=True)
    if undo is None or undo.report is None:
        return None
    groups = undo.report["kept_groups"]
    return UndoReport(
        **{name: undo.report[name] for name in ("restored", "removed", "closed", "failed")},
        kept_groups=tuple(
            KeptGroup(UndoOutcome(g["why"]), g["import_id"], g["jobs"]) for g in groups
        ),
    )


def left(session: Session, attempt_id: int, limit: int = 50) -> list[LeftJob]:
    """Return the first jobs that undo left as they are, while the journal is kept."""
    outcomes = (*KEPT, UndoOutcome.FAILED)
    rows = session.execute(
        select(
            ImportChange.job_id,
            Job.title,
            ImportChange.outcome,
            ImportChange.kept_for,
            ImportChange.note,
        )
        .outerjoin(Job, Job.id == ImportChange.job_id)
        .where(_of(attempt_id), ImportChange.outcome.in_(outcomes))
        .order_by(ImportChange.job_id)
        .limit(limit)
    )
    return [
        LeftJob(job_id, title, why, import_id, note)
        for job_id, title, why, import_id, note in rows
        if why is not None
    ]


# -- running ---------------------------------------------------------------------------------


def claim(worker: str, attempt_id: int | None = None) -> int | None:
    """Take one queued or abandoned undo for ``worker``; return its attempt's id, None without one.

    Commits: the claim is a transaction of its own.
    """
    now = clock.now()
    is_stale = or_(ImportUndo.heartbeat_at.is_(None), ImportUndo.heartbeat_at < now - STALE)
    wanted = select(ImportUndo.attempt_id).where(
        or_(
            ImportUndo.status == UndoStatus.QUEUED,
            and_(ImportUndo.status == UndoStatus.RUNNING, is_stale),
        )
    )
    if attempt_id is not None:
        wanted = wanted.where(ImportUndo.attempt_id == attempt_id)
    with transaction() as session:
        found = session.scalar(
            wanted.order_by(ImportUndo.created_at, ImportUndo.attempt_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if found is None:
            return None
        undo = session.get_one(ImportUndo, found, populate_existing=True)
        undo.status = UndoStatus.RUNNING
        undo.claimed_by = worker
        undo.heartbeat_at = now
        undo.started_at = undo.started_at or now
    return found


def run(
    attempt_id: int, worker: str, on_progress: Callable[[UndoProgress], None] | None = None
) -> UndoReport | None:
    """Undo a claimed attempt to its end; return the report, None when it could not be finished.

    Commits once for each batch. What the database refuses as a whole leaves the undo ``failed``
    and resumable (ask for it again); a claim that was lost leaves it to whoever has it.
    """
    tell = on_progress or (lambda progress: None)
    try:
        while (progress := _undo_batch(attempt_id, worker)) is not None:
            tell(progress)
        return _finish(attempt_id, worker)
    except LostClaimError:
        log.warning("claim lost", undo=attempt_id)
    except SQLAlchemyError:
        log.exception("batch not undone", undo=attempt_id)
        _fail(attempt_id, worker)
    return None


def _undo_batch(attempt_id: int, worker: str) -> UndoProgress | None:
    """Undo the next jobs in one transaction; None when there are no more."""
    with transaction() as session:
        undo = _held(session, attempt_id, worker)
        attempt = session.get_one(ImportAttempt, attempt_id, populate_existing=True)
        take_turn(session, f"jobs of {attempt.source}")
        entries = _next(session, attempt_id, undo.checkpoint)
        if not entries:
            return None
        verdicts, states = Judge(session, attempt).verdicts(entries, lock=True)
        _carry_out(session, entries, verdicts, states)
        for entry in entries:
            verdict = verdicts[entry.job_id]
            entry.outcome, entry.kept_for = verdict.outcome, verdict.kept_for
            entry.note = verdict.note
        undo.checkpoint = entries[-1].job_id
        undo.done_rows += len(entries)
        return UndoProgress(undo.done_rows, undo.total_rows)


def _held(session: Session, attempt_id: int, worker: str) -> ImportUndo:
    """Return the undo, if this worker still holds it, with a fresh heartbeat."""
    held: Any = session.execute(
        update(ImportUndo)
        .where(
            ImportUndo.attempt_id == attempt_id,
            ImportUndo.claimed_by == worker,
            ImportUndo.status == UndoStatus.RUNNING,
        )
        .values(heartbeat_at=clock.now())
    )
    if held.rowcount != 1:
        raise LostClaimError
    return session.get_one(ImportUndo, attempt_id, populate_existing=True)


def _next(session: Session, attempt_id: int, checkpoint: int | None) -> list[ImportChange]:
    wanted = select(ImportChange).where(_of(attempt_id), OPEN)
    if checkpoint is not None:
        wanted = wanted.where(ImportChange.job_id < checkpoint)
    return list(session.scalars(wanted.order_by(ImportChange.job_id.desc()).limit(BATCH_JOBS)))


def _of(attempt_id: int) -> Any:
    return ImportChange.attempt_id == attempt_id


# -- carrying out ----------------------------------------------------------------------------


def _carry_out(
    session: Session,
    entries: Sequence[ImportChange],
    verdicts: dict[int, Verdict],
    states: dict[int, images.State],
) -> None:
    now = clock.now()
    of: dict[UndoOutcome, list[int]] = {outcome: [] for outcome in UndoOutcome}
    for job_id, verdict in verdicts.items():
        of[verdict.outcome].append(job_id)
    closing.remove(session, [i for i in of[UndoOutcome.REMOVED] if i in states])
    closing.close(session, of[UndoOutcome.CLOSED], now)
    before = {entry.job_id: entry.before or {} for entry in entries}
    restored = {job_id: before[job_id] for job_id in of[UndoOutcome.RESTORED]}
    if not _write_back(session, restored, now):
        for job_id, state in restored.items():
            if not _write_back(session, {job_id: state}, now):
                verdicts[job_id] = Verdict(UndoOutcome.FAILED, note="integrity")


def _write_back(session: Session, states: dict[int, images.State], now: datetime) -> bool:
    """Write before-images back, all or none; False when the database refuses."""
    try:
        with session.begin_nested():
            images.write_back(session, states, now)
    except IntegrityError:
        log.warning("before-image refused", jobs=len(states))
        return False
    return True


def _finish(attempt_id: int, worker: str) -> UndoReport:
    now = clock.now()
    with transaction() as session:
        undo = _held(session, attempt_id, worker)
        report = report_of(Counter(dict(_outcomes(session, attempt_id))))
        undo.report = asdict(report)
        undo.status = UndoStatus.DONE
        undo.completed_at = now
        attempt = session.get_one(ImportAttempt, attempt_id, populate_existing=True)
        attempt.status = attempt.csv_import.status = ImportStatus.UNDONE
        attempt.completed_at = attempt.completed_at or now
    log.info("import undone", attempt=attempt_id, reversed=report.reversed, kept=report.kept)
    return report


def _outcomes(
    session: Session, attempt_id: int
) -> Iterator[tuple[tuple[UndoOutcome, int | None], int]]:
    rows = session.execute(
        select(ImportChange.outcome, ImportChange.kept_for, func.count())
        .where(_of(attempt_id), ImportChange.outcome.is_not(None))
        .group_by(ImportChange.outcome, ImportChange.kept_for)
    )
    for outcome, import_id, n in rows:
        if outcome is not None:
            yield (outcome, import_id), n


def _fail(attempt_id: int, worker: str) -> None:
    """Mark the undo failed, if this worker still holds it."""
    try:
        with transaction() as session:
            undo = _held(session, attempt_id, worker)
            undo.status = UndoStatus.FAILED
            undo.failure = "database"
            undo.completed_at = clock.now()
    except LostClaimError:
        log.warning("claim lost", undo=attempt_id)
    except SQLAlchemyError:
        # The database is gone: without a heartbeat the undo will be taken up again.
        log.exception("failure not recorded", undo=attempt_id)
