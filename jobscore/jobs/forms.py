"""The filters of the job search: read from the address, shown again, taken off one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from flask_babel import gettext, ngettext
from werkzeug.datastructures import MultiDict

from jobscore.jobs import wording
from jobscore.jobs.search import NOT_STATED, Criteria, Sort
from jobscore.scoring import pay
from jobscore.vocabulary import tables
from jobscore.web.jinja import money

#: Longest search text that is read.
LONGEST_TEXT = 100
POSTED_DAYS = (1, 3, 7, 14, 30)
#: Distances that are offered, in kilometres.
DISTANCES = (5, 10, 20, 50, 100)
#: Least scores that are offered.
SCORES = (50, 60, 70, 80, 90)
_CURRENCIES = ("JPY", "USD", "EUR", "GBP")
_PERIODS = ("hour", "day", "month", "year")
#: Currency and period in which pay may be asked for.
PAY_UNITS = tuple(f"{currency}-{period}" for currency in _CURRENCIES for period in _PERIODS)
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
    km: int = 0
    levels: tuple[str, ...] = ()
    #: ``yes`` or ``no``: whether pay is stated.
    stated: str = ""
    score: int = 0

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
            km=self.km if self.place else 0,
            levels=self.levels,
            has_pay={"yes": True, "no": False}.get(self.stated),
            min_score=self.score,
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
            "km": self.km,
            "level": list(self.levels),
            "stated": self.stated,
            "score": self.score,
        }
        return {name: value for name, value in (values | changes).items() if value}

    @property
    def has_more(self) -> bool:
        """Whether a filter is set beside words and place."""
        return self.n_more > 0

    @property
    def n_more(self) -> int:
        """How many filters are set beside words and place."""
        several = len(self.types) + len(self.levels) + len(self.features)
        single = (self.remote, self.pay, self.days, self.km, self.stated, self.score)
        return several + sum(map(bool, single))


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """One filter in words, and the address without it; ``key`` is its name in ``Matches.masks``."""

    label: str
    without: Mapping[str, Any]
    key: str = ""


def read(args: MultiDict[str, str], default_unit: str) -> Filters:
    """Read the filters of an address; anything that is no filter of ours is ignored."""
    unit = args.get("pay_unit", "")
    known = {feature.code for feature in tables.features()}
    return Filters(
        text=_text(args.get("q", "")),
        place=_text(args.get("place", "")),
        types=_several(args, "type", (*wording.EMPLOYMENT, NOT_STATED)),
        remote=_one(args, "remote", ("full", "any", "none", NOT_STATED)),
        pay=_amount(args.get("pay", "")),
        pay_unit=unit if unit in PAY_UNITS else default_unit,
        features=tuple(f for f in dict.fromkeys(args.getlist("feature")) if f in known),
        days=_number(args, "days", POSTED_DAYS),
        sort=_one(args, "sort", tuple(Sort)),
        km=_number(args, "km", DISTANCES),
        levels=_several(args, "level", (*wording.LEVEL, NOT_STATED)),
        stated=_one(args, "stated", ("yes", "no")),
        score=_number(args, "score", SCORES),
    )


def _one(args: MultiDict[str, str], name: str, known: Sequence[str]) -> str:
    value = args.get(name, "")
    return value if value in known else ""


def _several(args: MultiDict[str, str], name: str, known: Sequence[str]) -> tuple[str, ...]:
    given = set(args.getlist(name))
    return tuple(word for word in known if word in given)


def _number(args: MultiDict[str, str], name: str, known: Sequence[int]) -> int:
    value = args.get(name, "")
    return int(value) if value in {str(n) for n in known} else 0


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
    found: list[ActiveFilter] = []

    def add(key: str, label: str, **without: Any) -> None:
        found.append(ActiveFilter(label, filters.address(**without), key))

    if filters.text:
        add("text", gettext("“%(text)s”", text=filters.text), q="")
    if filters.place:
        add("place", place_label(filters), place="", km=0)
    for word in filters.types:
        add("type", employment_label(word), type=[t for t in filters.types if t != word])
    if filters.remote:
        add("remote", dict(remote_choices())[filters.remote], remote="")
    for word in filters.levels:
        add("level", level_label(word), level=[one for one in filters.levels if one != word])
    if filters.pay is not None:
        amount = money(filters.pay, filters.pay_unit[:3])
        unit = dict(pay_unit_choices())[filters.pay_unit]
        label = gettext("from %(amount)s (%(unit)s)", amount=amount, unit=unit)
        add("pay", label, pay=None, pay_unit="")
    if filters.stated:
        add("has_pay", dict(stated_choices())[filters.stated], stated="")
    for code in filters.features:
        rest = [f for f in filters.features if f != code]
        add(f"feature:{code}", wording.feature(code, language), feature=rest)
    if filters.days:
        add("days", dict(day_choices())[filters.days], days=0)
    if filters.score:
        add("score", gettext("Score %(n)s or more", n=filters.score), score=0)
    return found


def all_words(labels: Sequence[str]) -> str:
    """Return filters in words as one line; without any, what then is found."""
    return str(gettext(", ").join(labels) if labels else gettext("All open jobs"))


def taken_off(filters: Filters, key: str, language: str) -> ActiveFilter:
    """Return the filter of a name in ``Matches.masks`` as a whole, several values together."""
    own = [one for one in active(filters, language) if one.key == key]
    if len(own) == 1:
        return own[0]
    label = gettext(" or ").join(one.label for one in own)
    return ActiveFilter(label, filters.address(**{key: []}), key)


def place_label(filters: Filters) -> str:
    """Return the place with its distance in words."""
    if not filters.km:
        return filters.place
    return str(gettext("%(place)s and %(km)s km around", place=filters.place, km=filters.km))


def employment_label(word: str) -> str:
    """Return a kind of employment, or that none is stated, in words."""
    if word == NOT_STATED:
        return str(gettext("Employment not stated"))
    return str(wording.EMPLOYMENT[word])


def level_label(word: str) -> str:
    """Return a level, or that none is stated, in words."""
    return str(gettext("Level not stated") if word == NOT_STATED else wording.LEVEL[word])


def remote_choices() -> list[tuple[str, str]]:
    """Return the answers to how much remote work is wanted."""
    return [
        ("", gettext("Remote or not")),
        ("any", gettext("At least partly remote")),
        ("full", gettext("Fully remote")),
        ("none", gettext("On site")),
        (NOT_STATED, gettext("Remote work not stated")),
    ]


def stated_choices() -> list[tuple[str, str]]:
    """Return the answers to whether pay must be stated."""
    return [
        ("", gettext("Pay stated or not")),
        ("yes", gettext("Pay stated")),
        ("no", gettext("Pay not stated")),
    ]


def day_choices() -> list[tuple[int, str]]:
    """Return how old a posting may be."""
    some = [
        (n, ngettext("Posted in the last day", "Posted in the last %(num)s days", n))
        for n in POSTED_DAYS
    ]
    return [(0, gettext("Posted any time")), *some]


def distance_choices() -> list[tuple[str, str]]:
    """Return how far around the place to look."""
    some = [(str(n), gettext("up to %(km)s km around", km=n)) for n in DISTANCES]
    return [("", gettext("This place only")), *some]


def score_choices() -> list[tuple[str, str]]:
    """Return the least scores."""
    some = [(str(n), gettext("Score %(n)s or more", n=n)) for n in SCORES]
    return [("", gettext("Any score")), *some]


def sort_choices(filters: Filters, *, has_scores: bool) -> list[tuple[Sort, str]]:
    """Return the orders that mean something for these filters; the first is the usual one."""
    names = {
        Sort.MATCH: gettext("Best match"),
        Sort.SCORE: gettext("Best for me"),
        Sort.NEW: gettext("Newest"),
        Sort.PAY: gettext("Highest pay"),
        Sort.DISTANCE: gettext("Nearest"),
    }
    means = {Sort.MATCH: filters.text, Sort.SCORE: has_scores, Sort.DISTANCE: filters.place}
    return [(sort, name) for sort, name in names.items() if means.get(sort, True)]


def pay_unit_choices() -> list[tuple[str, str]]:
    """Return the units in which pay may be asked for."""
    currencies = {
        "JPY": gettext("yen"),
        "USD": gettext("US dollars"),
        "EUR": gettext("euros"),
        "GBP": gettext("pounds"),
    }
    return [
        choice
        for code, name in currencies.items()
        for choice in (
            (f"{code}-hour", gettext("%(currency)s an hour", currency=name)),
            (f"{code}-day", gettext("%(currency)s a day", currency=name)),
            (f"{code}-month", gettext("%(currency)s a month", currency=name)),
            (f"{code}-year", gettext("%(currency)s a year", currency=name)),
        )
    ]


def feature_choices(language: str) -> list[tuple[str, str]]:
    """Return the work-style features by name."""
    return [(f.code, f.name_ja if language == "ja" else f.name_en) for f in tables.features()]


@lru_cache
def place_choices(language: str) -> tuple[str, ...]:
    """Return the names that the place box suggests: the prefectures of Japan."""
    return tuple(
        (place.name_ja or place.name_en) if language == "ja" else place.name_en
        for place in tables.places()
        if place.kind == "prefecture"
    )
