"""Work style: the features a person ticked against those that a posting states or denies.

A ticked feature that is stated gives 100, one that is denied 0, one that the posting does not
mention the policy's neutral points; the mean over all ticked. Where nothing was ticked, or the
posting mentions none of it, it cannot be judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobscore.scoring.frames import JobFrame, Points, Profile, Styles
from jobscore.scoring.narrowing import values_at
from jobscore.scoring.policy import FULL, UNJUDGED, Policy


@dataclass(frozen=True, slots=True)
class Evidence:
    """Codes of ticked features, by what the posting says of them, sorted."""

    stated: tuple[str, ...]
    denied: tuple[str, ...]
    unsaid: tuple[str, ...]


def _judge(profile: Profile, styles: Styles, policy: Policy) -> Points:
    ticked = len(profile.features)
    if not ticked:
        return np.full(len(styles.stated), UNJUDGED, np.int16)
    mask = styles.mask(profile.features)
    stated = np.bitwise_count(styles.stated & mask).astype(np.int64)
    denied = np.bitwise_count(styles.denied & mask).astype(np.int64)
    unsaid = ticked - stated - denied
    mean = (stated * FULL + unsaid * policy.neutral + ticked // 2) // ticked
    return np.where(stated + denied > 0, mean, UNJUDGED).astype(np.int16)


def points(profile: Profile, jobs: JobFrame, policy: Policy) -> Points:
    """Return 0..10,000 per job; -1 where nothing ticked is mentioned."""
    if len(jobs) < len(jobs.styles.stated):
        return _judge(profile, values_at(jobs.styles, jobs.style), policy)
    return _judge(profile, jobs.styles, policy).take(jobs.style)


def evidence(
    profile: Profile, jobs: JobFrame, positions: Sequence[int], policy: Policy
) -> list[Evidence]:
    """Return which ticked features the posting states, denies, does not mention."""
    styles, ticked = jobs.styles, sorted(profile.features)

    def within(mask: int) -> tuple[str, ...]:
        return tuple(f for f in ticked if f in styles.bits and mask >> styles.bits[f] & 1)

    found = []
    for number in jobs.style[list(positions)].tolist():
        stated, denied = within(int(styles.stated[number])), within(int(styles.denied[number]))
        unsaid = tuple(f for f in ticked if f not in stated and f not in denied)
        found.append(Evidence(stated=stated, denied=denied, unsaid=unsaid))
    return found
