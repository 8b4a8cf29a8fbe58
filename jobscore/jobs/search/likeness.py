"""Jobs like one job: the rarest of its skills in common, the same place, newest first.

Skills that half of all postings ask for tell little and cost most to look up, so only the rarest
of a job are compared; the rest is computed from the columns in memory.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session, defer, selectinload

from jobscore.jobs.models import Job, JobSkill
from jobscore.jobs.search.columns import Columns, Ints, Mask
from jobscore.jobs.search.criteria import Criteria
from jobscore.jobs.search.matching import match

#: Skills of a job that are compared, the rarest.
MOST_SKILLS = 3
#: Jobs of one skill that are looked at, any; a skill that more ask for counts as that common.
MOST_JOBS = 1_000
#: What their cards show.
_LOADED = (
    selectinload(Job.skills).joinedload(JobSkill.skill),
    defer(Job.description),
    defer(Job.requirements),
)
#: The number of no place, known or not.
_NOWHERE = -2


def similar(session: Session, job: Job, now: datetime, limit: int = 5) -> Sequence[Job]:
    """Return open jobs like ``job``: most rare skills in common, then the same place, newest.

    None of them is a duplicate of ``job``. Reads at most ``MOST_SKILLS`` × ``MOST_JOBS`` lines.
    """
    found = match(session, Criteria(), now)
    columns = found.columns
    near = _same_place(columns, job)
    rank = near.astype(np.int64)
    ids, shared = _sharing(session, job)
    rows, is_open = columns.rows_of(ids)
    rank[rows] += 2 * shared[is_open]
    good = found.mask & (rank > 0) & (columns["job_id"] != job.id)
    if job.duplicate_group:
        good &= columns["group"] != job.duplicate_group
    rows = np.flatnonzero(good)
    order = np.lexsort((columns.newest[rows], rank[rows]))[::-1][:limit]
    best = columns["job_id"][rows[order]].tolist()
    read = session.scalars(select(Job).where(Job.id.in_(best)).options(*_LOADED))
    by_id = {one.id: one for one in read}
    return [by_id[job_id] for job_id in best if job_id in by_id]


def _same_place(columns: Columns, job: Job) -> Mask:
    here: Mask = np.zeros(len(columns), bool)
    if job.place_id:
        here = columns["place"] == columns.places.numbers.get(job.place_id, _NOWHERE)
    elif job.location:
        here = columns["where"] == columns.wheres.number(job.location)
    return here


def _sharing(session: Session, job: Job) -> tuple[Ints, Ints]:
    """Return the jobs that ask for rare skills of ``job``, by id, and how many of them each."""
    skills = [entry.skill_id for entry in job.skills]
    if not skills:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    asking = {
        skill: select(JobSkill.job_id).where(JobSkill.skill_id == skill).limit(MOST_JOBS).subquery()
        for skill in skills
    }
    counts = [select(literal(s), func.count()).select_from(q) for s, q in asking.items()]
    by_rarity = sorted(session.execute(union_all(*counts)), key=lambda row: (row[1], row[0]))
    asks = union_all(*(select(asking[skill].c.job_id) for skill, _ in by_rarity[:MOST_SKILLS]))
    ids = np.array(session.scalars(asks).all(), np.int64)
    return np.unique(ids, return_counts=True)
