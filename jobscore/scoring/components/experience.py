"""Years and level of experience against what a job asks.

Too little loses steeply, too much gently; a job that welcomes everyone is full for all. Years
and level are judged each where the job states it, and their mean is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobscore.scoring.frames import JobFrame, Points, Profile
from jobscore.scoring.policy import FULL, UNJUDGED, Policy


@dataclass(frozen=True, slots=True)
class Evidence:
    """Tenths of years and levels, own and asked; -1 where not stated."""

    own_tenths: int
    low_tenths: int
    high_tenths: int
    own_level: int
    asked_level: int
    anyone: bool


def table(profile: Profile, jobs: JobFrame, policy: Policy) -> Points:
    """Return the points of every distinct demand."""
    asked, p = jobs.demands, policy.parameters
    own, level = profile.year_tenths(), profile.own_level()
    short = np.where(asked.low >= 0, np.maximum(asked.low - own, 0), 0)
    over = np.where(asked.high >= 0, np.maximum(own - asked.high, 0), 0)
    by_years = np.maximum(FULL - short * p.year_short_loss // 10, 0)
    surplus = np.maximum(FULL - over * p.year_over_loss // 10, p.over_floor)
    by_years = np.where(over > 0, surplus, by_years)
    steps = np.array([FULL, *p.level_short_points, 0], np.int64)
    below = steps[np.clip(asked.level - level, 0, 3)]
    above = np.maximum(FULL - (level - asked.level) * p.level_over_loss, p.over_floor)
    by_level = np.where(level > asked.level, above, below)
    years_known = ((asked.low >= 0) | (asked.high >= 0)) & (own >= 0)
    level_known = (asked.level >= 0) & (level >= 0)
    mean = (by_years + by_level + 1) // 2
    result = np.where(level_known, by_level, UNJUDGED)
    result = np.where(years_known, np.where(level_known, mean, by_years), result)
    return np.where(asked.anyone, FULL, result).astype(np.int16)


def points(profile: Profile, jobs: JobFrame, policy: Policy) -> Points:
    """Return 0..10,000 per job; -1 where the job or the person says nothing comparable."""
    return table(profile, jobs, policy).take(jobs.demand)


def evidence(
    profile: Profile, jobs: JobFrame, positions: Sequence[int], policy: Policy
) -> list[Evidence]:
    """Return own and asked years and levels."""
    asked = jobs.demands
    return [
        Evidence(
            own_tenths=profile.year_tenths(),
            low_tenths=int(asked.low[number]),
            high_tenths=int(asked.high[number]),
            own_level=profile.own_level(),
            asked_level=int(asked.level[number]),
            anyone=bool(asked.anyone[number]),
        )
        for number in jobs.demand[list(positions)].tolist()
    ]
