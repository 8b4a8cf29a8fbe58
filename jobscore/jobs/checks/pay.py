"""Pay against the minimum wage (最低賃金法 4条): below only where it is sure. Pure.

Pay by the hour is compared as it stands. Pay by the day, month or year is divided by the hours
that the posting itself states; without them nothing is said. A year has 365 days and 12 months.
The least amount of a range counts. Pay that includes overtime or allowances is compared whole:
without them it would be lower still.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from jobscore.jobs.checks.findings import Field, Finding, Posting, Rule

#: Hourly pay below this was misread or mistyped: nothing is said of it.
LEAST_READABLE = 300
#: Hours of one day, and days off in a year, that a posting can mean.
MOST_HOURS = 12
DAYS_OFF = range(52, 200)

#: No pay for a period is for more hours than these; more pay than for these is never below.
_MOST = {"hour": 1, "day": MOST_HOURS, "month": 200, "year": 2_400}

_NO_WAGE = re.compile(
    r"業務委託|業務請負|個人事業|フリーランス|完全歩合|フルコミ|完全出来高|減額(?:の)?特例|最低賃金の減額"
)
_DAY_HOURS = re.compile(
    r"(?:実働|実労働|所定労働時間|1日の労働時間|労働時間)\s*(?:は|:|：|が)?\s*(?:1日|一日)?\s*"
    r"([1-9１-９][0-9０-９]?(?:[.．][0-9０-９]{1,2})?)\s*(?:時間|[hｈ])(?:\s*([0-9０-９]{1,2})\s*分)?"
    r"(\s*(?:以上|から|[~〜～]|程度|前後|ok|OK|も可|/|／))?"
)
_CLOCK = re.compile(
    r"([0-9]{1,2})[:：時]([0-9]{2})?分?\s*(?:から|[~〜～\-－–])\s*([0-9]{1,2})[:：時]([0-9]{2})?分?"
    r"[^\n。]{0,6}?[（(]?休憩\s*(?:は)?\s*(?:([0-9]{1,3})\s*分|([0-9])\s*時間)"
)
_MONTH_HOURS = re.compile(
    r"月(?:平均)?(?:の)?所定(?:労働|就業)時間\s*(?:は|:|：)?\s*([0-9]{2,3}(?:\.[0-9]{1,2})?)\s*(?:時間|h)"
)
_DAYS_OFF = re.compile(
    r"年間休日(?:数)?\s*(?:は|:|：)?\s*([0-9]{2,3})\s*日(\s*(?:以上|前後|程度))?"
)


@dataclass(frozen=True, slots=True)
class Wage:
    """The minimum wage of a prefecture: yen an hour since a day."""

    hourly_yen: int
    valid_from: date


Wages = Mapping[str, Wage]
"""By prefecture (``JP-13``): what is in force on the day of the check."""


def findings(posting: Posting, whole: str, wages: Wages) -> list[Finding]:
    """Return the finding that pay lies below the minimum, or nothing."""
    wage = wages.get(posting.prefecture or "")
    amount = posting.salary_min if posting.salary_min is not None else posting.salary_max
    if wage is None or amount is None or posting.currency != "JPY":
        return []
    if amount >= wage.hourly_yen * _MOST.get(posting.period or "", 0):
        return []
    hours = _hours(posting.period, whole)
    if hours is None or amount >= wage.hourly_yen * hours or amount < LEAST_READABLE * hours:
        return []
    if _is_no_wage(posting, whole):
        return []
    hourly = (amount / hours).quantize(Decimal("0.1"), ROUND_HALF_UP)
    params = {
        "hourly": str(int(amount)) if hours == 1 else str(hourly),
        "minimum": wage.hourly_yen,
        "prefecture": posting.prefecture,
        "valid_from": wage.valid_from.isoformat(),
        "hours": "" if hours == 1 else _plain(hours),
        "period": posting.period,
    }
    return [Finding(Rule.PAY_BELOW_MINIMUM, Field.PAY, posting.salary_text[:255], params)]


def _plain(hours: Decimal) -> str:
    """Return hours with at most two decimals: 8, 7.5, 163.33."""
    return format(hours.quantize(Decimal("0.01"), ROUND_HALF_UP), "f").rstrip("0").rstrip(".")


def _is_no_wage(posting: Posting, whole: str) -> bool:
    """Say whether the work may be no employment, or the minimum lowered by permission."""
    is_contract = posting.employment_type == "CONTRACTOR" and "契約社員" not in whole
    return is_contract or _NO_WAGE.search(whole + posting.salary_text) is not None


def _hours(period: str | None, whole: str) -> Decimal | None:
    """Return how many hours the pay is for, as the posting states them; None where it does not."""
    if period == "hour":
        return Decimal(1)
    if period == "day":
        return _day_hours(whole)
    if period not in ("month", "year"):
        return None
    stated = {Decimal(found[1]) for found in _MONTH_HOURS.finditer(whole)}
    if len(stated) > 1:
        return None
    if stated:
        month = stated.pop()
        return month if period == "month" else month * 12
    day, off = _day_hours(whole), _DAYS_OFF.search(whole)
    if day is None or off is None or off[2] or int(off[1]) not in DAYS_OFF:
        return None
    year = day * (365 - int(off[1]))
    return year / 12 if period == "month" else year


def _day_hours(whole: str) -> Decimal | None:
    """Return the hours of a day; None where they differ, may be more, or are not stated."""
    found: set[Decimal] = set()
    for hit in _DAY_HOURS.finditer(whole):
        if hit[3]:
            return None
        found.add(Decimal(hit[1].replace("．", ".")) + Decimal(int(hit[2] or 0)) / 60)
    for clock in _CLOCK.finditer(whole):
        minutes = (int(clock[3]) - int(clock[1])) * 60 + int(clock[4] or 0) - int(clock[2] or 0)
        minutes += 24 * 60 if minutes <= 0 else 0
        found.add(Decimal(minutes - int(clock[5] or 0) - 60 * int(clock[6] or 0)) / 60)
    if len(found) != 1:
        return None
    hours = found.pop()
    return hours if 1 <= hours <= MOST_HOURS else None
