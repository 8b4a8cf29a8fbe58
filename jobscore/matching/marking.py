"""Where in a posting stands what a score was made of: spans of text that never overlap. Pure.

Nothing here makes HTML: a text becomes pieces, each with or without a mark, and the template writes
them one after the other, so that the words of a posting are escaped like any other text. The pieces
joined are the text, letter for letter.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple


class Kind(StrEnum):
    """What a marked passage was read as: a part of the score, or a condition apart from points."""

    SKILL_MATCH = "skill_match"
    LOCATION = "location"
    SALARY = "salary"
    EXPERIENCE = "experience"
    CULTURE_FIT = "culture_fit"
    CONDITION = "condition"


class Mark(NamedTuple):
    """A passage ``text[start:end]`` that was read as something.

    `key` names what it proves within its kind (a skill's id, a feature's code): the evidence and
    the passage link to each other by it.
    """

    start: int
    end: int
    kind: Kind
    key: str


class Piece(NamedTuple):
    """A stretch of text; `mark` is None where nothing was read in it."""

    text: str
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """Words to look for in a posting, and what they prove."""

    kind: Kind
    key: str
    texts: Sequence[str]


#: Units that stand before or after an amount, so that a bare number is not taken for pay.
_BEFORE = r"(?:時給|日給|週給|月給|年収|年俸|給与|JPY|USD|EUR|GBP|[¥￥$€£])\s*[:：]?\s*"
_AFTER = r"\s*(?:円|万円|千円|yen|JPY|USD|EUR|/|per\b|an hour|a (?:day|week|month|year)|k\b)"
_SPAN = r"\s*\+?(?:\s*[-–~〜]\s*\d+)?"
_YEARS = r"(?:年(?:以上|程度|から|の)|(?:or more )?years?\b)"
_TEN_THOUSAND: Final = 10_000
_MOST_HITS: Final = 20
"""So many passages are marked for one set of words."""


def settle(marks: Iterable[Mark], length: int) -> list[Mark]:
    """Return marks in order that lie within the text and do not overlap: the earliest, then the
    longest wins, then the order given.
    """
    fitting = [m for m in marks if 0 <= m.start < m.end <= length]
    fitting.sort(key=lambda m: (m.start, -m.end))
    settled: list[Mark] = []
    for mark in fitting:
        if not settled or mark.start >= settled[-1].end:
            settled.append(mark)
    return settled


def pieces(text: str, marks: Iterable[Mark]) -> list[Piece]:
    """Cut a text at its marks; the pieces joined are the text."""
    found, at = [], 0
    for mark in settle(marks, len(text)):
        if mark.start > at:
            found.append(Piece(text[at : mark.start]))
        found.append(Piece(text[mark.start : mark.end], mark))
        at = mark.end
    if at < len(text):
        found.append(Piece(text[at:]))
    return found


def find_words(text: str, wanted: Words) -> list[Mark]:
    """Mark where a text has any of the words, upper or lower case, Latin ones as whole words."""
    found: list[Mark] = []
    for words in wanted.texts:
        if words.strip():
            hits = _pattern(words.strip()).finditer(text)
            found += [Mark(hit.start(), hit.end(), wanted.kind, wanted.key) for hit in hits]
    return found[:_MOST_HITS]


@cache
def _pattern(words: str) -> re.Pattern[str]:
    first, last = (r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])")
    before = first if words[0].isascii() and words[0].isalnum() else ""
    after = last if words[-1].isascii() and words[-1].isalnum() else ""
    spaced = r"\s+".join(re.escape(word) for word in words.split())
    return re.compile(before + spaced + after, re.IGNORECASE)


def find_pay(text: str, amounts: Iterable[Decimal | None], key: str = "pay") -> list[Mark]:
    """Mark where a text names any of the amounts beside a unit of money.

    1200 is found in 1200円, 1,200 円, 時給１，２００ and $1,200; 250000 also in 25万円.
    """
    flat = _half_width(text)
    found: list[Mark] = []
    for amount in dict.fromkeys(a for a in amounts if a):
        number = "|".join(re.escape(form) for form in _forms(amount))
        pattern = re.compile(
            rf"{_BEFORE}(?:{number})(?![\d,.]\d)(?:{_AFTER})?|(?<![\d.,])(?:{number})(?:{_AFTER})",
            re.IGNORECASE,
        )
        for hit in pattern.finditer(flat):
            end = hit.end() - (len(hit.group()) - len(hit.group().rstrip(" /")))
            found.append(Mark(hit.start(), end, Kind.SALARY, key))
    return found[:_MOST_HITS]


def _forms(amount: Decimal) -> list[str]:
    plain = f"{amount.normalize():f}"
    forms = [f"{amount:,.0f}" if amount == amount.to_integral() else plain, plain]
    if amount >= _TEN_THOUSAND:
        forms.append(f"{(amount / _TEN_THOUSAND).normalize():f}万")
    if amount >= 1_000 and amount % 1_000 == 0:
        forms.append(f"{amount / 1_000:.0f}k")
    return list(dict.fromkeys(forms))


def find_years(text: str, years: Iterable[int | None], key: str = "years") -> list[Mark]:
    """Mark where a text asks for so many years: ``3年以上``, ``3+ years``, ``at least 3 years``."""
    flat = _half_width(text)
    found: list[Mark] = []
    for number in dict.fromkeys(n for n in years if n):
        pattern = rf"(?<![\d.]){number}{_SPAN}\s*{_YEARS}"
        hits = re.finditer(pattern, flat, re.IGNORECASE)
        found += [Mark(hit.start(), hit.end(), Kind.EXPERIENCE, key) for hit in hits]
    return found[:_MOST_HITS]


def _half_width(text: str) -> str:
    """Return full-width digits and signs as plain ones, each letter at its place."""
    return "".join(
        flat if len(flat := unicodedata.normalize("NFKC", letter)) == 1 else letter
        for letter in text
    )
