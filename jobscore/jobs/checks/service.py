"""Check postings as they are written, and again when the rules or the wages have changed."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, select
from sqlalchemy.orm import Session

from jobscore.database.bulk import insert_plain
from jobscore.jobs.checks import minimum_wages, rules
from jobscore.jobs.checks.models import JobFinding
from jobscore.jobs.checks.rules import Posting, Rule
from jobscore.jobs.drafts import COMPANY_NOT_STATED, JobDraft
from jobscore.jobs.models import Job
from jobscore.vocabulary.gazetteer import PlaceGuess, resolve_place

#: Jobs that are read, checked and written at once.
BATCH = 1_000
#: Parameters in one IN list.
_CHUNK = 1_000
_COLUMNS = ("job_id", "rule", "quote", "field", "params")

_findings: Table = JobFinding.__table__  # type: ignore[assignment]  # declarative: FromClause


@dataclass(frozen=True, slots=True)
class Checked:
    """A posting to check for a job; a new job has no findings to replace."""

    job_id: int
    posting: Posting
    is_new: bool


def posting_of(draft: JobDraft, guess: PlaceGuess | None) -> Posting:
    """Return what the rules read of a draft; ``guess`` is the place that it names."""
    return _posting(draft, draft.company_name, guess)


def _posting(said: Any, company: str, guess: PlaceGuess | None) -> Posting:
    """Return what the rules read of a draft or of a job's row: both name their fields alike."""
    country = guess.country if guess else None
    region = guess.prefecture_or_state_code if guess and guess.is_sure else None
    language = said.language or "en"
    period = said.salary_period
    return Posting(
        title=said.title,
        company_name="" if company == COMPANY_NOT_STATED else company,
        description=said.description or "",
        requirements=said.requirements or "",
        location=said.location or "",
        prefecture=region if region and region.startswith("JP-") else None,
        in_japan=country == "JP" or (country is None and language == "ja"),
        salary_min=said.salary_min,
        salary_max=said.salary_max,
        period=None if period is None else str(period),
        currency=said.salary_currency,
        salary_text=said.salary_text or "",
        employment_type=said.employment_type,
        language=language,
    )


def write(session: Session, checked: Sequence[Checked], today: date) -> int:
    """Check postings and replace what was found in them before; return how many findings stand.

    What an admin settled stays settled while the rule finds the same words. Flushes, never
    commits: an import calls it within its batch.
    """
    if not checked:
        return 0
    minimum_wages.ensure_loaded(session)
    wages = minimum_wages.in_force(session, today)
    known = [one.job_id for one in checked if not one.is_new]
    settled = _settled(session, known)
    for start in range(0, len(known), _CHUNK):
        ids = known[start : start + _CHUNK]
        session.execute(delete(_findings).where(_findings.c.job_id.in_(ids)))
    rows = [
        (one.job_id, str(f.rule), f.quote, str(f.field), json.dumps(f.params, ensure_ascii=False))
        for one in checked
        for f in rules.check(one.posting, wages)
    ]
    insert_plain(session, _findings, _COLUMNS, rows)
    _settle_again(session, rows, settled)
    return len(rows)


def _settled(session: Session, ids: Sequence[int]) -> dict[tuple[int, str, str], JobFinding]:
    found: dict[tuple[int, str, str], JobFinding] = {}
    for start in range(0, len(ids), _CHUNK):
        query = select(JobFinding).where(
            JobFinding.job_id.in_(ids[start : start + _CHUNK]), JobFinding.settled_at.is_not(None)
        )
        for one in session.scalars(query):
            found[one.job_id, one.rule, one.quote] = one
            session.expunge(one)
    return found


def _settle_again(
    session: Session,
    rows: Sequence[tuple[int, str, str, str, str]],
    settled: dict[tuple[int, str, str], JobFinding],
) -> None:
    """Mark again what was settled and was found in the same words."""
    for job_id, rule, words, *_ in rows if settled else ():
        before = settled.get((job_id, rule, words))
        if before is not None:
            session.execute(
                _findings.update()
                .where(_findings.c.job_id == job_id, _findings.c.rule == rule)
                .values(settled_at=before.settled_at, settled_by=before.settled_by)
            )


# -- again -----------------------------------------------------------------------------------

_READ = (
    Job.id, Job.title, Job.company_name, Job.description, Job.requirements, Job.location,
    Job.salary_min, Job.salary_max, Job.salary_period, Job.salary_currency, Job.salary_text,
    Job.employment_type, Job.language,
)  # fmt: skip


def batches(session: Session, *where: ColumnElement[bool]) -> Iterator[list[Checked]]:
    """Yield all jobs that meet ``where``, as they stand, in batches by id."""
    last = 0
    while True:
        query = select(*_READ).where(Job.id > last, *where).order_by(Job.id).limit(BATCH)
        rows = session.execute(query).all()
        if not rows:
            return
        yield [_from_row(row) for row in rows]
        last = rows[-1].id


def _from_row(row: Any) -> Checked:
    guess = resolve_place(row.location) if row.location else None
    return Checked(row.id, _posting(row, row.company_name, guess), is_new=False)


def check_again(
    session: Session,
    today: date,
    *where: ColumnElement[bool],
    commit: Callable[[], None],
    tell: Callable[[int, int], None] = lambda jobs, findings: None,
) -> tuple[int, int]:
    """Check jobs again, all or those that meet ``where``; return how many jobs and findings.

    :param commit: called after each batch, so that nobody waits long.
    :param tell: called with the sums after each batch.
    """
    n_jobs = n_findings = 0
    for batch in batches(session, *where):
        n_findings += write(session, batch, today)
        commit()
        n_jobs += len(batch)
        tell(n_jobs, n_findings)
    return n_jobs, n_findings


def apply_wages(session: Session, today: date) -> int:
    """Compare pay with amounts that came into force; return for how many amounts.

    All in one transaction with the note that it was done: interrupted, it is done again. Only
    jobs whose pay may lie below are read: it takes seconds for 100,000 jobs.
    """
    codes = minimum_wages.due(session, today)
    if not codes:
        return 0
    wages = minimum_wages.in_force(session, today)
    for batch in batches(session, Job.salary_currency == "JPY"):
        found = {
            one.job_id: [
                f for f in rules.check(one.posting, wages) if f.rule is Rule.PAY_BELOW_MINIMUM
            ]
            for one in batch
            if one.posting.prefecture in codes
        }
        _replace_pay(session, found)
    return minimum_wages.mark_applied(session, codes, today)


def _replace_pay(session: Session, found: dict[int, list[rules.Finding]]) -> None:
    """Replace the findings about pay of some jobs where they differ."""
    rule = Rule.PAY_BELOW_MINIMUM
    before = {
        one.job_id: one
        for one in session.scalars(
            select(JobFinding).where(JobFinding.job_id.in_(list(found)), JobFinding.rule == rule)
        )
    }
    for job_id, findings in found.items():
        held = before.get(job_id)
        now = findings[0] if findings else None
        if held is not None and (now is None or now.params != held.params):
            session.delete(held)
            session.flush()
            held = None
        if now is not None and held is None:
            session.add(
                JobFinding(
                    job_id=job_id, rule=str(rule), quote=now.quote, field=str(now.field),
                    params=now.params,
                )
            )  # fmt: skip
    session.flush()
