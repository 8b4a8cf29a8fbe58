"""What a company has open: page by page, by place and kind, and what it pays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from jobscore.jobs import search
from jobscore.jobs.companies import names
from jobscore.jobs.companies.models import CompanyName
from jobscore.jobs.models import Job
from jobscore.vocabulary.models import Place
from jobscore.web import pagination

#: Places that are counted by name.
MOST_PLACES = 8
#: Fewer stated amounts make no picture.
FEWEST_PAID = 5
#: Amounts that are read for the picture.
MOST_PAID = 2_000


@dataclass(frozen=True, slots=True)
class Company:
    """A company: its key, its most used name, all of its spellings."""

    key: str
    name: str
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """Open jobs of a company: how many, by place (None: not known) and kind of employment.

    ``yearly`` are the middles of the stated pay for a full year in ``currency``, the one that most
    of the jobs state; empty where fewer than :data:`FEWEST_PAID` state it.
    """

    n_open: int
    places: Sequence[tuple[Place | None, int]]
    types: Sequence[tuple[str | None, int]]
    currency: str | None
    yearly: Sequence[Decimal]


def is_any_waiting(session: Session) -> bool:
    """Tell whether a name waits for its key."""
    waiting = select(CompanyName.company_name).where(CompanyName.digest.is_(None)).limit(1)
    return session.scalar(waiting) is not None


def find(session: Session, key: str) -> Company | None:
    """Return the company of a key in an address, or None where no job was ever its."""
    digest = names.read(key)
    if digest is None:
        return None
    query = select(CompanyName.company_name).where(CompanyName.digest == digest)
    spellings = session.scalars(query.order_by(CompanyName.company_name)).all()
    counted = (
        select(
            Job.company_name,
            func.count().filter(Job.held_at.is_(None)),
            func.count().filter(Job.is_active),
        )
        .where(Job.company_name.in_(spellings))
        .group_by(Job.company_name)
    )
    found = sorted(
        (-int(n_open), -int(n), str(name)) for name, n, n_open in session.execute(counted) if n
    )
    if not found:
        return None
    name = found[0][2]
    return Company(names.key_of(name) or digest, name, tuple(name for _, _, name in found))


def is_its(company: Company, now: datetime) -> ColumnElement[bool]:
    """Return the condition that a job is an open one of the company, once for its duplicates."""
    its = and_(Job.company_name.in_(company.spellings), search.is_open(now))
    rank = func.row_number().over(
        partition_by=Job.duplicate_group, order_by=(Job.posted_date.desc(), Job.id.desc())
    )
    grouped = Job.duplicate_group.is_not(None)
    ranked = select(Job.id, rank.label("rank")).where(its, grouped).subquery()
    newest = select(ranked.c.id).where(ranked.c.rank == 1)
    return and_(its, or_(Job.duplicate_group.is_(None), Job.id.in_(newest)))


def open_jobs(
    session: Session, company: Company, now: datetime, *, after: str | None = None, size: int = 20
) -> pagination.Page[Job]:
    """Return one page of the company's open jobs, newest first.

    :raises BadCursorError: for an ``after`` that we did not make.
    """
    # Chosen before they are put in order: SQLite would read all open jobs in that order instead.
    its = select(Job.id).where(is_its(company, now))
    query = select(Job).where(Job.id.in_(its)).options(*search.LOADED)
    if after:
        values = pagination.decode(after, 2)
        try:
            last = (date.fromisoformat(values[0]), int(values[1]))
        except (TypeError, ValueError) as error:
            raise pagination.BadCursorError("wrong values") from error
        query = query.where(tuple_(Job.posted_date, Job.id) < last)
    query = query.order_by(Job.posted_date.desc(), Job.id.desc()).limit(size + 1)
    rows = session.scalars(query).all()
    shown = rows[:size]
    more = len(rows) > size
    cursor = pagination.encode([shown[-1].posted_date.isoformat(), shown[-1].id]) if more else None
    return pagination.Page(shown, cursor, not after)


def overview(session: Session, company: Company, now: datetime) -> Overview:
    """Return the figures of a company's open jobs."""
    its = is_its(company, now)
    by_place = select(Job.place_id, func.count()).where(its).group_by(Job.place_id)
    places = sorted(
        ((place_id, int(n)) for place_id, n in session.execute(by_place)),
        key=lambda row: (-row[1], row[0] is None, row[0]),
    )
    by_type = select(Job.employment_type, func.count()).where(its).group_by(Job.employment_type)
    types = sorted(
        ((kind, int(n)) for kind, n in session.execute(by_type)),
        key=lambda row: (-row[1], row[0] is None, row[0]),
    )
    wanted = [place_id for place_id, _ in places[:MOST_PLACES] if place_id is not None]
    known = {
        place.id: place for place in session.scalars(select(Place).where(Place.id.in_(wanted)))
    }
    currency, yearly = _pay(session, its)
    return Overview(
        n_open=sum(n for _, n in places),
        places=[(known.get(place_id or 0), n) for place_id, n in places[:MOST_PLACES]],
        types=types,
        currency=currency,
        yearly=yearly,
    )


def _pay(session: Session, its: ColumnElement[bool]) -> tuple[str | None, list[Decimal]]:
    """Return the currency that most jobs state, and the middle of each one's pay in it."""
    stated = (
        select(Job.salary_currency, Job.yearly_min, Job.yearly_max)
        .where(its, Job.salary_currency.is_not(None))
        .where(or_(Job.yearly_min.is_not(None), Job.yearly_max.is_not(None)))
        .limit(MOST_PAID)
    )
    amounts: dict[str, list[Decimal]] = {}
    for currency, low, high in session.execute(stated):
        ends = [end for end in (low, high) if end is not None]
        amounts.setdefault(str(currency), []).append(sum(ends, Decimal(0)) / len(ends))
    if not amounts:
        return None, []
    currency = max(sorted(amounts), key=lambda one: len(amounts[one]))
    found = sorted(amounts[currency])
    return currency, found if len(found) >= FEWEST_PAID else []
