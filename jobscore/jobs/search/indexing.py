"""Keep the search true to the jobs: what was written is told here, words are indexed behind.

Whoever writes jobs calls :func:`changed` in the same transaction (objects of the ORM do it by
themselves). A job whose words changed loses its document at once and waits to be read anew by
:func:`index_waiting`; until then its words are searched in memory (``columns``). So nobody finds
what a posting no longer says, and an import does not wait for the index.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, event, func, inspect, select, text
from sqlalchemy.orm import Session, UOWTransaction

from jobscore.database.bulk import insert_plain
from jobscore.database.locks import take_turn
from jobscore.jobs.models import Job, JobFeature
from jobscore.jobs.search import word_index
from jobscore.jobs.search.models import JobChange, JobDocument
from jobscore.jobs.search.tokens import tokenise

#: What is indexed of a job, in order; the title alone decides what stands first.
TEXTS = (Job.title, Job.company_name, Job.location, Job.requirements, Job.description)
_TEXT_NAMES = frozenset(column.key for column in TEXTS)
#: Jobs read in one transaction.
BATCH = 1_000
#: Lines of changes kept: a process that fell further behind reads everything anew.
KEPT_CHANGES = 200_000
#: Documents that are nobody's, for each one in use, before the index is made anew.
MOST_LEFTOVERS = 1.0
_FEW = 10_000
_CHUNK = 1_000

_changes: Table = JobChange.__table__  # type: ignore[assignment]  # declarative types it as FromClause
_documents: Table = JobDocument.__table__  # type: ignore[assignment]  # as above


def changed(session: Session, job_ids: Iterable[int], *, words_too: bool = True) -> None:
    """Tell the search that jobs were written, or deleted. Does not commit.

    :param words_too: False where neither title, company, place, requirements nor description may
        have changed.
    """
    ids = sorted(set(job_ids))
    if not ids:
        return
    if words_too:
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            session.execute(delete(_documents).where(_documents.c.job_id.in_(chunk)))
    if word_index.is_postgresql(session):
        one = int(session.execute(text("SELECT pg_current_xact_id()::text::bigint")).scalar_one())
        rows = [(job_id, one) for job_id in ids]
    else:
        rows = [(job_id, random.getrandbits(62)) for job_id in ids]
    insert_plain(session, _changes, ("job_id", "stamp"), rows)


@dataclass(frozen=True, slots=True)
class State:
    """How far the index is: jobs in it, jobs that wait, documents that are nobody's any more."""

    indexed: int
    waiting: int
    leftovers: int


def state(session: Session) -> State:
    """Return how far the index is."""
    jobs = int(session.scalar(select(func.count()).select_from(Job)) or 0)
    indexed = int(session.scalar(select(func.count()).select_from(JobDocument)) or 0)
    return State(indexed, jobs - indexed, _leftovers(session, indexed))


def _leftovers(session: Session, indexed: int) -> int:
    """Return how many documents are nobody's. PostgreSQL deletes them with their job."""
    if word_index.is_postgresql(session):
        return 0
    sql = "SELECT seq FROM sqlite_sequence WHERE name = 'job_documents'"
    return max(0, int(session.execute(text(sql)).scalar() or 0) - indexed)


def waiting(session: Session, limit: int) -> list[int]:
    """Return the ids of jobs that wait to be read, the newest first."""
    known = select(JobDocument.job_id).where(JobDocument.job_id == Job.id)
    return list(
        session.scalars(select(Job.id).where(~known.exists()).order_by(Job.id.desc()).limit(limit))
    )


def index_waiting(session: Session, limit: int = BATCH) -> int:
    """Read up to ``limit`` jobs that wait into the index; return how many. Does not commit."""
    take_turn(session, "word index")
    ids = waiting(session, limit)
    if not ids:
        return 0
    rows = session.execute(select(Job.id, *TEXTS).where(Job.id.in_(ids)).order_by(Job.id)).all()
    insert_plain(session, _documents, ("job_id",), [(row[0],) for row in rows])
    numbers: dict[int, int] = {
        job: doc
        for doc, job in session.execute(
            select(_documents.c.doc, _documents.c.job_id).where(_documents.c.job_id.in_(ids))
        )
    }
    word_index.write(session, [(numbers[row[0]], tokenise(*row[1:])) for row in rows])
    changed(session, numbers, words_too=False)
    _prune(session)
    return len(rows)


def _prune(session: Session) -> None:
    """Drop the oldest lines of changes."""
    last = session.scalar(select(func.max(JobChange.id))) or 0
    session.execute(delete(_changes).where(_changes.c.id <= last - KEPT_CHANGES))


def is_worn(session: Session) -> bool:
    """Return whether most of the index is leftovers of changed jobs (SQLite only)."""
    if word_index.is_postgresql(session):
        return False
    indexed = int(session.scalar(select(func.count()).select_from(JobDocument)) or 0)
    return _leftovers(session, indexed) > _FEW + MOST_LEFTOVERS * indexed


def forget(session: Session) -> None:
    """Empty the index: every job waits to be read again. Does not commit.

    Meanwhile jobs are found by title, company and place, and the newest by every word.
    """
    take_turn(session, "word index")
    ids = list(session.scalars(select(JobDocument.job_id)))
    session.execute(delete(_documents))
    word_index.forget_all(session)
    if not word_index.is_postgresql(session):
        session.execute(text("DELETE FROM sqlite_sequence WHERE name = 'job_documents'"))
    changed(session, ids, words_too=False)


# -- what the ORM writes ---------------------------------------------------------------------------


@event.listens_for(Session, "after_flush")
def _tell(session: Session, _context: UOWTransaction) -> None:
    """Tell of jobs that were flushed as objects."""
    with_words: set[int] = set()
    others: set[int] = set()
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, JobFeature):
            others.add(row.job_id)
        elif isinstance(row, Job) and (row not in session.dirty or session.is_modified(row)):
            (with_words if _has_new_words(row) else others).add(row.id)
    changed(session, with_words)
    changed(session, others - with_words, words_too=False)


def _has_new_words(row: Job) -> bool:
    history: Any = inspect(row).attrs
    return any(history[name].history.has_changes() for name in _TEXT_NAMES)


def check(session: Session, sample: Sequence[int] | None = None) -> list[int]:
    """Return the ids of indexed jobs whose words the index does not hold, of all or of some.

    Looks each job up by the words of its own title; for tests and ``flask jobs index --check``.
    """
    from jobscore.jobs.search.tokens import parse  # only this check needs it

    query = select(JobDocument.doc, JobDocument.job_id, Job.title).join(
        Job, Job.id == JobDocument.job_id
    )
    if sample is not None:
        query = query.where(JobDocument.job_id.in_(sample))
    known: dict[str, set[int]] = {}
    wrong = []
    for doc, job_id, title in session.execute(query).all():
        phrases = parse(title).phrases
        if not phrases:
            continue
        if title not in known:
            known[title] = set(word_index.matching(session, phrases).tolist())
        if doc not in known[title]:
            wrong.append(job_id)
    return wrong
