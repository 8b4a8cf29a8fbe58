"""Dates and spans of time as CVs write them, in English and Japanese, and years between. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "r": 2018, "h": 1988, "s": 1925}
_EN_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATE = (
    rf"(?:(?P<mon{{n}}>{_EN_MONTH})\.?,?\s+(?P<my{{n}}>(?:19|20)\d\d)"
    r"|(?P<era{n}>令和|平成|昭和|(?<![a-z])[rhs])\s?(?P<ey{n}>\d{{1,2}}|元)\s?[年.]\s?"
    r"(?:(?P<em{n}>\d{{1,2}})(?:月|(?!\d)))?"
    r"|(?<!\d)(?P<y{n}>(?:19|20)\d\d)\s?年(?:\s?(?P<jm{n}>\d{{1,2}})\s?月)?"
    r"|(?<!\d)(?P<mm{n}>\d{{1,2}})/(?P<sy{n}>(?:19|20)\d\d)(?!\d)"
    r"|(?<!\d)(?P<iy{n}>(?:19|20)\d\d)[-/.](?P<im{n}>[01]?\d)(?:[-/.][0-3]?\d)?(?![\d])"
    r"|(?<![\d/.])(?P<py{n}>(?:19|20)\d\d)(?![\d/]|-\d\d(?!\d)))"
)
_NOW = (
    r"(?P<now>present|current(?:ly)?|now|today|ongoing|至?\s?現在(?:に至る)?|在職中|在籍中|就業中)"
)
_TO = r"\s*(?:日|頃)?\s*(?:–|—|-|−|―|ー|~|〜|～|to\b|till\b|until\b|から|より|→)\s*"
_SPAN = re.compile(_DATE.format(n=1) + _TO + rf"(?:{_NOW}|{_DATE.format(n=2)}|(?P<open>$))", re.I)
_SINGLE = re.compile(_DATE.format(n=1), re.I)
_BEGINS = re.compile(r"入社|入職|入店|就職|着任|勤務開始|雇用開始|転職|開業|joined|started", re.I)
_ENDS = re.compile(r"退社|退職|退店|離職|契約(?:期間)?満了|閉店|left\b|resigned", re.I)
_STILL = re.compile(r"現在に至る|現在も?(?:在職|勤務)|在職中")


@dataclass(frozen=True, slots=True)
class Span:
    """Months from ``first`` to before ``until`` (twelve times the year plus the month from 0).

    :ivar line: the number of the line that says so; the characters are those of that line.
    """

    first: int
    until: int
    line: int
    start: int
    end: int


def month_of(text: str) -> int | None:
    """Return the month of an ISO 8601 date (``2014-06-29``, ``2014-06``, ``2014``), or None."""
    match = re.fullmatch(r"((?:19|20)\d\d)(?:-(0[1-9]|1[0-2])(?:-[0-3]\d)?)?", text.strip())
    if match is None:
        return None
    return int(match[1]) * 12 + (int(match[2]) - 1 if match[2] else 0)


def this_month(today: date) -> int:
    """Return the number of the month of a day."""
    return today.year * 12 + today.month - 1


def spans(lines: Iterable[tuple[int, str]], today: date) -> list[Span]:
    """Return the spans of time that numbered lines state, pairs of 入社 and 退社 included.

    What lies in the future ends today; what ends before it begins is left out.
    """
    found: list[Span] = []
    begun: Span | None = None
    latest = this_month(today) + 1
    for number, line in lines:
        has_span = False
        for match in _SPAN.finditer(line):
            has_span = True
            first = _month(match, 1)
            until = latest if match["now"] or match["open"] is not None else _month_end(match)
            _add(found, Span(first, min(until, latest), number, match.start(), match.end()))
        single = None if has_span else _SINGLE.search(line)
        if single is not None and _ENDS.search(line):
            if begun is not None:
                _add(found, _closed(begun, min(_month(single, 1) + 1, latest)))
            begun = None
        elif single is not None and _BEGINS.search(line):
            month = _month(single, 1)
            if begun is not None:
                _add(found, _closed(begun, min(month, latest)))
            begun = Span(month, month, number, single.start(), len(line.rstrip()))
        elif begun is not None and _STILL.search(line):
            _add(found, _closed(begun, latest))
            begun = None
    if begun is not None:
        _add(found, _closed(begun, latest))
    return found


def _closed(begun: Span, until: int) -> Span:
    return Span(begun.first, until, begun.line, begun.start, begun.end)


def _add(found: list[Span], span: Span) -> None:
    if 1940 * 12 <= span.first < span.until:
        found.append(span)


def without(line: str) -> str:
    """Return the line with its spans and dates as tabs: what is left are names and titles."""
    return _SINGLE.sub("\t", _SPAN.sub("\t", line))


def years(found: Iterable[tuple[int, int]]) -> int:
    """Return the whole years that spans (first month, month after) cover, overlaps counted once."""
    months = reached = 0
    for first, until in sorted(found):
        months += max(0, until - max(first, reached))
        reached = max(reached, until)
    return months // 12


def _month(match: re.Match[str], n: int) -> int:
    year, month = _year_and_month(match, n)
    return year * 12 + (month or 1) - 1


def _month_end(match: re.Match[str]) -> int:
    """Return the month after the end of a span; an end that names no month ends as it begins."""
    year, month = _year_and_month(match, 2)
    return year * 12 + (month or 0)


def _year_and_month(match: re.Match[str], n: int) -> tuple[int, int]:
    """Return year and month (0 where none is named) of the ``n``-th date of a match."""
    part = match.groupdict()
    if name := part[f"mon{n}"]:
        return int(part[f"my{n}"]), _MONTHS.index(name[:3].lower()) + 1
    if era := part[f"era{n}"]:
        year = part[f"ey{n}"]
        in_era = 1 if year == "元" else int(year)
        return _ERAS[era.lower()] + in_era, _in_year(part[f"em{n}"])
    for year, month in ((f"y{n}", f"jm{n}"), (f"sy{n}", f"mm{n}"), (f"iy{n}", f"im{n}")):
        if part[year]:
            return int(part[year]), _in_year(part[month])
    return int(part[f"py{n}"]), 0


def _in_year(month: str | None) -> int:
    """Return a month from 1 to 12, or 0 for none or what is none."""
    return int(month) if month and 1 <= int(month) <= 12 else 0
