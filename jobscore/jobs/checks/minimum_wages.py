"""The minimum wages: those that ship, those that an admin adds, and what is in force on a day."""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.database.bulk import upsert
from jobscore.jobs.checks.models import MinimumWage
from jobscore.jobs.checks.pay import Wage, Wages

SHIPPED = Path(__file__).parent / "data" / "minimum_wages.tsv"
#: What the shipped amounts are: 令和7年度, each from its day of effect on.
SHIPPED_YEAR = 2025
#: Amounts are decided once a year: an older one has most likely been followed by another.
USUAL_TERM = timedelta(days=366)
#: An amount outside of these is a slip of the pen.
LEAST_YEN, MOST_YEN = 500, 5_000
#: The furthest day ahead, and the first day, that an amount can be added for.
MOST_AHEAD = timedelta(days=730)
FIRST_DAY = date(2002, 10, 1)
COLUMNS = ("prefecture_code", "hourly_yen", "valid_from", "source_url")

_table: Table = MinimumWage.__table__  # type: ignore[assignment]  # declarative types FromClause


class BadAmountError(ValueError):
    """An amount cannot be taken; ``column`` of :data:`COLUMNS` and ``value`` say why."""

    def __init__(self, column: str, value: str, line: int = 0) -> None:
        super().__init__(f"line {line}: {column} {value!r}" if line else f"{column} {value!r}")
        self.column = column
        self.value = value
        self.line = line


class AmountTakenError(ValueError):
    """The prefecture has an amount from that day on already."""


@dataclass(frozen=True, slots=True)
class Amount:
    """One amount: yen an hour in a prefecture from a day on, and the page that says so."""

    prefecture_code: str
    hourly_yen: int
    valid_from: date
    source_url: str


def checked(code: str, yen: str, day: str, url: str, today: date, line: int = 0) -> Amount:
    """Return an amount from texts.

    :raises BadAmountError: for a prefecture, an amount, a day or an address that cannot be.
    """
    if not re.fullmatch(r"JP-(0[1-9]|[1-3][0-9]|4[0-7])", code):
        raise BadAmountError("prefecture_code", code, line)
    plain = yen.replace(",", "").strip()
    if not plain.isdecimal() or not LEAST_YEN <= int(plain) <= MOST_YEN:
        raise BadAmountError("hourly_yen", yen, line)
    try:
        valid_from = date.fromisoformat(day.strip())
    except ValueError as error:
        raise BadAmountError("valid_from", day, line) from error
    if not FIRST_DAY <= valid_from <= today + MOST_AHEAD:
        raise BadAmountError("valid_from", day, line)
    if not _is_web_address(url.strip()):
        raise BadAmountError("source_url", url, line)
    return Amount(code, int(plain), valid_from, url.strip())


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_plain = not re.search(r"[\s\x00-\x1f\"<>]", url) and len(url) <= 500
    return is_plain and parts.scheme in ("http", "https") and bool(parts.hostname)


def read(lines: Iterable[str], today: date) -> list[Amount]:
    """Return the amounts of a file with :data:`COLUMNS`, separated by tabs or commas.

    :raises BadAmountError: for the first line that cannot be taken.
    """
    rows = iter(lines)
    header = next(rows, "").lstrip("\ufeff")
    delimiter = "\t" if "\t" in header else ","
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter), [])]
    if sorted(names) != sorted(COLUMNS):
        raise BadAmountError("header", header.strip(), 1)
    amounts = []
    for number, cells in enumerate(csv.reader(rows, delimiter=delimiter), 2):
        if not any(cells):
            continue
        if len(cells) != len(names):
            raise BadAmountError("width", str(len(cells)), number)
        row = dict(zip(names, cells, strict=True))
        code, yen, day, url = (row[name] for name in COLUMNS)
        amounts.append(checked(code, yen, day, url, today, number))
    return amounts


@cache
def shipped() -> tuple[Amount, ...]:
    """Return the amounts that come with the product."""
    with SHIPPED.open(encoding="utf-8") as file:
        return tuple(read(file, date(SHIPPED_YEAR, 10, 1)))


def ensure_loaded(session: Session) -> None:
    """Write the shipped amounts where there are none at all. Flushes, never commits."""
    if session.scalar(select(MinimumWage.id).limit(1)) is None:
        add(session, shipped(), actor_id=None, is_applied=True)


def add(
    session: Session, amounts: Sequence[Amount], *, actor_id: int | None, is_applied: bool = False
) -> int:
    """Write amounts; one of the same prefecture and day is corrected. Return how many differ.

    Postings are compared with them by the worker, each from its day on. Flushes, never commits.
    """
    before = {(w.prefecture_code, w.valid_from): w for w in session.scalars(select(MinimumWage))}
    new = [a for a in amounts if not _is_known(before.get((a.prefecture_code, a.valid_from)), a)]
    now = clock.now()
    rows = [
        {
            "prefecture_code": amount.prefecture_code,
            "hourly_yen": amount.hourly_yen,
            "valid_from": amount.valid_from,
            "source_url": amount.source_url,
            "created_by": actor_id,
            "created_at": now,
            "applied_at": now if is_applied else None,
        }
        for amount in new
    ]
    upsert(session, _table, rows, key=("prefecture_code", "valid_from"))
    session.expire_all()
    return len(rows)


def _is_known(found: MinimumWage | None, amount: Amount) -> bool:
    return found is not None and (found.hourly_yen, found.source_url) == (
        amount.hourly_yen,
        amount.source_url,
    )


def add_one(session: Session, amount: Amount, *, actor_id: int | None) -> None:
    """Write one amount. Flushes, never commits.

    :raises AmountTakenError: when the prefecture has one from that day on.
    """
    ensure_loaded(session)
    taken = select(MinimumWage.id).where(
        MinimumWage.prefecture_code == amount.prefecture_code,
        MinimumWage.valid_from == amount.valid_from,
    )
    if session.scalar(taken) is not None:
        raise AmountTakenError
    add(session, [amount], actor_id=actor_id)


def remove(session: Session, wage: MinimumWage) -> None:
    """Take an amount away, and have the prefecture's postings compared again."""
    code = wage.prefecture_code
    session.execute(delete(MinimumWage).where(MinimumWage.id == wage.id))
    session.execute(
        update(MinimumWage).where(MinimumWage.prefecture_code == code).values(applied_at=None)
    )


def everything(session: Session) -> list[Amount | MinimumWage]:
    """Return all amounts, the shipped ones where none were written: by prefecture, newest first."""
    order = (MinimumWage.prefecture_code, MinimumWage.valid_from.desc())
    kept: list[Amount | MinimumWage] = list(session.scalars(select(MinimumWage).order_by(*order)))
    return kept or list(shipped())


def in_force(session: Session, today: date) -> Wages:
    """Return what each prefecture's minimum is on a day."""
    found: dict[str, Wage] = {}
    for one in everything(session):
        held = found.get(one.prefecture_code)
        if one.valid_from <= today and (held is None or held.valid_from < one.valid_from):
            found[one.prefecture_code] = Wage(one.hourly_yen, one.valid_from)
    return found


def overdue(wages: Wages, today: date) -> list[str]:
    """Return the prefectures whose amount has most likely been followed by a newer one."""
    return [code for code, wage in wages.items() if wage.valid_from + USUAL_TERM <= today]


def due(session: Session, today: date) -> list[str]:
    """Return the prefectures that have an amount in force which postings were not compared with."""
    query = select(MinimumWage.prefecture_code).where(
        MinimumWage.applied_at.is_(None), MinimumWage.valid_from <= today
    )
    return sorted(set(session.scalars(query)))


def mark_applied(session: Session, codes: Sequence[str], today: date) -> int:
    """Note that the postings of prefectures were compared. Return how many amounts were due."""
    waiting = (
        MinimumWage.prefecture_code.in_(codes),
        MinimumWage.applied_at.is_(None),
        MinimumWage.valid_from <= today,
    )
    n = session.scalar(select(func.count()).select_from(MinimumWage).where(*waiting)) or 0
    session.execute(update(MinimumWage).where(*waiting).values(applied_at=clock.now()))
    return n
