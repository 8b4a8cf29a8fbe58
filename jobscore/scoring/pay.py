"""Pay of different periods made comparable, by the constants of `jobscore.jobs.pay`.

All amounts inside are whole hundredths of the currency unit a year, so that every factor is a
whole number and nothing is rounded twice.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from jobscore.jobs.pay import YEARLY

__all__ = ["LARGEST", "YEARLY", "in_period", "yearly"]

LARGEST: Final = 10**11
"""Amounts are cut here (a thousand million a year), far above any wage, so that int64 holds."""


def yearly(amount: Decimal | int | None, period: str | None) -> int:
    """Return the amount as hundredths of the unit a year; -1 when amount or period is unknown."""
    if amount is None or period is None or period not in YEARLY:
        return -1
    hundredths = int((Decimal(amount) * 100).to_integral_value(ROUND_HALF_UP))
    return max(0, min(hundredths * YEARLY[period], LARGEST))


def in_period(yearly_hundredths: int, period: str) -> Decimal:
    """Return a yearly amount in hundredths as an amount of the period, to whole units."""
    amount = Decimal(yearly_hundredths) / (100 * YEARLY[period])
    return amount.to_integral_value(ROUND_HALF_UP)
