"""What a job pays against the pay a person wishes, compared a year at the policy's constants.

Each end of the stated range gives 100 when it reaches the wish, falling to 0 at 40 % below it
(the policy's number); the points are the mean of the two ends. Pay that is not stated, or stated
in another currency, cannot be judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jobscore.scoring.frames import (
    NOT_STATED,
    Ints,
    JobFrame,
    Pays,
    Points,
    Profile,
)
from jobscore.scoring.narrowing import values_at
from jobscore.scoring.pay import yearly
from jobscore.scoring.policy import FULL, UNJUDGED, Policy


@dataclass(frozen=True, slots=True)
class Evidence:
    """Wish and pay in hundredths of the currency a year; -1 where not known."""

    wish: int
    low: int
    high: int
    currency: str | None
    comparable: bool


def wish_of(profile: Profile) -> int:
    """Return the wished pay in hundredths a year; -1 when there is no wish."""
    wish = yearly(profile.pay_wish, profile.pay_period)
    return wish if wish > 0 and profile.pay_currency else NOT_STATED


def _reach(pay: Ints, wish: int, policy: Policy) -> Ints:
    short = np.maximum(wish - pay, 0)
    lost = short * (FULL * 100) // (wish * policy.parameters.salary_zero_shortfall)
    return np.asarray(np.maximum(FULL - lost, 0), np.int64)


def _judge(profile: Profile, pays: Pays, policy: Policy) -> Points:
    wish = wish_of(profile)
    if wish < 0:
        return np.full(len(pays.low), UNJUDGED, np.int16)
    currency = pays.currency_ids.get(profile.pay_currency or "", len(pays.currency_ids))
    known = (pays.low >= 0) & (pays.currency == currency)
    mean = (_reach(pays.low, wish, policy) + _reach(pays.high, wish, policy) + 1) // 2
    return np.where(known, mean, UNJUDGED).astype(np.int16)


def points(profile: Profile, jobs: JobFrame, policy: Policy) -> Points:
    """Return 0..10,000 per job; -1 where wish or pay is not stated or in another currency."""
    if len(jobs) < len(jobs.pays.low):
        return _judge(profile, values_at(jobs.pays, jobs.pay), policy)
    return _judge(profile, jobs.pays, policy).take(jobs.pay)


def evidence(
    profile: Profile, jobs: JobFrame, positions: Sequence[int], policy: Policy
) -> list[Evidence]:
    """Return the wish and both ends of the pay."""
    pays, wish = jobs.pays, wish_of(profile)
    names = {number: code for code, number in pays.currency_ids.items()}
    own = pays.currency_ids.get(profile.pay_currency or "")
    return [
        Evidence(
            wish=wish,
            low=int(pays.low[pay]),
            high=int(pays.high[pay]),
            currency=names.get(int(pays.currency[pay])),
            comparable=wish > 0 and int(pays.low[pay]) >= 0 and int(pays.currency[pay]) == own,
        )
        for pay in jobs.pay[list(positions)].tolist()
    ]
