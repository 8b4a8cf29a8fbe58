"""Pay of different periods made comparable. Pure."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final

#: How many of a period make one working year: 8 hours a day, 5 days a week, 20 days a month.
YEARLY: Final[Mapping[str, int]] = MappingProxyType(
    {"hour": 1_920, "day": 240, "week": 48, "month": 12, "year": 1}
)
#: The largest amount that the column holds (numeric(14,2)).
LARGEST: Final = Decimal("999999999999.99")
#: The units that people think in.
SHOWN_UNITS: Final = ("hour", "day", "month", "year")
_WHOLE = Decimal(1)
_CENT = Decimal("0.01")
#: From here on cents tell nothing.
_LARGE = 1_000


def yearly(amount: Decimal | None, period: str | None) -> Decimal | None:
    """Return the amount for a full year; None when the amount or its period is unknown."""
    if amount is None or period is None or period not in YEARLY:
        return None
    return min(amount * YEARLY[period], LARGEST)


def converted(amount: Decimal | None, period: str, into: str, currency: str) -> Decimal | None:
    """Return the amount for another period of a full-time year, in whole units or cents.

    Yen are whole, other currencies below 1,000 have cents. None stays None.
    """
    if amount is None:
        return None
    found = min(amount * YEARLY[period] / YEARLY[into], LARGEST)
    is_whole = currency == "JPY" or found >= _LARGE
    return found.quantize(_WHOLE if is_whole else _CENT, ROUND_HALF_UP)
