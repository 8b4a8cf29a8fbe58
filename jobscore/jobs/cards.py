"""A job as pages show it: in a list (a card) and on its own page (facts), in the reader's language.

The match list shows the same cards with a score beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from flask import url_for
from flask_babel import gettext, ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.jobs import pay as units
from jobscore.jobs import wording
from jobscore.jobs.drafts import COMPANY_NOT_STATED
from jobscore.jobs.models import Job, JobSkill, PayPeriod, Remote
from jobscore.vocabulary.models import Skill
from jobscore.web.jinja import day, pay

#: A job is new for so many days, the day of posting included.
NEW_DAYS = 3
#: Skills on a card; the job's page has them all.
MOST_SKILLS = 6


@dataclass(frozen=True, slots=True)
class Card:
    """One job in a list: everything in words. ``facts`` are (icon, text), ``badges`` (text, kind).

    ``language`` is the posting's, for the ``lang`` of its title; None where nobody knows it.
    """

    job_id: int
    title: str
    href: str
    company: str
    place: str
    pay: str
    facts: list[tuple[str, str]]
    badges: list[tuple[str, str]]
    skills: list[str]
    language: str | None


def card(job: Job, today: date, language: str, named: list[str] | None = None) -> Card:
    """Return ``job`` as a card for a reader of ``language``; ``today`` decides what is new.

    :param named: the names of its skills, where :func:`skills_of` has read them.
    """
    facts = []
    if job.employment_type:
        facts.append(("briefcase", employment(job)))
    if job.remote in {Remote.FULL, Remote.HYBRID}:
        facts.append(("house", str(wording.REMOTE[job.remote])))
    facts.append(("calendar", day(job.posted_date)))
    badges = []
    if job.posted_date > today - timedelta(days=NEW_DAYS):
        badges.append((gettext("New"), "accent"))
    if job.is_sponsored:
        badges.append((gettext("Sponsored"), "warning"))
    return Card(
        job_id=job.id,
        title=job.title,
        href=url_for("jobs.show", job_id=job.id),
        company=company(job),
        place=job.location or "",
        pay=pay_text(job),
        facts=facts,
        badges=badges,
        skills=(skills(job.skills, language) if named is None else named)[:MOST_SKILLS],
        language=job.language,
    )


def company(job: Job) -> str:
    """Return the company's name, or words that say that it is not stated."""
    if job.company_name == COMPANY_NOT_STATED:
        return str(gettext("(company not stated)"))
    return job.company_name


def employment(job: Job) -> str:
    """Return the kind of employment in words; a word that is none of ours stays as it is."""
    return str(wording.EMPLOYMENT.get(job.employment_type or "", job.employment_type or ""))


def pay_text(job: Job) -> str:
    """Return the pay as understood, else as the source writes it; empty when neither is known."""
    understood = pay(job.salary_min, job.salary_max, job.salary_currency, job.salary_period)
    return understood or job.salary_text or ""


def yearly_text(job: Job) -> str:
    """Return the pay of a full year that comparisons use, or empty where it says nothing new."""
    if job.salary_period in {None, PayPeriod.YEAR}:
        return ""
    return pay(job.yearly_min, job.yearly_max, job.salary_currency, PayPeriod.YEAR)


def skills(entries: list[JobSkill], language: str) -> list[str]:
    """Return the names of skills in the reader's language where there is one."""
    return [
        (entry.skill.name_ja or entry.skill.name_en) if language == "ja" else entry.skill.name_en
        for entry in entries
    ]


def skills_of(session: Session, job_ids: Sequence[int], language: str) -> dict[int, list[str]]:
    """Return the names of each job's skills, as :func:`skills`, without an object for each."""
    query = (
        select(JobSkill.job_id, Skill.name_en, Skill.name_ja)
        .join(Skill, Skill.id == JobSkill.skill_id)
        .where(JobSkill.job_id.in_(job_ids))
        .order_by(JobSkill.job_id, JobSkill.skill_id)
    )
    found: dict[int, list[str]] = {job_id: [] for job_id in job_ids}
    for job_id, name_en, name_ja in session.execute(query):
        found[job_id].append((name_ja or name_en) if language == "ja" else name_en)
    return found


def pay_in_other_units(job: Job) -> list[str]:
    """Return the pay for the other periods that people think in, the shortest first.

    Empty where amount, unit or currency is unknown.
    """
    period, currency = job.salary_period, job.salary_currency
    if period is None or currency is None:
        return []
    found = []
    for into in units.SHOWN_UNITS:
        if into != period:
            low, high = (
                units.converted(end, period, into, currency)
                for end in (job.salary_min, job.salary_max)
            )
            found.append(pay(low, high, currency, into))
    return [text for text in found if text]


def facts(job: Job, *, is_short: bool = False) -> list[tuple[str, str]]:
    """Return what is known of ``job`` as (label, value), in the order of its page.

    :param is_short: without the yearly pay and the as-of day, where the page tells more of both.
    """
    remote = str(wording.REMOTE[job.remote]) if job.remote else ""
    level = str(wording.LEVEL.get(job.experience_level or "", ""))
    found = [
        (gettext("Place"), job.location or ""),
        (gettext("Remote work"), remote),
        (gettext("Pay"), pay_text(job)),
        (gettext("Pay for a full year, to compare"), yearly_text(job) if not is_short else ""),
        (gettext("Employment"), employment(job)),
        (gettext("Experience"), ", ".join(part for part in (level, years(job)) if part)),
        (gettext("Industry"), job.industry or ""),
        (gettext("Posted"), day(job.posted_date)),
        (gettext("Open until"), day(job.expires_at)),
        (gettext("As of"), day(job.updated_at) if not is_short else ""),
    ]
    return [(label, value) for label, value in found if value]


def years(job: Job) -> str:
    """Return the years of experience that are asked for, in words."""
    low, high = job.experience_min_years, job.experience_max_years
    if low and high and low != high:
        return str(gettext("%(low)s to %(high)s years", low=low, high=high))
    if low:
        return str(ngettext("%(num)s year or more", "%(num)s years or more", low))
    if high:
        return str(ngettext("up to %(num)s year", "up to %(num)s years", high))
    return ""


def source_url(job: Job) -> str | None:
    """Return the address of the posting at its source, only when it is a web address."""
    if not job.url:
        return None
    parts = urlsplit(job.url.strip())
    return job.url.strip() if parts.scheme in {"http", "https"} and parts.netloc else None
