"""Turn a row of a file into a ``JobDraft``, with a message for everything that needed a decision.

Pure: the mapping, the header and the day of the upload go in, a draft and messages come out. An
error means that the row is not imported; a warning that it is, with something left out or assumed;
an info that something was put into our words.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from jobscore.imports import exact, salary, values
from jobscore.imports.columns import header_key
from jobscore.imports.formulas import unguard
from jobscore.imports.salary import Pay, Period
from jobscore.jobs.drafts import COMPANY_NOT_STATED, JobDraft

T = TypeVar("T")

MAX_TITLE = MAX_COMPANY = MAX_LOCATION = MAX_EXTERNAL_ID = 255
MAX_INDUSTRY = 100
MAX_TEXT = 100_000
MAX_SALARY_TEXT = 500
#: Pay beyond this fits no column and no job.
MAX_PAY = Decimal(10) ** 11
#: What parts a company from the advertising line that boards put behind it.
_CATCH = re.compile(r" [|｜] ")
#: A value inside a message is cut here.
MAX_SHOWN = 200


class Severity(StrEnum):
    """What a message means for its row."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Code(StrEnum):
    """What a message is about; the sentences are in ``imports.messages``."""

    NO_TITLE = "no_title"
    NO_COMPANY = "no_company"
    TITLE_CUT = "title_cut"
    TEXT_CUT = "text_cut"
    COMPANY_SPLIT = "company_split"
    PAY_UNREAD = "pay_unread"
    PAY_NOT_STATED = "pay_not_stated"
    PAY_TOO_LARGE = "pay_too_large"
    PAY_REVERSED = "pay_reversed"
    PERIOD_ASSUMED = "period_assumed"
    EMPLOYMENT_UNREAD = "employment_unread"
    EXPERIENCE_UNREAD = "experience_unread"
    REMOTE_UNREAD = "remote_unread"
    DATE_UNREAD = "date_unread"
    DATE_RELATIVE = "date_relative"
    DATE_IN_FUTURE = "date_in_future"
    URL_UNSAFE = "url_unsafe"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said about a row. ``column`` counts from 0; None means the whole row."""

    severity: Severity
    code: StrEnum
    line: int
    column: int | None = None
    value: str = ""
    params: dict[str, int | str] = field(default_factory=dict)


#: field -> column (from 0).
Mapping = dict[str, int]


class Drafter:
    """Drafts for the rows of one file, read with one mapping on one day."""

    def __init__(self, mapping: Mapping, header: Sequence[str] | None, today: date) -> None:
        self.mapping = mapping
        self.today = today
        names = list(header or [])
        self._pay_hints = {
            name: _pay_hints(names[column] if column < len(names) else "")
            for name, column in mapping.items()
            if name in ("salary", "salary_min", "salary_max")
        }

    def draft(self, line: int, cells: list[str]) -> tuple[JobDraft | None, list[Message]]:
        """Return the draft (None when an error forbids it) and what is to be said about it."""
        return _Row(self, line, cells).draft()


class _Row:
    """The work on one row: reads cells by field and collects messages."""

    def __init__(self, drafter: Drafter, line: int, cells: list[str]) -> None:
        self._drafter = drafter
        self._mapping = drafter.mapping
        self._line = line
        width = len(cells)
        #: field -> what its cell says, where it says anything.
        self._texts = {
            name: text if text[0] != "'" else unguard(text)
            for name, column in drafter.mapping.items()
            if column < width and (text := cells[column])
        }
        self.messages: list[Message] = []

    def cell(self, name: str) -> str:
        return self._texts.get(name, "")

    def say(self, severity: Severity, code: Code, name: str, **params: int | str) -> None:
        self.messages.append(
            Message(
                severity, code, self._line, self._mapping.get(name),
                self.cell(name)[:MAX_SHOWN], params,
            )
        )  # fmt: skip

    def read(self, name: str, code: Code, reader: Callable[[str], T | None]) -> T | None:
        """Read one cell; what is not understood is left out with a warning."""
        text = self.cell(name)
        if not text:
            return None
        try:
            return reader(text)
        except values.UnreadableError:
            self.say(Severity.WARNING, code, name)
            return None

    def draft(self) -> tuple[JobDraft | None, list[Message]]:
        title = values.one_line(self.cell("title"))
        if not title:
            self.say(Severity.ERROR, Code.NO_TITLE, "title")
            return None, self.messages
        description = self._long("description")
        company, catch = self._company()
        extra = [catch] if catch else []
        if len(title) > MAX_TITLE:
            self.say(Severity.WARNING, Code.TITLE_CUT, "title", length=len(title))
            extra.insert(0, title)
            title = title[: MAX_TITLE - 1] + "…"
        benefits = self._long("benefits")
        description = "\n\n".join(filter(None, [*extra, description, benefits]))
        location = self._short("location", MAX_LOCATION)
        requirements, skills = self._long("requirements"), self._long("skills")
        if skills not in requirements:
            requirements = f"{requirements}\n\n{skills}".strip()
        pay, pay_text = self._pay()
        experience = self.read("experience", Code.EXPERIENCE_UNREAD, values.read_experience)
        return (
            JobDraft(
                title=title,
                company_name=company,
                description=description,
                requirements=requirements,
                location=location,
                place_text=_place_of(location),
                salary_min=pay.minimum if pay else None,
                salary_max=pay.maximum if pay else None,
                salary_period=pay.period if pay else None,
                salary_currency=pay.currency if pay else None,
                salary_text=pay_text,
                employment_type=self._employment_type(title),
                experience_level=experience.level if experience else None,
                experience_min_years=experience.min_years if experience else None,
                experience_max_years=experience.max_years if experience else None,
                industry=self._short("industry", MAX_INDUSTRY),
                posted_on=self._posted_on(),
                expires_on=self._date("expires_on"),
                url=self.read("url", Code.URL_UNSAFE, values.read_url),
                external_id=self._short("external_id", MAX_EXTERNAL_ID) or None,
                remote=self._remote(location),
                language=values.language_of(title + description[:500]),
                is_sponsored=values.read_flag(self.cell("is_sponsored")),
            ),
            self.messages,
        )

    # -- text --------------------------------------------------------------------------------

    def _short(self, name: str, limit: int) -> str:
        text = _one_line(self.cell(name))
        if len(text) > limit:
            self.say(Severity.WARNING, Code.TEXT_CUT, name, length=len(text), limit=limit)
            return text[: limit - 1] + "…"
        return text

    def _long(self, name: str) -> str:
        text = self.cell(name)
        if len(text) > MAX_TEXT:
            self.say(Severity.WARNING, Code.TEXT_CUT, name, length=len(text), limit=MAX_TEXT)
            text = text[:MAX_TEXT]
        return values.paragraphs(text) if text else ""

    def _company(self) -> tuple[str, str]:
        """Return the company and the advertising line that job boards put behind its name."""
        text = _one_line(self.cell("company"))
        if values.folded(text) in ("", "-", "n/a", "nan", "none", "null", "unknown"):
            self.say(Severity.WARNING, Code.NO_COMPANY, "company")
            return COMPANY_NOT_STATED, ""
        if (found := _CATCH.search(text)) and found.start():
            self.say(Severity.INFO, Code.COMPANY_SPLIT, "company")
            return text[: found.start()][:MAX_COMPANY].rstrip(), text[found.end() :]
        if len(text) > MAX_COMPANY:
            self.say(
                Severity.WARNING, Code.TEXT_CUT, "company", length=len(text), limit=MAX_COMPANY
            )
            return text[: MAX_COMPANY - 1] + "…", ""
        return text, ""

    # -- pay ---------------------------------------------------------------------------------

    def _pay(self) -> tuple[Pay | None, str]:
        """Read pay from one cell, or from a column for each end."""
        period = _period_word(self.cell("salary_period"))
        currency = _currency_word(self.cell("salary_currency"))
        text = self.cell("salary").strip()
        low, high = self.cell("salary_min").strip(), self.cell("salary_max").strip()
        if not text and exact.is_ours(self._mapping):
            unit = self.cell("salary_period"), self.cell("salary_currency")
            literal = exact.read(low, high, *unit)
            if literal is not None:
                shown = values.one_line(self.cell(exact.WRITTEN))[:MAX_SALARY_TEXT]
                return literal.pay, shown
        if text:
            name, pay = "salary", self._parse("salary", text, period, currency)
        elif low or high:
            name = "salary_min" if low else "salary_max"
            pay = self._both_ends(low, high, period, currency)
            text = f"{low} - {high}" if low and high else low or high
        else:
            return None, ""
        shown = values.one_line(text)[:MAX_SALARY_TEXT]
        if pay is None:
            if any(map(str.isdigit, text)) and not text.strip("0., "):
                return None, shown
            says_amount = any(map(str.isdigit, text))
            self.say(
                Severity.WARNING if says_amount else Severity.INFO,
                Code.PAY_UNREAD if says_amount else Code.PAY_NOT_STATED,
                name,
            )
            return None, shown
        if max(pay.minimum or 0, pay.maximum or 0) > MAX_PAY:
            self.say(Severity.WARNING, Code.PAY_TOO_LARGE, name)
            return None, shown
        if pay.was_reversed:
            self.say(Severity.WARNING, Code.PAY_REVERSED, name)
        if not pay.period_is_stated:
            self.say(Severity.INFO, Code.PERIOD_ASSUMED, name, period=pay.period or "", text=shown)
        return pay, shown

    def _parse(
        self, name: str, text: str, period: Period | None, currency: str | None
    ) -> Pay | None:
        hints = self._drafter._pay_hints[name]
        if hints.unit and not any(mark in text for mark in ("万", "円", "¥", "￥", "k", "K")):
            text += hints.unit
        return salary.parse(text, period or hints.period, currency or hints.currency)

    def _both_ends(
        self, low: str, high: str, period: Period | None, currency: str | None
    ) -> Pay | None:
        below = self._parse("salary_min", low, period, currency) if low else None
        above = self._parse("salary_max", high, period, currency) if high else None
        either = below or above
        if either is None:
            return None
        minimum = below.minimum if below else None
        maximum = above.maximum if above else None
        was_reversed = minimum is not None and maximum is not None and minimum > maximum
        if was_reversed:
            minimum, maximum = maximum, minimum
        # The larger end tells the period better.
        teller = above or either
        return Pay(
            minimum, maximum, either.currency, teller.period, teller.period_is_stated, was_reversed
        )

    # -- the rest ----------------------------------------------------------------------------

    def _employment_type(self, title: str) -> str | None:
        if self.cell("employment_type"):
            return self.read("employment_type", Code.EMPLOYMENT_UNREAD, values.read_employment_type)
        return _type_at_end(title)

    def _date(self, name: str) -> date | None:
        today = self._drafter.today
        found = self.read(name, Code.DATE_UNREAD, lambda text: values.read_date(text, today))
        if found is None:
            return None
        if found.is_relative:
            self.say(Severity.WARNING, Code.DATE_RELATIVE, name, date=found.day.isoformat())
        return found.day

    def _posted_on(self) -> date | None:
        day = self._date("posted_on")
        if day is not None and day > self._drafter.today:
            self.say(Severity.WARNING, Code.DATE_IN_FUTURE, "posted_on", date=day.isoformat())
        return day

    def _remote(self, location: str) -> str | None:
        stated = self.read("remote", Code.REMOTE_UNREAD, values.read_remote)
        return stated if stated is not None else _remote_in_place(location)


# What stands in many rows is worked out once.
_place_of = lru_cache(maxsize=16_384)(values.place_of)
_remote_in_place = lru_cache(maxsize=16_384)(values.remote_in_place)
_one_line = lru_cache(maxsize=16_384)(values.one_line)


@lru_cache(maxsize=4096)
def _last_word_type(word: str) -> str | None:
    try:
        return values.read_employment_type(word)
    except values.UnreadableError:
        return None


def _type_at_end(title: str) -> str | None:
    """Return the kind of employment that Japanese boards write as the last word of a title."""
    _, space, word = title.rpartition(" ")
    return _last_word_type(word) if space and len(word) <= 8 and not word.isascii() else None


@dataclass(frozen=True, slots=True)
class _PayHints:
    period: Period | None
    currency: str | None
    unit: str


@lru_cache(maxsize=256)
def _pay_hints(header: str) -> _PayHints:
    """Read what a header says of the pay below it: 年収(万円), salary(INR), hourly rate."""
    key = header_key(header)
    words: tuple[tuple[Period, tuple[str, ...]], ...] = (
        ("hour", ("時給", "hour")),
        ("day", ("日給", "daily")),
        ("month", ("月給", "月収", "月額", "month")),
        ("year", ("年収", "年俸", "annual", "year", "ctc")),
    )
    period = next((name for name, marks in words if any(m in key for m in marks)), None)
    unit = "万円" if "万円" in key else ""
    return _PayHints(period, _currency_word(key), unit)


@lru_cache(maxsize=256)
def _currency_word(text: str) -> str | None:
    found = salary.parse(f"1000 {values.folded(text)[-20:]}") if text else None
    if found is None and text:
        marks = [mark for mark in ("円", "¥", "jpy", "usd", "inr", "eur", "gbp") if mark in text]
        found = salary.parse(f"1000{marks[0]}") if marks else None
    return found.currency if found else None


@lru_cache(maxsize=256)
def _period_word(text: str) -> Period | None:
    plain = values.folded(text)
    words: tuple[tuple[str, Period], ...] = (
        ("時", "hour"), ("hour", "hour"), ("日", "day"), ("day", "day"), ("daily", "day"),
        ("週", "week"), ("week", "week"), ("月", "month"), ("month", "month"), ("年", "year"),
        ("year", "year"), ("annual", "year"), ("annum", "year"),
    )  # fmt: skip
    return next((period for word, period in words if word in plain), None)
