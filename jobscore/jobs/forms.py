"""The filters of the job search: read from the address, shown again, taken off one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext, ngettext
from werkzeug.datastructures import MultiDict

from jobscore.jobs import wording
from jobscore.jobs.search import Criteria
from jobscore.scoring import pay
from jobscore.vocabulary import tables
from jobscore.web.jinja import money

#: Longest search text that is read.
LONGEST_TEXT = 100
POSTED_DAYS = (1, 3, 7, 14, 30)
#: Currency and period in which pay may be asked for.
PAY_UNITS = (
    "JPY-hour",
    "JPY-day",
    "JPY-month",
    "JPY-year",
    "USD-hour",
    "USD-year",
    "EUR-year",
    "GBP-year",
)
LARGEST_PAY = Decimal(10**10)


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters as the address has them; what it says wrongly is left out."""

    text: str = ""
    place: str = ""
    types: tuple[str, ...] = ()
    remote: str = ""
    pay: Decimal | None = None
    pay_unit: str = ""
    features: tuple[str, ...] = ()
    days: int = 0
    sort: str = ""

    def criteria(self, today: date) -> Criteria:
        """Return what to search for; days are counted back from ``today``."""
        currency, _, period = self.pay_unit.partition("-")
        return Criteria(
            text=self.text,
            place=self.place,
            employment_types=self.types,
            remote=self.remote,
            yearly_pay=None if self.pay is None else Decimal(pay.yearly(self.pay, period)) / 100,
            currency=currency,
            features=self.features,
            posted_since=today - timedelta(days=self.days) if self.days else None,
        )

    def address(self, **changes: Any) -> dict[str, Any]:
        """Return the parts of an address that say the same, with some filters changed."""
        values: dict[str, Any] = {
            "q": self.text,
            "place": self.place,
            "type": list(self.types),
            "remote": self.remote,
            "pay": None if self.pay is None else f"{self.pay.normalize():f}",
            "pay_unit": self.pay_unit if self.pay is not None else "",
            "feature": list(self.features),
            "days": self.days,
            "sort": self.sort,
        }
        return {name: value for name, value in (values | changes).items() if value}

    @property
    def has_more(self) -> bool:
        """Whether a filter is set that stands behind "More filters"."""
        return bool(self.types or self.remote or self.pay or self.features or self.days)


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """One filter in words, and the address without it."""

    label: str
    without: Mapping[str, Any]


def read(args: MultiDict[str, str], default_unit: str) -> Filters:
    """Read the filters of an address; anything that is no filter of ours is ignored."""
    remote = args.get("remote", "")
    unit = args.get("pay_unit", "")
    days = args.get("days", "")
    sort = args.get("sort", "")
    known = {feature.code for feature in tables.features()}
    return Filters(
        text=_text(args.get("q", "")),
        place=_text(args.get("place", "")),
        types=tuple(t for t in wording.EMPLOYMENT if t in args.getlist("type")),
        remote=remote if remote in {"full", "any"} else "",
        pay=_amount(args.get("pay", "")),
        pay_unit=unit if unit in PAY_UNITS else default_unit,
        features=tuple(f for f in dict.fromkeys(args.getlist("feature")) if f in known),
        days=int(days) if days in {str(d) for d in POSTED_DAYS} else 0,
        sort=sort if sort in {"new", "best"} else "",
    )


def _text(value: str) -> str:
    return " ".join("".join(c for c in value if c.isprintable() or c.isspace()).split())[
        :LONGEST_TEXT
    ]


#: Characters of a pay filter, and its least value: an exponent would fill the page with zeros.
LONGEST_AMOUNT = 20
SMALLEST_PAY = Decimal("0.01")


def _amount(value: str) -> Decimal | None:
    if len(value) > LONGEST_AMOUNT:
        return None
    try:
        amount = Decimal(value.replace(",", "").strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and SMALLEST_PAY <= amount <= LARGEST_PAY else None


def active(filters: Filters, language: str) -> Sequence[ActiveFilter]:
    """Return every filter that is set, in words, with the address that takes it off."""
    found = []
    if filters.text:
        label = gettext("“%(text)s”", text=filters.text)
        found.append(ActiveFilter(label, filters.address(q="")))
    if filters.place:
        found.append(ActiveFilter(filters.place, filters.address(place="")))
    for word in filters.types:
        rest = [t for t in filters.types if t != word]
        found.append(ActiveFilter(str(wording.EMPLOYMENT[word]), filters.address(type=rest)))
    if filters.remote:
        label = dict(remote_choices())[filters.remote]
        found.append(ActiveFilter(label, filters.address(remote="")))
    if filters.pay is not None:
        amount = money(filters.pay, filters.pay_unit[:3])
        unit = dict(pay_unit_choices())[filters.pay_unit]
        label = gettext("from %(amount)s (%(unit)s)", amount=amount, unit=unit)
        found.append(ActiveFilter(label, filters.address(pay=None, pay_unit="")))
    for code in filters.features:
        rest = [f for f in filters.features if f != code]
        label = wording.feature(code, language)
        found.append(ActiveFilter(label, filters.address(feature=rest)))
    if filters.days:
        found.append(ActiveFilter(dict(day_choices())[filters.days], filters.address(days=0)))
    return found


def all_words(labels: Sequence[str]) -> str:
    """Return filters in words as one line; without any, what then is found."""
    return str(gettext(", ").join(labels) if labels else gettext("All open jobs"))


def remote_choices() -> list[tuple[str, str]]:
    """Return the answers to how much remote work is wanted."""
    return [
        ("", gettext("Remote or not")),
        ("any", gettext("At least partly remote")),
        ("full", gettext("Fully remote")),
    ]


def day_choices() -> list[tuple[int, str]]:
    """Return how old a posting may be."""
    some = [
        (n, ngettext("Posted in the last day", "Posted in the last %(num)s days", n))
        for n in POSTED_DAYS
    ]
    return [(0, gettext("Posted any time")), *some]


def pay_unit_choices() -> list[tuple[str, str]]:
    """Return the units in which pay may be asked for."""
    words = {
        "JPY-hour": gettext("yen an hour"),
        "JPY-day": gettext("yen a day"),
        "JPY-month": gettext("yen a month"),
        "JPY-year": gettext("yen a year"),
        "USD-hour": gettext("US dollars an hour"),
        "USD-year": gettext("US dollars a year"),
        "EUR-year": gettext("euros a year"),
        "GBP-year": gettext("pounds a year"),
    }
    return [(unit, words[unit]) for unit in PAY_UNITS]


def feature_choices(language: str) -> list[tuple[str, str]]:
    """Return the work-style features by name."""
    return [(f.code, f.name_ja if language == "ja" else f.name_en) for f in tables.features()]


def place_choices(language: str) -> list[str]:
    """Return the names that the place box suggests: the prefectures of Japan."""
    return [
        (place.name_ja or place.name_en) if language == "ja" else place.name_en
        for place in tables.places()
        if place.kind == "prefecture"
    ]
