"""Take jobs out of the open ones: delete what nobody has met, close what people have a past with.

Scores, matches, letters, answers and applications refer to a job and would go with it. So a job
that any of them mentions is closed: nobody is shown it any more, and what was, stays.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from jobscore.extensions import Base
from jobscore.jobs.models import Job
from jobscore.jobs.search import indexing

_jobs: Table = Job.__table__  # type: ignore[assignment]  # declarative types it as FromClause
#: Tables declared in these packages are parts of a job, not something that people have with it.
_OWN = ("jobscore.jobs.",)


def met(session: Session, job_ids: Sequence[int]) -> set[int]:
    """Return those of the jobs that any table outside of this package refers to."""
    found: set[int] = set()
    for table, column in _references():
        wanted = select(table.c[column]).where(table.c[column].in_(job_ids)).distinct()
        found |= set(session.execute(wanted).scalars())
    return found


def _references() -> list[tuple[Table, str]]:
    own = {
        mapper.local_table
        for mapper in Base.registry.mappers
        if mapper.class_.__module__.startswith(_OWN)
    }
    return [
        (table, key.parent.name)
        for table in Base.metadata.sorted_tables
        if table not in own
        for key in table.foreign_keys
        if key.column is _jobs.c.id
    ]


def close(session: Session, job_ids: Sequence[int], now: datetime) -> None:
    """Close jobs; the next import that has one of them opens it again. Does not commit."""
    if job_ids:
        session.execute(
            update(_jobs)
            .where(_jobs.c.id.in_(job_ids))
            # Without the hash the same content counts as a change.
            .values(is_active=False, closed_at=now, content_hash=None, updated_at=now)
        )
        indexing.changed(session, job_ids, words_too=False)


def remove(session: Session, job_ids: Sequence[int]) -> None:
    """Delete jobs with all that belongs to them. Does not commit."""
    if job_ids:
        session.execute(delete(_jobs).where(_jobs.c.id.in_(job_ids)))
        indexing.changed(session, job_ids)
