"""The queue of postings that somebody should look at: how many by rule, and page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.jobs import search
from jobscore.jobs.checks.models import JobFinding
from jobscore.jobs.checks.rules import Rule
from jobscore.jobs.models import Job

#: open: to be looked at; settled: looked at and let stand; held: taken from sight.
STATES = ("open", "settled", "held")


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the queue is shown; empty values leave nothing out."""

    state: str = "open"
    rule: str = ""
    source: str = ""
    import_id: int | None = None
    text: str = ""


def counts(session: Session, now: datetime) -> dict[str, int]:
    """Return how many open jobs each rule has something to say of, unsettled; rules in order."""
    query = (
        select(JobFinding.rule, func.count())
        .join(Job, Job.id == JobFinding.job_id)
        .where(JobFinding.settled_at.is_(None), search.is_open(now))
        .group_by(JobFinding.rule)
    )
    found = {row[0]: int(row[1]) for row in session.execute(query)}
    return {str(rule): found[rule] for rule in Rule if found.get(rule)}


def count_held(session: Session) -> int:
    """Return how many jobs are held."""
    held = select(func.count()).select_from(Job).where(Job.held_at.is_not(None))
    return session.scalar(held) or 0


def jobs(filters: Filters, now: datetime) -> Select[Job]:
    """Return the query of the jobs that the filters choose."""
    where: list[ColumnElement[bool]] = []
    if filters.state == "held":
        where.append(Job.held_at.is_not(None))
        if filters.rule:
            where.append(_has_finding(filters.rule))
    else:
        is_settled = filters.state == "settled"
        where += [search.is_open(now), _has_finding(filters.rule, is_settled=is_settled)]
    if filters.source:
        where.append(Job.source == filters.source)
    if filters.import_id is not None:
        where.append(Job.import_id == filters.import_id)
    for word in search.words(filters.text):
        columns = (Job.title, Job.company_name, Job.location)
        where.append(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return select(Job).where(*where)


def count(session: Session, filters: Filters, now: datetime) -> int:
    """Return how many jobs the filters choose."""
    chosen = jobs(filters, now).with_only_columns(Job.id).subquery()
    return session.scalar(select(func.count()).select_from(chosen)) or 0


def _has_finding(rule: str, is_settled: bool | None = None) -> ColumnElement[bool]:
    """Return the condition that a job has a finding (of a rule, settled or not)."""
    conditions = [JobFinding.job_id == Job.id]
    if rule:
        conditions.append(JobFinding.rule == rule)
    if is_settled is not None:
        settled = JobFinding.settled_at
        conditions.append(settled.is_not(None) if is_settled else settled.is_(None))
    return exists().where(and_(*conditions))


def findings(session: Session, job_ids: Sequence[int]) -> dict[int, list[JobFinding]]:
    """Return the findings of jobs, by job, in the order of the rules."""
    order = [str(rule) for rule in Rule]
    found: dict[int, list[JobFinding]] = {job_id: [] for job_id in job_ids}
    for one in session.scalars(select(JobFinding).where(JobFinding.job_id.in_(job_ids))):
        found[one.job_id].append(one)
    for some in found.values():
        some.sort(key=lambda f: order.index(f.rule) if f.rule in order else len(order))
    return found


def settle(session: Session, job_id: int, rule: str, actor_id: int, *, is_settled: bool) -> bool:
    """Let a finding stand, or take that back. Return whether there was such a finding."""
    values = {
        "settled_at": clock.now() if is_settled else None,
        "settled_by": actor_id if is_settled else None,
    }
    where = (JobFinding.job_id == job_id, JobFinding.rule == rule)
    is_there = session.scalar(select(JobFinding.job_id).where(*where)) is not None
    session.execute(update(JobFinding).where(*where).values(values))
    return is_there
