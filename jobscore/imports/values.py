"""Understand single cells: dates, kinds of employment, experience, remote work, addresses.

Every reader is pure and cached: real files repeat their words a lot. None means that the text says
nothing of the kind; ``Unreadable`` is raised where it says something that is not understood.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, update_wrapper
from typing import Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

P = ParamSpec("P")
T = TypeVar("T")
#: Longer cells are read up to here: they are prose, and neither time nor the memory of the caches
#: may depend on what somebody put into a file.
LONGEST = 500


def cached(
    size: int,
) -> Callable[[Callable[Concatenate[str, P], T]], Callable[Concatenate[str, P], T]]:
    """Remember what a reader made of the last ``size`` texts, each cut to ``LONGEST``."""

    def decorate(read: Callable[Concatenate[str, P], T]) -> Callable[Concatenate[str, P], T]:
        remembered = cast(Callable[Concatenate[str, P], T], lru_cache(maxsize=size)(read))

        def reader(text: str, /, *more: P.args, **named: P.kwargs) -> T:
            return remembered(text[:LONGEST], *more, **named)

        return update_wrapper(reader, read)

    return decorate


class UnreadableError(ValueError):
    """The text is not empty and means nothing to the reader of this field."""


@dataclass(frozen=True, slots=True)
class Day:
    """A date; ``is_relative`` when it was counted back from the day of the upload (9時間前)."""

    day: date
    is_relative: bool = False


@dataclass(frozen=True, slots=True)
class Experience:
    """A level (none, junior, mid, senior, lead) and years; None where nothing is said."""

    level: str | None
    min_years: int | None
    max_years: int | None


def folded(text: str) -> str:
    """Return text with width and case undone, for comparing only, never for showing."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


# -- dates -----------------------------------------------------------------------------------

_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "r": 2018, "h": 1988, "s": 1925}
_ERA_DATE = re.compile(
    r"(令和|平成|昭和|[rhs])\s*(元|\d{1,2})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})日?"
)
_YMD = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})日?")
_COMPACT = re.compile(r"(20\d{2})(\d{2})(\d{2})")
_DMY = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_MONTH_FIRST = re.compile(r"([a-z]{3})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_DAY_FIRST = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([a-z]{3})[a-z]*\.?,?[\s-]+(\d{4})")
_MONTH_DAY = re.compile(r"(\d{1,2})月\s*(\d{1,2})日")
_AGO = re.compile(
    r"(\d+|an?|one)\+?\s*(秒|分|時間|日|週間?|[かヶケカ]?月|年|sec\w*|min\w*|hours?|hrs?|h|days?|d"
    r"|weeks?|w|months?|mo|years?|y)\s*(?:前|ago|old)?"
)
_UNIT_DAYS = {"日": 1, "d": 1, "週": 7, "w": 7, "月": 30, "mo": 30, "年": 365, "y": 365}
_TODAY = re.compile(r"(?:posted\s+)?(?:today|just now|just posted|now|new|本日|今日|新着|たった今)")
_YESTERDAY = re.compile(r"(?:posted\s+)?(?:yesterday|昨日)")


@cached(16_384)
def read_date(text: str, today: date) -> Day | None:
    """Read ISO dates, 2021年4月1日, 令和5年4月1日, Apr 1, 2021, 3日前 and the like.

    Of ``01/02/2021`` the first number is the month unless it cannot be.

    :raises UnreadableError: when it is no date.
    """
    plain = folded(text)
    if not plain or plain in ("-", "n/a", "nan", "none", "null", "なし", "随時"):
        return None
    try:
        return _absolute(plain, today) or _relative(plain, today) or _fail(text)
    except (ValueError, OverflowError) as error:
        raise UnreadableError(text) from error


def _fail(text: str) -> Day:
    raise UnreadableError(text)


def _absolute(plain: str, today: date) -> Day | None:
    if found := _ERA_DATE.match(plain):
        year = 1 if found[2] == "元" else int(found[2])
        return Day(date(_ERAS[found[1]] + year, int(found[3]), int(found[4])))
    if found := _YMD.match(plain) or _COMPACT.fullmatch(plain):
        return Day(date(int(found[1]), int(found[2]), int(found[3])))
    if found := _DMY.match(plain):
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        is_day_first = first > 12 or found[2] == "."
        month, day = (second, first) if is_day_first else (first, second)
        return Day(date(year, month, day))
    if (found := _MONTH_FIRST.search(plain)) and found[1] in _MONTHS:
        return Day(date(int(found[3]), _MONTHS[found[1]], int(found[2])))
    if (found := _DAY_FIRST.search(plain)) and found[2] in _MONTHS:
        return Day(date(int(found[3]), _MONTHS[found[2]], int(found[1])))
    if found := _MONTH_DAY.match(plain):
        day_this_year = date(today.year, int(found[1]), int(found[2]))
        return Day(day_this_year, is_relative=True)
    if re.fullmatch(r"1[0-9]{9}(?:\d{3})?(?:\.0)?", plain):
        seconds = int(plain.split(".")[0][:10])
        return Day(date(1970, 1, 1) + timedelta(days=seconds // 86_400))
    return None


def _relative(plain: str, today: date) -> Day | None:
    if _TODAY.match(plain):
        return Day(today, is_relative=True)
    if _YESTERDAY.match(plain):
        return Day(today - timedelta(days=1), is_relative=True)
    found = _AGO.search(plain)
    if not found:
        return None
    number = int(found[1]) if found[1].isdigit() else 1
    unit = found[2].lstrip("かヶケカ")
    days = next(
        (n for name, n in _UNIT_DAYS.items() if unit.startswith(name) and unit[:3] != "min"), 0
    )
    return Day(today - timedelta(days=number * days), is_relative=True)


# -- kinds of employment ---------------------------------------------------------------------

#: schema.org words and the words of postings that mean them; the first hit in a cell counts.
_EMPLOYMENT = (
    ("INTERN", r"\bintern(?:ship)?s?\b|インターン"),
    ("TEMPORARY", r"\btemp(?:orary)?\b|\bseasonal\b|紹介予定派遣|一般派遣|派遣|短期|期間工|臨時"),
    ("CONTRACTOR", r"\bcontract(?:or)?\b|\bfreelance\b|\bcorp[- ]to[- ]corp\b|契約社員|業務委託"
     r"|嘱託|請負|フリーランス|委託"),
    ("PART_TIME", r"\bpart[-_ ]?time\b|アルバイト|パート|バイト|非常勤"),
    ("FULL_TIME", r"\bfull[-_ ]?time\b|\bpermanent\b|\bregular\b|\bemployee\b|正社員|正職員"
     r"|正規|常勤|フルタイム"),
    ("OTHER", r"\bother\b|\bper[-_ ]?diem\b|\bvolunteer\b|ボランティア|その他|公務員|委嘱"),
)  # fmt: skip
_EMPLOYMENT_PATTERNS = [(word, re.compile(pattern)) for word, pattern in _EMPLOYMENT]
_NOTHING = frozenset({"", "-", "n/a", "na", "nan", "none", "null", "not applicable", "unknown"})


@cached(16_384)
def read_employment_type(text: str) -> str | None:
    """Return the schema.org word for a kind of employment: the first that the text names.

    :raises UnreadableError: when it names none.
    """
    plain = folded(text)
    if plain in _NOTHING:
        return None
    plain = plain.replace("fulltime", "full time").replace("parttime", "part time")
    hits = [
        (found.start(), rank, word)
        for rank, (word, pattern) in enumerate(_EMPLOYMENT_PATTERNS)
        if (found := pattern.search(plain))
    ]
    if not hits:
        raise UnreadableError(text)
    return min(hits)[2]


# -- experience ------------------------------------------------------------------------------

_YEARS = r"(\d{1,2})(?:\.\d)?\s*"
_YEAR_RANGE = re.compile(
    _YEARS + r"(?:years?|yrs?|年)?\s*(?:-|~|〜|～|–|to|から)\s*" + _YEARS + r"(?:years?|yrs?|年)?"
)
_YEAR_MIN = re.compile(_YEARS + r"(?:\+|年以上|年~|年~|(?:\+|plus)?\s*(?:years?|yrs?|y\b)|年)")
_NO_EXPERIENCE = re.compile(
    r"未経験(?!(?:者|の方)?は?(?:不可|ng|お断り|ご遠慮|応募不可))|初心者(?!は?(?:不可|ng))"
    r"|no experience|not (?:required|necessary|needed)|fresher|\bnone\b"
    r"|経験(?:者)?(?:は|も|・学歴)?(?:不問|いりません|不要|なし|問いません|問わず)"
)
#: Says so only where no years are asked: 「学歴不問 経験3年以上」, 「ブランク可」.
_LIKELY_NONE = re.compile(r"不問|ブランク")
#: Years that are welcome and not asked: 「経験2年以上優遇」, "2 years preferred".
_ONLY_WELCOME = re.compile(
    r"年(?:以上|程度)?(?:の(?:方|経験))?は?(?:歓迎|優遇|尚可|望ましい)"
    r"|years?[^.;,]{0,24}(?:preferred|a plus|desir)"
)
_LEVELS = (
    ("lead", r"\blead\b|director|executive|principal|\bmanager|\bhead\b|\bchief|\bvp\b"
     r"|管理職|部長|課長|マネージャー|リーダー"),
    ("mid", r"mid[- ]senior|\bmid\b|associate|intermediate|中堅|\bmedior\b|経験者"),
    ("senior", r"senior|\bsr\.?\b|シニア|ベテラン|上級|\bexpert"),
    ("junior", r"entry|junior|\bjr\.?\b|trainee|graduate|intern|新卒|第二新卒|ジュニア|若手|初級"),
)  # fmt: skip
_LEVEL_PATTERNS = [(level, re.compile(pattern)) for level, pattern in _LEVELS]


@cached(16_384)
def read_experience(text: str) -> Experience | None:
    """Read ``3+ years``, ``経験3年以上``, ``未経験OK``, ``Mid-Senior level``.

    :raises UnreadableError: when it says something else.
    """
    plain = folded(text)
    if plain in _NOTHING - {"none"}:
        return None
    low = high = None
    if found := _YEAR_RANGE.search(plain):
        low, high = sorted((int(found[1]), int(found[2])))
    elif found := _YEAR_MIN.search(plain):
        low = int(found[1])
    elif re.fullmatch(r"\d{1,2}(?:\.0)?", plain):
        low = int(plain.split(".")[0])
    is_asked = low is not None and _ONLY_WELCOME.search(plain) is None
    if _NO_EXPERIENCE.search(plain) or (not is_asked and _LIKELY_NONE.search(plain)):
        if not is_asked:
            low = high = None
        return Experience("none", 0 if low is None else low, high)
    level = next((name for name, pattern in _LEVEL_PATTERNS if pattern.search(plain)), None)
    if level is None and low is None:
        raise UnreadableError(text)
    return Experience(level or level_of_years(low), low, high)


def level_of_years(years: int | None) -> str | None:
    """Return the level that so many years are usually asked for."""
    if years is None:
        return None
    limits = ((1, "none"), (3, "junior"), (6, "mid"), (10, "senior"))
    return next((level for limit, level in limits if years < limit), "lead")


# -- remote work -----------------------------------------------------------------------------

_HYBRID = re.compile(r"hybrid|partial|一部|併用|ハイブリッド|週\d|\bsome\b|occasional|月\d")
_FULL = re.compile(
    r"fully|\bremote|work from home|\bwfh|telework|telecommut|anywhere"
    r"|フルリモート|完全在宅|在宅|リモート|テレワーク"
)
_NO_REMOTE = re.compile(
    r"on[- ]?site|in[- ]office|not remote|no remote|出社|不可|なし|無し|オフィス勤務|いいえ"
)
_YES = frozenset(
    {
        "1",
        "1.0",
        "100",
        "t",
        "true",
        "yes",
        "y",
        "可",
        "可能",
        "あり",
        "有",
        "有り",
        "ok",
        "○",
        "◯",
        "はい",
    }
)
_NO = frozenset(
    {"0", "0.0", "f", "false", "no", "n", "不可", "なし", "無", "無し", "×", "✕", "いいえ"}
)


@cached(4096)
def read_remote(text: str) -> str | None:
    """Return none, hybrid or full; None when the cell says nothing.

    :raises UnreadableError: when it says something else.
    """
    plain = folded(text)
    if plain in _NO:
        return "none"
    if plain in _NOTHING:
        return None
    if plain in _YES:
        return "full"
    if plain in ("50", "0.5", "応相談", "相談可") or _HYBRID.search(plain):
        return "hybrid"
    if _NO_REMOTE.search(plain):
        return "none"
    if _FULL.search(plain):
        return "full"
    raise UnreadableError(text)


def remote_in_place(text: str) -> str | None:
    """Return what a place such as ``Hybrid work in Boston, MA`` says of remote work."""
    plain = folded(text)
    if re.search(r"\bhybrid\b|ハイブリッド|一部リモート|一部在宅", plain):
        return "hybrid"
    if re.search(
        r"\bremote\b|\bwork from home\b|フルリモート|完全在宅|在宅勤務|全国\(リモート", plain
    ):
        return "full"
    return None


def place_of(text: str) -> str:
    """Return a place without the words about remote work before it."""
    cut = re.sub(r"^\s*(?:hybrid|remote)(?:\s+work)?\s+(?:in|from)\s+", "", text, flags=re.I)
    return cut.strip()


@cached(1024)
def read_flag(text: str) -> bool:
    """Return whether a cell says yes; what it does not say is no."""
    plain = folded(text)
    return plain in _YES or plain in ("pr", "sponsored", "promoted", "広告")


# -- addresses -------------------------------------------------------------------------------

_MAX_URL = 4_000


def read_url(text: str) -> str | None:
    """Return an http or https address; None for an empty cell.

    :raises UnreadableError: for any other scheme (``javascript:``, ``data:``) or no address.
    """
    url = text.strip()
    if folded(url) in _NOTHING:
        return None
    if url.lower().startswith("www."):
        url = f"https://{url}"
    if len(url) > _MAX_URL or re.search(r"[\s\x00-\x1f\x7f<>\"]", url):
        raise UnreadableError(text)
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise UnreadableError(text) from error
    if parts.scheme.lower() not in ("http", "https") or not host or parts.username:
        raise UnreadableError(text)
    return url


# -- text ------------------------------------------------------------------------------------

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2028\u2029\ufeff]")
_SPACES = re.compile(r"\s+")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\u4e00-\u9fff]")


def one_line(text: str) -> str:
    """Return text without control characters, its white space folded to single spaces."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _SPACES.sub(" ", _CONTROLS.sub("", text)).strip()


def paragraphs(text: str) -> str:
    """Return long text with its line breaks, as LF, and without control characters."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text).strip()


def language_of(text: str) -> str:
    """Return ``ja`` when text has any Japanese script, else ``en``."""
    return "en" if text.isascii() or not _JAPANESE.search(text) else "ja"
