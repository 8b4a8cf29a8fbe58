"""What people decide about postings that look alike, and the groups that follow from it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, and_, bindparam, case, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from jobscore import clock
from jobscore.accounts import audit
from jobscore.jobs import search
from jobscore.jobs.duplicates import grouping
from jobscore.jobs.duplicates.models import Decision, DuplicatePair, Finding
from jobscore.jobs.models import Job
from jobscore.jobs.search import indexing

_jobs: Table = Job.__table__  # type: ignore[assignment]  # declarative types it as FromClause


class SameJobError(Exception):
    """A job cannot be its own duplicate."""


class NoSuchJobError(Exception):
    """There is no job of this number."""


class NotDecidedError(Exception):
    """Nobody has decided this pair, or the decision was taken back already."""


# -- groups ----------------------------------------------------------------------------------


def regroup(session: Session) -> tuple[int, int]:
    """Draw all groups anew from the pairs; return how many there are, and how many jobs changed.

    Flushes. Jobs of a changed group count as updated, those that stay in it too: matching reads
    them again, because whom they may be shown depends on the others.
    """
    is_same = or_(
        DuplicatePair.decision == Decision.SAME,
        and_(DuplicatePair.decision.is_(None), DuplicatePair.found == Finding.SURE),
    )
    by_hand = case((DuplicatePair.decision == Decision.SAME, 0), else_=1)
    pair = (DuplicatePair.job_a, DuplicatePair.job_b)
    same = session.execute(
        select(*pair)
        .where(is_same)
        .order_by(by_hand, DuplicatePair.similarity.desc().nulls_last(), *pair)
    ).all()
    different = session.execute(
        select(*pair).where(DuplicatePair.decision == Decision.DIFFERENT)
    ).all()
    wanted = grouping.groups([(a, b) for a, b in same], [(a, b) for a, b in different])
    now = session.execute(
        select(Job.id, Job.duplicate_group).where(Job.duplicate_group.is_not(None))
    ).all()
    current = {row.id: row.duplicate_group for row in now}
    jobs = sorted(wanted.keys() | current.keys())
    changed = [job for job in jobs if wanted.get(job) != current.get(job)]
    groups = {of.get(job) for job in changed for of in (wanted, current)} - {None}
    if changed:
        session.connection().execute(
            update(_jobs)
            .where(_jobs.c.id == bindparam("job"))
            .values(duplicate_group=bindparam("into"), updated_at=clock.now()),
            [
                {"job": job, "into": wanted.get(job)}
                for job in jobs
                if wanted.get(job) in groups or current.get(job) in groups
            ],
        )
        indexing.changed(session, changed, words_too=False)
        session.expire_all()
    return len(set(wanted.values())), len(changed)


def group_of(session: Session, job: Job) -> list[Job]:
    """Return the jobs of a job's group, itself included, as one list shows them best first."""
    if job.duplicate_group is None:
        return [job]
    return list(
        session.scalars(
            select(Job)
            .where(Job.duplicate_group == job.duplicate_group)
            .order_by(Job.is_active.desc(), Job.posted_date.desc(), Job.id.desc())
        )
    )


def shown_of(session: Session, job: Job, now: datetime) -> int | None:
    """Return the job of a group that lists show; None when none of them is open."""
    return search.best_of_group(session, job, now)


# -- the review queue ------------------------------------------------------------------------


def _open_pairs() -> Any:
    """Return the query of pairs whose jobs are both open."""
    one, other = aliased(Job), aliased(Job)
    return (
        select(DuplicatePair, one, other)
        .join(one, one.id == DuplicatePair.job_a)
        .join(other, other.id == DuplicatePair.job_b)
    ), and_(one.is_active, other.is_active)


def waiting(
    session: Session, limit: int, *, after: DuplicatePair | None = None
) -> list[tuple[DuplicatePair, Job, Job]]:
    """Return pairs that wait for a decision, most alike first, each with its two open jobs.

    :param after: go on behind this pair.
    """
    query, are_open = _open_pairs()
    query = query.where(
        DuplicatePair.decision.is_(None), DuplicatePair.found == Finding.UNSURE, are_open
    )
    if after is not None:
        rank = -1.0 if after.similarity is None else after.similarity
        query = query.where(tuple_(_rank(), -DuplicatePair.id) < tuple_(rank, -after.id))
    query = query.order_by(_rank().desc(), DuplicatePair.id).limit(limit)
    return [tuple(row) for row in session.execute(query)]


def _rank() -> Any:
    return case((DuplicatePair.similarity.is_(None), -1.0), else_=DuplicatePair.similarity)


def count_waiting(session: Session, limit: int = 1_000) -> int:
    """Return how many pairs wait for a decision, at most ``limit``."""
    query, are_open = _open_pairs()
    query = query.with_only_columns(DuplicatePair.id).where(
        DuplicatePair.decision.is_(None), DuplicatePair.found == Finding.UNSURE, are_open
    )
    return len(session.scalars(query.limit(limit)).all())


def decided(session: Session, limit: int = 50) -> list[tuple[DuplicatePair, Job, Job]]:
    """Return what people decided, the newest first."""
    query, _ = _open_pairs()
    query = query.where(DuplicatePair.decision.is_not(None)).order_by(
        DuplicatePair.decided_at.desc(), DuplicatePair.id.desc()
    )
    return [tuple(row) for row in session.execute(query.limit(limit))]


def decide(
    session: Session, pair: DuplicatePair, decision: Decision, *, decided_by: int | None = None
) -> None:
    """Remember what a person says of a pair, and group by it. Flushes."""
    pair.decision, pair.decided_by, pair.decided_at = decision, decided_by, clock.now()
    audit.record(
        f"duplicate.{decision.value}", f"pair:{pair.id}", actor_id=decided_by,
        jobs=[pair.job_a, pair.job_b],
    )  # fmt: skip
    session.flush()
    regroup(session)


def undo(session: Session, pair: DuplicatePair, *, undone_by: int | None = None) -> None:
    """Take a decision back: what was found counts again, and an unsure pair is asked again.

    Flushes.

    :raises NotDecidedError: when there is no decision.
    """
    if pair.decision is None:
        raise NotDecidedError
    audit.record("duplicate.undone", f"pair:{pair.id}", actor_id=undone_by)
    if pair.found is None:
        session.delete(pair)
    else:
        pair.decision, pair.decided_by, pair.decided_at = None, None, None
    session.flush()
    regroup(session)


# -- by hand ---------------------------------------------------------------------------------


def split(session: Session, job: Job, *, decided_by: int | None = None) -> int:
    """Take a job out of its group; return how many jobs it was parted from. Flushes."""
    others = [other.id for other in group_of(session, job) if other.id != job.id]
    for other in others:
        _set(session, job.id, other, Decision.DIFFERENT, decided_by)
    audit.record("duplicate.split", f"job:{job.id}", actor_id=decided_by, jobs=others)
    session.flush()
    regroup(session)
    return len(others)


def merge(session: Session, job: Job, other_id: int, *, decided_by: int | None = None) -> None:
    """Put another job, and its group, into a job's group. Flushes.

    Earlier decisions that parted jobs of the two groups are overruled: this one is newer.

    :raises SameJobError: when it is the job itself.
    :raises NoSuchJobError: when there is no such job.
    """
    if other_id == job.id:
        raise SameJobError
    other = session.get(Job, other_id)
    if other is None:
        raise NoSuchJobError
    mine = [one.id for one in group_of(session, job)]
    theirs = [one.id for one in group_of(session, other)]
    for pair in _parted(session, mine, theirs):
        pair.decision, pair.decided_by, pair.decided_at = Decision.SAME, decided_by, clock.now()
    _set(session, job.id, other.id, Decision.SAME, decided_by)
    audit.record("duplicate.merged", f"job:{job.id}", actor_id=decided_by, jobs=[other_id])
    session.flush()
    regroup(session)


def _parted(session: Session, mine: Sequence[int], theirs: Sequence[int]) -> list[DuplicatePair]:
    between = or_(
        and_(DuplicatePair.job_a.in_(mine), DuplicatePair.job_b.in_(theirs)),
        and_(DuplicatePair.job_a.in_(theirs), DuplicatePair.job_b.in_(mine)),
    )
    return list(
        session.scalars(
            select(DuplicatePair).where(between, DuplicatePair.decision == Decision.DIFFERENT)
        )
    )


def _set(
    session: Session, one: int, other: int, decision: Decision, decided_by: int | None
) -> None:
    """Write a decision about two jobs, whether or not anybody found them alike."""
    a, b = sorted((one, other))
    pair = session.scalar(
        select(DuplicatePair).where(DuplicatePair.job_a == a, DuplicatePair.job_b == b)
    )
    if pair is None:
        pair = DuplicatePair(job_a=a, job_b=b, evidence={"rule": None, "differs": []})
        session.add(pair)
    pair.decision, pair.decided_by, pair.decided_at = decision, decided_by, clock.now()
