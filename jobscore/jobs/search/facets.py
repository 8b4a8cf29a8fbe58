"""What stands beside the filters: how many jobs each choice would give, and what pay looks like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from jobscore.jobs.search.columns import EMPLOYMENT, FEATURES, LEVELS, REMOTE, Ints, packed
from jobscore.jobs.search.criteria import NOT_STATED
from jobscore.jobs.search.matching import Matches

#: Regions that are named beside the place.
MOST_REGIONS = 8
#: Bars of the picture of pay, and the least number of jobs worth one.
MOST_BARS = 12
FEWEST_PAID = 20


@dataclass(frozen=True, slots=True)
class Facets:
    """How many jobs each choice gives while the other filters stay; ``unknown``: not stated.

    A choice among several of which one is enough (employment, remote, level, age) is counted
    without its own filter; a feature is counted on top of those chosen already.
    """

    total: int
    employment: Mapping[str, int]
    remote: Mapping[str, int]
    levels: Mapping[str, int]
    features: Mapping[str, int]
    #: By days; 0: any age.
    days: Mapping[int, int]
    #: True: pay is stated.
    pay: Mapping[bool, int]
    #: Codes of prefectures, states or countries, the most jobs first; "" is unknown.
    regions: Sequence[tuple[str, int]]


def facets(found: Matches, today: date, days: Sequence[int]) -> Facets:
    """Count the facets of a search; ``days`` are the ages that the page offers."""
    columns = found.columns
    known: dict[tuple[str, ...], Ints] = {(): found.rows}

    def rows(*names: str) -> Ints:
        key = tuple(name for name in names if name in found.masks)
        if key not in known:
            known[key] = np.flatnonzero(found.without(*key))
        return known[key]

    remote = _by_name(columns["remote"][rows("remote")], REMOTE)
    posted = columns["posted"][rows("days")]
    is_stated = columns["pay"][rows("has_pay", "pay")] >= 0
    ages = {n: int((posted >= (today - timedelta(days=n)).toordinal()).sum()) for n in days}
    stated = int(is_stated.sum())
    bits = np.bitwise_count(columns.feature_bits & packed(found.mask)).sum(axis=1)
    regions = np.bincount(
        columns.places.region[columns["place"][rows("place")]],
        minlength=len(columns.places.regions),
    )
    first = np.argsort(-regions, kind="stable")[:MOST_REGIONS]
    return Facets(
        total=found.count(),
        employment=_by_name(columns["employment"][rows("type")], EMPLOYMENT),
        remote=remote | {"any": remote["full"] + remote["hybrid"], "": sum(remote.values())},
        levels=_by_name(columns["level"][rows("level")], LEVELS),
        features=dict(zip(FEATURES, bits.tolist(), strict=True)),
        days={0: len(posted)} | ages,
        pay={True: stated, False: len(is_stated) - stated},
        regions=[(columns.places.regions[i], int(regions[i])) for i in first if regions[i]],
    )


def _by_name(numbers: Ints, names: Sequence[str]) -> dict[str, int]:
    found = np.bincount(numbers, minlength=len(names)).tolist()
    return {name or NOT_STATED: found[n] for n, name in enumerate(names)}


def alternatives(found: Matches) -> list[tuple[str, int]]:
    """Return, where nothing is found, which filter alone gives how many jobs when it is taken off.

    The most jobs first; filters that alone change nothing are left out.
    """
    gains = [(name, int(found.without(name).sum())) for name in found.masks]
    return sorted((one for one in gains if one[1]), key=lambda one: -one[1])


@dataclass(frozen=True, slots=True)
class PayPicture:
    """The yearly pay of what was found, in bars of one width: (from, to, jobs), hundredths."""

    currency: str
    bars: Sequence[tuple[int, int, int]]
    stated: int
    median: int


def pay_picture(found: Matches, currency: str, unit: int) -> PayPicture | None:
    """Return how the pay of what was found is spread; None where too few state it.

    The highest and lowest two in a hundred stand in the outer bars.

    :param unit: what one of the reader's units makes in a year, in hundredths (an hour: 1920).
    """
    columns, rows = found.columns, found.rows
    rows = rows[columns["currency"][rows] == columns.currencies.number(currency)]
    pay = columns["pay_mid"][rows]
    pay = pay[pay >= 0]
    if len(pay) < FEWEST_PAID:
        return None
    low, high = np.quantile(pay, [0.02, 0.98])
    width = _round_width((high - low) / MOST_BARS / unit) * unit
    start = int(low // width) * width
    last = min(MOST_BARS, int((high - start) // width) + 1)
    bars = np.clip((pay - start) // width, 0, last - 1).astype(np.int64)
    heights = np.bincount(bars, minlength=last).tolist()
    return PayPicture(
        currency,
        [(start + n * width, start + (n + 1) * width, height) for n, height in enumerate(heights)],
        len(pay),
        int(np.median(pay)),
    )


def _round_width(width: float) -> int:
    """Return the next of 1, 2, 5, 10, 20, 50 … that is no smaller."""
    step = 1
    while True:
        for one in (1, 2, 5):
            if one * step >= width:
                return one * step
        step *= 10
