"""Full feeds: what the newest file of a source no longer has is closed, once, and never blindly.

After the last batch of such a file the source's postings that it does not name are marked as gone;
a job is closed when no source has it any more. Rows that were rejected close nothing: a posting
that one of them names stays. Where a fifth of the source's open jobs would close, or where
rejected rows do not tell which postings they are, the run waits for a yes. An empty file and one
that ends in the middle of a record close nothing at all.
"""

import csv
import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import journal
from jobscore.imports.drafting import Severity
from jobscore.imports.formulas import unguard
from jobscore.imports.models import CsvImport, ImportAttempt, ImportMessage, ImportStatus
from jobscore.imports.reader import RowProblem
from jobscore.imports.sources.models import (
    ClosingReason,
    ClosingState,
    FeedClosing,
    FeedMode,
)
from jobscore.jobs import images
from jobscore.jobs.closing import close
from jobscore.jobs.models import Job, JobSource

#: A feed that closes more than this share of its source's open jobs asks first.
ASK_ABOVE = 0.20
#: ``import_attempts.mode`` of such a run.
FULL_FEED = FeedMode.FULL_FEED.value
#: Postings in one transaction.
BATCH = 1_000
#: First bytes of a posting's identity, by which an import remembers what it has seen.
KEY_DIGITS = 16

_jobs: Table = Job.__table__  # type: ignore[assignment]  # declarative types it as FromClause
_sources: Table = JobSource.__table__  # type: ignore[assignment]  # as above
_BROKEN = frozenset(problem.value for problem in RowProblem)


class NotAskedError(Exception):
    """The feed does not wait for an answer (any more)."""


@dataclass(frozen=True, slots=True)
class Feed:
    """One file that was read to its end: what it named, and by which run."""

    attempt_id: int
    source: str
    #: The first 8 bytes of the identity of each accepted row.
    seen: Collection[bytes]
    #: Line of the last accepted row; 0 without one.
    last_line: int


@dataclass(slots=True)
class _Missing:
    """Postings of the source that the file does not name, as (row id, job id)."""

    rows: list[tuple[int, int]] = field(default_factory=list)
    open_jobs: int = 0
    missing_jobs: int = 0
    kept_rows: int = 0
    unknown_rows: int = 0


def close_missing(feed: Feed, advance: Callable[[Session], None]) -> bool:
    """Close what the feed no longer has; return False when an answer is waited for.

    Commits: the plan first, then batch by batch. Stopped anywhere and called again it goes on;
    what was closed stays closed, and each job is closed and journaled once.

    :param advance: called in each transaction; raises when the run is no longer this worker's.
    """
    reading: Session = db.session()
    missing = _missing(reading, feed)  # before the write lock is taken
    reading.rollback()
    with transaction() as session:
        advance(session)
        closing = session.get(FeedClosing, feed.attempt_id, populate_existing=True)
        if closing is not None and closing.state in _OVER:
            return True
        state = _plan(session, feed, closing, missing).state
    if state is not ClosingState.ALLOWED:
        return state is not ClosingState.ASKED
    for start in range(0, len(missing.rows), BATCH):
        with transaction() as session:
            advance(session)
            _close(session, feed, missing.rows[start : start + BATCH])
    with transaction() as session:
        advance(session)
        session.get_one(FeedClosing, feed.attempt_id).state = ClosingState.DONE
    return True


_OVER = frozenset({ClosingState.DONE, ClosingState.NOTHING, ClosingState.REFUSED})


def _plan(
    session: Session, feed: Feed, closing: FeedClosing | None, missing: _Missing
) -> FeedClosing:
    """Decide what the feed may close, and write down why. Flushes."""
    reason: ClosingReason | None = None
    if not feed.seen:
        reason = ClosingReason.EMPTY
    elif _is_torn(session, feed):
        reason = ClosingReason.TORN
    elif is_outdated(session, feed.attempt_id):
        reason = ClosingReason.OLD
    if closing is None:
        closing = FeedClosing(attempt_id=feed.attempt_id, state=ClosingState.ASKED)
        session.add(closing)
    if not closing.closed_jobs:  # a run that goes on keeps its first figures
        closing.open_jobs, closing.missing_jobs = missing.open_jobs, missing.missing_jobs
        closing.kept_rows, closing.unknown_rows = missing.kept_rows, missing.unknown_rows
    if reason is not None:
        closing.state, closing.reason = ClosingState.NOTHING, reason
    elif closing.state is ClosingState.ASKED:
        closing.reason = _why_ask(missing)
        if closing.reason is None:
            closing.state = ClosingState.ALLOWED
    session.flush()
    return closing


def _why_ask(missing: _Missing) -> ClosingReason | None:
    if not missing.rows:
        return None
    if missing.missing_jobs > ASK_ABOVE * missing.open_jobs:
        return ClosingReason.SHARE
    return ClosingReason.UNKNOWN_ROWS if missing.unknown_rows else None


def _is_torn(session: Session, feed: Feed) -> bool:
    """Say whether the file ends in a record that could not be read: the rest may be missing."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    ImportMessage.attempt_id == feed.attempt_id,
                    ImportMessage.severity == Severity.ERROR,
                    ImportMessage.code.in_(_BROKEN),
                    ImportMessage.line > feed.last_line,
                )
            )
        )
    )


def is_outdated(session: Session, attempt_id: int) -> bool:
    """Say whether a newer file of the same source was taken since; its word counts then."""
    newer, own = aliased(ImportAttempt), aliased(ImportAttempt)
    statement = select(
        exists().where(
            own.id == attempt_id,
            newer.source == own.source,
            newer.id > own.id,
            newer.mode == FULL_FEED,
            newer.started_at.is_not(None),
        )
    )
    return bool(session.scalar(statement))


# -- what is missing -------------------------------------------------------------------------


def _missing(session: Session, feed: Feed) -> _Missing:
    """Compare the source's postings with what the file named."""
    now = clock.now()
    rejected = _Rejected.load(session, feed.attempt_id)
    found = _Missing()
    rows = session.execute(
        select(
            JobSource.id,
            JobSource.identity,
            JobSource.external_id,
            JobSource.url,
            JobSource.job_id,
            Job.title,
            Job.company_name,
            and_(Job.is_active, or_(Job.expires_at.is_(None), Job.expires_at > now)),
        )
        .join(Job, Job.id == JobSource.job_id)
        .where(JobSource.source == feed.source, _counts())
        .order_by(JobSource.id)
        .execution_options(yield_per=5_000)
    )
    for row_id, identity, external_id, url, job_id, title, company, is_open in rows:
        found.open_jobs += bool(is_open)
        is_named = rejected.names(external_id, url, title, company)
        if bytes.fromhex(identity[:KEY_DIGITS]) in feed.seen:
            continue
        if is_named:
            found.kept_rows += 1
        else:
            found.missing_jobs += bool(is_open)
            found.rows.append((row_id, job_id))
    found.unknown_rows = rejected.unknown
    return found


def _counts() -> ColumnElement[bool]:
    """Return the condition that a source still has a posting.

    A job that is open although no source has it (its closing was undone) counts again.
    """
    has_it = aliased(JobSource)
    elsewhere = exists().where(has_it.job_id == JobSource.job_id, has_it.gone_at.is_(None))
    return or_(JobSource.gone_at.is_(None), and_(Job.is_active, ~elsewhere))


class _Rejected:
    """The rows of a file that were rejected, and which postings they can be told to be."""

    def __init__(self) -> None:
        self._rows: list[frozenset[str]] = []
        self._by_cell: dict[str, set[int]] = {}
        self._known: set[int] = set()
        self._uncounted = 0

    @classmethod
    def load(cls, session: Session, attempt_id: int) -> "_Rejected":
        """Read the rejected rows of a run with their cells."""
        one = cls()
        attempt = session.get_one(ImportAttempt, attempt_id)
        columns = [attempt.mapping.get(name) for name in ("external_id", "url")]
        messages = session.execute(
            select(ImportMessage.line, ImportMessage.code, ImportMessage.cells).where(
                ImportMessage.attempt_id == attempt_id, ImportMessage.severity == Severity.ERROR
            )
        ).all()
        for _line, code, cells in messages:
            one._add(cells or [], columns if code not in _BROKEN else [])
        one._uncounted = max(0, attempt.rejected_rows - len({line for line, _, _ in messages}))
        return one

    def _add(self, cells: Sequence[str], columns: Sequence[Any]) -> None:
        number = len(self._rows)
        values = {unguard(cell.strip()) for cell in cells}
        for cell in cells:  # a broken record may hide its cells behind another delimiter
            values |= {unguard(part.strip()) for part in _parts(cell)}
        values.discard("")
        self._rows.append(frozenset(values))
        for value in values:
            self._by_cell.setdefault(value, set()).add(number)
        if any(isinstance(c, int) and c < len(cells) and cells[c].strip() for c in columns):
            self._known.add(number)  # it states its id: no other posting can be meant

    def names(self, external_id: str | None, url: str | None, title: str, company: str) -> bool:
        """Say whether a rejected row names this posting; remember that the row is known now."""
        if not self._rows:
            return False
        found: set[int] = set()
        for key in (external_id, url):
            if key:
                found |= self._by_cell.get(key, set())
        if not external_id and not url:
            found = self._by_cell.get(title, set()) & self._by_cell.get(company, set())
        self._known |= found
        return bool(found)

    @property
    def unknown(self) -> int:
        """Return how many rejected rows name nothing that is known."""
        return len(self._rows) - len(self._known) + self._uncounted


def _parts(cell: str) -> list[str]:
    """Cut a cell that may be a whole broken record, leniently, at every usual delimiter."""
    parts: list[str] = []
    for delimiter in (",", "\t", ";", "|"):
        if delimiter in cell:
            reader = csv.reader(
                io.StringIO(cell, newline=""), delimiter=delimiter, quoting=csv.QUOTE_NONE
            )
            try:
                parts += [part.strip('"') for row in reader for part in row]
            except csv.Error:
                continue
    return parts


# -- closing ---------------------------------------------------------------------------------


def _close(session: Session, feed: Feed, rows: Sequence[tuple[int, int]]) -> None:
    """Mark postings as gone and close the jobs that no source has any more. Flushes."""
    now = clock.now()
    session.execute(
        update(_sources)
        .where(_sources.c.id.in_([row_id for row_id, _ in rows]))
        .values(gone_at=now)
    )
    job_ids = sorted({job_id for _, job_id in rows})
    elsewhere = exists().where(_sources.c.job_id == _jobs.c.id, _sources.c.gone_at.is_(None))
    standing = session.execute(
        select(_jobs.c.id, _jobs.c.is_active)
        .where(_jobs.c.id.in_(job_ids), _jobs.c.closed_at.is_(None), ~elsewhere)
        .order_by(_jobs.c.id)
    ).all()
    ids = [row.id for row in standing]
    before = images.read(session, ids, lock=True)
    close(session, ids, now)
    changes = images.changes_of([], before, images.read(session, ids))
    journal.record(session, feed.attempt_id, changes)
    n_closed = sum(1 for row in standing if row.is_active)
    session.execute(
        update(FeedClosing)
        .where(FeedClosing.attempt_id == feed.attempt_id)
        .values(
            closed_jobs=FeedClosing.closed_jobs + n_closed,
            elsewhere_jobs=FeedClosing.elsewhere_jobs + len(job_ids) - len(ids),
        )
    )


# -- the question ----------------------------------------------------------------------------


def allow_beforehand(session: Session, attempt_id: int) -> None:
    """Let a run close as much as its feed lacks, without asking. Flushes."""
    session.add(FeedClosing(attempt_id=attempt_id, state=ClosingState.ALLOWED))
    session.flush()


def answer(
    session: Session, attempt_id: int, *, is_allowed: bool, decided_by: int | None = None
) -> None:
    """Answer the question of a feed: yes queues the rest of its run, no ends it. Flushes.

    :raises NotAskedError: when it does not wait for an answer, or a newer feed has come since.
    """
    if is_allowed and is_outdated(session, attempt_id):
        raise NotAskedError
    state = ClosingState.ALLOWED if is_allowed else ClosingState.REFUSED
    answered: Any = session.execute(
        update(FeedClosing)
        .where(FeedClosing.attempt_id == attempt_id, FeedClosing.state == ClosingState.ASKED)
        .values(state=state, decided_by=decided_by, decided_at=clock.now())
    )
    queued: Any = session.execute(
        update(ImportAttempt)
        .where(ImportAttempt.id == attempt_id, ImportAttempt.status == ImportStatus.ASKING)
        .values(status=ImportStatus.QUEUED, claimed_by=None)
    )
    if answered.rowcount != 1 or queued.rowcount != 1:
        raise NotAskedError
    import_id = select(ImportAttempt.csv_import_id).where(ImportAttempt.id == attempt_id)
    session.execute(
        update(CsvImport)
        .where(CsvImport.id == import_id.scalar_subquery())
        .values(status=ImportStatus.QUEUED)
    )


def asked(session: Session) -> list[tuple[FeedClosing, ImportAttempt]]:
    """Return the feeds that wait for an answer, the oldest first."""
    rows = session.execute(
        select(FeedClosing, ImportAttempt)
        .join(ImportAttempt, ImportAttempt.id == FeedClosing.attempt_id)
        .where(FeedClosing.state == ClosingState.ASKED, ImportAttempt.status == ImportStatus.ASKING)
        .order_by(FeedClosing.attempt_id)
    )
    return [(closing, attempt) for closing, attempt in rows]


def count_asked(session: Session) -> int:
    """Return how many feeds wait for an answer."""
    waiting = select(func.count()).select_from(ImportAttempt)
    return session.scalar(waiting.where(ImportAttempt.status == ImportStatus.ASKING)) or 0
