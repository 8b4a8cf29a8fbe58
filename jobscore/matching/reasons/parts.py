"""The parts table: whole numbers that add up exactly to the total that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobscore.scoring.policy import COMPONENTS, FULL, TOTAL_SCALE, UNJUDGED, Component


@dataclass(frozen=True, slots=True)
class Part:
    """One row of the parts table."""

    component: Component
    weight: int
    """Whole percent."""
    points: int | None
    """0..10,000; None: could not be judged, and left out of the total."""
    share: int
    """Whole points that it gives to the shown total; all shares add up to it exactly."""
    most: int
    """Whole points that it could have given."""


def shown_total(total: int) -> int:
    """Return the whole number 0..100 that is shown, rounded half up."""
    return (total + TOTAL_SCALE // 2) // TOTAL_SCALE


def shown_points(points: int | None) -> int | None:
    """Return a component as the whole number 0..100 that is shown; None stays None."""
    return None if points is None or points < 0 else (points + 50) // 100


def apportion(numerators: Sequence[int], divisor: int, target: int) -> list[int]:
    """Round down each numerator/divisor and give what is missing to the largest remainders."""
    shares = [n // divisor for n in numerators]
    order = sorted(range(len(shares)), key=lambda i: (-(numerators[i] % divisor), i))
    for i in order[: target - sum(shares)]:
        shares[i] += 1
    return shares


def share_out(worth: Sequence[int], whole: int) -> list[int]:
    """Share out a whole number in proportion to `worth`, by largest remainder; adds up exactly."""
    return apportion([w * whole for w in worth], max(1, sum(worth)), whole if sum(worth) else 0)


def parts_table(components: Sequence[int | None], weights: Sequence[int]) -> list[Part]:
    """Return the five rows; their shares add up exactly to the shown total.

    `components` are 0..10,000, None or -1 where not judged, in the order of COMPONENTS.
    """
    points = [UNJUDGED if c is None else c for c in components]
    judged = [w if p >= 0 else 0 for p, w in zip(points, weights, strict=True)]
    whole = sum(judged)
    if not whole:
        return [Part(c, w, None, 0, 0) for c, w in zip(COMPONENTS, weights, strict=True)]
    worth = [w * max(p, 0) for p, w in zip(points, judged, strict=True)]
    total = (sum(worth) * 200 + whole) // (2 * whole)
    shares = apportion(worth, whole * 100, shown_total(total))
    most = apportion([w * FULL for w in judged], whole * 100, 100)
    return [
        Part(c, w, None if p < 0 else p, share, top)
        for c, w, p, share, top in zip(COMPONENTS, weights, points, shares, most, strict=True)
    ]
