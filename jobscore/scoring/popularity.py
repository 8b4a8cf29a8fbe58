"""How many people looked at a job: a declared help for those of whom little is known. Pure.

It takes part only for a person who has looked at no job yet and named few titles and skills, and
only by the policy's share; everybody else's scores do not know it. Counts are of different
people, and below `LEAST` people a job counts as looked at by nobody, so that no count says what
one person did.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from jobscore.scoring.frames import Groups, JobFrame, Points, Profile
from jobscore.scoring.policy import FULL, Policy

LEAST: Final = 5
"""People below whom a count is taken as none."""


def helps(profile: Profile, policy: Policy) -> bool:
    """Tell whether popularity takes part in this person's scores."""
    p = policy.parameters
    named = len(profile.wanted_titles) + len(profile.held_titles) + len(profile.skills)
    return bool(
        p.popularity_share
        and not profile.seen_titles
        and not profile.seen_places
        and named <= p.popularity_wishes
    )


def points(viewers: Groups, policy: Policy) -> Points:
    """Return 0..10,000 by how many people looked: half at the policy's number, never all."""
    counted = np.where(viewers < LEAST, 0, viewers).astype(np.int64)
    whole = counted + policy.parameters.popularity_half
    return ((2 * FULL * counted + whole) // (2 * whole)).astype(np.int16)


def blended(fit: Points, profile: Profile, jobs: JobFrame, policy: Policy) -> Points:
    """Return skills and work with popularity's share, where they can be judged at all."""
    if not helps(profile, policy):
        return fit
    share = np.int32(policy.parameters.popularity_share)
    both = (fit * (100 - share) + points(jobs.viewers, policy) * share + 50) // 100
    return np.where(fit < 0, fit, both).astype(np.int16)


def evidence(
    profile: Profile, jobs: JobFrame, positions: Sequence[int], policy: Policy
) -> list[tuple[int, int]]:
    """Return per job how many people looked (0: too few to say) and the points that gave."""
    if not helps(profile, policy):
        return [(0, 0) for _ in positions]
    viewers = jobs.viewers[np.array(positions, np.int64)]
    counted = np.where(viewers < LEAST, 0, viewers)
    return [*zip(counted.tolist(), points(viewers, policy).tolist(), strict=True)]
