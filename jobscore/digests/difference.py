"""How a letter differs from the one before: what is new, gone, moved, kept. Pure."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


class Why(StrEnum):
    """Why a job of the letter before is not in this one, the plainest reason first."""

    #: It left in a letter: no job is sent twice.
    SENT = "sent"
    #: Saved, hidden or applied to.
    ANSWERED = "answered"
    #: The posting has closed, expired or been deleted.
    CLOSED = "closed"
    #: Others suit better now, or it no longer reaches the person's minimum.
    OUTRANKED = "outranked"


class Listed(Protocol):
    """What of a job in a letter is compared."""

    @property
    def job_id(self) -> int:
        """The posting, or below 0 where it has been deleted since."""

    @property
    def title(self) -> str:
        """As it stood in that letter."""

    @property
    def company(self) -> str:
        """As it stood in that letter."""

    @property
    def section(self) -> str:
        """A code of ``matching.selection.Section``."""

    @property
    def total(self) -> float:
        """The total of that letter, 0..100."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One job in a letter; its place is that in the sequence."""

    job_id: int
    title: str
    company: str
    section: str
    total: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A job with its 1-based place in its letter."""

    job: Listed
    place: int


@dataclass(frozen=True, slots=True)
class Gone:
    """A job of the letter before that is not in this one; `why` is None where nobody knows."""

    job: Listed
    place: int
    why: Why | None


@dataclass(frozen=True, slots=True)
class Both:
    """A job of both letters, as it stands in each."""

    job: Listed
    before: Listed
    place: int
    place_before: int

    @property
    def changed_section(self) -> bool:
        """Whether it stands under another heading now."""
        return self.job.section != self.before.section

    @property
    def points(self) -> float:
        """By how much its total rose; below 0 where it fell."""
        return self.job.total - self.before.total


@dataclass(frozen=True, slots=True)
class Difference:
    """Each job of two letters once; new, moved and kept in today's order, gone in yesterday's.

    :ivar moved: those that changed their heading, and the fewest others that explain the order:
        a job that only made room for another has not moved.
    """

    new: tuple[Placed, ...]
    gone: tuple[Gone, ...]
    moved: tuple[Both, ...]
    kept: tuple[Both, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both letters hold the same jobs in the same order."""
        return not (self.new or self.gone or self.moved)


@dataclass(frozen=True, slots=True)
class Compared:
    """A letter held against the one of an earlier day; ``is_letter`` False: against that day's
    list, since no letter was written then.
    """

    on: date
    before_on: date
    is_letter: bool
    difference: Difference


def difference(
    today: Sequence[Listed],
    yesterday: Sequence[Listed],
    why: Mapping[int, Why] | None = None,
) -> Difference:
    """Return how the letter `today` differs from the letter `yesterday`, both in their order.

    :param why: the reason by job id, for jobs that are gone; others have none.
    """
    reasons = why or {}
    before = {job.job_id: (place, job) for place, job in enumerate(yesterday, start=1)}
    now = {job.job_id for job in today}
    new, both = [], []
    for place, job in enumerate(today, start=1):
        found = before.get(job.job_id)
        if found is None:
            new.append(Placed(job, place))
        else:
            both.append(Both(job, found[1], place, found[0]))
    in_order = _longest_rise([one.place_before for one in both])
    stayed = [i in in_order and not one.changed_section for i, one in enumerate(both)]
    return Difference(
        new=tuple(new),
        gone=tuple(
            Gone(job, place, reasons.get(job_id))
            for job_id, (place, job) in before.items()
            if job_id not in now
        ),
        moved=tuple(one for one, stays in zip(both, stayed, strict=True) if not stays),
        kept=tuple(one for one, stays in zip(both, stayed, strict=True) if stays),
    )


def _longest_rise(places: Sequence[int]) -> set[int]:
    """Return the indexes of a longest increasing subsequence (patience sorting, n log n)."""
    tops: list[int] = []
    ends: list[int] = []
    earlier: list[int] = []
    for index, place in enumerate(places):
        pile = bisect_left(tops, place)
        earlier.append(ends[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(place)
            ends.append(index)
        else:
            tops[pile], ends[pile] = place, index
    found: set[int] = set()
    at = ends[-1] if ends else -1
    while at >= 0:
        found.add(at)
        at = earlier[at]
    return found
