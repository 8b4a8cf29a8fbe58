"""A person's own weights: made to fit the bounds, ready-made ones, and what they move. Pure.

Weights are whole percent in the order of COMPONENTS and add up to 100.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from jobscore.scoring.policy import COMPONENTS, Component, Policy

Weights = tuple[int, int, int, int, int]
Bounds = Sequence[tuple[int, int]]
EMPHASIS: Final = 25
"""Points of weight that a ready-made set adds to its part, as far as the bounds let it."""


class Preset(StrEnum):
    """Ready-made weights."""

    BALANCED = "balanced"
    WORK = "work"
    NEAR = "near"
    PAY = "pay"
    EASY_START = "easy_start"
    STYLE = "style"


_FIRST: Final[Mapping[Preset, Component]] = {
    Preset.WORK: Component.SKILL_MATCH,
    Preset.NEAR: Component.LOCATION,
    Preset.PAY: Component.SALARY,
    Preset.EASY_START: Component.EXPERIENCE,
    Preset.STYLE: Component.CULTURE_FIT,
}


def normalise(raw: Sequence[int], policy: Policy) -> Weights:
    """Return weights within the bounds that add up to 100, as near as possible in proportion.

    What fits already comes back as it is. What lies outside of its bounds is set to the nearest of
    them, and the others share what is left in proportion. Bounds that no weights fit give the
    policy's own weights.
    """
    return _fit(raw, policy.bounds) or policy.weights


def _fit(raw: Sequence[int], bounds: Bounds) -> Weights | None:
    lows, highs = [low for low, _ in bounds], [high for _, high in bounds]
    if not sum(lows) <= 100 <= sum(highs):
        return None
    wish = [Fraction(max(0, value)) for value in raw]
    fixed: dict[int, Fraction] = {}
    while True:
        free = [i for i in range(len(wish)) if i not in fixed]
        scaled = _scaled(wish, free, 100 - sum(fixed.values(), Fraction(0)))
        clamped = {i: min(max(scaled[i], Fraction(lows[i])), Fraction(highs[i])) for i in free}
        excess = sum((clamped[i] - scaled[i] for i in free), Fraction(0))
        if not excess:
            return _rounded([fixed[i] if i in fixed else clamped[i] for i in range(len(wish))])
        # as CSS shares out room: only those that err to the side of the larger error stay fixed
        fixed |= {
            i: clamped[i]
            for i in free
            if clamped[i] != scaled[i] and (clamped[i] > scaled[i]) == (excess > 0)
        }


def _scaled(wish: Sequence[Fraction], free: Sequence[int], room: Fraction) -> dict[int, Fraction]:
    whole = sum((wish[i] for i in free), Fraction(0))
    if not whole:
        return {i: room / len(free) for i in free}
    return {i: wish[i] * room / whole for i in free}


def _rounded(exact: Sequence[Fraction]) -> Weights:
    """Return whole numbers that add up as the exact ones do, by largest remainder."""
    whole = [int(value) for value in exact]
    order = sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))
    for i in order[: 100 - sum(whole)]:
        whole[i] += 1
    skill, location, salary, experience, style = whole
    return skill, location, salary, experience, style


def presets(policy: Policy) -> dict[Preset, Weights]:
    """Return the ready-made weights that the policy's bounds allow and that differ."""
    found: dict[Preset, Weights] = {Preset.BALANCED: policy.weights}
    for preset, first in _FIRST.items():
        at = COMPONENTS.index(first)
        bounds = list(policy.bounds)
        low, high = bounds[at]
        most = max(low, min(high, policy.weights[at] + EMPHASIS))
        bounds[at] = (most, most)
        weights = _fit(policy.weights, bounds)
        if weights is not None and weights not in found.values():
            found[preset] = weights
    return found


@dataclass(frozen=True, slots=True)
class Move:
    """Where a job stands under new weights, and under the old ones."""

    job_id: int
    rank: int
    """1-based."""
    was: int | None
    """None: not among those that were ranked under the old weights."""
    component: Component | None = None
    """The part whose weight moved it most; None where it has not moved."""
    counts_more: bool = False
    """Whether that part counts more now, or less."""

    @property
    def up(self) -> int:
        """Places gained; negative for lost ones, 0 where the old place is not known."""
        return 0 if self.was is None else self.was - self.rank


def moves(
    now: Sequence[int],
    before: Sequence[int],
    points: Mapping[int, Sequence[int]],
    old: Weights,
    new: Weights,
    neutral: int,
) -> list[Move]:
    """Return how each job of `now` moved, and which part's weight did most of it.

    :param now: job ids under the new weights, best first; those to be told about.
    :param before: job ids under the old weights, best first, as many as were ranked.
    :param points: the five components of each job of either, -1 where not judged.
    :param neutral: the points at which an unjudged part counts for the order.

    A part moves a job by its change of weight times how far the job's points lie above the mean
    of these jobs: what raises all alike moves none.
    """
    place = {job: rank for rank, job in enumerate(before, start=1)}
    counted = {job: [p if p >= 0 else neutral for p in parts] for job, parts in points.items()}
    n = max(1, len(counted))
    means = [sum(parts[i] for parts in counted.values()) for i in range(len(COMPONENTS))]
    found = []
    for rank, job in enumerate(now, start=1):
        was = place.get(job)
        if was == rank:
            found.append(Move(job, rank, was))
            continue
        # times n, so that whole numbers suffice
        push = [
            (new[i] - old[i]) * (counted[job][i] * n - means[i]) for i in range(len(COMPONENTS))
        ]
        is_up = was is None or was > rank
        best = max(range(len(push)), key=lambda i: (push[i] if is_up else -push[i], -i))
        if (push[best] if is_up else -push[best]) <= 0:
            found.append(Move(job, rank, was))
        else:
            found.append(Move(job, rank, was, COMPONENTS[best], new[best] > old[best]))
    return found
