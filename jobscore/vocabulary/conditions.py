"""What a posting makes a condition: a licence that the work needs by law, hours, age, a permit.

Pure. A skill may be asked loosely; a condition can keep a job from a person, so only plain words
count: 「看護師の資格をお持ちの方」, ``must have a valid CDL``, a title that ends with the
profession. 「あれば歓迎」, ``a plus``, 「入社後取得」 are no condition.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

from jobscore.vocabulary import tables
from jobscore.vocabulary.normalize import normalize

LICENCE: Final = "licence:"
"""Begins the code of a condition that a licence of `licences.tsv` is held."""
ADULTS_ONLY: Final = "adults_only"
NIGHTS: Final = "nights_required"
WEEKENDS: Final = "weekends_required"
OVERTIME: Final = "overtime_required"
WORK_PERMIT: Final = "work_permit_required"
NO_LICENCE: Final = "no_licence_needed"
HOURS: Final = (NIGHTS, WEEKENDS, OVERTIME)
_STILL_NEEDED: Final = frozenset({"driving", "towing"})
"""Groups of licences that 「無資格OK」 does not speak of: it means the profession's."""


class Span(NamedTuple):
    """One licence in a text in lower case: where it stands, and which."""

    start: int
    end: int
    code: str
    required: bool | None
    """What the words around say, as in :meth:`wishes.Markers.required`."""


@dataclass(frozen=True, slots=True)
class Licence:
    """One line of ``licences.tsv``: a licence without which the law forbids the work."""

    code: str
    group: str
    covers: frozenset[str]
    """Licences whose work the holder may do as well."""
    is_asked: bool
    """Is everybody asked about it in the profile? The others only when a job needs them."""


@cache
def licences() -> dict[str, Licence]:
    """Return the licences that the law asks for, by the code of the skill."""
    return {
        row["code"]: Licence(
            code=row["code"],
            group=row["group"],
            covers=frozenset(filter(None, row["covers"].split("|"))),
            is_asked=bool(row["asked"]),
        )
        for row in tables.rows("licences.tsv")
    }


def licence_of(condition: str) -> Licence | None:
    """Return the licence that a condition asks for; None for another or an unknown condition."""
    if not condition.startswith(LICENCE):
        return None
    return licences().get(condition.removeprefix(LICENCE))


def name_of(condition: str, language: str) -> str:
    """Return the name of a condition in a language; an unknown code stays as it is."""
    is_ja = language.startswith("ja")
    licence = licence_of(condition)
    if licence is not None:
        skill = _licence_skills()[licence.code]
        return (is_ja and skill.name_ja) or skill.name_en
    for entry in tables.conditions():
        if entry.code == condition:
            return entry.name_ja if is_ja else entry.name_en
    return condition


def is_condition(code: str) -> bool:
    """Tell whether a code of ``job_features`` is a condition, not a work-style feature."""
    return code.startswith(LICENCE) or code in _codes()


@cache
def _codes() -> frozenset[str]:
    return frozenset(entry.code for entry in tables.conditions())


@cache
def _licence_skills() -> dict[str, tables.SkillEntry]:
    return {skill.code: skill for skill in tables.skills() if skill.code in licences()}


# --- licences ------------------------------------------------------------------------------------

_PAREN = r"(?:\s?\([^)\n]{0,30}\))?"
_KIND = r"(?:以上)?(?:の?(?:有?資格|免許[証状]?|登録))?"
_HOLDER = (
    r"(?:を|の|が)?(?:お持ち|持って|所持|所有|保有|保持|有する|有し|取得済|取得され|取得し)"
    r"[^。\n、,]{0,8}(?:方|人|者|こと)"
)
_ASKED_AFTER: Final = re.compile(
    rf"{_PAREN}{_KIND}{_PAREN}\s?(?:"
    r"(?:[:：]\s?)?(?:が|は|を)?(?:必須|必携|必要(?!な[いし]|は[あご]|あり|とし(?:ま?せ|な)|なく|ござ))"
    rf"|{_HOLDER}|(?:の|を)?(?:所持|所有|保有|保持|取得)者|有資格者|(?:の|が)ある方)"
    r"|(?:'s)?(?: \([^)\n]{0,30}\))?(?: (?:certification|certificate|certified|licen[sc]e|licensure"
    r"|endorsement|in good standing))*(?: is| are| -|:)? \(?(?:required|a must|mandatory)\b"
)
_ASKED_BEFORE: Final = re.compile(
    r"(?<![必重概不主需])要[・:： ]?$"
    r"|(?:必須|(?:^|[\n【\[■◆●○・])(?:必須|必要|応募)?(?:資格|免許))(?:条件|要件|資格|免許)?[:：】\]]\s?$"
    r"|(?<!not )\b(?:must (?:have|hold|possess|be)|requires?|required:|possession of)"
    r"(?: (?:an?|the|your|own|valid|current|active|clean|full|unrestricted|unencumbered|state|"
    r"licensed|us|uk))* $"
)
_VALID_BEFORE: Final = re.compile(
    r"\b(?:valid|current|active|unrestricted|unencumbered|clean)(?: [a-z.]+){0,2} $"
)
_LINE_BEFORE: Final = re.compile(r"(?:^|\n)[\s・*●■◆○◎▪•-]*$")
_LINE_AFTER: Final = re.compile(rf"{_PAREN}{_KIND}{_PAREN}[^\S\n]*(?:$|[\n、・/,。])")
_SOFT: Final = re.compile(
    r"[^。\n]{0,6}(?:手当|助手|以外)"
    r"|[、,]?\s?(?:または|又は|もしくは|あるいは|or)[^。.\n]{0,14}(?:目指|取得|見込|obtain)"
    r"|[^。\n、,.;]{0,16}?(?:歓迎|優遇|尚可|なお可|尚良|望まし|あれば|活かせ|不要|不問|なくても|無くても|なし"
    r"|無し|必要あり|必要はあり|必要ござ|取得支援|取得でき|取得可|取得予定|見込|目指|も可|入社後)"
    r"|[^.\n;,]{0,40}?(?:preferred|a plus|desir|an asset|advantage|nice to have|bonus"
    r"|not required|not necessary|not needed|willing|able to obtain|ability to obtain"
    r"|to obtain|within \d|helpful|optional|is not)"
)
_DENIED: Final = re.compile(r"(?:\b(?:no|not|without|non)[ -](?:an? |any |valid )*|無|非)$")
_JOINED: Final = re.compile(
    rf"{_PAREN}{_KIND}\s?"
    r"(?:、|,)?\s?(?:または|又は|もしくは|若しくは|あるいは|か|や|・|、|/|,|or|, or)\s?(?:an? )?$"
)
_WINDOW: Final = 60


def needed_licences(low: str, spans: Sequence[Span]) -> Iterator[tuple[str, int, int]]:
    """Yield the licences that a text makes a condition: code, start and end of the words.

    Licences that stand in a row (「看護師または准看護師」) are needed together: the engine takes
    one of them as enough.

    :param low: the text in lower case and usual widths.
    :param spans: all licences in it, in order.
    """
    for chain in _chains(low, spans):
        asked = [end for span in chain if (end := _asked_until(low, span)) is not None]
        if asked:
            for span in chain:
                until = max(asked) if span is chain[-1] else span.end
                yield LICENCE + span.code, span.start, max(span.end, until)


def _chains(low: str, spans: Sequence[Span]) -> Iterator[list[Span]]:
    chain: list[Span] = []
    for span in spans:
        if chain and not _JOINED.fullmatch(low[chain[-1].end : span.start]):
            yield chain
            chain = []
        chain.append(span)
    if chain:
        yield chain


def _asked_until(low: str, span: Span) -> int | None:
    """Return where the words end that make the licence a condition; None when none do."""
    before = low[max(0, span.start - _WINDOW) : span.start]
    if _DENIED.search(before) or _SOFT.match(low, span.end):
        return None
    after = _ASKED_AFTER.match(low, span.end)
    if after is not None:
        return None if _SOFT.match(low, after.end()) else after.end()
    if low[span.start] == "要" or _ASKED_BEFORE.search(before):
        return span.end
    if not span.required:
        return None
    stands_alone = _LINE_BEFORE.search(before) and _LINE_AFTER.match(low, span.end)
    return span.end if stands_alone or _VALID_BEFORE.search(before) else None


_TITLE_BEFORE: Final = re.compile(
    r"(?:対象|向け|専門|元|助手|補助|&|\b(?:for|to|of|and|assistant)) ?$"
)
#: Words of a title that make it another's work: 「看護師の人材紹介営業」, ``RN Recruiter``.
_OTHER_WORK: Final = re.compile(
    r"営業|紹介(?!予定)|コーディネ|助手|補助|事務|秘書|アシスタント|講師"
    r"|\b(?:recruit\w*|assistants?|aides?|sales|staffing|schedul\w+|billing|train\w+|tutors?|clerks?"
    r"|instructors?|educators?|coders?|office|firm|secretary)\b"
)
_TITLE_AFTER: Final = re.compile(
    r"(?:\s?\([^)]{0,30}\))?(?:$|\s?[/|｜】\]【\[★☆◆■●♪!！]|\s[-–—]\s|\s(?=[^\x00-\x7f])"
    r"|の?(?:大?募集|求人|お仕事))"
)
_PARTS: Final = re.compile(r"[/|｜【】\[\]★☆◆■●♪!！・\s]")


#: In English these name work that needs no licence.
_JAPANESE_ALONE: Final = frozenset(("care-manager", "nursery-teacher"))
_CHOICES: Final = re.compile(r"/|\bor\b")


def _all_licensed(low: str, spans: Sequence[Span]) -> bool:
    """Tell whether an English title names no other work: ``RN / LPN``, not ``CNA / Caregiver``."""
    if low.count(",") > 1:
        return False
    borders = [0, *(m.start() for m in _CHOICES.finditer(low)), len(low)]
    parts = list(pairwise(borders))
    return len(parts) == 1 or all(any(a <= s.start < b for s in spans) for a, b in parts)


def licences_in_title(title: str, spans: Iterable[tuple[int, int, str]]) -> Iterator[str]:
    """Yield the conditions that a title sets by naming a profession: 「訪問看護師」, ``ICU RN``.

    Licences in a row are alternatives and come together.

    :param spans: start, end and code of licences, as positions in the title.
    """
    spans = [span for span in spans if span[2] in licences()]
    if not spans:
        return
    low, position = normalize(title)
    if position is not None or _OTHER_WORK.search(low):  # half-width katakana moved the positions
        return
    named = [Span(a, b, c, None) for a, b, c in sorted(spans) if b <= len(low)]
    if low.isascii() and not _all_licensed(low, named):
        return
    for chain in _chains(low, named):
        if any(_is_the_work(low, span) for span in chain):
            yield from (LICENCE + span.code for span in chain)


def _is_the_work(low: str, span: Span) -> bool:
    if span.code in _JAPANESE_ALONE and low[span.start : span.end].isascii():
        return False
    if _TITLE_BEFORE.search(low[: span.start]) or not _TITLE_AFTER.match(low, span.end):
        return False
    rest = _PARTS.split(low[span.end :], maxsplit=1)[0]
    return not (_SOFT.match(rest) or _DENIED.search(low[: span.start]))


# --- the other conditions ------------------------------------------------------------------------

_WELCOME_AFTER: Final = re.compile(
    r"[^。、,.\n]{0,8}(?:歓迎|優遇|尚可|なお可|尚良|望まし|不要|でなくても)"
    r"|[^.\n;,]{0,24}?(?:preferred|a plus|an asset|desirable|not required|not necessary)"
)
_AT_NIGHT_BEFORE: Final = re.compile(r"(?:2[0-4]時|22:00|深夜|夜間|夜勤)[^。\n、]{0,8}$")


def is_meant(low: str, start: int, end: int, code: str) -> bool:
    """Tell whether the words at ``start:end`` set the condition, and do not merely welcome it."""
    if _WELCOME_AFTER.match(low, end):
        return False
    at_night = code == ADULTS_ONLY and _AT_NIGHT_BEFORE.search(low[max(0, start - 20) : start])
    return not at_night


def settle(codes: set[str]) -> set[str]:
    """Return the conditions that remain when all that a posting says is taken together."""
    if NO_LICENCE not in codes:
        return codes
    kept = {c for c in codes if not c.startswith(LICENCE)} - {NO_LICENCE}
    groups = ((c, licence_of(c)) for c in codes)
    return kept | {c for c, found in groups if found and found.group in _STILL_NEEDED}
