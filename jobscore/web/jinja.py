"""What every template may call: hashed static addresses, numbers, money, dates."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

import flask_babel
from babel.numbers import format_currency, format_decimal
from flask import Flask, g, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from jobscore import __version__, paths
from jobscore.web import navigation


@cache
def _digest(path: str) -> str:
    return hashlib.sha256((paths.STATIC / path).read_bytes()).hexdigest()[:12]


def asset(path: str) -> str:
    """Return the address of a static file with its content's hash, so that it can be cached.

    A page of twenty jobs draws ninety icons of one file: each address is made once a request.
    """
    known: dict[str, str] = g.setdefault("assets", {})
    if path not in known:
        known[path] = url_for("static", filename=path, v=_digest(path))
    return known[path]


#: Amounts and ranges of pay kept in words; forty postings share a few, and each costs 0.2 ms.
MOST_AMOUNTS = 8_192
#: Whole amounts below this are put between the signs of their currency without asking Babel.
MOST_WHOLE = 10**15


def money(amount: Decimal | float | None, currency: str | None) -> str:
    """Return an amount in the reader's language: ``¥1,200``, ``$25.50``, ``$80,000``."""
    if amount is None:
        return ""
    return _money(Decimal(str(amount)), currency or "JPY", _locale())


@lru_cache(maxsize=MOST_AMOUNTS)
def _money(value: Decimal, currency: str, locale: str) -> str:
    if value % 1 == 0 and 0 <= value < MOST_WHOLE and (around := _around(currency, locale)):
        return f"{int(value):,}".join(around)
    return _formatted(value, currency, locale)


def _formatted(value: Decimal, currency: str, locale: str) -> str:
    text = format_currency(
        value,
        currency,
        format=None if value % 1 else "¤#,##0",
        locale=locale,
        currency_digits=bool(value % 1),
    )
    return str(text).replace("￥", "¥")


@lru_cache(maxsize=1_024)
def _around(currency: str, locale: str) -> tuple[str, str] | None:
    """Return what stands before and behind the digits of whole amounts, in tens of microseconds
    less than formatting takes; None where digits are not grouped as ``f"{n:,}"`` groups them.
    """
    before, digits, behind = _formatted(Decimal(1_234_567), currency, locale).partition("1,234,567")
    return (before, behind) if digits else None


def _locale() -> str:
    return str(flask_babel.get_locale() or "en")


_PAY_UNITS = MappingProxyType(
    {
        "hour": _l("%(amount)s an hour"),
        "day": _l("%(amount)s a day"),
        "week": _l("%(amount)s a week"),
        "month": _l("%(amount)s a month"),
        "year": _l("%(amount)s a year"),
    }
)


def pay(
    low: Decimal | None,
    high: Decimal | None,
    currency: str | None,
    period: str | None,
    locale: str | None = None,
) -> str:
    """Return a pay range with its unit in the reader's language, or an empty string.

    :param locale: the reader's language, where the caller knows it: asking takes longer than all
        the rest.
    """
    if low is None and high is None:
        return ""
    return _pay(low, high, currency or "JPY", str(period or ""), locale or _locale())


@lru_cache(maxsize=MOST_AMOUNTS)
def _pay(low: Decimal | None, high: Decimal | None, currency: str, period: str, locale: str) -> str:
    """Return the range in words; ``locale`` is the reader's."""
    first, last = (
        "" if amount is None else _amount(amount, currency, locale) for amount in (low, high)
    )
    shape = "one" if first == last else "range" if first and last else "from" if first else "to"
    return _pay_words(shape, period, locale).replace(_FIRST, first).replace(_LAST, last)


def _amount(amount: Decimal | float, currency: str, locale: str) -> str:
    return _money(amount if isinstance(amount, Decimal) else Decimal(str(amount)), currency, locale)


#: Where the amounts go in the words around them.
_FIRST, _LAST = "\0", "\1"


@lru_cache(maxsize=256)
def _pay_words(shape: str, period: str, _locale: str) -> str:
    """Return the words around amounts; ``_locale``, the reader's, only tells results apart."""
    shapes: dict[str, Callable[[], str]] = {
        "one": lambda: _FIRST,
        "range": lambda: gettext("%(low)s – %(high)s", low=_FIRST, high=_LAST),
        "from": lambda: gettext("from %(amount)s", amount=_FIRST),
        "to": lambda: gettext("up to %(amount)s", amount=_LAST),
    }
    words = shapes[shape]()
    unit = _PAY_UNITS.get(period)
    return str(words if unit is None else str(unit) % {"amount": words})


def day(value: date | datetime | None, form: str = "medium") -> str:
    """Return a date (of an instant: in the operator's time zone) in the reader's language."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return str(flask_babel.format_date(value, form))
    return str(flask_babel.format_date(value, form, rebase=False))


def instant(value: datetime | None, form: str = "medium") -> Markup | str:
    """Return an instant as a ``<time>`` element, shown in the operator's time zone."""
    if value is None:
        return ""
    shown = flask_babel.format_datetime(value, form)
    return Markup('<time datetime="{}">{}</time>').format(
        value.isoformat(timespec="seconds"), shown
    )


def number(value: float | Decimal | None, digits: int = 0) -> str:
    """Return a number in the reader's language with at most ``digits`` decimals."""
    if value is None:
        return ""
    return _number(value, digits, str(flask_babel.get_locale() or "en"))


@lru_cache(maxsize=4_096)
def _number(value: float | Decimal, digits: int, locale: str) -> str:
    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    return str(format_decimal(value, pattern, locale=locale))


def size(value: int | None) -> str:
    """Return bytes in the unit that suits them: ``812 B``, ``1.4 MB`` (steps of 1,000)."""
    if value is None:
        return ""
    amount, units = float(value), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 999.95 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{number(amount, 0 if units[0] == 'B' else 1)} {units[0]}"


def duration(seconds: float | None) -> str:
    """Return seconds in the unit that suits them, with about three digits: ``2.41 ms``."""
    if seconds is None:
        return ""
    amount, unit = (seconds, "s") if seconds >= 1 else (seconds * 1000, "ms")
    return f"{number(amount, 0 if amount >= 100 else 1 if amount >= 10 else 2)} {unit}"


def init_app(app: Flask) -> None:
    """Register filters and globals."""
    app.jinja_env.filters.update(money=money, day=day, instant=instant, number=number)
    app.jinja_env.filters.update(size=size, duration=duration)
    app.jinja_env.globals.update(asset=asset, pay=pay, version=__version__)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def page_frame() -> dict[str, Any]:
        return navigation.frame()
