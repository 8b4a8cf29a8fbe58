"""Whether a posting says what its job holds already: then an import writes nothing.

The fingerprint of a job answers that for a file that came before. A file that says the same in
other words (an export of ours, 1200.00 for 1,200) has another fingerprint: for those the columns
themselves are compared.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.models import Job

#: Parameters in one IN list.
_CHUNK = 1_000
#: Fields that a job holds under another name, or in another form.
_TRANSLATED = frozenset({"posted_on", "expires_on", "place_text", "remote"})
_PLAIN = tuple(f.name for f in fields(JobDraft) if f.name not in _TRANSLATED)
_COLUMNS = (Job.id, Job.posted_date, Job.expires_at, Job.remote, *(getattr(Job, n) for n in _PLAIN))


def unchanged(session: Session, drafts: Mapping[int, JobDraft], timezone: str) -> set[int]:
    """Return the jobs (ids of ``drafts``) whose columns say what their draft says.

    What a draft leaves open (the posting day) counts as the same. Remote work that only the text
    of the posting told is not compared with a draft that does not state it: such a job counts as
    changed, and is read again.
    """
    same: set[int] = set()
    ids = list(drafts)
    for start in range(0, len(ids), _CHUNK):
        query = select(*_COLUMNS).where(Job.id.in_(ids[start : start + _CHUNK]))
        for row in session.execute(query):
            if _says_the_same(row, drafts[row.id], timezone):
                same.add(row.id)
    return same


def _says_the_same(row: Any, draft: JobDraft, timezone: str) -> bool:
    if draft.posted_on is not None and draft.posted_on != row.posted_date:
        return False
    if draft.remote != (None if row.remote is None else str(row.remote)):
        return False
    if draft.expires_on != last_day(row.expires_at, timezone):
        return False
    return all(_same(getattr(row, name), getattr(draft, name)) for name in _PLAIN)


def last_day(expires_at: Any, timezone: str) -> date | None:
    """Return the last day on which a job is open, given the instant from which it is not."""
    if expires_at is None:
        return None
    day: date = (expires_at - timedelta(microseconds=1)).astimezone(ZoneInfo(timezone)).date()
    return day


def _same(held: Any, said: Any) -> bool:
    if isinstance(said, Decimal) and isinstance(held, Decimal):
        return said.quantize(Decimal("0.01")) == held
    return bool((held or None) == (said or None))
