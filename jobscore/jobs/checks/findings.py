"""What the rules of posting checks take and give. Pure."""

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

#: Words that are quoted around what was found, on each side.
AROUND: Final = 12
MAX_QUOTE: Final = 255
#: Further quotes kept beside the first.
MOST_FURTHER: Final = 4
#: Characters on each side of a find in which a lawful reason is looked for.
NEAR: Final = 60


class Rule(StrEnum):
    """What may be wrong with a posting; the sentences and laws are in ``checks.wording``."""

    PAY_BELOW_MINIMUM = "pay_below_minimum"
    AGE_LIMIT = "age_limit"
    SEX_NAMED = "sex_named"
    SEX_IN_JOB_NAME = "sex_in_job_name"
    ITEMS_MISSING = "items_missing"
    AGE_WORDING = "age_wording"
    SEX_WORDING = "sex_wording"
    AGE_ENGLISH = "age_english"
    SEX_ENGLISH = "sex_english"


def rule_of(word: str) -> Rule | None:
    """Return the rule of a word; None for one that no code knows (any more)."""
    return Rule(word) if word in Rule.__members__.values() else None


#: Rules that say what a law asks or forbids; the others give advice on words.
WARNINGS: Final = (
    Rule.PAY_BELOW_MINIMUM,
    Rule.AGE_LIMIT,
    Rule.SEX_NAMED,
    Rule.SEX_IN_JOB_NAME,
    Rule.ITEMS_MISSING,
)


class Field(StrEnum):
    """Where in a posting something stands."""

    WHOLE = ""
    TITLE = "title"
    REQUIREMENTS = "requirements"
    DESCRIPTION = "description"
    PAY = "pay"


@dataclass(frozen=True, slots=True)
class Posting:
    """What the rules read of a posting.

    :ivar company_name: empty where the source names none.
    :ivar prefecture: ``JP-13``; None where the place is abroad, unknown or not sure.
    :ivar in_japan: whether Japanese law is asked: the place is in Japan, or no place is known
        and the posting is Japanese.
    :ivar salary_min: in ``currency`` (ISO 4217) for each ``period``.
    :ivar employment_type: a word of schema.org, or None.
    :ivar language: ``ja`` or ``en``.
    """

    title: str
    company_name: str = ""
    description: str = ""
    requirements: str = ""
    location: str = ""
    prefecture: str | None = None
    in_japan: bool = True
    salary_min: Decimal | None = None
    salary_max: Decimal | None = None
    period: str | None = None
    currency: str | None = None
    salary_text: str = ""
    employment_type: str | None = None
    language: str = "ja"

    def texts(self) -> Iterator[tuple[Field, str]]:
        """Yield the parts that say something, in the order in which they are quoted."""
        for name, text in (
            (Field.TITLE, self.title),
            (Field.REQUIREMENTS, self.requirements),
            (Field.DESCRIPTION, self.description),
        ):
            if text:
                yield name, text


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found; ``quote`` are the words that prove it."""

    rule: Rule
    field: Field = Field.WHOLE
    quote: str = ""
    params: dict[str, Any] = dataclasses.field(default_factory=dict)


def quote(text: str, start: int, end: int) -> str:
    """Return the words from ``start`` to ``end`` on one line, with a few around them."""
    first = max(text.rfind(mark, 0, start) for mark in "\n。．!！?？") + 1
    stops = [at for mark in "\n。" if (at := text.find(mark, end)) >= 0]
    begin = max(first, start - AROUND)
    finish = min([*stops, end + AROUND, len(text)])
    words = " ".join(text[begin:finish].split())
    before = "…" if begin > first else ""
    after = "…" if finish < len(text) and finish not in stops else ""
    return f"{before}{words}{after}"[:MAX_QUOTE]


def near(text: str, start: int, end: int, width: int = NEAR) -> str:
    """Return what stands around a find."""
    return text[max(0, start - width) : end + width]


def gathered(rule: Rule, hits: list[tuple[Field, str]]) -> list[Finding]:
    """Return all that one rule found as one finding: the first quote, the others beside it."""
    if not hits:
        return []
    (name, words), rest = hits[0], hits[1:]
    further = list(dict.fromkeys(w for _, w in rest if w != words))[:MOST_FURTHER]
    return [Finding(rule, name, words, {"also": further} if further else {})]


def compiled(*parts: str) -> re.Pattern[str]:
    """Return one pattern of the alternatives."""
    return re.compile("|".join(parts))
