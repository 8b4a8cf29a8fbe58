"""A job as an entry of a feed, in the reader's language."""

from datetime import UTC, date, datetime, time
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from jobscore import config
from jobscore.emails import rendering
from jobscore.jobs import cards
from jobscore.jobs.feeds.documents import Entry
from jobscore.jobs.models import Job

#: Characters of the posting's text in an entry.
LONGEST_TEXT = 1_000
#: The day from which on this site gives its tags (RFC 4151); it never changes.
_SINCE = "2026"


def tag(path: str) -> str:
    """Return an IRI for ``path`` that stays the same when the site's address changes (RFC 4151)."""
    host = urlsplit(config.current().public_url).hostname or "localhost"
    return f"tag:{host},{_SINCE}:{path}"


def midnight(day: date) -> datetime:
    """Return the instant at which a day begins for the operator, in UTC."""
    zone = ZoneInfo(config.current().timezone)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def entry(job: Job, *, note: str = "", key: str = "", updated: datetime | None = None) -> Entry:
    """Return ``job`` as an entry.

    :param note: what stands first in its summary, such as a score.
    :param key: the path of its tag, where it is not the job's own.
    :param updated: when the entry changed, where it is not the job's own time.
    """
    parts = [note, cards.company(job), job.location or "", cards.pay_text(job)]
    summary = " · ".join(part for part in [*parts, cards.employment(job)] if part)
    published = midnight(job.posted_date)
    return Entry(
        key=tag(key or f"jobs/{job.id}"),
        url=rendering.absolute_url("jobs.show", job_id=job.id),
        title=job.title,
        updated=max(updated or job.updated_at, published),
        published=published,
        summary=summary,
        html=_html(summary, job.description or ""),
        author=cards.company(job),
        language=job.language,
        tags=tuple(part for part in (job.employment_type, job.industry) if part),
    )


def _html(summary: str, text: str) -> str:
    """Return the summary and the beginning of the text as paragraphs; everything is escaped."""
    shown = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1].rstrip() + "…"
    paragraphs = [part.strip() for part in [summary, *shown.split("\n\n")] if part.strip()]
    lines = [escape(part).replace("\n", Markup("<br>")) for part in paragraphs]
    return str(Markup("").join(Markup("<p>{}</p>").format(line) for line in lines))
