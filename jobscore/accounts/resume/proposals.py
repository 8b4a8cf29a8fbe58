"""What reading a CV proposes, the words that prove it, and what can be wrong with a CV. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from jobscore.accounts.lines import clean_line

#: Characters shown on either side of the words that prove a proposal.
_AROUND = 36
#: At most so many of a kind are proposed, in the order of the text.
MOST = {"skill": 60, "wanted": 5, "held": 5, "years": 1, "place": 1}
MOST_UNKNOWN = 30
MOST_YEARS = 60
LONGEST_TITLE = 80


class Kind(StrEnum):
    """What a proposal would add to the profile."""

    SKILL = "skill"
    """``value`` is a code of the vocabulary: a skill, a licence or a language."""
    WANTED = "wanted"
    HELD = "held"
    YEARS = "years"
    PLACE = "place"
    """``value`` is the code of a place."""


class Problem(StrEnum):
    """Why a CV could not be read."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    BINARY = "binary"
    NOT_TEXT = "not_text"
    CONTROL = "control"
    TOO_DEEP = "too_deep"
    NOT_JSON = "not_json"
    NOT_RESUME = "not_resume"
    NOT_OBJECT = "not_object"
    NOT_LIST = "not_list"
    NOT_WORDS = "not_words"


class UnreadableResumeError(ValueError):
    """A CV cannot be read: why, and where (line and column from 1, or the path of a field)."""

    def __init__(self, problem: Problem, *, line: int = 0, column: int = 0, path: str = "") -> None:
        super().__init__(problem.value)
        self.problem, self.line, self.column, self.path = problem, line, column, path


@dataclass(frozen=True, slots=True)
class Quote:
    """The words of the CV that prove a proposal, with a few around them."""

    before: str
    words: str
    after: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing that a CV says.

    :ivar level: of a skill, 1 (learning) to 5 (expert); 0 where the CV does not say.
    :ivar path: the field of a JSON Resume that says it; empty for text.
    """

    kind: Kind
    value: str
    quote: Quote
    level: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a CV proposes; ``unknown`` are skills that it lists and the vocabulary has not."""

    proposals: tuple[Proposal, ...]
    unknown: tuple[str, ...] = ()

    def of(self, kind: Kind) -> list[Proposal]:
        """Return the proposals of one kind, in the order of the CV."""
        return [proposal for proposal in self.proposals if proposal.kind is kind]


def sound(text: str) -> str:
    """Return the text with a question mark for each half of a character (a lone surrogate)."""
    return text.encode("utf-8", "replace").decode("utf-8")


def quote(line: str, start: int, end: int) -> Quote:
    """Return ``line[start:end]`` with the words around it, each on one clean line."""
    before, after = line[max(0, start - _AROUND) : start], line[end : end + _AROUND]
    before = ("…" if start > _AROUND else "") + before.lstrip()
    after = after.rstrip() + ("…" if end + _AROUND < len(line) else "")
    return Quote(_keep_edges(before), clean_line(line[start:end][:200]), _keep_edges(after))


def _keep_edges(text: str) -> str:
    """Return clean text that keeps a space at its ends: the quoted words follow it."""
    clean = clean_line(text)
    lead = " " if text[:1].isspace() and clean else ""
    trail = " " if text[-1:].isspace() and clean else ""
    return f"{lead}{clean}{trail}"


def whole(text: str) -> Quote:
    """Return a short text as a quotation of itself."""
    return Quote("", clean_line(text)[:200], "")


def gather(found: Iterable[Proposal], unknown: Iterable[str] = ()) -> Reading:
    """Return proposals once each, the first of equal ones, at most as many as a profile takes.

    A level that only a later mention of a skill states is taken from there.
    """
    kept: dict[tuple[Kind, str], Proposal] = {}
    for one in found:
        key = (one.kind, re.sub(r"\s", "", one.value).casefold())
        known = kept.get(key)
        if known is None:
            kept[key] = one
        elif one.level and not known.level:
            kept[key] = Proposal(known.kind, known.value, known.quote, one.level, known.path)
    counts = dict.fromkeys(MOST, 0)
    shown = []
    for one in kept.values():
        counts[one.kind.value] += 1
        if counts[one.kind.value] <= MOST[one.kind.value]:
            shown.append(one)
    names = dict.fromkeys(clean_line(name)[:80] for name in unknown)
    return Reading(tuple(shown), tuple(name for name in names if name)[:MOST_UNKNOWN])
