"""Read the pay columns of our own exports to the letter, as a job holds them. Pure.

A file that has the column ``pay_as_written`` beside both ends of the pay states exactly what was
understood before; reading it again as a person's words could understand it otherwise.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import cast, get_args

from jobscore.imports.salary import Pay, Period

WRITTEN = "pay_as_written"
_AMOUNT = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,2})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Exact:
    """What the columns say; ``pay`` is None where they state that no amount is known."""

    pay: Pay | None


def is_ours(mapping: Mapping[str, int]) -> bool:
    """Say whether the columns are those of our exports."""
    return WRITTEN in mapping and "salary_min" in mapping and "salary_max" in mapping


def read(low: str, high: str, period: str, currency: str) -> Exact | None:
    """Return what the cells say, or None when one of them was not written by an export."""
    if any(cell and not _AMOUNT.fullmatch(cell) for cell in (low, high)):
        return None
    if period not in ("", *get_args(Period)) or (currency and not _CURRENCY.fullmatch(currency)):
        return None
    minimum, maximum = (Decimal(cell) if cell else None for cell in (low, high))
    if minimum is None and maximum is None:
        return Exact(None) if not period and not currency else None
    if minimum is not None and maximum is not None and minimum > maximum:
        return None
    unit = cast(Period, period) if period else None
    return Exact(Pay(minimum, maximum, currency or None, unit, True))
