"""The page of minimum wages: by prefecture what is in force, what comes, and what was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext
from wtforms import SelectChoice

from jobscore.jobs.checks import wording
from jobscore.jobs.checks.minimum_wages import LEAST_YEN, MOST_YEN, USUAL_TERM, Amount
from jobscore.jobs.checks.models import MinimumWage

CODES = tuple(f"JP-{number:02}" for number in range(1, 48))


@dataclass(frozen=True, slots=True)
class Line:
    """One amount; ``wage_id`` is None for a shipped one that nobody changed."""

    wage_id: int | None
    hourly_yen: int
    valid_from: date
    source_url: str
    is_coming: bool


@dataclass(frozen=True, slots=True)
class Prefecture:
    """One prefecture: the amount in force, and all others, newest first."""

    code: str
    name: str
    current: Line | None
    others: list[Line]
    is_overdue: bool


def prefecture_choices(language: str) -> list[Any]:
    """Return the prefectures for a select."""
    names = [(code, wording.prefecture(code, language)) for code in CODES]
    return [SelectChoice("", gettext("Choose")), *(SelectChoice(*one) for one in names)]


def prefectures(
    everything: Sequence[Amount | MinimumWage], today: date, language: str
) -> list[Prefecture]:
    """Return all prefectures in their usual order with their amounts."""
    return [
        _prefecture(
            code, [one for one in everything if one.prefecture_code == code], today, language
        )
        for code in CODES
    ]


def _prefecture(
    code: str, amounts: Sequence[Amount | MinimumWage], today: date, language: str
) -> Prefecture:
    lines = [
        Line(
            one.id if isinstance(one, MinimumWage) else None,
            one.hourly_yen,
            one.valid_from,
            one.source_url,
            one.valid_from > today,
        )
        for one in sorted(amounts, key=lambda a: a.valid_from, reverse=True)
    ]
    current = next((line for line in lines if not line.is_coming), None)
    has_next = any(line.is_coming for line in lines)
    return Prefecture(
        code=code,
        name=wording.prefecture(code, language),
        current=current,
        others=[line for line in lines if line is not current],
        is_overdue=current is not None
        and not has_next
        and current.valid_from + USUAL_TERM <= today,
    )


def problem(column: str) -> str:
    """Say why an amount was not taken."""
    words = {
        "prefecture_code": gettext("Choose a prefecture."),
        "hourly_yen": gettext(
            "The amount must lie between %(least)s and %(most)s yen.",
            least=LEAST_YEN,
            most=MOST_YEN,
        ),
        "valid_from": gettext("The day must lie between October 2002 and two years from now."),
        "source_url": gettext("Write a whole address that begins with https://."),
    }
    return str(words[column])
