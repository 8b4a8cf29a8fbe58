"""How a posting would change, field by field, without writing anything.

Values stay plain (text, numbers, codes), so that a page can say them in its reader's language.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.jobs import writing
from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.models import Job, JobSource
from jobscore.jobs.writing import Outcome

#: Characters shown of a long text: before the first difference, and in all.
LEAD, SHOWN = 40, 200
_CHUNK = 500
_PLAIN = ("title", "company_name", "location", "industry", "external_id", "url")
_LONG = ("description", "requirements")
_WORDS = ("employment_type", "is_sponsored")


@dataclass(frozen=True, slots=True)
class Change:
    """One field that would change; None means that nothing is stated."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Difference:
    """What a run would do with one draft.

    ``changes`` may be empty where only what we find in the same text would be found anew.
    """

    outcome: Outcome
    job_id: int | None = None
    title: str = ""
    is_open: bool = False
    changes: list[Change] = field(default_factory=list)


def differences(
    session: Session, drafts: Sequence[JobDraft], *, source: str, timezone: str
) -> list[Difference]:
    """Return what :func:`writing.upsert` would do with each draft, in order, and how.

    :param timezone: IANA name; the last day of a posting is a day there.
    """
    outcomes = writing.compare(session, drafts, source=source)
    identities = [
        writing.identity_of(draft) if outcome is not Outcome.NEW else ""
        for draft, outcome in zip(drafts, outcomes, strict=True)
    ]
    wanted = [
        identity
        for identity, outcome in zip(identities, outcomes, strict=True)
        if outcome is Outcome.CHANGED
    ]
    known = _jobs(session, wanted, source)
    found = []
    for draft, outcome, identity in zip(drafts, outcomes, identities, strict=True):
        job = known.get(identity)
        if job is None:
            found.append(Difference(outcome))
        else:
            changes = changes_of(job, draft, ZoneInfo(timezone))
            found.append(Difference(outcome, job.id, job.title, job.is_active, changes))
    return found


def _jobs(session: Session, identities: Sequence[str], source: str) -> dict[str, Job]:
    jobs: dict[str, Job] = {}
    for start in range(0, len(identities), _CHUNK):
        rows = session.execute(
            select(JobSource.identity, Job)
            .join(Job, Job.id == JobSource.job_id)
            .where(
                JobSource.source == source,
                JobSource.identity.in_(identities[start : start + _CHUNK]),
            )
        )
        jobs.update(dict(rows.all()))
    return jobs


def changes_of(job: Job, draft: JobDraft, zone: ZoneInfo) -> list[Change]:
    """Return the fields of a job that a draft would change, in the order of the job's page."""
    pairs: list[tuple[str, Any, Any]] = [
        *((name, getattr(job, name) or None, getattr(draft, name) or None) for name in _PLAIN),
        ("pay", _pay(job), _pay(draft)),
        *((name, getattr(job, name) or None, getattr(draft, name) or None) for name in _WORDS),
        (
            "experience",
            [job.experience_level, job.experience_min_years, job.experience_max_years],
            [draft.experience_level, draft.experience_min_years, draft.experience_max_years],
        ),
        ("expires_on", _last_day(job.expires_at, zone), _day(draft.expires_on)),
    ]
    if draft.remote is not None:
        pairs.append(("remote", job.remote and str(job.remote), draft.remote))
    if draft.posted_on is not None:
        pairs.append(("posted_on", job.posted_date.isoformat(), draft.posted_on.isoformat()))
    changes = [Change(*pair) for pair in pairs if pair[1] != pair[2]]
    for name in _LONG:
        before, after = getattr(job, name) or "", getattr(draft, name) or ""
        if before != after:
            changes.append(Change(name, *excerpts(before, after)))
    return changes


def excerpts(before: str, after: str) -> tuple[str, str]:
    """Return both texts from a little before the place where they part, cut to what is shown."""
    same = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b),
        min(len(before), len(after)),
    )
    start = max(same - LEAD, 0)
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    part = text[start : start + SHOWN]
    return f"{'…' if start and part else ''}{part}{'…' if len(text) > start + SHOWN else ''}"


def _pay(one: Job | JobDraft) -> list[Any] | None:
    """Return (from, to, currency, period), or the cell where no amount was understood."""
    if one.salary_min is None and one.salary_max is None:
        return ["", "", "", "", one.salary_text] if one.salary_text else None
    period = one.salary_period
    return [
        _amount(one.salary_min),
        _amount(one.salary_max),
        one.salary_currency,
        None if period is None else str(period),
    ]


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _day(value: Any) -> str | None:
    return None if value is None else str(value.isoformat())


def _last_day(end: datetime | None, zone: ZoneInfo) -> str | None:
    """Return the last day on which a job is open, given the moment from which it is not."""
    if end is None:
        return None
    return (end - timedelta(microseconds=1)).astimezone(zone).date().isoformat()
