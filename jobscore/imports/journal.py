"""The journal: what each attempt did to each job, kept as long as an import can be undone."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta

from sqlalchemy import Table, bindparam, delete, exists, func, select, update
from sqlalchemy.orm import Session

from jobscore import clock, logs
from jobscore.database.bulk import insert_plain
from jobscore.database.transaction import transaction
from jobscore.imports.models import ImportAttempt, ImportChange, ImportStatus
from jobscore.jobs.images import JobBefore

log = logs.get("jobscore.imports")

_COLUMNS = ("attempt_id", "job_id", "before", "after_hash")
#: Rows in one IN list, and rows forgotten in one transaction.
_CHUNK, _FORGOTTEN = 1_000, 5_000
_UNDER_WAY = (ImportStatus.QUEUED, ImportStatus.RUNNING, ImportStatus.UNDOING)

_changes: Table = ImportChange.__table__  # type: ignore[assignment]  # FromClause


def record(session: Session, attempt_id: int, changes: Sequence[JobBefore]) -> None:
    """Keep what an attempt did to jobs, in the transaction that did it.

    A job that the attempt has written before (the posting stands twice in its file) keeps its
    first before-image: what it was before the attempt. Does not commit.
    """
    known = _known(session, attempt_id, [one.job_id for one in changes if one.before is not None])
    again = [one for one in changes if one.job_id in known]
    if again:
        session.connection().execute(
            update(_changes)
            .where(_changes.c.attempt_id == attempt_id, _changes.c.job_id == bindparam("job"))
            .values(after_hash=bindparam("hash")),
            [{"job": one.job_id, "hash": one.after_hash} for one in again],
        )
        for one in again:
            _widen(session, attempt_id, one)
    insert_plain(
        session,
        _changes,
        _COLUMNS,
        [
            (attempt_id, one.job_id, _json(one), one.after_hash)
            for one in changes
            if one.job_id not in known
        ],
    )


def _known(session: Session, attempt_id: int, job_ids: Sequence[int]) -> set[int]:
    known: set[int] = set()
    for start in range(0, len(job_ids), _CHUNK):
        known |= set(
            session.scalars(
                select(ImportChange.job_id).where(
                    ImportChange.attempt_id == attempt_id,
                    ImportChange.job_id.in_(job_ids[start : start + _CHUNK]),
                )
            )
        )
    return known


def _widen(session: Session, attempt_id: int, change: JobBefore) -> None:
    """Add to the first before-image what only the second write of the attempt changed."""
    entry = session.scalars(
        select(ImportChange).where(
            ImportChange.attempt_id == attempt_id, ImportChange.job_id == change.job_id
        )
    ).one()
    if entry.before is not None and change.before:
        entry.before = change.before | entry.before


def _json(change: JobBefore) -> str | None:
    return None if change.before is None else json.dumps(change.before, ensure_ascii=False)


def is_kept(session: Session, attempt_id: int) -> bool:
    """Say whether the journal still has anything of the attempt."""
    return bool(session.scalar(select(exists().where(ImportChange.attempt_id == attempt_id))))


def count(session: Session, attempt_id: int) -> int:
    """Return how many jobs the attempt wrote, as far as the journal is kept."""
    wanted = select(func.count()).where(ImportChange.attempt_id == attempt_id)
    return session.scalar(wanted) or 0


def outdated(session: Session, days: int) -> Iterator[tuple[int, int]]:
    """Yield the attempts that ended more than ``days`` ago, each with its rows in the journal."""
    before = clock.now() - timedelta(days=days)
    rows = session.execute(
        select(ImportChange.attempt_id, func.count())
        .join(ImportAttempt, ImportAttempt.id == ImportChange.attempt_id)
        .where(ImportAttempt.completed_at < before, ImportAttempt.status.not_in(_UNDER_WAY))
        .group_by(ImportChange.attempt_id)
        .order_by(ImportChange.attempt_id)
    )
    for attempt_id, n in rows:
        yield attempt_id, n


def forget(days: int) -> int:
    """Delete the journal of attempts that ended more than ``days`` ago; return how many rows.

    They cannot be undone any more; reports of undos stay. Commits after every 5,000 rows.
    """
    with transaction() as session:
        attempts = [attempt_id for attempt_id, _ in outdated(session, days)]
    forgotten = 0
    for attempt_id in attempts:
        while n := _forget_some(attempt_id):
            forgotten += n
    if forgotten:
        log.info("journal forgotten", attempts=len(attempts), rows=forgotten)
    return forgotten


def _forget_some(attempt_id: int) -> int:
    some = (
        select(ImportChange.id)
        .where(ImportChange.attempt_id == attempt_id)
        .order_by(ImportChange.id)
        .limit(_FORGOTTEN)
    )
    with transaction() as session:
        ids = list(session.scalars(some))
        if ids:
            session.execute(
                delete(ImportChange).where(
                    ImportChange.attempt_id == attempt_id, ImportChange.id <= ids[-1]
                )
            )
    return len(ids)
