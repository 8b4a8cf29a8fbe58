"""The exact best jobs of each person, equal to scoring every pair, deterministic bit for bit.

Pure: NumPy only. The order is by rank points, then newest, then job id; a `JobFrame` stands in
the order of the last two already, so equal rank points keep their order.

Few jobs are scored in full. Place and work tell the best from the rest; pay, experience and work
style can add only so much for a person, so a job that could not reach the last of the best found
so far is left out without looking at them. What remains, the contenders, is ranked as if there
were no others: leaving out is all that pruning does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from jobscore.scoring import gating
from jobscore.scoring.components import culture_fit, experience, location, salary, skill_match
from jobscore.scoring.components.skill_match import Work
from jobscore.scoring.frames import Bools, Groups, JobFrame, Points, Profile
from jobscore.scoring.narrowing import JobView
from jobscore.scoring.policy import COMPONENTS, FULL, Component, Policy

FEW: Final = 4_000
"""So many jobs are scored in full at once; looking for fewer would cost more than it saves."""
CLOSED: Final = -1
"""Stands in place of points for what may not be chosen at all."""
SEEDS: Final = 1_500
"""Jobs best by place and work that are scored first, to learn what the best must reach."""

Positions = npt.NDArray[np.int64]


@dataclass(slots=True, eq=False)
class Judgement:
    """All jobs of a frame as one person's columns."""

    profile: Profile
    policy: Policy
    work: Work
    """What skills and titles are to the person."""
    others: Mapping[Component, Points]
    """The other components: 0..10,000 per job; -1 not judged."""
    rank_points: Groups
    """0..1,000,000."""
    judged: Groups
    """Percent of the weight that could be judged."""

    @property
    def skill(self) -> Points:
        """The points of skills and work."""
        return self.work.points

    @property
    def points(self) -> dict[Component, Points]:
        """All components: 0..10,000 per job; -1 not judged."""
        return {Component.SKILL_MATCH: self.work.points, **self.others}

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

    def closed(self, profile: Profile, jobs: JobFrame) -> dict[str, Positions]:
        """Return the positions in the frame (or view) that each reason closes."""
        expired = {"expired": np.flatnonzero(jobs.expires < self.today)} if self.today else {}
        return expired | self._own(jobs) | self._of_profile(profile, jobs)

    def _own(self, jobs: JobFrame) -> dict[str, Positions]:
        """Return what this person alone may not be shown."""
        found: dict[str, Positions] = {}
        for reason, ids in sorted(self.jobs.items()):
            if ids:
                found[reason] = self._with_twins(ids, jobs)
        blocked = [jobs.company_ids[c] for c in sorted(self.companies) if c in jobs.company_ids]
        if blocked:
            found["blocked_company"] = np.flatnonzero(np.isin(jobs.company, blocked))
        return found

    @staticmethod
    def _of_profile(profile: Profile, jobs: JobFrame) -> dict[str, Positions]:
        """Return what the person's answers leave out: the same for all who answer alike."""
        found: dict[str, Positions] = {}
        if profile.employment_types:
            fits = np.zeros(len(jobs.employment_ids) + 1, np.bool_)
            fits[-1] = True  # not stated
            for wanted in profile.employment_types & jobs.employment_ids.keys():
                fits[jobs.employment_ids[wanted]] = True
            found["employment_type"] = np.flatnonzero(~fits[jobs.employment])
        return found | gating.closed(profile, jobs)

    @staticmethod
    def _with_twins(ids: frozenset[int], jobs: JobFrame) -> Positions:
        whole = jobs.base if isinstance(jobs, JobView) else jobs
        known = [whole.positions[i] for i in ids if i in whole.positions]
        return np.flatnonzero(np.isin(jobs.duplicate, whole.duplicate[known]))

    def open(self, profile: Profile, jobs: JobFrame) -> Bools:
        """Tell which jobs no reason closes."""
        # Most people share the day, one of a few sets of employment types, and few answers.
        answers = frozenset(profile.answers.items())
        shared = (self.today, profile.employment_types, answers)
        if (found := jobs.memo.get(shared)) is None:
            found = np.ones(len(jobs), np.bool_)
            for positions in Gates(today=self.today).closed(profile, jobs).values():
                found[positions] = False
            if len(jobs.memo) >= 64:
                jobs.memo.clear()
            jobs.memo[shared] = found
        found = found.copy()
        for positions in self._own(jobs).values():
            found[positions] = False
        return found


NO_GATES: Final = Gates()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Which jobs belong to a section: those that pass all tests, the cheapest first."""

    sites: Callable[[Profile, JobFrame, Policy], Bools] | None = None
    """By the distinct place."""
    jobs: Callable[[JobFrame], Bools] | None = None
    """By the job alone, whoever the person is."""
    work: Callable[[Judgement, JobFrame], Bools] | None = None
    """By what skills and work are to the person."""

    def outline(self, profile: Profile, jobs: JobFrame, policy: Policy) -> Bools:
        """Tell which places may hold members."""
        if self.sites is None:
            return np.ones(len(jobs.sites.remote), np.bool_)
        return self.sites(profile, jobs, policy)

    def members(self, judgement: Judgement, jobs: JobFrame, outline: Bools) -> Bools:
        """Tell which jobs belong to it, given which places may hold members."""
        found = np.ones(len(jobs), np.bool_)
        if self.sites is not None:
            found = outline.take(jobs.site)
        if self.jobs is not None:
            found &= self.jobs(jobs)
        if self.work is not None:
            found &= self.work(judgement, jobs)
        return found


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The best k of a section, and the places that may hold them."""

    k: int
    section: Section
    outline: Bools

    def members(self, judgement: Judgement, jobs: JobFrame) -> Bools:
        """Tell which jobs belong to the section."""
        return self.section.members(judgement, jobs, self.outline)


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


def judge(
    profile: Profile,
    jobs: JobFrame,
    policy: Policy,
    *,
    work: Work | None = None,
    at_sites: Points | None = None,
) -> Judgement:
    """Score one person against all jobs of a frame.

    `work` and `at_sites` (the location points of every place) are given where they are known.
    """
    policy = policy.with_own_weights(profile.weights)
    work = work or skill_match.judge(profile, jobs, policy)
    others = {
        Component.LOCATION: location.points(profile, jobs, policy)
        if at_sites is None
        else at_sites.take(jobs.site),
        Component.SALARY: salary.points(profile, jobs, policy),
        Component.EXPERIENCE: experience.points(profile, jobs, policy),
        Component.CULTURE_FIT: culture_fit.points(profile, jobs, policy),
    }
    rank_points = np.zeros(len(jobs), np.int32)
    judged = np.zeros(len(jobs), np.int32)
    found = Judgement(profile, policy, work, others, rank_points, judged)
    for component, points in found.points.items():
        weight = policy.weight(component)
        rank_points += _worth(points, weight, policy)
        judged += (points >= 0) * np.int32(weight)
    return found


def _worth(points: Points, weight: int, policy: Policy) -> Groups:
    """Return what points of a component are worth for the order; unjudged as the neutral ones."""
    known = np.where(points < 0, np.int16(policy.neutral), points)
    return np.multiply(known, weight, dtype=np.int32)


def best(rank_points: Groups, among: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.int64]:
    """Return the exact best k of the positions (ascending), ties in the order of positions."""
    if k <= 0 or not len(among):
        return among[:0]
    points = rank_points[among]
    if len(among) > k:
        keep = points >= _kth(points, k)
        among, points = among[keep], points[keep]
    return among[np.argsort(-points, kind="stable")[:k]]


def eligible(judgement: Judgement) -> Bools:
    """Tell of which jobs enough is known, and whether they reach the least total."""
    return judgement.shown() & judgement.reaches(judgement.policy.minimum_total)


def left_out(profile: Profile, jobs: JobFrame, policy: Policy, gates: Gates) -> dict[str, int]:
    """Count the jobs that may be chosen (`eligible`), and what each reason leaves out.

    A job that several reasons leave out counts for the first of them.
    """
    judgement = judge(profile, jobs, policy)
    open_ = np.ones(len(jobs), np.bool_)
    counts: dict[str, int] = {}
    for reason, positions in gates.closed(profile, jobs).items():
        counts[reason] = int(open_[positions].sum())
        open_[positions] = False
    shown = judgement.shown()
    counts["little_known"] = int((open_ & ~shown).sum())
    open_ &= shown
    enough = judgement.reaches(judgement.policy.minimum_total)
    counts["low_score"] = int((open_ & ~enough).sum())
    counts["eligible"] = int((open_ & enough).sum())
    return counts


def components_at(judgement: Judgement, jobs: JobFrame, positions: Positions) -> Points:
    """Return the five components of some jobs, (jobs, 5), in the order of COMPONENTS."""
    return np.stack([judgement.points[c][positions] for c in COMPONENTS], axis=1)


class Depth(NamedTuple):
    """How many of the best are looked for: overall, and in each section."""

    k: int = 300
    section_k: int = 40

    def deeper(self) -> "Depth":
        """Return eight times as many."""
        return Depth(8 * self.k, 8 * self.section_k)


def rank_one(
    profile: Profile,
    jobs: JobFrame,
    policy: Policy,
    gates: Gates = NO_GATES,
    *,
    k: int = 300,
    sections: Mapping[str, Section] | None = None,
    section_k: int = 40,
    few: int | None = None,
) -> Ranked:
    """Return the exact best k jobs of one person, and the best of each section.

    A frame with more jobs than `few` is pruned, which changes only the time it takes.
    """
    policy = policy.with_own_weights(profile.weights)
    best_of = {"": (k, Section())} | {n: (section_k, s) for n, s in (sections or {}).items()}
    wanted = {
        name: _Wanted(count, section, section.outline(profile, jobs, policy))
        for name, (count, section) in best_of.items()
    }
    at_sites = location.table(profile, jobs, policy)
    view, work, open_ = jobs, None, gates.open(profile, jobs)
    if len(jobs) > (FEW if few is None else few):
        view, work = _contenders(profile, jobs, policy, open_, [*wanted.values()], at_sites)
        open_ = open_[view.at]
    judgement = judge(profile, view, policy, work=work, at_sites=at_sites)
    open_ &= eligible(judgement)
    rank_points = judgement.rank_points
    chosen: dict[str, Positions] = {}
    for name, one in wanted.items():
        members = np.flatnonzero(open_ & one.members(judgement, view))
        chosen[name] = best(rank_points, members, one.k)
    union = np.unique(np.concatenate([*chosen.values()]))
    ordered = best(rank_points, union, len(union))
    at = view.at if isinstance(view, JobView) else np.arange(len(jobs))
    return Ranked(
        user_id=profile.user_id,
        positions=at[ordered].astype(np.int32),
        rank_points=rank_points[ordered],
        totals=judgement.totals(ordered),
        judged=judgement.judged[ordered],
        components=components_at(judgement, view, ordered),
        sections={name: at[found].astype(np.int32) for name, found in chosen.items() if name},
    )


def _contenders(
    profile: Profile,
    jobs: JobFrame,
    policy: Policy,
    open_: Bools,
    wanted: Sequence[_Wanted],
    at_sites: Points,
) -> tuple[JobView, Work]:
    """Return jobs among which all of the best are, and what their work is to the person.

    A job counts out when the most that it could reach lies below what the last of the best among
    the seeds reaches, in every section to which it belongs. Equal points stay in: ties are
    decided by those who know them.
    """
    slack, most_judged = _rest(profile, policy, at_sites)
    if most_judged < policy.coverage_floor:
        open_ = np.zeros_like(open_)  # whatever the job: too little is known of the person
    work = skill_match.judge(profile, jobs, policy)
    known = _worth(at_sites, policy.weight(Component.LOCATION), policy).take(jobs.site)
    known += _worth(work.points, policy.weight(Component.SKILL_MATCH), policy)
    known[~open_] = CLOSED
    half = Judgement(profile, policy, work, {}, known, known[:0])  # nobody asks what is judged

    def floors_of(at: Positions, asked: Sequence[_Wanted]) -> list[int]:
        seeds = JobView(jobs, at)
        judgement = judge(profile, seeds, policy, work=work.at(at), at_sites=at_sites)
        return _floors(judgement, seeds, open_[at], asked)

    floors = floors_of(_top(known, SEEDS), wanted)
    few = [i for i, floor in enumerate(floors) if floor < 0 < wanted[i].k]
    members = {i: wanted[i].members(half, jobs) & open_ for i in few}
    for i, found in members.items():
        among = np.flatnonzero(found)
        if len(among) > SEEDS:  # fewer are simply all scored
            at = among[_top(known[among], 4 * wanted[i].k)]
            floors[i] = floors_of(at, [wanted[i]])[0]
    full = [i for i, floor in enumerate(floors) if floor >= 0]
    least = min((floors[i] for i in full), default=0) - slack
    at = np.flatnonzero(known >= np.maximum(least, 0))
    view = JobView(jobs, at)
    half = Judgement(profile, policy, work.at(at), {}, known[at], known[:0])
    chosen = np.zeros(len(jobs), np.bool_)
    for i in full:
        may = half.rank_points >= floors[i] - slack
        chosen[at[may & wanted[i].members(half, view)]] = True
    for i in few:
        if floors[i] < 0:
            chosen |= members[i]
    at = np.flatnonzero(chosen)
    return JobView(jobs, at), work.at(at)


def _top(points: Groups, k: int) -> Positions:
    """Return where the k largest stand, ascending, and all that equal the last of them."""
    if len(points) <= k:
        return np.arange(len(points))
    return np.flatnonzero(points >= _kth(points, k))


def _kth(points: Groups, k: int) -> int:
    """Return the k-th largest; there must be so many."""
    n = len(points)
    return int(np.partition(points, n - k)[n - k])


def _floors(
    judgement: Judgement, seeds: JobFrame, open_: Bools, wanted: Sequence[_Wanted]
) -> list[int]:
    """Return what the last of the best k among the seeds reaches, per section; -1 for too few."""
    open_ = open_ & eligible(judgement)
    floors = []
    for one in wanted:
        points, k = judgement.rank_points[open_ & one.members(judgement, seeds)], one.k
        floors.append(-1 if len(points) < k or k <= 0 else _kth(points, k))
    return floors


def _rest(profile: Profile, policy: Policy, at_sites: Points) -> tuple[np.int32, int]:
    """Return what pay, experience and work style are worth at most to this person.

    With it comes the percent of the weight that can be judged at most, whatever the job.
    """
    speaks = {
        Component.SKILL_MATCH: bool(profile.skills or profile.title_words() or profile.text),
        Component.LOCATION: bool((at_sites >= 0).any()),
        Component.SALARY: salary.wish_of(profile) > 0,
        Component.EXPERIENCE: True,
        Component.CULTURE_FIT: bool(profile.features),
    }
    most = {
        c: policy.weight(c) * (FULL if speaks[c] else policy.neutral)
        for c in (Component.SALARY, Component.EXPERIENCE, Component.CULTURE_FIT)
    }
    return np.int32(sum(most.values())), sum(policy.weight(c) for c in speaks if speaks[c])


def rank(
    profiles: Sequence[Profile],
    jobs: JobFrame,
    policy: Policy,
    gates: Mapping[int, Gates] | None = None,
    *,
    k: int = 300,
    sections: Mapping[str, Section] | None = None,
    section_k: int = 40,
    few: int | None = None,
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
            few=few,
        )
        for profile in profiles
    ]
