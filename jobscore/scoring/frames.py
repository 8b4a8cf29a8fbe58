"""What the engine reads: one person as a `Profile`, all jobs as the columns of a `JobFrame`.

Pure: plain values and NumPy columns. Columns that many jobs share (place, pay, experience, work
style, title) are stored once per distinct value, and each job holds the number of its value:
a component is computed on the distinct values and spread over the jobs by one look-up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from jobscore.scoring import titles
from jobscore.scoring.heads import HeadIndex
from jobscore.scoring.rarity import Group, Rarity, Statistics
from jobscore.scoring.semantic import SemanticIndex
from jobscore.scoring.spans import spread, starts_of
from jobscore.scoring.texts import TextIndex
from jobscore.scoring.titles import TitleIndex
from jobscore.scoring.wholes import WholeIndex

Ints = npt.NDArray[np.int64]
Groups = npt.NDArray[np.int32]
Points = npt.NDArray[np.int16]
"""Basis points 0..10,000 per job, or -1 where it cannot be judged."""
Bools = npt.NDArray[np.bool_]

NOT_STATED: Final = -1
EARTH_RADIUS_M: Final = 6_371_000
FEW_OF: Final = 5
"""Up to one job of so many counts as few."""
SEEN_LIMIT: Final = 10
"""At most so many of the jobs seen last count as evidence of wishes."""


class RemoteWish(StrEnum):
    """What a person says about working from home."""

    NO = "no"
    OK = "ok"
    ONLY = "only"


class Remote(IntEnum):
    """What a posting says about working from home."""

    NOT_STATED = -1
    NO = 0
    PARTLY = 1
    FULLY = 2


class Level(IntEnum):
    """Steps of experience, from none to leading others."""

    NONE = 0
    JUNIOR = 1
    MID = 2
    SENIOR = 3
    LEAD = 4


LEVEL_TENTHS: Final = (0, 10, 30, 60, 100)
"""Tenths of years from which a level usually begins, used where only one of the two is known."""


class Point(NamedTuple):
    """A place: degrees (both None when unknown), place and region codes (None when unknown)."""

    lat: float | None
    lon: float | None
    place: str | None = None
    region: str | None = None


NOWHERE: Final = Point(None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One person as the scorer sees them. No name, no age, no trait that the law protects."""

    user_id: int
    homes: tuple[Point, ...] = ()
    half_distance_km: int | None = None
    """Distance at which location counts half; None takes the policy's."""
    remote: RemoteWish = RemoteWish.OK
    move_to: frozenset[str] = frozenset()
    """Region codes to which the person would move."""
    pay_wish: Decimal | int | None = None
    pay_period: str | None = None
    pay_currency: str | None = None
    years: float | None = None
    level: Level | None = None
    employment_types: frozenset[str] = frozenset()
    """Wanted employment types; empty means any. A gate, not points."""
    features: frozenset[str] = frozenset()
    """Codes of ticked work-style features."""
    wanted_titles: tuple[str, ...] = ()
    held_titles: tuple[str, ...] = ()
    text: str = ""
    """A text about the person's work, such as a CV; the product asks for none."""
    skills: dict[int, int] = field(default_factory=dict)
    """Skill id to level 1..5."""
    weights: tuple[int, int, int, int, int] | None = None
    """Own weights in the order of COMPONENTS; None takes the policy's."""
    seen_titles: tuple[str, ...] = ()
    """Titles of jobs viewed, saved or applied to, newest last; empty with "no profiling"."""
    seen_employers: tuple[str, ...] = ()
    """Employers of those jobs, as many or none."""
    seen_places: tuple[Point, ...] = ()
    """Places of those jobs, newest last, each as often as it was seen."""
    answers: Mapping[str, bool] = field(default_factory=dict)
    """Conditions of postings that the person meets (True) or does not; missing: not said."""

    def title_words(self) -> list[tuple[str, ...]]:
        """Return the distinct titles that speak for this person, as words, in a fixed order."""
        return [*self.own_title_words(), *self.seen_title_words()]

    def own_title_words(self) -> list[tuple[str, ...]]:
        """Return the distinct titles wished and held, as words, in a fixed order."""
        words = (titles.tokens(t) for t in (*self.wanted_titles, *self.held_titles))
        return list(dict.fromkeys(w for w in words if w))

    def seen_title_words(self) -> list[tuple[str, ...]]:
        """Return the distinct titles of the jobs seen last that are not the person's own."""
        own = set(self.own_title_words())
        words = (titles.tokens(t) for t in self.seen_titles[-SEEN_LIMIT:])
        return list(dict.fromkeys(w for w in words if w and w not in own))

    def seen_heads(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """Return the distinct (title, employer) of the jobs seen last, as words."""
        employers = self.seen_employers or ("",) * len(self.seen_titles)
        seen = [*zip(self.seen_titles, employers, strict=True)][-SEEN_LIMIT:]
        words = ((titles.tokens(title), titles.tokens(employer)) for title, employer in seen)
        return list(dict.fromkeys(head for head in words if head[0]))

    def year_tenths(self) -> int:
        """Return years of experience in tenths, from the level where unsaid; -1 when unknown."""
        if self.years is not None:
            return max(0, min(1_000, round(self.years * 10)))
        return NOT_STATED if self.level is None else LEVEL_TENTHS[self.level]

    def own_level(self) -> int:
        """Return the level, from the years where unsaid; -1 when unknown."""
        if self.level is not None:
            return int(self.level)
        if self.years is None:
            return NOT_STATED
        tenths = self.year_tenths()
        return max(level for level in Level if LEVEL_TENTHS[level] <= tenths)

    def declared_only(self) -> "Profile":
        """Return the profile without evidence from behaviour ("no profiling")."""
        return replace(self, seen_titles=(), seen_employers=(), seen_places=())


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One open job as the database gives it. None always means: not stated."""

    id: int
    title: str
    text: str = ""
    """The beginning of the description; only `texts.LEAD` characters are read."""
    body: str = ""
    """The whole posting, read only where people give a text of their own; the product has none."""
    company: str = ""
    posted: int = 0
    """Day number (`date.toordinal()`)."""
    expires: int | None = None
    point: Point = NOWHERE
    remote: Remote = Remote.NOT_STATED
    pay_min: Decimal | int | None = None
    pay_max: Decimal | int | None = None
    pay_period: str | None = None
    pay_currency: str | None = None
    years_min: float | None = None
    years_max: float | None = None
    level: Level | None = None
    no_experience_ok: bool = False
    employment_type: str | None = None
    industry: str | None = None
    version: int = 0
    """Larger after each change of the posting; a job of the same version is the same."""
    viewers: int = 0
    """How many people looked at it lately; 0 where that is not counted or too few to say."""
    duplicate_group: int | None = None


class Ask(NamedTuple):
    """One skill that a job asks for."""

    job_id: int
    skill_id: int
    required: bool = True
    weight: int = 100
    """Percent of a full mention, 1..100."""


class Statement(NamedTuple):
    """One work-style feature that a posting states, or denies."""

    job_id: int
    feature: str
    stated: bool = True


class SkillLink(NamedTuple):
    """`narrower` is a special case of `broader`; with `family` they only stand side by side."""

    narrower: int
    broader: int
    family: bool = False


@dataclass(slots=True, eq=False)
class Sites:
    """The distinct places of jobs: quantised points on the globe, codes, remote."""

    xyz: Ints
    """(sites, 3) whole metres from the earth's centre."""
    located: Bools
    place: Groups
    """Number of the place code, -1 unknown."""
    region: Groups
    remote: npt.NDArray[np.int8]
    place_ids: dict[str, int]
    region_ids: dict[str, int]


@dataclass(slots=True, eq=False)
class Pays:
    """The distinct pays of jobs, in hundredths a year; -1 not stated."""

    low: Ints
    high: Ints
    currency: Groups
    currency_ids: dict[str, int]


@dataclass(slots=True, eq=False)
class Demands:
    """The distinct demands of experience: tenths of years, level, all welcome; -1 not stated."""

    low: Ints
    high: Ints
    level: Ints
    anyone: Bools


@dataclass(slots=True, eq=False)
class Styles:
    """The distinct sets of work-style features, one bit a feature."""

    stated: npt.NDArray[np.uint64]
    denied: npt.NDArray[np.uint64]
    bits: dict[str, int]

    def mask(self, features: Sequence[str] | frozenset[str]) -> np.uint64:
        """Return the bits of the features that any job speaks of."""
        return np.uint64(sum(1 << self.bits[f] for f in set(features) if f in self.bits))


@dataclass(slots=True, eq=False)
class Needs:
    """The distinct sets of conditions that jobs set: licences, hours, permit, age."""

    asked: Bools
    """(sets, conditions)."""
    codes: dict[str, int]
    """Column of a condition, by its code of `vocabulary.conditions`."""


@dataclass(eq=False)
class Asks:
    """Skills asked by jobs.

    The shares of one job's skills are basis points that add up to exactly 10,000.
    """

    skill_ids: dict[int, int]
    """Skill id to its number."""
    rarity: Groups
    """Per skill number, thousandths."""
    unseen: int
    """The rarity of a skill that no job asked for."""
    job_starts: Ints
    """Per job and one more: where its skills begin, the weightiest first."""
    job_skills: Groups
    job_numbers: Groups
    """`job_skills` as numbers."""
    job_shares: npt.NDArray[np.int16]
    job_required: Bools
    any: Bools
    """Per job: does it ask for any skill?"""
    links: tuple[SkillLink, ...]
    links_of: dict[int, tuple[SkillLink, ...]]
    """Links that touch a skill, by skill id."""

    @cached_property
    def _by_skill(self) -> npt.NDArray[np.int64]:
        return np.argsort(self.job_numbers, kind="stable")

    @cached_property
    def starts(self) -> Ints:
        """Per skill number and one more: where its jobs begin in `jobs` and `shares`."""
        counts = np.bincount(self.job_numbers, minlength=len(self.skill_ids))
        return starts_of(counts)

    @cached_property
    def jobs(self) -> Groups:
        """The positions of the jobs that ask for a skill, skill by skill."""
        lengths = np.diff(self.job_starts)
        return np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)[self._by_skill]

    @cached_property
    def shares(self) -> npt.NDArray[np.int16]:
        """What each of `jobs` gives for the skill."""
        return self.job_shares[self._by_skill]

    def earned(self, percent: Mapping[int, int], at: npt.NDArray[np.int64] | None = None) -> Ints:
        """Return the sum of shares times percent earned (by skill number), 0..1,000,000.

        Per job, or per position of `at`: of few jobs all skills are looked at, of many only
        the jobs that ask for a skill that earns something.
        """
        if at is not None and len(at) * FEW_OF < len(self.any):
            column = np.zeros(len(self.skill_ids) + 1, np.int32)
            column[list(percent)] = list(percent.values())
            entries = spread(self.job_starts, at)
            parts = column[self.job_numbers[entries]] * self.job_shares[entries]
            sums = np.concatenate(([0], np.cumsum(parts, dtype=np.int64)))
            ends = np.cumsum(self.job_starts[at + 1] - self.job_starts[at])
            return np.diff(sums[ends], prepend=0)
        total = np.zeros(len(self.any), np.int64)
        for number, one in percent.items():
            span = slice(self.starts[number], self.starts[number + 1])
            total[self.jobs[span]] += self.shares[span] * np.int64(one)
        return total if at is None else total[at]


@dataclass(slots=True, eq=False)
class JobFrame:
    """All open jobs as columns, in the order of ties: newest first, then by id.

    Numbers of distinct values are of the width that NumPy looks up by, which halves the time.
    """

    ids: Ints
    posted: Groups
    expires: Groups
    """Day number; the largest int32 where the posting has no end."""
    company: Groups
    company_ids: dict[str, int]
    duplicate: Ints
    """Number of the duplicate group; unique negative numbers for jobs without one."""
    employment: npt.NDArray[np.int16]
    employment_ids: dict[str, int]
    pays_well: Bools
    site: Ints
    sites: Sites
    pay: Ints
    pays: Pays
    demand: Ints
    demands: Demands
    style: Ints
    styles: Styles
    need: Ints
    needs: Needs
    asks: Asks
    title: Ints
    titles: TitleIndex
    head: Ints
    """Number of the title and employer in `heads`; 0 where the policy does not read them."""
    heads: HeadIndex
    text: Ints
    """Number of the posting in `texts`; its count for a job without a text."""
    texts: TextIndex
    viewers: Groups
    """How many people looked at it lately."""
    whole: Ints
    """Number of the posting in `wholes`; 0 where no whole postings were given."""
    wholes: WholeIndex
    versions: Ints
    """Larger after each change of a posting."""
    middles: Mapping[Group, int]
    """The usual pay of a kind of work in an area, hundredths a year."""
    positions: Mapping[int, int] = field(default_factory=dict)
    """Job id to column position."""
    semantic: SemanticIndex | None = None
    """Vectors of the titles in `titles`; None where the policy does not compare meanings."""
    memo: dict[Any, Bools] = field(default_factory=dict)
    """What is the same for many people, by what it depends on."""

    def __len__(self) -> int:
        return len(self.ids)

    def position(self, job_id: int) -> int:
        """Return where a job stands in the columns; raises KeyError when it is not open."""
        return self.positions[job_id]

    def statistics(self) -> Statistics:
        """Return the rarities and usual pays by which these columns were built."""
        t, h = self.titles, self.heads
        terms = dict(zip(self.texts.term_ids, self.texts.rarity.tolist(), strict=True))
        skills = zip(self.asks.skill_ids, self.asks.rarity.tolist(), strict=True)
        return Statistics(
            pieces=Rarity(dict(zip(t.gram_ids, t.idf.tolist(), strict=True)), t.unseen_idf),
            words=Rarity(t.word_idf, t.unseen_idf),
            head_pieces=Rarity(dict(zip(h.piece_ids, h.idf.tolist(), strict=True)), h.unseen_idf),
            head_words=Rarity(h.word_idf, h.unseen_idf),
            terms=Rarity(terms, self.texts.unseen),
            skills=Rarity(dict(skills), self.asks.unseen),
            middles=self.middles,
        )

    def earned(self, percent: Mapping[int, int]) -> Ints:
        """Return per job the sum of its skills' shares times percent earned, by skill number."""
        return self.asks.earned(percent)

    @property
    def asks_any(self) -> Bools:
        """Tell which jobs ask for any skill."""
        return self.asks.any

    @property
    def skill_ids(self) -> Mapping[int, int]:
        """The number of each skill that any job asks for, by id."""
        return self.asks.skill_ids

    @property
    def links_of(self) -> Mapping[int, tuple[SkillLink, ...]]:
        """The relations that touch a skill, by skill id."""
        return self.asks.links_of


def company_key(name: str) -> str:
    """Return the name under which a company's jobs are counted and blocked."""
    return "".join(titles.tokens(name))
