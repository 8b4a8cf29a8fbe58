"""Understand what a posting says about pay, in English and Japanese.

``parse`` turns a cell such as ``時給1,200円〜1,500円``, ``$80K-$120K (Glassdoor est.)`` or
``6-8 LPA`` into a range, a currency and a period; what names no amount (応相談, "negotiable",
an empty cell) is None: unknown, neither zero nor a guess. Run as a module with ``--batch`` it
answers one JSON line for each JSON line ``{"text": "…"}``.
"""

import json
import re
import sys
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from jobscore.imports.values import cached

Period = Literal["hour", "day", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Pay:
    """Pay as stated: ``minimum`` or ``maximum`` is None when that end is open.

    ``currency`` is an ISO 4217 code or None. ``period`` is None when nothing tells it;
    ``period_is_stated`` is False when it was concluded from the size of the amount.
    """

    minimum: Decimal | None
    maximum: Decimal | None
    currency: str | None
    period: Period | None
    period_is_stated: bool
    #: The text named the larger end first, which may be a slip of the pen.
    was_reversed: bool = False


class _Amount(NamedTuple):
    start: int
    end: int
    raw: Decimal
    scale: Decimal
    has_scale: bool
    currency: str | None
    is_marked: bool
    period: Period | None

    @property
    def value(self) -> Decimal:
        return self.raw * self.scale


_CURRENCIES: dict[str, tuple[str, ...]] = {
    "JPY": ("¥", "円", "yen", "jpy"),
    "AUD": ("a$", "au$", "aud"),
    "CAD": ("c$", "ca$", "cad"),
    "NZD": ("nz$", "nzd"),
    "SGD": ("s$", "sgd"),
    "HKD": ("hk$", "hkd"),
    "TWD": ("nt$", "twd"),
    "BRL": ("r$", "brl"),
    "MXN": ("mx$", "mxn"),
    "USD": ("us$", "$", "usd", "dollars", "dollar", "米ドル", "ドル"),
    "EUR": ("€", "eur", "euros", "euro", "ユーロ"),
    "GBP": ("£", "gbp", "ポンド"),
    "INR": ("₹", "inr", "rs.", "rs", "rupees"),
    "CNY": ("cny", "rmb", "人民元", "元"),
    "KRW": ("₩", "krw", "원"),
    "PHP": ("₱", "php"),
    "THB": ("฿", "thb"),
    "VND": ("₫", "vnd"),
    "IDR": ("idr", "rp"),
    "MYR": ("myr", "rm"),
    "CHF": ("chf",),
    "SEK": ("sek",),
    "NOK": ("nok",),
    "DKK": ("dkk",),
    "PLN": ("pln", "zł"),
    "CZK": ("czk", "kč"),
    "AED": ("aed",),
    "ZAR": ("zar",),
}
_CURRENCY_OF = {mark: code for code, marks in _CURRENCIES.items() for mark in marks}
_SCALES = {
    "k": 10**3, "thousand": 10**3, "m": 10**6, "mio": 10**6, "million": 10**6,
    "l": 10**5, "lpa": 10**5, "lakh": 10**5, "lakhs": 10**5, "lac": 10**5, "lacs": 10**5,
    "cr": 10**7, "crore": 10**7, "crores": 10**7,
}  # fmt: skip
_KANJI_UNITS = {"十": 10, "百": 100, "千": 1_000}
_INDIAN = frozenset({"l", "lpa", "lakh", "lakhs", "lac", "lacs", "cr", "crore", "crores"})


def _currency_pattern(name: str) -> str:
    marks = sorted(_CURRENCY_OF, key=len, reverse=True)
    words = [re.escape(m) if m[-1] in ".$" else rf"{m}(?![a-z])" for m in marks if m.isascii()]
    signs = [re.escape(m) for m in marks if not m.isascii()]
    return rf"(?P<{name}>{'|'.join(signs)}|(?<![a-z])(?:{'|'.join(words)}))"


_N = r"\d[\d,]*(?:\.\d+)?"
_WESTERN = (
    r"\d{1,3}(?:[,.'’ \u00a0]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d{1,2}(?:,\d{2})+,\d{3}|\d+(?:[.,]\d+)?"
)
_AMOUNT = re.compile(
    rf"(?:{_currency_pattern('before')}\s*)?"
    rf"(?<![\d.])(?:(?P<kanji>(?=\d[\d,.]*[億万千百])(?:(?P<oku>{_N})億)?(?:(?P<man>{_N})(?P<sen_man>[千百])?万)?"
    rf"(?:(?P<sen>{_N})千)?(?:(?P<hyaku>\d)百)?(?P<rest>\d[\d,]*)?)"
    rf"|(?P<number>{_WESTERN})\s*"
    rf"(?P<scale>(?:{'|'.join(sorted(_SCALES, key=len, reverse=True))})(?![a-z]))?)"
    rf"\s*(?:{_currency_pattern('after')})?"
)  # fmt: skip
_NO_PAY = re.compile(r"401\s*\(?k\)?|w-?2\b|1099\b|\d+\s*(?:%|割)|24/7")
_PERIODS: tuple[tuple[Period, str, str], ...] = (
    ("hour", r"時間?給|時間(?:額|あたり|当たり)", r"hours?|hr|hrs|h(?![a-z])|std|heure|時間?"),
    ("day", r"日[給当額]|1日(?:あたり|当たり)?", r"days?|diem|tag|jour|日"),
    ("week", r"週給|週額", r"weeks?|wk|woche|週"),
    (
        "month",
        r"月[給収額俸]|月(?=\s*[\d約¥])",
        r"months?|mth|mo(?![a-z])|monat|mois|[かヶケカ]?月",
    ),
    ("year", r"年[収俸給額棒]|年(?=\s*[\d約¥])", r"years?|yr|yrs|annum|jahr|an(?![a-z])|年"),
)
_ADVERBS: dict[Period, str] = {
    "hour": r"hourly|p/?h\b|stündlich",
    "day": r"daily|p\.?d\.?\b",
    "week": r"weekly|p\.?w\.?\b",
    "month": r"monthly|pcm\b|p\.m\.|monatlich|mensuel",
    "year": r"annual(?:ly)?|yearly|p\.?\s?a\.?(?![a-z])|lpa\b|jährlich|annuel",
}
_STATED: list[tuple[Period, re.Pattern[str]]] = [
    (
        period,
        re.compile(
            rf"(?:{japanese})|(?<![a-z])(?:{_ADVERBS[period]})"
            rf"|(?:/|(?<![a-z])(?:per|an?|each|every|pro|par|im)\s|毎)\s*(?:{unit})(?![a-z])"
        ),
    )
    for period, japanese, unit in _PERIODS
]
_SEPARATOR = re.compile(
    r"[^\d]{0,12}?\s*(?:~|-|から|より|(?<![a-z])(?:to|and|bis|à)(?![a-z]))\s*[^\d~、。;(]{0,12}"
)
#: Money that is not the pay itself.
_EXTRA = re.compile(
    r"交通費|手当|賞与|ボーナス|残業代|祝[い]?金|支度金|昇給|インセンティブ|奨励|補助|研修|試用"
    r"|資本金|売上|(?<![a-z])(?:sign[- ]?on|bonus(?:es)? of|allowance|relocation|stipend of)"
)
#: What is paid on top of an amount: the plus before it does not open a range.
_ON_TOP = (
    r"\s*(?:[\u3040-\u30ff\u4e00-\u9fff\d$€£¥]"
    r"|bonus|commission|benefit|equity|tip|super|stock|ote)"
)
_OPEN_ABOVE = re.compile(
    rf"\s*(?:以上|~|-\s*$|から|より|\+(?!{_ON_TOP})|(?:and|or)\s(?:up|more|above)"
    rf"|plus\b(?!{_ON_TOP})|min(?:imum)?\b)"
)
_OPEN_BELOW = re.compile(r"\s*(?:以下|以内|まで|未満|\bor less|max\b|maximum)")
_FROM = re.compile(
    r"(?:(?<![a-z])(?:from|starting(?: at| from)?|starts at|min(?:imum)?\.?|at least|over|above"
    r"|more than|ab|mindestens|à partir de)|最低|下限|^\s*(?:>=?|≥))[\s:of]*$"
)
_UP_TO = re.compile(
    r"(?:(?<![a-z])(?:up\s?to|max(?:imum)?\.?|under|below|less than|bis(?: zu)?|höchstens"
    r"|jusqu'à)|最大|最高|上限|~|^\s*(?:<=?|≤))[\s:of]*$"
)
#: Undone before NFKC, which takes some of them apart.
_DASHES = str.maketrans(
    dict.fromkeys("〜～∼˜〰∿⁓→⇒➡…‥", "~") | dict.fromkeys("–—―‐‑‒−－─━﹣⁃﹘", "-")
)
_SPACE_BEFORE_UNIT = re.compile(r"(?<=[\d万千億]) +(?=[億万千百円])")
#: Numbers written out, 二十五万円: digits before them (1千万円) are read as they are.
_IN_KANJI = re.compile(
    r"(?<![\d.,〇一二三四五六七八九十百千])[〇一二三四五六七八九十百千]{1,8}(?=[万億円])"
)


@cached(16_384)
def parse(
    text: str, period_hint: Period | None = None, currency_hint: str | None = None
) -> Pay | None:
    """Return the pay that ``text`` states, or None when it states no amount.

    The hints come from the column's header and count only where the text itself is silent.
    """
    plain = unicodedata.normalize("NFKC", text.translate(_DASHES)).lower().strip()
    plain = _SPACE_BEFORE_UNIT.sub("", plain)
    plain = _IN_KANJI.sub(lambda found: str(_kanji_number(found[0])), plain)
    plain = re.sub(r"(?<=[\d万円千億]) *ー *(?=[\d¥])", "~", plain)
    plain = _NO_PAY.sub(lambda found: " " * len(found[0]), plain)
    amounts = _amounts(plain)
    if not amounts:
        return None
    offers = _offers(plain, amounts)
    for offer in offers:
        if offer.is_pay:
            return _pay(plain, offer, period_hint, currency_hint)
    return None


@dataclass(slots=True)
class _Offer:
    low: _Amount
    high: _Amount | None
    before: str
    after: str
    is_pay: bool = True


def _amounts(plain: str) -> list[_Amount]:
    found = []
    for match in _AMOUNT.finditer(plain):
        amount = _amount(match)
        if amount.raw or amount.is_marked:
            found.append(amount)
    return found


def _amount(match: re.Match[str]) -> _Amount:
    mark = match["before"] or match["after"]
    currency = _CURRENCY_OF[mark] if mark else None
    period: Period | None = None
    if match["kanji"]:
        value, scale = _kanji_value(match)
        return _Amount(
            match.start(), match.end(), value, scale, True, currency or "JPY", True, None
        )
    word = match["scale"]
    if word in _INDIAN:
        currency = currency or "INR"
        period = "year" if word == "lpa" else None
    raw = _decimal(match["number"], scaled=word is not None)
    scale = Decimal(_SCALES[word]) if word else Decimal(1)
    is_marked = mark is not None or word in _INDIAN
    return _Amount(
        match.start(), match.end(), raw, scale, word is not None, currency, is_marked, period
    )


def _kanji_value(match: re.Match[str]) -> tuple[Decimal, Decimal]:
    """Return (number, scale): a plain 万 amount keeps its scale for 500~800万円 to share."""
    parts = {name: _plain(match[name]) for name in ("oku", "man", "sen", "hyaku", "rest")}
    if (
        match["man"]
        and not match["sen_man"]
        and not any(match[name] for name in ("oku", "sen", "hyaku", "rest"))
    ):
        return parts["man"], Decimal(10_000)
    man = {"千": 10_000_000, "百": 1_000_000}.get(match["sen_man"] or "", 10_000)
    value = (
        parts["oku"] * 10**8
        + parts["man"] * man
        + parts["sen"] * 1_000
        + parts["hyaku"] * 100
        + parts["rest"]
    )
    return value, Decimal(1)


def _kanji_number(text: str) -> int:
    """Return the number below 10,000 that is written out: 二十五, 千二百, 二五〇."""
    total = digit = 0
    for mark in text:
        if mark in _KANJI_UNITS:
            total, digit = total + (digit or 1) * _KANJI_UNITS[mark], 0
        else:
            digit = digit * 10 + "〇一二三四五六七八九".index(mark)
    return total + digit


def _plain(text: str | None) -> Decimal:
    return Decimal(text.replace(",", "")) if text else Decimal(0)


def _decimal(text: str, *, scaled: bool) -> Decimal:
    """Read a number written the American, European, Swiss or Indian way."""
    text = re.sub(r"['’ \u00a0]", "", text)
    comma, dot = text.rfind(","), text.rfind(".")
    if comma >= 0 and dot >= 0:
        thousands, point = (",", ".") if dot > comma else (".", ",")
        return Decimal(text.replace(thousands, "").replace(point, "."))
    mark = "," if comma >= 0 else "."
    head, _, tail = text.rpartition(mark)
    is_group = len(tail) == 3 and head not in ("", "0") and not (mark == "." and scaled)
    if head and not is_group and mark not in head:
        return Decimal(f"{head}.{tail}")
    return Decimal(text.replace(mark, ""))


def _offers(plain: str, amounts: list[_Amount]) -> list[_Offer]:
    """Pair amounts into ranges and say which of them can be the pay."""
    offers: list[_Offer] = []
    i = 0
    while i < len(amounts):
        low, high = amounts[i], None
        if i + 1 < len(amounts):
            between = plain[low.end : amounts[i + 1].start]
            if _SEPARATOR.fullmatch(between) and not _EXTRA.search(between):
                high = amounts[i + 1]
        start = amounts[i - 1].end if i else 0
        i += 2 if high else 1
        stop = amounts[i].start if i < len(amounts) else len(plain)
        last = high or low
        offers.append(_Offer(low, high, plain[start : low.start], plain[last.end : stop]))
    lonely = len(offers) == 1
    for offer in offers:
        sure = offer.low.is_marked or (offer.high is not None and offer.high.is_marked)
        extra = _EXTRA.search(offer.before[-12:])
        offer.is_pay = not extra and (sure or (lonely and _is_bare(offer)))
    return offers


def _is_bare(offer: _Offer) -> bool:
    """Say whether a number without any mark of money can be pay: nothing else stands beside it."""
    rest = f"{offer.before} {offer.after}"
    for _, pattern in _STATED:
        rest = pattern.sub(" ", rest)
    rest = re.sub(
        r"(?:up\s?to|from|between|starting|at|salary|pay|wage|gross|net|approx|est|約|給与|給料"
        r"|以上|以下|まで|から|程度)",
        " ",
        rest,
    )
    return not re.search(r"[^\W\d_]", rest)


def _pay(
    plain: str, offer: _Offer, period_hint: Period | None, currency_hint: str | None
) -> Pay | None:
    low, high = offer.low, offer.high
    was_reversed = False
    if high is not None:
        low, high = _share_scale(low, high)
        minimum: Decimal | None = low.value
        maximum: Decimal | None = high.value
        if low.value > high.value:
            minimum, maximum, was_reversed = maximum, minimum, True
    elif _UP_TO.search(offer.before) or _OPEN_BELOW.match(_unbracketed(offer.after)):
        minimum, maximum = None, low.value
    elif _FROM.search(offer.before) or _OPEN_ABOVE.match(_unbracketed(offer.after)):
        minimum, maximum = low.value, None
    else:
        minimum = maximum = low.value
    currency = low.currency or (high.currency if high else None) or currency_hint
    period = low.period or (high.period if high else None) or _stated_period(plain, offer)
    is_stated = period is not None
    largest = maximum if maximum is not None else minimum
    if not largest:
        return None
    if period is None:
        period = period_hint if period_hint else _period_by_size(largest, currency)
        is_stated = period_hint is not None
    return Pay(minimum, maximum, currency, period, is_stated, was_reversed)


def _unbracketed(text: str) -> str:
    """Pass over a period between an amount and 以上 ("/月 以上") and over closing brackets."""
    for _, pattern in _STATED:
        if found := pattern.match(text.lstrip()):
            return text.lstrip()[found.end() :]
    return text.lstrip(" )]")


def _share_scale(low: _Amount, high: _Amount) -> tuple[_Amount, _Amount]:
    """Let 500~800万円 and $80-120K mean what they say: one scale for both ends."""
    if high.has_scale and not low.has_scale and low.raw < 1000 and low.raw <= high.raw * 10:
        return low._replace(scale=high.scale), high
    if low.has_scale and not high.has_scale and high.raw < 1000 and high.value < low.value:
        return low, high._replace(scale=low.scale)
    return low, high


def _stated_period(plain: str, offer: _Offer) -> Period | None:
    """Return the period named nearest: before the amount, between, after it, or anywhere."""
    span = plain[offer.low.start : offer.high.end if offer.high else offer.low.end]
    for text, last in ((offer.before, True), (span, False), (offer.after, False), (plain, False)):
        hits = [
            (match.start(), period)
            for period, pattern in _STATED
            for match in pattern.finditer(text if text is not offer.before else text + "1")
        ]
        if hits:
            return (max if last else min)(hits)[1]
    return None


def _period_by_size(amount: Decimal, currency: str | None) -> Period | None:
    """Conclude a period from the size of the amount where only one makes a living."""
    limits: tuple[tuple[int, Period | None], ...]
    if currency == "JPY":
        limits = ((1_000_000, "year"), (60_000, "month"), (4_000, "day"), (500, "hour"))
    elif currency == "INR":
        limits = ((100_000, "year"), (5_000, "month"))
    elif currency in (None, "USD", "EUR", "GBP", "CAD", "AUD", "NZD", "SGD", "CHF"):
        limits = ((10_000, "year"), (1_000, "month"), (200, None), (5, "hour"))
    else:
        return None
    return next((period for limit, period in limits if amount >= limit), None)


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def as_json(pay: Pay | None) -> dict[str, int | float | str | None] | None:
    """Return pay in the shape of the batch protocol."""
    if pay is None:
        return None
    return {
        "min": _number(pay.minimum),
        "max": _number(pay.maximum),
        "currency": pay.currency,
        "period": pay.period,
    }


def main() -> None:
    """Answer each line of standard input with one line on standard output."""
    for line in sys.stdin:
        text = str(json.loads(line).get("text") or "")
        print(json.dumps(as_json(parse(text)), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
