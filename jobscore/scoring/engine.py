"""The exact best jobs of each person, equal to scoring every pair, deterministic bit for bit.

Pure: NumPy only. The order is by rank points, then newest, then job id; a `JobFrame` stands in
the order of the last two already, so equal rank points keep their order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from jobscore.scoring import gating
from jobscore.scoring.components import culture_fit, experience, location, salary, skill_match
from jobscore.scoring.frames import Bools, Groups, JobFrame, Points, Profile
from jobscore.scoring.policy import COMPONENTS, FULL, Component, Policy

POINTS: Final[Mapping[Component, Callable[[Profile, JobFrame, Policy], Points]]] = {
    Component.SKILL_MATCH: skill_match.points,
    Component.LOCATION: location.points,
    Component.SALARY: salary.points,
    Component.EXPERIENCE: experience.points,
    Component.CULTURE_FIT: culture_fit.points,
}
_TABLES: Final[tuple[tuple[Component, Callable[[Profile, JobFrame, Policy], Points], str], ...]] = (
    (Component.LOCATION, location.table, "site"),
    (Component.SALARY, salary.table, "pay"),
    (Component.EXPERIENCE, experience.table, "demand"),
    (Component.CULTURE_FIT, culture_fit.table, "style"),
)
_RANK_BITS: Final = 20
"""Rank points (at most 1,000,000) fill 20 bits; the judged percent stands above them."""
_RANK_MASK: Final = (1 << _RANK_BITS) - 1


@dataclass(slots=True, eq=False)
class Judgement:
    """All jobs as one person's columns."""

    profile: Profile
    policy: Policy
    skill: Points
    tables: dict[Component, Points]
    """The points of the other components, per distinct value."""
    rank_points: Groups
    """0..1,000,000."""
    judged: Groups
    """Percent of the weight that could be judged."""

    def known(self) -> Groups:
        """Return weight times points over what could be judged, 0..1,000,000."""
        return self.rank_points - (100 - self.judged) * np.int32(self.policy.neutral)

    def totals(self, positions: npt.NDArray[np.int64] | slice = slice(None)) -> Groups:
        """Return totals 0..1,000,000 over what could be judged, rounded half up; -1 for none."""
        judged = self.judged[positions]
        divisor = np.maximum(judged, 1)
        totals = (self.known()[positions] * np.int32(200) + divisor) // (2 * divisor)
        return np.where(judged > 0, totals, np.int32(-1))

    def reaches(self, points: int) -> Bools:
        """Tell where the total is at least so many points (0..100), without dividing."""
        needed = np.int32(2 * points * FULL - 1)
        return (self.judged > 0) & (self.known() * np.int32(200) >= self.judged * needed)

    def shown(self) -> Bools:
        """Tell where enough was judged for a number to be shown."""
        return self.judged >= max(1, self.policy.coverage_floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """What a person may not be shown, apart from points: pass or fail, with the reason."""

    today: int = 0
    """Day number; postings that expired before it fail."""
    jobs: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Job ids by reason: hidden, sent, applied; their duplicates fail with them."""
    companies: frozenset[str] = frozenset()
    """Blocked companies, as `company_key`."""

    def closed(self, profile: Profile, jobs: JobFrame) -> dict[str, npt.NDArray[np.int64]]:
        """Return the positions that each reason closes."""
        found: dict[str, npt.NDArray[np.int64]] = {}
        if self.today:
            found["expired"] = np.flatnonzero(jobs.expires < self.today)
        for reason, ids in sorted(self.jobs.items()):
            known = sorted(jobs.positions[i] for i in ids if i in jobs.positions)
            groups = np.unique(jobs.duplicate[known])
            twins = np.flatnonzero(np.isin(jobs.duplicate, groups[groups >= 0]))
            found[reason] = np.union1d(np.array(known, np.int64), twins)
        blocked = [jobs.company_ids[c] for c in sorted(self.companies) if c in jobs.company_ids]
        if blocked:
            found["blocked_company"] = np.flatnonzero(np.isin(jobs.company, blocked))
        if profile.employment_types:
            wanted = [jobs.employment_ids.get(t, -1) for t in sorted(profile.employment_types)]
            fits = np.isin(jobs.employment, [*wanted, -1])
            found["employment_type"] = np.flatnonzero(~fits)
        return found | gating.closed(profile, jobs)


NO_GATES: Final = Gates()
Predicate = Callable[[Judgement, JobFrame], Bools]
"""Tells which jobs belong to a section for the person of the judgement."""


@dataclass(slots=True, eq=False)
class Ranked:
    """The exact best jobs of one person, best first."""

    user_id: int
    positions: Groups
    rank_points: Groups
    totals: Groups
    judged: Groups
    components: Points
    """(jobs, 5) basis points in the order of COMPONENTS; -1 not judged."""
    sections: dict[str, Groups]
    """Per section the positions of its best jobs, all of them among `positions`."""
    counts: dict[str, int]
    """How many jobs were eligible, and how many each reason left out."""


def judge(profile: Profile, jobs: JobFrame, policy: Policy) -> Judgement:
    """Score one person against all jobs."""
    policy = policy.with_own_weights(profile.weights)
    skill = skill_match.points(profile, jobs, policy)
    packed = _worth(Component.SKILL_MATCH, policy)[skill]
    tables: dict[Component, Points] = {}
    for component, table, group in _TABLES:
        tables[component] = table(profile, jobs, policy)
        packed += _worth(component, policy)[tables[component]][getattr(jobs, group)]
    return Judgement(
        profile=profile,
        policy=policy,
        skill=skill,
        tables=tables,
        rank_points=packed & _RANK_MASK,
        judged=packed >> _RANK_BITS,
    )


@lru_cache(maxsize=64)
def _worth(component: Component, policy: Policy) -> Groups:
    """Return what 0..10,000 points are worth, judged percent above; the last is unjudged (-1)."""
    weight = policy.weight(component)
    worth = np.arange(FULL + 2, dtype=np.int32) * weight + (weight << _RANK_BITS)
    worth[-1] = weight * policy.neutral
    return worth


def best(rank_points: Groups, among: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.int64]:
    """Return the exact best k of the positions (ascending), ties in the order of positions."""
    if k <= 0 or not len(among):
        return among[:0]
    points = rank_points[among]
    if len(among) > k:
        threshold = np.partition(points, len(among) - k)[len(among) - k]
        keep = points >= threshold
        among, points = among[keep], points[keep]
    return among[np.argsort(-points, kind="stable")[:k]]


def eligible(judgement: Judgement, jobs: JobFrame, gates: Gates) -> tuple[Bools, dict[str, int]]:
    """Tell which jobs may be chosen, and count what each reason leaves out (first that holds)."""
    open_ = np.ones(len(jobs), np.bool_)
    counts: dict[str, int] = {}
    for reason, positions in gates.closed(judgement.profile, jobs).items():
        counts[reason] = int(open_[positions].sum())
        open_[positions] = False
    shown = judgement.shown()
    counts["little_known"] = int((open_ & ~shown).sum())
    open_ &= shown
    enough = judgement.reaches(judgement.policy.minimum_total)
    counts["low_score"] = int((open_ & ~enough).sum())
    open_ &= enough
    counts["eligible"] = int(open_.sum())
    return open_, counts


def components_at(judgement: Judgement, jobs: JobFrame, positions: npt.NDArray[np.int64]) -> Points:
    """Return the five components of some jobs, (jobs, 5), in the order of COMPONENTS."""
    columns = {Component.SKILL_MATCH: judgement.skill[positions]}
    for component, _, group in _TABLES:
        columns[component] = judgement.tables[component][getattr(jobs, group)[positions]]
    return np.stack([columns[c] for c in COMPONENTS], axis=1)


def rank_one(
    profile: Profile,
    jobs: JobFrame,
    policy: Policy,
    gates: Gates = NO_GATES,
    *,
    k: int = 300,
    sections: Mapping[str, Predicate] | None = None,
    section_k: int = 40,
) -> Ranked:
    """Return the exact best k jobs of one person, and the best of each section's predicate."""
    judgement = judge(profile, jobs, policy)
    open_, counts = eligible(judgement, jobs, gates)
    rank_points = judgement.rank_points
    top = best(rank_points, np.flatnonzero(open_), k)
    chosen: dict[str, npt.NDArray[np.int64]] = {}
    for name, predicate in (sections or {}).items():
        member = predicate(judgement, jobs)
        within = top[member[top]]
        if len(within) < section_k:
            within = best(rank_points, np.flatnonzero(open_ & member), section_k)
        chosen[name] = within[:section_k]
    union = np.unique(np.concatenate([top, *chosen.values()]))
    ordered = best(rank_points, union, len(union))
    return Ranked(
        user_id=profile.user_id,
        positions=ordered.astype(np.int32),
        rank_points=rank_points[ordered],
        totals=judgement.totals(ordered),
        judged=judgement.judged[ordered],
        components=components_at(judgement, jobs, ordered),
        sections={name: found.astype(np.int32) for name, found in chosen.items()},
        counts=counts,
    )


def rank(
    profiles: Sequence[Profile],
    jobs: JobFrame,
    policy: Policy,
    gates: Mapping[int, Gates] | None = None,
    *,
    k: int = 300,
    sections: Mapping[str, Predicate] | None = None,
    section_k: int = 40,
) -> list[Ranked]:
    """Rank all jobs for each person, in the order of `profiles`; gates by user id."""
    gates = gates or {}
    return [
        rank_one(
            profile,
            jobs,
            policy,
            gates.get(profile.user_id, NO_GATES),
            k=k,
            sections=sections,
            section_k=section_k,
        )
        for profile in profiles
    ]
