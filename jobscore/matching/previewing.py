"""What a person's answers so far allow: how much can be judged, and how many open jobs are near.

Computed by the functions that make the scores, on a profile that need not be saved.
"""

from dataclasses import dataclass

import numpy as np

from jobscore.matching import reasons
from jobscore.scoring import engine
from jobscore.scoring.components import location
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.policy import FULL, Component, Policy

#: A part of at least so many basis points counts as near, or as close.
HALF = FULL // 2


@dataclass(frozen=True, slots=True)
class Preview:
    """What the answers so far allow.

    :ivar percent: of the weights that can be judged with them, where a posting says enough.
    :ivar open_jobs: jobs that are open, and that no answer of the person rules out.
    :ivar in_reach: those of them whose place is worth at least half to the person; None while
        nothing is known of place.
    :ivar close: those of them (and in reach) whose skills and work are worth at least half; None
        while nothing is known of skills and work.
    :ivar half_km: the distance that is worth half.
    """

    percent: int
    open_jobs: int
    in_reach: int | None
    close: int | None
    half_km: int


def preview(profile: Profile, jobs: JobFrame, policy: Policy, today: int) -> Preview:
    """Return what ``profile`` allows on a day (its number)."""
    weights = policy.with_own_weights(profile.weights)
    silent = reasons.helpful_answers(profile, policy)
    judgement = engine.judge(profile, jobs, policy)
    among = engine.Gates(today=today).open(profile, jobs)
    open_jobs, in_reach, close = int(np.count_nonzero(among)), None, None
    if Component.LOCATION not in silent:
        among &= judgement.points[Component.LOCATION] >= HALF
        in_reach = int(np.count_nonzero(among))
    if Component.SKILL_MATCH not in silent:
        close = int(np.count_nonzero(among & (judgement.skill >= HALF)))
    return Preview(
        percent=100 - sum(weights.weight(part) for part in silent),
        open_jobs=open_jobs,
        in_reach=in_reach,
        close=close,
        half_km=location.half_distance(profile, policy),
    )
