"""The sitemap (https://www.sitemaps.org/protocol.html): an index and its parts, line by line.

A part holds the jobs of one range of ids: no more than 50,000 addresses, found without counting,
and an address stays in its part. Parts are written while they are read, so that none is held whole.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobscore.jobs import search
from jobscore.jobs.companies.models import CompanyName
from jobscore.jobs.feeds.documents import clean, instant
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


def open_jobs(session: Session, part: int, now: datetime) -> Iterator[tuple[int, datetime]]:
    """Yield id and last change of each open job of a part, by id."""
    query = (
        select(Job.id, Job.updated_at)
        .where(Job.id > part * PART, Job.id <= (part + 1) * PART, search.is_open(now))
        .order_by(Job.id)
        .execution_options(yield_per=_BATCH)
    )
    yield from session.execute(query)


def companies(session: Session, now: datetime) -> Iterator[tuple[str, date]]:
    """Yield a spelling of each company that has open jobs, and the day of its newest one."""
    newest = func.max(Job.posted_date)
    query = (
        select(func.min(Job.company_name), newest)
        .join(CompanyName, CompanyName.company_name == Job.company_name)
        .where(search.is_open(now), CompanyName.digest != "")
        .group_by(CompanyName.digest)
        .order_by(CompanyName.digest)
        .limit(PART)
        .execution_options(yield_per=_BATCH)
    )
    yield from session.execute(query)


# -- documents ---------------------------------------------------------------------------------


def index(addresses: Iterable[str]) -> str:
    """Return the document that names the parts."""
    lines = [f"<sitemap><loc>{escape(address)}</loc></sitemap>" for address in addresses]
    body = "\n".join(lines)
    return f'{_HEAD}<sitemapindex xmlns="{_SPACE}">\n{body}\n</sitemapindex>\n'


def part(rows: Iterable[tuple[str, datetime | date | None]]) -> Iterator[str]:
    """Yield the document of a part, piece by piece; rows are (address, last change)."""
    yield f'{_HEAD}<urlset xmlns="{_SPACE}">\n'
    for address, changed in rows:
        lastmod = f"<lastmod>{_lastmod(changed)}</lastmod>" if changed else ""
        yield f"<url><loc>{escape(clean(address))}</loc>{lastmod}</url>\n"
    yield "</urlset>\n"


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


def _lastmod(changed: datetime | date) -> str:
    return instant(changed) if isinstance(changed, datetime) else changed.isoformat()
