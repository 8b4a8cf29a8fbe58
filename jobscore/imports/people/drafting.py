"""Turn a row of a file into a ``PersonDraft``, with a message for everything that was decided.

Pure: the mapping, the header, the admin's statement and the day of the upload go in. A row without
an address, or without a recorded consent, is no draft: its error says what is missing.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Literal, TypeVar

from jobscore.accounts.addresses import InvalidEmailError, normalise_email
from jobscore.imports import salary, values
from jobscore.imports.columns import header_key
from jobscore.imports.drafting import MAX_SHOWN, Mapping, Message, Severity
from jobscore.imports.formulas import unguard
from jobscore.imports.people.columns import password_columns
from jobscore.imports.salary import Period
from jobscore.vocabulary import gazetteer, tables

T = TypeVar("T")

MAX_NAME, MAX_TITLE, MAX_LABEL, MAX_CONSENT = 100, 255, 255, 2_000
MAX_VERSION, MAX_METHOD = 20, 255
#: As many of each as a profile holds (``accounts.profiles``).
MOST_TITLES, MOST_SKILLS = 5, 40
MOST_YEARS = 70
MAX_PAY = Decimal(10_000_000_000)
#: An older consent is a slip of the keyboard.
EARLIEST_CONSENT = date(1995, 1, 1)


class Code(StrEnum):
    """What a message about a person's row is about; the sentences are in ``people.words``."""

    NO_EMAIL = "no_email"
    EMAIL_INVALID = "email_invalid"
    CONSENT_MISSING = "consent_missing"
    CONSENT_UNDATED = "consent_undated"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_DATE_ODD = "consent_date_odd"
    NOT_INVITABLE = "not_invitable"
    ACCOUNT_KNOWN = "account_known"
    PERSON_REPEATED = "person_repeated"
    NAME_LEFT_OUT = "name_left_out"
    PLACE_UNSURE = "place_unsure"
    SKILLS_UNKNOWN = "skills_unknown"
    TOO_MANY = "too_many"
    WISH_PAY_UNREAD = "wish_pay_unread"
    WISH_TYPE_UNREAD = "wish_type_unread"
    WISH_REMOTE_UNREAD = "wish_remote_unread"
    YEARS_UNREAD = "years_unread"
    LEVEL_UNREAD = "level_unread"
    LANGUAGE_UNREAD = "language_unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentProof:
    """What a person agreed to before the import, as somebody else states it.

    :ivar given_on: the day on which the person agreed.
    :ivar method: how (form, by telephone, at the counter …); empty when nobody said.
    """

    text: str
    given_on: date
    version: str = ""
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDraft:
    """One person as a file states them; None and empty mean that the file says nothing.

    ``skills`` are codes of the vocabulary, ``place_code`` one of its places.
    """

    line: int
    email: str
    consent: ConsentProof
    name: str | None = None
    language: str | None = None
    place_code: str | None = None
    place_label: str = ""
    wanted_titles: tuple[str, ...] = ()
    held_titles: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    pay_min: Decimal | None = None
    pay_period: str | None = None
    pay_currency: str | None = None
    employment_types: tuple[str, ...] = ()
    remote: Literal["no", "ok", "only"] | None = None
    years: int | None = None
    level: str | None = None


class PeopleDrafter:
    """Drafts for the rows of one file, read with one mapping on one day.

    :param statement: what the admin states for the whole file; a mapped column of the file goes
        before the same part of it.
    """

    def __init__(
        self,
        mapping: Mapping,
        header: Sequence[str] | None,
        today: date,
        statement: ConsentProof | None = None,
    ) -> None:
        banned = set(password_columns(header))
        self.mapping = {name: n for name, n in mapping.items() if n not in banned}
        self.today = today
        self.statement = statement
        names = list(header or [])
        pay = mapping.get("pay", len(names))
        self.pay_header = names[pay] if pay < len(names) else ""

    def draft(self, line: int, cells: list[str]) -> tuple[PersonDraft | None, list[Message]]:
        """Return the draft (None when an error forbids it) and what is to be said about it."""
        return _Row(self, line, cells).draft()


class _Row:
    """The work on one row: reads cells by field and collects messages."""

    def __init__(self, drafter: PeopleDrafter, line: int, cells: list[str]) -> None:
        self._drafter = drafter
        self._mapping = drafter.mapping
        self._line = line
        self._cells = cells
        self.messages: list[Message] = []

    def cell(self, name: str) -> str:
        column = self._mapping.get(name)
        if column is None or column >= len(self._cells):
            return ""
        text = self._cells[column]
        return values.one_line(unguard(text) if text[:1] == "'" else text)

    def say(self, severity: Severity, code: Code, name: str, **params: int | str) -> None:
        shown = "" if severity is Severity.ERROR else self.cell(name)[:MAX_SHOWN]
        column = self._mapping.get(name)
        self.messages.append(Message(severity, code, self._line, column, shown, params))

    def read(self, name: str, code: Code, reader: Callable[[str], T | None]) -> T | None:
        text = self.cell(name)
        if not text:
            return None
        try:
            return reader(text)
        except values.UnreadableError:
            self.say(Severity.WARNING, code, name)
            return None

    def draft(self) -> tuple[PersonDraft | None, list[Message]]:
        email = self._email()
        consent = self._consent()
        if email is None or consent is None:
            return None, [m for m in self.messages if m.severity is Severity.ERROR]
        place_code, place_label = self._place()
        pay, period, currency = self._pay()
        experience = self.read("years", Code.YEARS_UNREAD, _years)
        return (
            PersonDraft(
                line=self._line,
                email=email,
                consent=consent,
                name=self._name(),
                language=self.read("language", Code.LANGUAGE_UNREAD, _language),
                place_code=place_code,
                place_label=place_label,
                wanted_titles=self._titles("wanted_titles"),
                held_titles=self._titles("held_titles"),
                skills=self._skills(),
                pay_min=pay,
                pay_period=period,
                pay_currency=currency,
                employment_types=self._employment_types(),
                remote=self.read("remote", Code.WISH_REMOTE_UNREAD, _remote),
                years=experience,
                level=self.read("level", Code.LEVEL_UNREAD, _level),
            ),
            self.messages,
        )

    # -- who, and with what right ------------------------------------------------------------

    def _email(self) -> str | None:
        text = self.cell("email")
        if not text:
            self.say(Severity.ERROR, Code.NO_EMAIL, "email")
            return None
        text = re.sub(r"^(?:mailto:)", "", text, flags=re.IGNORECASE)
        if found := re.fullmatch(r"[^<>@]*<([^<>]+)>", text):  # Hanako <hanako@example.com>
            text = found[1]
        try:
            return normalise_email(text)
        except InvalidEmailError:
            self.say(Severity.ERROR, Code.EMAIL_INVALID, "email")
            return None

    def _consent(self) -> ConsentProof | None:
        stated = self._drafter.statement
        text = self._stated("consent_text", stated.text if stated else "")
        plain = values.folded(text)
        if plain in _NO_WORDS:
            self.say(Severity.ERROR, Code.CONSENT_REFUSED, "consent_text")
            return None
        if plain in _YES_WORDS:  # a tick stands for the wording that the admin states
            text = stated.text if stated else ""
        if not text:
            self.say(Severity.ERROR, Code.CONSENT_MISSING, "consent_text")
            return None
        given_on = self._given_on(stated)
        if given_on is None:
            return None
        version = self._stated("consent_version", stated.version if stated else "")
        method = self._stated("consent_method", stated.method if stated else "")
        return ConsentProof(
            text=text[:MAX_CONSENT],
            given_on=given_on,
            version=version[:MAX_VERSION],
            method=method[:MAX_METHOD],
        )

    def _stated(self, name: str, by_admin: str) -> str:
        """Return the cell where the file has such a column, else what the admin states."""
        return self.cell(name) if name in self._mapping else by_admin

    def _given_on(self, stated: ConsentProof | None) -> date | None:
        if "consent_on" not in self._mapping:
            if stated is None:
                self.say(Severity.ERROR, Code.CONSENT_UNDATED, "consent_on")
            return stated.given_on if stated else None
        text, today = self.cell("consent_on"), self._drafter.today
        try:
            found = values.read_date(text, today)
        except values.UnreadableError:
            self.say(Severity.ERROR, Code.CONSENT_DATE_ODD, "consent_on")
            return None
        if found is None:
            self.say(Severity.ERROR, Code.CONSENT_UNDATED, "consent_on")
            return None
        if found.is_relative or not EARLIEST_CONSENT <= found.day <= today:
            self.say(Severity.ERROR, Code.CONSENT_DATE_ODD, "consent_on")
            return None
        return found.day

    def _name(self) -> str | None:
        name = self.cell("name")
        if not name:
            family, given = self.cell("family_name"), self.cell("given_name")
            is_eastern = values.language_of(family + given) == "ja"
            name = " ".join(filter(None, (family, given) if is_eastern else (given, family)))
        if not name:
            return None
        if len(name) > MAX_NAME or _LINKISH.search(name):
            self.say(Severity.WARNING, Code.NAME_LEFT_OUT, "name")
            return None
        return name

    # -- wishes ------------------------------------------------------------------------------

    def _place(self) -> tuple[str | None, str]:
        text = self.cell("place")
        if not text:
            return None, ""
        guess = gazetteer.resolve_place(text[:MAX_LABEL])
        if guess is None or guess.place is None or not guess.is_sure:
            self.say(Severity.WARNING, Code.PLACE_UNSURE, "place")
            return None, ""
        return guess.place.code, text[:MAX_LABEL]

    def _several(self, name: str, most: int) -> list[str]:
        found = [part.strip() for part in _BETWEEN.split(self.cell(name))]
        parts = list(dict.fromkeys(part for part in found if part))
        if len(parts) > most:
            self.say(Severity.WARNING, Code.TOO_MANY, name, most=most)
        return parts[:most]

    def _titles(self, name: str) -> tuple[str, ...]:
        return tuple(part[:MAX_TITLE] for part in self._several(name, MOST_TITLES))

    def _skills(self) -> tuple[str, ...]:
        known = _skill_codes()
        codes, unknown = [], []
        for word in self._several("skills", MOST_SKILLS):
            code = known.get(_skill_key(word))
            if code is None:
                unknown.append(word)
            else:
                codes.append(code)
        if unknown:
            words = ", ".join(unknown)[:MAX_SHOWN]
            self.say(Severity.WARNING, Code.SKILLS_UNKNOWN, "skills", words=words)
        return tuple(dict.fromkeys(codes))

    def _employment_types(self) -> tuple[str, ...]:
        found: list[str] = []
        for part in _BETWEEN.split(self.cell("employment_types")):
            try:
                word = values.read_employment_type(part)
            except values.UnreadableError:
                word = None
                self.say(Severity.WARNING, Code.WISH_TYPE_UNREAD, "employment_types")
            if word not in (None, "OTHER"):
                found.append(str(word))
        return tuple(dict.fromkeys(found))

    def _pay(self) -> tuple[Decimal | None, str | None, str | None]:
        text = self.cell("pay")
        if not text:
            return None, None, None
        header = header_key(self._drafter.pay_header)
        if re.search("万", header) and not re.search(r"[万円¥￥kK]", text):
            text += "万円"
        period = _period(self.cell("pay_period")) or _period(header)
        currency = _currency(self.cell("pay_currency")) or _currency(header)
        if currency is None and values.language_of(header) == "ja":
            currency = "JPY"  # a bare number under 希望時給
        pay = salary.parse(text, period, currency)
        least = (pay.minimum or pay.maximum) if pay else None
        if pay is None or least is None or not pay.period or not pay.currency:
            if values.folded(text) not in _NOTHING:
                self.say(Severity.WARNING, Code.WISH_PAY_UNREAD, "pay")
            return None, None, None
        if not _LEAST_YEN.get(pay.period, 0) * (pay.currency == "JPY") < least <= MAX_PAY:
            self.say(Severity.WARNING, Code.WISH_PAY_UNREAD, "pay")
            return None, None, None
        return least, pay.period, pay.currency


# -- single cells ----------------------------------------------------------------------------

_BETWEEN = re.compile(r"[,、，;；|｜\n／・]|\s/\s")
_LINKISH = re.compile(r"://|www\.|[@＠<>{}]|\.(?:com|net|org|jp|io|ru|cn|info|biz)\b", re.I)
_YES_WORDS = frozenset(
    {"1", "yes", "y", "true", "t", "ok", "agreed", "agree", "given", "x", "✓", "✔", "○", "◯",
     "はい", "同意", "同意する", "同意済", "同意済み", "同意した", "あり", "有", "有り", "済",
     "済み"}
)  # fmt: skip
_NO_WORDS = frozenset(
    {"0", "no", "n", "false", "f", "none", "not given", "refused", "declined", "withdrawn", "×",
     "✕", "✗", "いいえ", "なし", "無", "無し", "未", "不同意", "同意しない", "同意なし", "拒否",
     "撤回", "未同意"}
)  # fmt: skip
_NOTHING = frozenset({"", "-", "n/a", "na", "nan", "none", "null", "any", "応相談", "不問",
                      "negotiable", "特になし", "なし", "未定"})  # fmt: skip
_PERIODS: tuple[tuple[str, Period], ...] = (
    ("時給", "hour"), ("hour", "hour"), ("日給", "day"), ("daily", "day"), ("per day", "day"),
    ("週給", "week"), ("week", "week"), ("月給", "month"), ("月収", "month"), ("month", "month"),
    ("年収", "year"), ("年俸", "year"), ("annual", "year"), ("year", "year"), ("annum", "year"),
    ("時", "hour"), ("日", "day"), ("day", "day"), ("週", "week"), ("月", "month"), ("年", "year"),
)  # fmt: skip
#: Fewer yen are a number without its 万.
_LEAST_YEN = {"hour": 100, "day": 500, "week": 1_000, "month": 1_000, "year": 10_000}
_LANGUAGES = {
    "ja": "ja", "jp": "ja", "jpn": "ja", "ja-jp": "ja", "japanese": "ja", "日本語": "ja",
    "日本": "ja", "en": "en", "eng": "en", "en-us": "en", "en-gb": "en", "english": "en",
    "英語": "en", "英": "en",
}  # fmt: skip
_ONLY = re.compile(r"only|のみ|限定|完全|フルリモート|fully|100\s?%|だけ")
_WISHED = re.compile(
    r"^(?:希望|希望する|希望あり|可|相談可|応相談|どちらでも(?:可|良い|よい)?|either)$"
)
_NOT_WISHED = re.compile(r"^(?:希望しない|希望せず|希望なし|不要|not wanted|出社希望|出社)$")


def _language(text: str) -> str:
    found = _LANGUAGES.get(values.folded(text).replace("_", "-"))
    if found is None:
        raise values.UnreadableError(text)
    return found


def _remote(text: str) -> Literal["no", "ok", "only"] | None:
    plain = values.folded(text)
    if _NOT_WISHED.match(plain):
        return "no"
    if _WISHED.match(plain):
        return "ok"
    if _ONLY.search(plain):
        return "only"
    found = values.read_remote(text)
    return None if found is None else "no" if found == "none" else "ok"


def _years(text: str) -> int | None:
    found = values.read_experience(text)
    if found is None or found.min_years is None:
        return None
    if found.min_years > MOST_YEARS:
        raise values.UnreadableError(text)
    return found.min_years


def _level(text: str) -> str | None:
    found = values.read_experience(text)
    return found.level if found else None


def _period(text: str) -> Period | None:
    plain = values.folded(text)
    return next((period for word, period in _PERIODS if word in plain), None)


def _currency(text: str) -> str | None:
    plain = values.folded(text)
    code = re.search(r"\b(jpy|usd|eur|gbp|aud|cad|sgd|inr|krw|twd|cny)\b", plain)
    if code:
        return code[1].upper()
    marks = (("円", "JPY"), ("¥", "JPY"), ("yen", "JPY"), ("€", "EUR"), ("euro", "EUR"),
             ("£", "GBP"), ("ドル", "USD"), ("$", "USD"), ("dollar", "USD"))  # fmt: skip
    return next((currency for mark, currency in marks if mark in plain), None)


def _skill_key(word: str) -> str:
    return " ".join(tables.fold_name(word).split())


@cache
def _skill_codes() -> dict[str, str]:
    """Return the code of every skill by its code, names and aliases, folded."""
    codes: dict[str, str] = {}
    for skill in tables.skills():
        names = (skill.code, skill.name_en, skill.name_ja or "", *skill.aliases_en,
                 *skill.aliases_ja)  # fmt: skip
        for name in names:
            if key := _skill_key(name):
                codes.setdefault(key, skill.code)
    return codes
