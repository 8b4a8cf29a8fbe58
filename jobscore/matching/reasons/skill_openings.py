"""What one more skill opens: how many more jobs near a person would reach a good total.

The count for a skill is exact: as many as judging all jobs with the profile that has the skill
would give. Only jobs that would reach the total with all the skills that are looked at can reach
it with one of them, and of their scores a skill changes one part: that part alone is made anew.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from jobscore.matching.reasons.small_changes import SKILL_LEVEL
from jobscore.scoring import engine
from jobscore.scoring.components import location, skill_match
from jobscore.scoring.engine import Judgement
from jobscore.scoring.frames import Bools, JobFrame, Profile, Remote, RemoteWish
from jobscore.scoring.narrowing import narrow
from jobscore.scoring.policy import TOTAL_SCALE, Component, Policy

GOOD_TOTAL: Final = 70
"""The shown total from which a job counts as opened."""
NEAR_KM: Final = 10
"""How far from a home it may be."""
MOST_SKILLS: Final = 40
"""So many skills are tried: those that promise most among the jobs that fall short."""
MOST_WEIGHED: Final = 200
"""They are chosen among so many, those for which most of these jobs ask."""

Positions = npt.NDArray[np.int64]


class Scope(StrEnum):
    """Which jobs are counted, in the person's own terms."""

    NEAR = "near"
    """Within NEAR_KM of a home."""
    REGION = "region"
    """In a prefecture or state that is the person's, or to which they would move."""
    REMOTE = "remote"
    """Fully remote."""
    ANYWHERE = "anywhere"
    """Everywhere: the person names no place."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What one skill opens."""

    skill_id: int
    more: int
    """How many more jobs reach the total; copies of one posting count once."""


@dataclass(frozen=True, slots=True)
class Openings:
    """What each skill opens, the most first; skills that open nothing are left out."""

    scope: Scope
    now: int
    """How many jobs reach the total already."""
    skills: tuple[Opening, ...]
    total: int
    """The total that they reach, 0..100."""
    km: int = NEAR_KM


def openings(
    profile: Profile,
    jobs: JobFrame,
    policy: Policy,
    closed: Positions | None = None,
    skills: Sequence[int] | None = None,
    good: int = GOOD_TOTAL,
) -> Openings:
    """Count the jobs that each skill would lift to a good total (0..100) for a person.

    :param closed: positions of jobs that may not be shown to the person, and are not counted.
    :param skills: the skills to try; None tries those that promise most.
    """
    scope = scope_of(profile, jobs)
    counted = _within(scope, profile, jobs)
    if closed is not None:
        counted[closed] = False
    reached = _reaching(engine.judge(profile, jobs, policy), good) & counted
    tried = (
        _candidates(profile, jobs, counted & ~reached, policy) if skills is None else list(skills)
    )
    tried = [skill for skill in dict.fromkeys(tried) if skill not in profile.skills]
    able = _reaching(engine.judge(_having(profile, tried), jobs, policy), good) & counted
    now = kept = len(np.unique(jobs.duplicate[reached]))
    if profile.skills:  # one more then costs no job: what is reached stays so
        able &= ~np.isin(jobs.duplicate, jobs.duplicate[reached])
        kept = 0
    few = narrow(jobs, np.flatnonzero(able).tolist())
    before = engine.judge(profile, few, policy)
    found = []
    for skill in tried if len(few) else ():
        after = _reaching(_judged_with(_having(profile, [skill]), few, before), good)
        found.append(Opening(skill, len(np.unique(few.duplicate[after])) - kept))
    found = [opening for opening in found if opening.more > 0]
    return Openings(scope, now, tuple(sorted(found, key=lambda o: (-o.more, o.skill_id))), good)


def _reaching(judgement: Judgement, good: int) -> Bools:
    """Tell which jobs are shown with at least so many points."""
    enough = judgement.totals() >= good * TOTAL_SCALE - TOTAL_SCALE // 2
    return np.asarray(enough & judgement.shown())


def _judged_with(profile: Profile, jobs: JobFrame, before: Judgement) -> Judgement:
    """Judge a profile that differs from that of `before` in its skills: one part is made anew."""
    policy, work = before.policy, skill_match.judge(profile, jobs, before.policy)
    weight = np.int32(policy.weight(Component.SKILL_MATCH))
    old, new = (
        np.where(s < 0, policy.neutral, s).astype(np.int32) for s in (before.skill, work.points)
    )
    known = (work.points >= 0).astype(np.int32) - (before.skill >= 0)
    return replace(
        before,
        profile=profile,
        work=work,
        rank_points=before.rank_points + weight * (new - old),
        judged=before.judged + weight * known,
    )


def _having(profile: Profile, skills: Sequence[int]) -> Profile:
    return replace(profile, skills={**dict.fromkeys(skills, SKILL_LEVEL), **profile.skills})


def scope_of(profile: Profile, jobs: JobFrame) -> Scope:
    """Return which jobs are counted for a person: as near as what they told allows."""
    if profile.remote is RemoteWish.ONLY:
        return Scope.REMOTE
    if any(home.lat is not None and home.lon is not None for home in profile.homes):
        return Scope.NEAR
    return Scope.REGION if _regions(profile) else Scope.ANYWHERE


def _regions(profile: Profile) -> set[str]:
    return {home.region for home in profile.homes if home.region} | profile.move_to


def _within(scope: Scope, profile: Profile, jobs: JobFrame) -> Bools:
    """Tell which jobs lie in the scope."""
    sites = jobs.sites
    if scope is Scope.REMOTE:
        inside = sites.remote == Remote.FULLY
    elif scope is Scope.NEAR:
        squared, known = location.squared_metres(profile.homes, sites)
        inside = known & (squared <= (NEAR_KM * 1_000) ** 2)
    elif scope is Scope.REGION:
        numbers = [sites.region_ids[r] for r in _regions(profile) if r in sites.region_ids]
        inside = np.isin(sites.region, numbers)
    else:
        inside = np.ones(len(sites.remote), np.bool_)
    return np.asarray(inside[jobs.site])


def _candidates(profile: Profile, jobs: JobFrame, short: Bools, policy: Policy) -> list[int]:
    """Return the skills that the person has not and that would earn most among the given jobs.

    What a skill earns is how many of them ask for it, and for its relatives at their credit.
    """
    asks = jobs.asks
    owners = np.repeat(np.arange(len(jobs)), np.diff(asks.job_starts))
    asked = Counter(asks.job_skills[short[owners]].tolist())
    order = sorted(asked, key=lambda skill: (-asked[skill], skill))
    promise = {}
    for skill in [skill for skill in order if skill not in profile.skills][:MOST_WEIGHED]:
        alone = replace(profile, skills={skill: SKILL_LEVEL})
        earned = skill_match.credits(alone, jobs, policy)
        promise[skill] = sum(credit * asked[other] for other, (credit, _) in earned.items())
    return sorted(promise, key=lambda skill: (-promise[skill], skill))[:MOST_SKILLS]
