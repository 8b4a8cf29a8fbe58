"""Jobs as plain columns, one value a job, and one person as plain numbers to compare with."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jobscore.scoring.building import globe
from jobscore.scoring.components import skill_match
from jobscore.scoring.frames import JobFrame, JobRow, Profile, RemoteWish
from jobscore.scoring.pay import yearly
from jobscore.scoring.policy import Policy
from tests.benchmarks.town import Town

K = 40
Ints = npt.NDArray[np.int64]


class Scored(NamedTuple):
    """One of the best jobs, as every way must give it."""

    job: int
    rank_points: int
    total: int
    #: Basis points in the order of COMPONENTS, -1 not judged.
    components: tuple[int, ...]


@dataclass(slots=True)
class Columns:
    """All jobs, newest first, then by id; -1 where a posting does not say."""

    ids: Ints
    posted: Ints
    expires: Ints
    employment: Ints
    xyz: Ints
    located: npt.NDArray[np.bool_]
    place: Ints
    region: Ints
    remote: Ints
    pay_low: Ints
    pay_high: Ints
    currency: Ints
    years_low: Ints
    years_high: Ints
    level: Ints
    anyone: npt.NDArray[np.bool_]
    stated: npt.NDArray[np.uint64]
    denied: npt.NDArray[np.uint64]
    #: Position of the job, skill, share in basis points; sorted by job.
    asks: tuple[Ints, Ints, Ints]
    asks_any: npt.NDArray[np.bool_]
    #: Per job and one more: where its asks begin.
    starts: Ints
    #: Numbers of words that stand in columns: places, regions, currencies, employment types.
    numbers: dict[str, int]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, at: Ints) -> "Columns":
        """Return only some jobs."""
        _, skill, share = self.asks
        first, lengths = self.starts[at], self.starts[at + 1] - self.starts[at]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        entries = np.repeat(first - starts[:-1], lengths) + np.arange(starts[-1])
        names = [f.name for f in fields(self) if f.name not in ("asks", "starts", "numbers")]
        return Columns(
            **{name: getattr(self, name)[at] for name in names},
            asks=(np.repeat(np.arange(len(at)), lengths), skill[entries], share[entries]),
            starts=starts,
            numbers=self.numbers,
        )


@dataclass(slots=True)
class Question:
    """One person as plain numbers, with what is given of titles and skills."""

    user_id: int
    today: int
    home: list[int] | None
    places: list[int]
    regions: list[int]
    half_squared: int
    remote: RemoteWish
    wish: int
    currency: int
    tenths: int
    level: int
    features: list[int]
    employment: list[int]
    #: Percent that each asked skill earns.
    credits: dict[int, int]
    #: Basis points of each job; None for people without a title.
    closeness: Ints | None
    weights: tuple[int, ...]
    knows_skills: bool

    def with_closeness(self, points: Ints | None) -> "Question":
        """Return the same question of other jobs."""
        return replace(self, closeness=points)


def columns(town: Town, jobs: JobFrame) -> Columns:
    """Spread the town's jobs out: one value a job, nothing shared."""
    rows = sorted(town.rows, key=lambda row: (-row.posted, row.id))
    numbers: dict[str, int] = {}
    places = {row.id: i for i, row in enumerate(rows)}
    bits: dict[int, list[int]] = {}
    number_of = {code: i for i, code in enumerate(town.features)}
    for job, feature, stated in town.statements():
        marks = bits.setdefault(job, [0, 0])
        marks[0 if stated else 1] |= 1 << number_of[feature]
    marks_of = [bits.get(row.id, (0, 0)) for row in rows]
    xyz, located = globe(row.point for row in rows)
    lows, highs = _pay(rows)
    lengths = np.diff(jobs.asks.job_starts)
    if jobs.ids.tolist() != list(places):
        raise ValueError("the engine's columns stand in another order")
    return Columns(
        ids=_ints(row.id for row in rows),
        posted=_ints(row.posted for row in rows),
        expires=_ints(10**9 if row.expires is None else row.expires for row in rows),
        employment=_ints(_number(numbers, row.employment_type) for row in rows),
        xyz=xyz,
        located=located,
        place=_ints(_number(numbers, row.point.place) for row in rows),
        region=_ints(_number(numbers, row.point.region) for row in rows),
        remote=_ints(int(row.remote) for row in rows),
        pay_low=lows,
        pay_high=highs,
        currency=_ints(_number(numbers, row.pay_currency) for row in rows),
        years_low=_ints(_tenths(row.years_min) for row in rows),
        years_high=_ints(_tenths(row.years_max) for row in rows),
        level=_ints(-1 if row.level is None else int(row.level) for row in rows),
        anyone=np.array([row.no_experience_ok for row in rows], np.bool_),
        stated=np.array([s & ~d for s, d in marks_of], np.uint64),
        denied=np.array([d for _, d in marks_of], np.uint64),
        asks=(
            np.repeat(np.arange(len(rows)), lengths),
            jobs.asks.job_skills.astype(np.int64),
            jobs.asks.job_shares.astype(np.int64),
        ),
        starts=np.asarray(jobs.asks.job_starts),
        asks_any=np.asarray(jobs.asks.any),
        numbers=numbers,
    )


def question(person: Profile, town: Town, jobs: JobFrame, of: Columns, policy: Policy) -> Question:
    """Return what is asked of the jobs for one person of the sample (one home, no history)."""
    if len(person.homes) > 1 or person.move_to or person.seen_titles or person.seen_places:
        raise ValueError(f"the sample has no such person: {person}")
    xyz, known = globe(person.homes)
    close = skill_match.closeness(person, jobs, policy)
    wish = yearly(person.pay_wish, person.pay_period)
    half = person.half_distance_km or policy.parameters.half_distance_km
    return Question(
        user_id=person.user_id,
        today=town.today.toordinal(),
        home=xyz[0].tolist() if known.any() else None,
        places=[of.numbers.get(h.place, -2) for h in person.homes if h.place],
        regions=[of.numbers.get(h.region, -2) for h in person.homes if h.region],
        half_squared=(max(1, half) * 1_000) ** 2,
        remote=person.remote,
        wish=wish if person.pay_currency else -1,
        currency=of.numbers.get(person.pay_currency or "", -2),
        tenths=person.year_tenths(),
        level=person.own_level(),
        features=[town.features.index(f) for f in sorted(person.features)],
        employment=[of.numbers.get(t, -2) for t in sorted(person.employment_types)],
        credits={
            skill: percent
            for skill, (percent, _) in skill_match.credits(person, jobs, policy).items()
        },
        closeness=None if close is None else close.astype(np.int64),
        weights=policy.with_own_weights(person.weights).weights,
        knows_skills=bool(person.skills),
    )


def _ints(values: Any) -> Ints:
    return np.array(list(values), np.int64)


def _number(numbers: dict[str, int], word: str | None) -> int:
    return -1 if not word else numbers.setdefault(word, len(numbers))


def _tenths(years: float | None) -> int:
    return -1 if years is None else max(0, min(1_000, round(years * 10)))


def _pay(rows: Sequence[JobRow]) -> tuple[Ints, Ints]:
    low = _ints(yearly(row.pay_min, row.pay_period) for row in rows)
    high = _ints(yearly(row.pay_max, row.pay_period) for row in rows)
    return np.where(low < 0, high, low), np.where(high < 0, low, high)
