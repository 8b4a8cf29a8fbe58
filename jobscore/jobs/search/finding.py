"""One page of what a search finds, in one of several orders; counts; similar jobs."""

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
from sqlalchemy import ColumnElement, Select, Subquery, func, or_, select, true
from sqlalchemy.orm import Session, defer, raiseload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from jobscore.jobs.models import Job, JobSkill
from jobscore.jobs.search import columns as column_store
from jobscore.jobs.search import places
from jobscore.jobs.search.columns import Ints
from jobscore.jobs.search.criteria import Counts, Criteria, Hit, Sort, is_open
from jobscore.jobs.search.matching import Matches, match, title_tiers
from jobscore.jobs.search.tokens import parse, words
from jobscore.web import pagination

#: Stands last in every order: nothing is known.
_LAST = -(2**62)
#: What a card shows, fetched in one query each.
LOADED = (
    selectinload(Job.skills).joinedload(JobSkill.skill),
    selectinload(Job.features),
    selectinload(Job.place),
)
#: For cards of the job search, which read the names of skills by themselves (``cards.skills_of``).
FOR_CARDS = (
    raiseload(Job.skills),
    defer(Job.description),
    defer(Job.requirements),
)


def find(
    session: Session,
    criteria: Criteria,
    now: datetime,
    *,
    after: str | None = None,
    size: int = 20,
    scores: Subquery | None = None,
    sort: Sort | None = None,
) -> pagination.Page[Hit]:
    """Return one page of open jobs, newest first; with ``scores`` the best scored first.

    :param scores: rows of ``job_id``, ``rank_points`` and ``total_score`` of the reader.
    :param sort: another order.
    :raises BadCursorError: for an ``after`` that we did not make.
    """
    found = match(session, criteria, now, scores)
    return page(session, found, after=after, size=size, sort=sort)


def count(
    session: Session, criteria: Criteria, now: datetime, scores: Subquery | None = None
) -> int:
    """Return how many open jobs meet the criteria; of duplicates one counts."""
    return match(session, criteria, now, scores).count()


def count_each(session: Session, several: Sequence[Criteria], now: datetime) -> list[int]:
    """Return how many open jobs meet each of several criteria, as :func:`count`."""
    columns = column_store.current(session)
    return [match(session, criteria, now, columns=columns).count() for criteria in several]


def page(
    session: Session,
    found: Matches,
    *,
    after: str | None = None,
    size: int = 20,
    sort: Sort | None = None,
    loaded: Sequence[ExecutableOption] = LOADED,
) -> pagination.Page[Hit]:
    """Return one page of what was found.

    :param loaded: what is read along with each job.
    :raises BadCursorError: for an ``after`` that we did not make.
    """
    if sort is None:
        sort = Sort.NEW if found.points is None else Sort.SCORE
    columns, rows = found.columns, found.rows
    rank = _rank(found, sort, rows)
    newest = columns.newest[rows]
    if after:
        first, key = _cursor(after)
        behind = (rank < first) | ((rank == first) & (newest < key))
        rows, rank, newest = rows[behind], rank[behind], newest[behind]
    best = _best(rank, newest, size + 1)
    rows, rank = rows[best], rank[best]
    shown = rows[:size]
    cursor = None
    if len(rows) > size:
        last = int(shown[-1])
        day = date.fromordinal(int(columns["posted"][last])).isoformat()
        cursor = pagination.encode([int(rank[size - 1]), day, int(columns["job_id"][last])])
    return pagination.Page(_hits(session, found, shown, loaded), cursor, not after)


def _cursor(after: str) -> tuple[int, int]:
    first, day, job_id = pagination.decode(after, 3)
    try:
        if type(first) is not int or type(job_id) is not int or not 0 <= job_id < 2**40:
            raise ValueError
        return first, (date.fromisoformat(day).toordinal() << 40) | job_id
    except (TypeError, ValueError) as error:
        raise pagination.BadCursorError("wrong values") from error


def _best(rank: Ints, newest: Ints, n: int) -> Ints:
    """Return the indexes of the ``n`` greatest, greatest first, without sorting all."""
    if len(rank) > n:
        least = np.partition(rank, len(rank) - n)[len(rank) - n]
        above = np.flatnonzero(rank > least)
        ties = np.flatnonzero(rank == least)
        needed = n - len(above)
        if len(ties) > needed:
            keys = newest[ties]
            ties = ties[np.argpartition(keys, len(ties) - needed)[len(ties) - needed :]]
        some = np.concatenate([above, ties])
    else:
        some = np.arange(len(rank))
    order: Ints = some[np.lexsort((newest[some], rank[some]))[::-1]]
    return order


def _rank(found: Matches, sort: Sort, rows: Ints) -> Ints:
    """Return what comes first in an order: the greater, the earlier."""
    columns, criteria = found.columns, found.criteria
    if sort is Sort.SCORE and found.points is not None:
        return found.points[rows]
    if sort is Sort.MATCH and (query := parse(criteria.text)).phrases:
        return title_tiers(columns, query, rows)
    if sort is Sort.PAY:
        is_ours = columns["currency"][rows] == columns.currencies.number(criteria.currency)
        return np.where(is_ours, columns["pay"][rows], -1)
    if sort is Sort.DISTANCE and criteria.place:
        metres = places.distances(columns, criteria.place)[columns["place"][rows]] * 1_000
        known = np.isfinite(metres)
        return np.where(known, -np.where(known, metres, 0).astype(np.int64), _LAST)
    return np.zeros(len(rows), np.int64)


def _hits(
    session: Session, found: Matches, rows: Ints, loaded: Sequence[ExecutableOption]
) -> list[Hit]:
    """Read the jobs of one page."""
    ids = found.columns["job_id"][rows].tolist()
    jobs = {
        job.id: job for job in session.scalars(select(Job).where(Job.id.in_(ids)).options(*loaded))
    }
    far = None
    if found.criteria.place:
        far = places.distances(found.columns, found.criteria.place)[found.columns["place"][rows]]
    hits = []
    for index, (row, job_id) in enumerate(zip(rows.tolist(), ids, strict=True)):
        points = -1 if found.points is None else int(found.points[row])
        km = None if far is None or not np.isfinite(far[index]) else float(far[index])
        if job_id in jobs:
            total = found.totals.get(row) if points >= 0 else None
            hits.append(Hit(jobs[job_id], points if points >= 0 else None, total, km))
    return hits


def counts(session: Session, now: datetime, lately: date) -> Counts:
    """Return the figures of the home page; ``lately`` is the first day that counts as lately."""
    row = session.execute(
        select(
            func.count(),
            func.count().filter(Job.posted_date >= lately),
        ).where(is_open(now))
    ).one()
    return Counts(*(int(value) for value in row))


def best_of_group(session: Session, job: Job, now: datetime) -> int | None:
    """Return the job that lists show for ``job`` and its duplicates; None: none of them is open."""
    found = match(session, Criteria(), now)
    columns = found.columns
    if job.duplicate_group is None:
        mask = columns["job_id"] == job.id
    else:
        mask = columns["group"] == job.duplicate_group
    rows = np.flatnonzero(mask & found.mask)
    return int(columns["job_id"][rows[0]]) if len(rows) else None


def admin_list(text: str, state: str, now: datetime) -> Select[Job]:
    """Return the query of the admin's list: all jobs, or the ``open`` or ``closed`` ones."""
    shown = {"open": is_open(now), "closed": ~is_open(now)}.get(state, true())
    return select(Job).where(shown, *(_has_word(word) for word in words(text)))


def _has_word(word: str) -> ColumnElement[bool]:
    columns = (Job.title, Job.company_name, Job.location, Job.requirements, Job.description)
    return or_(*(column.icontains(word, autoescape=True) for column in columns))
