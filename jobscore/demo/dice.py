"""Chance that falls the same on every machine and every Python.

Python promises only that ``random.Random(seed).random()`` keeps its sequence between versions, so
everything here is built on that one method.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, combinations
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


@cache
def _ways(size: int, count: int) -> list[tuple[int, ...]]:
    """Return every way to take ``count`` of ``size`` places; both are small here."""
    return list(combinations(range(size), count))


class Weighted(Generic[T]):
    """Items of which heavier ones come up more often."""

    def __init__(self, items: Sequence[T], weights: Sequence[float]) -> None:
        self.items = items
        self._steps = list(accumulate(weights))

    def at(self, share: float) -> T:
        """Return the item at ``share`` (0 up to, not including, 1) of all weight."""
        return self.items[bisect_right(self._steps, share * self._steps[-1])]


class Dice:
    """A seeded source of choices."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random

    def chance(self, share: float) -> bool:
        """Return True in ``share`` (0..1) of the calls."""
        return self._random() < share

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both included."""
        return low + int(self._random() * (high - low + 1))

    def between(self, low: float, high: float) -> float:
        """Return a number from ``low`` up to ``high``."""
        return low + self._random() * (high - low)

    def pick(self, items: Sequence[T]) -> T:
        """Return one item; all are as likely."""
        return items[int(self._random() * len(items))]

    def heavy(self, items: Weighted[T]) -> T:
        """Return one item, heavier ones more often."""
        return items.at(self._random())

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Return up to ``count`` different items in their own order."""
        if count >= len(items):
            return list(items)
        ways = _ways(len(items), count)
        return [items[index] for index in ways[int(self._random() * len(ways))]]
