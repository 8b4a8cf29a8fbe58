"""What the pages about duplicates show: two postings side by side, in the reader's language."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flask_babel
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from jobscore.jobs import cards
from jobscore.jobs.duplicates import similarity
from jobscore.jobs.duplicates.models import Decision, DuplicatePair
from jobscore.jobs.duplicates.similarity import ALIKE, ALMOST_EQUAL, RELATED, Rule
from jobscore.jobs.models import Job
from jobscore.web.jinja import day

#: Texts are shown up to here, in characters.
LONGEST_TEXT = 3_000
_SENTENCE = re.compile(r"(?<=[。！？.!?\n])\s*")
_RULES: dict[str, Any] = {
    Rule.SOURCE_ID: _l("Same number and company"),
    Rule.URL: _l("Same web address"),
    Rule.TITLE_COMPANY_PLACE: _l("Same title, company and place"),
    Rule.TEXT: _l("Texts alike"),
}
FIELDS: dict[str, Any] = {
    "title": _l("Title"),
    "company": _l("Company"),
    "place": _l("Place"),
    "pay": _l("Pay"),
    "text": _l("Text"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a value; ``is_own``: the other posting does not say it."""

    text: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One field of two postings."""

    label: str
    left: Sequence[Part]
    right: Sequence[Part]
    differs: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One pair in a list."""

    pair: DuplicatePair
    one: Job
    other: Job
    companies: str
    sources: str
    why: str
    alike: str
    differs: str
    decision: str
    decision_kind: str


def entry(row: tuple[DuplicatePair, Job, Job]) -> Entry:
    """Return a pair as a list shows it."""
    pair, one, other = row
    companies = dict.fromkeys([cards.company(one), cards.company(other)])
    is_same = pair.decision is Decision.SAME
    return Entry(
        pair,
        one,
        other,
        " / ".join(companies),
        " / ".join(dict.fromkeys([one.source, other.source])),
        why(pair),
        likeness(pair.similarity),
        differing(pair),
        str(gettext("The same job") if is_same else gettext("Different jobs")),
        "success" if is_same else "neutral",
    )


def why(pair: DuplicatePair) -> str:
    """Return why two postings were taken for the same, or nearly."""
    rule = pair.evidence.get("rule")
    return str(_RULES[rule]) if rule in _RULES else str(gettext("Joined or parted by hand"))


def differing(pair: DuplicatePair) -> str:
    """Return which fields both state differently."""
    names = [str(FIELDS[name]) for name in pair.evidence.get("differs", []) if name in FIELDS]
    return str(gettext(", ")).join(names)


def likeness(value: float | None) -> str:
    """Return how alike two texts are, as number and words."""
    if value is None:
        return str(gettext("no text to compare"))
    percent = flask_babel.format_percent(int(value * 100) / 100)
    if value >= ALMOST_EQUAL:
        return str(gettext("%(percent)s – almost equal", percent=percent))
    if value >= ALIKE:
        return str(gettext("%(percent)s – alike", percent=percent))
    if value >= RELATED:
        return str(gettext("%(percent)s – partly alike", percent=percent))
    return str(gettext("%(percent)s – hardly alike", percent=percent))


def side_by_side(one: Job, other: Job) -> list[Line]:
    """Return the fields of two postings; what differs first where it matters, then the texts."""
    lines = [
        _line(gettext("Title"), one.title, other.title, similarity.title_form),
        _line(gettext("Company"), cards.company(one), cards.company(other),
              similarity.company_form),
        _line(gettext("Place"), one.location, other.location),
        _line(gettext("Pay"), cards.pay_text(one), cards.pay_text(other)),
        _line(gettext("Employment"), cards.employment(one), cards.employment(other)),
        _line(gettext("Posted"), day(one.posted_date), day(other.posted_date)),
        _line(gettext("Open until"), day(one.expires_at), day(other.expires_at)),
        _line(gettext("Number at the source"), one.external_id, other.external_id, _any),
        _line(gettext("Web address"), one.url, other.url, similarity.url_form),
        _texts(gettext("Description"), one.description, other.description),
        _texts(gettext("Requirements"), one.requirements, other.requirements),
    ]  # fmt: skip
    return [line for line in lines if line.left or line.right]


def _line(label: str, left: str | None, right: str | None, form: Any = similarity.plain) -> Line:
    differs = bool(left) and bool(right) and form(left or "") != form(right or "")
    sides = [[Part(text, differs)] if text else [] for text in (left, right)]
    return Line(str(label), sides[0], sides[1], differs)


def _any(_text: str) -> str:
    """Take all values for the same: each source numbers as it likes."""
    return ""


def _texts(label: str, left: str | None, right: str | None) -> Line:
    """Compare two texts sentence by sentence."""
    sides = [[s for s in _SENTENCE.split((t or "")[:LONGEST_TEXT]) if s] for t in (left, right)]
    said = [{similarity.plain(s) for s in side} for side in sides]
    parts = [
        [Part(s, bool(side and other) and similarity.plain(s) not in other) for s in side]
        for side, other in ((sides[0], said[1]), (sides[1], said[0]))
    ]
    return Line(str(label), parts[0], parts[1], any(p.is_own for side in parts for p in side))
