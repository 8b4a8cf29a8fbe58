"""A posting on its way into the database: plain values, checked and normalised, no table."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import wraps

#: What a posting without a company carries, so that the column is never empty.
COMPANY_NOT_STATED = "(not stated)"


@dataclass(frozen=True, slots=True)
class JobDraft:
    """One posting as a source states it.

    Empty text and None mean that the source says nothing. Pay is in ``salary_currency`` (ISO
    4217) per ``salary_period`` (hour, day, week, month, year); ``salary_text`` is the cell it was
    read from. ``place_text`` is what is looked up among the places; ``location`` what is shown.
    ``employment_type`` is a word of schema.org (FULL_TIME, …). Years of experience are whole
    years; None means open. A column of skills stands at the end of ``requirements``, one of
    benefits at the end of ``description``: both are searched for skills and features.
    """

    title: str
    company_name: str
    description: str = ""
    requirements: str = ""
    location: str = ""
    place_text: str = ""
    salary_min: Decimal | None = None
    salary_max: Decimal | None = None
    salary_period: str | None = None
    salary_currency: str | None = None
    salary_text: str = ""
    employment_type: str | None = None
    experience_level: str | None = None
    experience_min_years: int | None = None
    experience_max_years: int | None = None
    industry: str = ""
    posted_on: date | None = None
    expires_on: date | None = None
    url: str | None = None
    external_id: str | None = None
    remote: str | None = None
    language: str = "en"
    is_sponsored: bool = False


#: Drafts for which an answer is remembered: two batches are in hand at once.
_REMEMBERED = 2_048


def lately(work: Callable[[JobDraft], str]) -> Callable[[JobDraft], str]:
    """Have a function remember its answers for the drafts that it was given last.

    It is asked several times while a batch is handled. Drafts are told apart as objects: to compare
    what they say would cost as much as the answer.
    """
    known: dict[int, tuple[JobDraft, str]] = {}

    @wraps(work)
    def remembered(draft: JobDraft) -> str:
        found = known.get(id(draft))
        if found is not None:
            return found[1]
        if len(known) >= _REMEMBERED:
            known.clear()
        answer = work(draft)
        known[id(draft)] = (draft, answer)  # kept alive, so that nothing else gets its id
        return answer

    return remembered
