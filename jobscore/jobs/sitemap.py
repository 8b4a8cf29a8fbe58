"""The sitemap (https://www.sitemaps.org/protocol.html): an index and its parts, line by line.

A part holds the jobs of one range of ids: no more than 50,000 addresses, found without counting,
and an address stays in its part. Parts are written while they are read, so that none is held whole.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy import Select, String, cast, exists, func, select
from sqlalchemy.orm import Session

from jobscore.jobs import search
from jobscore.jobs.companies.models import CompanyName
from jobscore.jobs.models import Job

#: Addresses of a part; the protocol allows 50,000.
PART = 50_000
#: Rows read at once.
_BATCH = 2_000
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"


def job_parts(session: Session, now: datetime) -> list[int]:
    """Return the numbers of the parts that hold open jobs."""
    part = (Job.id - 1) // PART
    query = select(part).where(search.is_open(now)).group_by(part).order_by(part)
    return [int(n) for n in session.execute(query).scalars()]


def open_jobs(session: Session, part: int, now: datetime) -> Iterator[tuple[int, str]]:
    """Yield id and day of the last change (``2026-11-22``) of each open job of a part, by id."""
    changed = cast(func.date(Job.updated_at), String)
    query = (
        select(Job.id, changed)
        .where(Job.id > part * PART, Job.id <= (part + 1) * PART, search.is_open(now))
        .order_by(Job.id)
        .execution_options(yield_per=_BATCH)
    )
    yield from session.execute(query)


def count_companies(session: Session) -> int:
    """Return how many companies :func:`companies` yields in all parts."""
    return session.scalar(select(func.count()).select_from(_companies().subquery())) or 0


def companies(session: Session, part: int) -> Iterator[str]:
    """Yield a spelling of each company of a part that has a posting which is not closed.

    Those whose postings have all run out since are among them: their pages say so. To leave them
    out, every open job would have to be read.
    """
    query = _companies().order_by(CompanyName.digest).offset(part * PART).limit(PART)
    for row in session.execute(query.execution_options(yield_per=_BATCH)):
        yield row[0]


def _companies() -> Select[str, str | None]:
    active = exists().where(Job.company_name == CompanyName.company_name, Job.is_active)
    return (
        select(func.min(CompanyName.company_name), CompanyName.digest)
        .where(CompanyName.digest != "", active)
        .group_by(CompanyName.digest)
    )


# -- documents ---------------------------------------------------------------------------------


def index(addresses: Iterable[str]) -> str:
    """Return the document that names the parts."""
    lines = [f"<sitemap><loc>{escape(address)}</loc></sitemap>" for address in addresses]
    body = "\n".join(lines)
    return f'{_HEAD}<sitemapindex xmlns="{_SPACE}">\n{body}\n</sitemapindex>\n'


def part(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the document of a part, piece by piece; rows are (address, day of the last change).

    An empty day is not known.
    """
    yield f'{_HEAD}<urlset xmlns="{_SPACE}">\n'
    for rows_of_a_piece in batched(rows):
        yield "".join(
            f"<url><loc>{escape(address)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>\n"
            for address, day in rows_of_a_piece
        )
    yield "</urlset>\n"


def batched(rows: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Yield the rows in lists of a few hundred: one write for each line would be slow."""
    waiting = iter(rows)
    while piece := list(islice(waiting, 500)):
        yield piece


def pages(rows: Iterable[tuple[str, dict[str, str]]]) -> str:
    """Return the part of pages that speak several languages: (address, addresses by language)."""
    lines = [f'{_HEAD}<urlset xmlns="{_SPACE}" xmlns:xhtml="{_XHTML}">']
    for address, others in rows:
        links = "".join(
            f'<xhtml:link rel="alternate" hreflang="{code}" href={quoteattr(other)}/>'
            for code, other in others.items()
        )
        lines.append(f"<url><loc>{escape(address)}</loc>{links}</url>")
    return "\n".join([*lines, "</urlset>", ""])
