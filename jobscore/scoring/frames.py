"""What the engine reads: one person as a `Profile`, all jobs as the columns of a `JobFrame`.

Pure: plain values and NumPy columns. Columns that many jobs share (place, pay, experience, work
style, title) are stored once per distinct value, and each job holds the number of its value:
a component is computed on the distinct values and spread over the jobs by one look-up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from jobscore.scoring import titles
from jobscore.scoring.heads import HeadIndex
from jobscore.scoring.semantic import SemanticIndex
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
class Asks:
    """Skills asked by jobs, by skill (for ranking) and by job (for explaining).

    The shares of one job's skills are basis points that add up to exactly 10,000.
    """

    skill_ids: dict[int, int]
    starts: Ints
    jobs: Groups
    shares: npt.NDArray[np.int16]
    job_starts: Ints
    job_skills: Groups
    job_shares: npt.NDArray[np.int16]
    job_required: Bools
    any: Bools
    """Per job: does it ask for any skill?"""
    links: tuple[SkillLink, ...]
    links_of: dict[int, tuple[SkillLink, ...]]
    """Links that touch a skill, by skill id."""


@dataclass(slots=True, eq=False)
class JobFrame:
    """All open jobs as columns, in the order of ties: newest first, then by id."""

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
    site: Groups
    sites: Sites
    pay: Groups
    pays: Pays
    demand: Groups
    demands: Demands
    style: Groups
    styles: Styles
    asks: Asks
    title: Groups
    titles: TitleIndex
    head: Groups
    """Number of the title and employer in `heads`; 0 where the policy does not read them."""
    heads: HeadIndex
    text: Groups
    """Number of the posting in `texts`; its count for a job without a text."""
    texts: TextIndex
    viewers: Groups
    """How many people looked at it lately."""
    whole: Groups
    """Number of the posting in `wholes`; 0 where no whole postings were given."""
    wholes: WholeIndex
    positions: dict[int, int] = field(default_factory=dict)
    """Job id to column position."""
    semantic: SemanticIndex | None = None
    """Vectors of the titles in `titles`; None where the policy does not compare meanings."""

    def __len__(self) -> int:
        return len(self.ids)

    def position(self, job_id: int) -> int:
        """Return where a job stands in the columns; raises KeyError when it is not open."""
        return self.positions[job_id]


def narrow(jobs: JobFrame, positions: Sequence[int]) -> JobFrame:
    """Return the frame of only some jobs, with the weights that they have among all jobs.

    The points of a job in it equal those in the whole frame, which is what makes explaining one
    job cheap. Sections that compare jobs with each other keep their marks.
    """
    at = np.array(sorted(positions), np.int64)
    site, sites = np.unique(jobs.site[at]), jobs.sites
    pay, demand, style = (np.unique(c[at]) for c in (jobs.pay, jobs.demand, jobs.style))
    return replace(
        jobs,
        ids=jobs.ids[at],
        posted=jobs.posted[at],
        expires=jobs.expires[at],
        company=jobs.company[at],
        duplicate=jobs.duplicate[at],
        employment=jobs.employment[at],
        pays_well=jobs.pays_well[at],
        site=_renumber(site, jobs.site[at]),
        sites=replace(
            sites,
            xyz=sites.xyz[site],
            located=sites.located[site],
            place=sites.place[site],
            region=sites.region[site],
            remote=sites.remote[site],
        ),
        pay=_renumber(pay, jobs.pay[at]),
        pays=replace(
            jobs.pays,
            low=jobs.pays.low[pay],
            high=jobs.pays.high[pay],
            currency=jobs.pays.currency[pay],
        ),
        demand=_renumber(demand, jobs.demand[at]),
        demands=Demands(
            low=jobs.demands.low[demand],
            high=jobs.demands.high[demand],
            level=jobs.demands.level[demand],
            anyone=jobs.demands.anyone[demand],
        ),
        style=_renumber(style, jobs.style[at]),
        styles=replace(
            jobs.styles, stated=jobs.styles.stated[style], denied=jobs.styles.denied[style]
        ),
        asks=_narrow_asks(jobs.asks, at),
        title=jobs.title[at],
        head=jobs.head[at],
        text=jobs.text[at],
        viewers=jobs.viewers[at],
        whole=jobs.whole[at],
        positions={int(job): i for i, job in enumerate(jobs.ids[at])},
    )


def _renumber(kept: npt.NDArray[Any], column: Groups) -> Groups:
    return np.searchsorted(kept, column).astype(np.int32)


def _narrow_asks(asks: Asks, at: Ints) -> Asks:
    spans = [slice(asks.job_starts[i], asks.job_starts[i + 1]) for i in at]
    lengths = [s.stop - s.start for s in spans]
    entries = np.concatenate([np.arange(s.start, s.stop) for s in spans] or [np.zeros(0, np.int64)])
    entries = entries.astype(np.int64)
    skills, shares = asks.job_skills[entries], asks.job_shares[entries]
    ids, number = np.unique(skills, return_inverse=True)
    order = np.argsort(number, kind="stable")
    counts = np.bincount(number, minlength=len(ids))
    owners = np.repeat(np.arange(len(at), dtype=np.int32), lengths)
    return replace(
        asks,
        skill_ids={int(s): i for i, s in enumerate(ids)},
        starts=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        jobs=owners[order],
        shares=shares[order],
        job_starts=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        job_skills=skills,
        job_shares=shares,
        job_required=asks.job_required[entries],
        any=asks.any[at],
    )


def company_key(name: str) -> str:
    """Return the name under which a company's jobs are counted and blocked."""
    return "".join(titles.tokens(name))
