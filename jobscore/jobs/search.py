"""Find open jobs: words, place, pay and the rest, newest or best first, page by page.

Part 1 looks for words with LIKE; every word must stand somewhere in the posting.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session, aliased, selectinload

from jobscore.jobs.models import Job, JobFeature, JobSkill, Remote
from jobscore.vocabulary.gazetteer import resolve_place
from jobscore.vocabulary.models import Place
from jobscore.web import pagination

#: Hits are counted up to here; beyond, the page says "more than".
COUNT_LIMIT = 1_000
#: Words of a search beyond these are left out: nobody types more, and each costs a scan.
MOST_WORDS = 8
#: Between two Japanese words these only join: 渋谷のカフェ is 渋谷 and カフェ.
_JOINING = re.compile(
    r"(?<=[一-龯々ヶァ-ヴーA-Za-z0-9])[のでをがにとは](?=[一-龯々ァ-ヴA-Za-z0-9])"
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a search asks for; an empty value asks for nothing.

    ``remote`` is ``full`` (fully remote) or ``any`` (at least partly). ``yearly_pay`` is the least
    amount for a full year in ``currency``: a job's upper end must reach it, and a job in another
    currency does not. ``features`` must all be stated.
    ``added_since`` is when a job came to us, whatever day its posting names.
    """

    text: str = ""
    place: str = ""
    employment_types: tuple[str, ...] = ()
    remote: str = ""
    yearly_pay: Decimal | None = None
    currency: str = ""
    features: tuple[str, ...] = ()
    posted_since: date | None = None
    added_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """One job of a page; points and total (0..100) are None where the reader has no score."""

    job: Job
    rank_points: int | None = None
    total: float | None = None

    @property
    def score(self) -> int | None:
        """The total as a whole number."""
        return None if self.total is None else int(self.total + 0.5)


@dataclass(frozen=True, slots=True)
class Counts:
    """What the home page tells."""

    open_jobs: int
    posted_lately: int


@dataclass(frozen=True, slots=True)
class _Order:
    """Columns in descending order, and how a row's values go into an address and back."""

    columns: Sequence[Any]
    values: Callable[[Hit], list[Any]]
    convert: Callable[[list[Any]], list[Any]] = field(repr=False)


def words(text: str) -> tuple[str, ...]:
    """Return the words of a search in the usual widths, Japanese ones taken apart at particles."""
    plain = unicodedata.normalize("NFKC", text)
    found = [w for part in plain.split() for w in _JOINING.split(part) if w]
    return tuple(dict.fromkeys(found))[:MOST_WORDS]


def is_open(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a job is still to be had at ``now``."""
    return and_(Job.is_active, or_(Job.expires_at.is_(None), Job.expires_at > now))


def is_open_at(job: Job, now: datetime) -> bool:
    """Return whether ``job`` is still to be had at ``now``; the same rule as :func:`is_open`."""
    return job.is_active and (job.expires_at is None or job.expires_at > now)


def is_shown(criteria: Criteria, now: datetime) -> ColumnElement[bool]:
    """Return the condition that a job stands for its duplicates among those that are found.

    Of the open jobs of a group that meet the criteria the newest is shown, then the most complete.
    """
    stated = (Job.salary_min, Job.place_id, Job.employment_type, Job.url, Job.experience_level)
    complete: Any = sum((case((column.is_(None), 0), else_=1) for column in stated), literal(0))
    length = func.coalesce(func.length(Job.description), 0)
    rank = func.row_number().over(
        partition_by=Job.duplicate_group,
        order_by=(Job.posted_date.desc(), complete.desc(), length.desc(), Job.id.desc()),
    )
    ranked = (
        select(Job.id, rank.label("rank"))
        .where(Job.duplicate_group.is_not(None), is_open(now), *conditions(criteria))
        .subquery()
    )
    best = select(ranked.c.id).where(ranked.c.rank == 1)
    return or_(Job.duplicate_group.is_(None), Job.id.in_(best))


def find(
    session: Session,
    criteria: Criteria,
    now: datetime,
    *,
    after: str | None = None,
    size: int = 20,
    scores: Subquery | None = None,
) -> pagination.Page[Hit]:
    """Return one page of open jobs, newest first; with ``scores`` the best scored first.

    :param scores: rows of ``job_id``, ``rank_points`` and ``total_score`` of the reader.
    :raises BadCursorError: for an ``after`` that we did not make.
    """
    if scores is None:
        order = _Order((Job.posted_date, Job.id), _newest_values, _newest_convert)
        query: Any = select(Job, literal(-1), null())
    else:
        points = func.coalesce(scores.c.rank_points, -1)
        order = _Order((points, Job.posted_date, Job.id), _best_values, _best_convert)
        query = select(Job, points, scores.c.total_score).outerjoin(
            scores, scores.c.job_id == Job.id
        )
    query = query.where(is_open(now), *conditions(criteria), is_shown(criteria, now))
    query = query.options(*LOADED)
    if after:
        try:
            values = order.convert(pagination.decode(after, len(order.columns)))
        except (TypeError, ValueError) as error:
            raise pagination.BadCursorError("wrong values") from error
        query = query.where(tuple_(*order.columns) < tuple_(*values))
    query = query.order_by(*(column.desc() for column in order.columns)).limit(size + 1)
    hits = [
        Hit(job, points if points >= 0 else None, total)
        for job, points, total in session.execute(query)
    ]
    shown = hits[:size]
    more = len(hits) > size
    cursor = pagination.encode(order.values(shown[-1])) if more else None
    return pagination.Page(shown, cursor, not after)


def count(session: Session, criteria: Criteria, now: datetime) -> int:
    """Return how many open jobs meet the criteria, at most ``COUNT_LIMIT + 1``."""
    wanted = (is_open(now), *conditions(criteria), is_shown(criteria, now))
    some = select(Job.id).where(*wanted).limit(COUNT_LIMIT + 1)
    return int(session.scalar(select(func.count()).select_from(some.subquery())) or 0)


def count_each(session: Session, several: Sequence[Criteria], now: datetime) -> list[int]:
    """Return how many open jobs meet each of several criteria (as `count`), in one statement."""
    if not several:
        return []
    asked = [
        select(func.count())
        .select_from(
            select(Job.id)
            .where(is_open(now), *conditions(criteria), is_shown(criteria, now))
            .limit(COUNT_LIMIT + 1)
            .subquery()
        )
        .scalar_subquery()
        for criteria in several
    ]
    return [int(found or 0) for found in session.execute(select(*asked)).one()]


def counts(session: Session, now: datetime, lately: date) -> Counts:
    """Return the figures of the home page; ``lately`` is the first day that counts as lately."""
    row = session.execute(
        select(
            func.count(),
            func.count().filter(Job.posted_date >= lately),
        ).where(is_open(now))
    ).one()
    return Counts(*(int(value) for value in row))


def similar(session: Session, job: Job, now: datetime, limit: int = 5) -> Sequence[Job]:
    """Return open jobs like ``job``: most skills in common first, then the same place, newest."""
    skills = select(JobSkill.skill_id).where(JobSkill.job_id == job.id)
    shared = (
        select(JobSkill.job_id, func.count().label("n"))
        .where(JobSkill.skill_id.in_(skills), JobSkill.job_id != job.id)
        .group_by(JobSkill.job_id)
        .subquery()
    )
    newest = (Job.posted_date.desc(), Job.id.desc())
    alike = select(Job).join(shared, shared.c.job_id == Job.id).order_by(shared.c.n.desc(), *newest)
    others = and_(is_open(now), is_shown(Criteria(), now))
    if job.duplicate_group is not None:
        others = and_(others, Job.duplicate_group.is_distinct_from(job.duplicate_group))
    found = list(session.scalars(alike.where(others).options(*LOADED).limit(limit)))
    if len(found) < limit and (job.place_id or job.location):
        same = Job.place_id == job.place_id if job.place_id else Job.location == job.location
        known = [job.id, *(row.id for row in found)]
        near = select(Job).where(others, same, Job.id.not_in(known)).order_by(*newest)
        found += session.scalars(near.options(*LOADED).limit(limit - len(found)))
    return found


#: What a card shows, fetched in one query each.
LOADED = (
    selectinload(Job.skills).joinedload(JobSkill.skill),
    selectinload(Job.features),
    selectinload(Job.place),
)


def conditions(criteria: Criteria) -> list[ColumnElement[bool]]:
    """Return the criteria as SQL conditions on ``jobs``."""
    wanted = [_has_word(word) for word in words(criteria.text)]
    if criteria.place.strip():
        wanted.append(_is_at(criteria.place))
    if criteria.employment_types:
        wanted.append(Job.employment_type.in_(criteria.employment_types))
    if criteria.remote == "full":
        wanted.append(Job.remote == Remote.FULL)
    elif criteria.remote:
        wanted.append(Job.remote.in_([Remote.FULL, Remote.HYBRID]))
    if criteria.yearly_pay is not None:
        reach = func.coalesce(Job.yearly_max, Job.yearly_min) >= criteria.yearly_pay
        wanted.append(and_(Job.salary_currency == criteria.currency, reach))
    wanted += [_states(feature) for feature in criteria.features]
    if criteria.posted_since:
        wanted.append(Job.posted_date >= criteria.posted_since)
    if criteria.added_since:
        # few of all: looked up first, where the columns alone would have every open job be read
        lately = aliased(Job)
        wanted.append(Job.id.in_(select(lately.id).where(lately.created_at > criteria.added_since)))
    return wanted


def _has_word(word: str) -> ColumnElement[bool]:
    columns = (Job.title, Job.company_name, Job.location, Job.requirements, Job.description)
    return or_(*(column.icontains(word, autoescape=True) for column in columns))


def _states(feature: str) -> ColumnElement[bool]:
    stating = select(JobFeature.job_id).where(
        JobFeature.feature == feature, JobFeature.is_stated.is_(True)
    )
    return Job.id.in_(stating)


def _is_at(text: str) -> ColumnElement[bool]:
    """Return the condition that a job lies in the place that ``text`` names, however it is said.

    A name that no table knows is looked for among the words of the location instead.
    """
    guess = resolve_place(text)
    if guess is None or (guess.place is None and guess.country is None):
        plain = unicodedata.normalize("NFKC", text).strip()
        return Job.location.icontains(plain, autoescape=True)
    if guess.place is None:
        inside = Place.country == guess.country
    else:
        code = guess.place.code
        inside = or_(Place.code == code, Place.parent_code == code, Place.region_code == code)
    return Job.place_id.in_(select(Place.id).where(inside))


def _newest_values(hit: Hit) -> list[Any]:
    return [hit.job.posted_date.isoformat(), hit.job.id]


def _newest_convert(values: list[Any]) -> list[Any]:
    return [date.fromisoformat(values[0]), int(values[1])]


def _best_values(hit: Hit) -> list[Any]:
    points = -1 if hit.rank_points is None else hit.rank_points
    return [points, *_newest_values(hit)]


def _best_convert(values: list[Any]) -> list[Any]:
    return [int(values[0]), *_newest_convert(values[1:])]


def admin_list(text: str, state: str, now: datetime) -> Select[Job]:
    """Return the query of the admin's list: all jobs, or the ``open`` or ``closed`` ones."""
    shown = {"open": is_open(now), "closed": ~is_open(now)}.get(state, true())
    return select(Job).where(shown, *(_has_word(word) for word in words(text)))
