"""Read the text of a CV, in English or Japanese, as people paste it. Pure.

Lines are read one by one, each within the section whose heading came last: what stands under
schooling is no work, what stands under hobbies no skill.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from jobscore.accounts.resume import spans
from jobscore.accounts.resume.levels import level_in
from jobscore.accounts.resume.proposals import (
    MOST_YEARS,
    Kind,
    Proposal,
    Quote,
    Reading,
    gather,
    quote,
)
from jobscore.accounts.resume.titles import title_in, title_in_prose
from jobscore.vocabulary import gazetteer, tables
from jobscore.vocabulary.finder import default_finder


class Section(StrEnum):
    """What the lines under a heading are about."""

    TOP = "top"
    WORK = "work"
    SKILLS = "skills"
    SCHOOL = "school"
    WISH = "wish"
    """What the person looks for: titles there are wanted, skills are not had yet."""
    ASIDE = "aside"
    """Hobbies, references, family: nothing is read there."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text with the section that it stands in."""

    number: int
    text: str
    section: Section


_HEADINGS = (
    (
        Section.SKILLS,
        r"(?:技術|技能|テクニカル)?スキル|(?:保有)?(?:免許・?)?資格(?:・?免許)?|免許|保有資格|活かせる(?:経験|スキル).*|得意.{0,6}|語学(?:力)?|使用(?:言語|ツール|技術)"
        r"|(?:technical |key |core |it |other )?(?:skills|competenc(?:ies|es))(?: (?:&|and) .*)?"
        r"|languages?|certifi\w+|licen[cs]es?(?: .*)?|tools|technolog(?:y|ies)|qualifications",
    ),
    (
        Section.WORK,
        r"職務?経?歴(?:詳細|等|書)?|職務要約|職務内容|業務(?:内容|経験)|勤務先|経歴|アルバイト(?:経)?歴|活動経験|主な実績"
        r"|(?:work|professional|employment|relevant|career|job)?\s?(?:experience|history|background)"
        r"|employment|career|positions?",
    ),
    (
        Section.WISH,
        r"希望(?:職種|職|業務|条件)|応募職種|desired (?:position|role|job)|target (?:position|role)"
        r"|(?:career )?objective",
    ),
    (
        Section.SCHOOL,
        r"学歴|最終学歴|学業|education(?: .*)?|academic .*|studies|training and education",
    ),
    (
        Section.ASIDE,
        r"趣味.{0,6}|特技|通勤時間|配偶者|扶養.*|特技・趣味|趣味・特技|志望(?:動機|理由)|家族.*|本人希望.*|references?|referees"
        r"|hobbies(?: .*)?|interests?(?: .*)?|publications|awards?(?: .*)?",
    ),
)
_SECTIONS = tuple((s, re.compile(words, re.I)) for s, words in _HEADINGS)
#: Sections that end at any further heading, known or not: what follows must not be lost.
_ENDED_BY_ANY = frozenset({Section.WISH, Section.ASIDE, Section.SCHOOL})
_MARKED = re.compile(r"\s*(?:[■□◆◇●○▼★＜《【\[#]).{1,30}$")
_EDGES = " \t\u3000■□【】◆◇●○▼▽★☆＜＞<>《》≪≫［］[]#*=_-–—・:：|｜"
_SCHOOLING = re.compile(
    r"(?:大学|大学院|短大|高校|高等学校|中学校|学部|学科|専門学校)[^勤]*(?:入学|卒業|修了|中退|専攻|在学)"
    r"|\b(?:bachelor|master|b\.?sc|m\.?sc|b\.?a|ph\.?d|diploma|gpa|graduated|major(?:ed)? in)\b",
    re.I,
)
_WISH = re.compile(
    r"^\W*(?:希望(?:職種|職|業務)|応募職種|desired (?:position|role|job)|target (?:position|role)"
    r"|objective|seeking|looking for)\s*[:：\-–]?\s*(?P<rest>.{2,80})",
    re.I,
)
_LABEL = re.compile(
    r"^\W*(?:職種|役職|職位|ポジション|担当職種|職名|現職|(?:job )?title|(?:current )?position|role"
    r"|occupation|profession)\s*[:：]\s*(?P<rest>.{2,80})",
    re.I,
)
_APART = re.compile(r"[,，、|｜/／\t\u3000()（）\[\]［］「」]|\s[-–—・@]\s|\s{2,}|\bat\s|[:：]")
_APART_JAPANESE = re.compile(_APART.pattern + r"|[\s・]")
_LISTED = re.compile("[、，]")
#: A list in brackets: what was done, not as what.
_ASIDES = re.compile(r"[^\s・]+(?:・[^\s・]+){2,}|[（(][^（()）]*[、，,・][^（()）]*[)）]")
_JAPANESE = re.compile(r"[ぁ-ヿ一-龯]")
_HAS_NOT = re.compile(
    r"\b(?:no|without|lack(?:ing)?)\b[^.\n]{0,30}$"
    r"|\b(?:do not|does not|don['’]t|doesn['’]t|cannot|can['’]t|never)\b[^.\n]{0,25}$"
    r"|\b(?:looking for|interested in|seeking|applying for)\b[^.\n]*$"
    r"|\b(?:want(?:ing)?|like|hop(?:e|ing)|plan(?:ning)?|wish) to "
    r"(?:learn|study|acquire|get|obtain)[^.\n]{0,40}$",
    re.I,
)
_HAS_NOT_AFTER = re.compile(
    r"^[^。、,\n]{0,8}(?:未経験|経験(?:は|が)?(?:なし|ない|ありません)|でき(?:ません|ない)|を?学び(?:たい|始め)|"
    r"(?:を)?(?:取得|受験|学習)予定|に挑戦し|に興味)"
)
_LEGAL = r"(?:株式会社|有限会社|合同会社|合資会社|（株）|\(株\)|㈱|医療法人|社会福祉法人|学校法人)"
_EMPLOYER = re.compile(rf"{_LEGAL}\s?[^\s、。,（(]{{1,30}}|[^\s、。,（(：:]{{1,30}}{_LEGAL}")
_STATED = re.compile(
    r"(?P<a>\d{1,2})\s?\+?\s*(?:years?|yrs?)(?:'|’)?\s+(?:of\s+)?(?:[\w-]+\s+){0,3}?experience"
    r"|experience\s*[:：(]\s*(?P<b>\d{1,2})\s*\+?\s*(?:years?|yrs?)"
    r"|(?:実務|職務|業界|社会人|勤務)?経験(?:年数)?\s*[:：はが約]*\s*(?P<c>\d{1,2})\s*年"
    r"|(?P<d>\d{1,2})\s*年(?:以上|間|余り|強)?(?:の|にわたる|にわたり|、)?[^\n。、]{0,12}?(?:経験|従事|勤務)",
    re.I,
)
_ADDRESS = re.compile(
    r"^\W*(?:現住所|住所|居住地|お住まい|address|location|residence|(?:currently )?based in"
    r"|live[sd]? in|home)\s*[:：]?\s*(?P<a>\S.{1,80})|〒?\s?\d{3}-\d{4}\s+(?P<b>\S.{1,60})",
    re.I,
)
#: A Japanese address as far as its city.
_TOWN = re.compile(r"(?:北海道|東京都|(?:大阪|京都)府|[一-龯]{2,3}県)[^市区町村\s]{1,8}[市区町村]")
_TOP_LINES = 8


def read(text: str, today: date) -> Reading:
    """Return what the text proposes."""
    lines = list(_lines(text))
    found: list[Proposal] = []
    found += _place(lines)
    found += _titles(lines)
    found += _years(lines, today)
    found += _skills(lines)
    return gather(found)


def _lines(text: str) -> Iterator[Line]:
    section = Section.TOP
    for number, line in enumerate(text.splitlines(), 1):
        if heading := _heading(line):
            section = heading
        elif line.strip():
            if section in _ENDED_BY_ANY and _MARKED.match(line):
                section = Section.TOP
            yield Line(number, line, _own_section(line) or section)


def _own_section(line: str) -> Section | None:
    """Return what a line says itself that it is about: ``Skills: …``, ``趣味：…``."""
    label, colon, _ = line.replace("：", ":").partition(":")
    found = _heading(label) if colon else None
    return found if found in {Section.SKILLS, Section.SCHOOL, Section.ASIDE} else None


def _heading(line: str) -> Section | None:
    words = line.strip(_EDGES)
    if not 2 <= len(words) <= 32:
        return None
    return next((s for s, pattern in _SECTIONS if pattern.fullmatch(words)), None)


# --- skills ---------------------------------------------------------------------------------------


def skills_in(line: str, path: str = "") -> Iterator[Proposal]:
    """Yield the skills that one line names, with the level that stands behind each."""
    found = default_finder().find(line).skills
    employers = [match.span() for match in _EMPLOYER.finditer(line)]
    for n, skill in enumerate(found):
        if any(start <= skill.start and skill.end <= end for start, end in employers):
            continue  # 青空製薬 says what the employer makes
        after = line[skill.end : skill.end + 60]
        if _HAS_NOT.search(line[: skill.start]) or _HAS_NOT_AFTER.match(after):
            continue
        until = found[n + 1].start - skill.end if n + 1 < len(found) else len(after)
        said = re.split(r"[、,;；。\n|]|\.\s", after[: max(0, until)][:28])[0]
        words = quote(line, skill.start, skill.end)
        yield Proposal(Kind.SKILL, skill.code, words, level_in(said), path)


def _skills(lines: Sequence[Line]) -> Iterator[Proposal]:
    for line in lines:
        is_aside = line.section is Section.ASIDE or _SCHOOLING.search(line.text)
        if is_aside or line.section is Section.WISH or _WISH.match(line.text):
            continue
        is_school = line.section is Section.SCHOOL  # only licences are earned there
        for found in skills_in(line.text):
            if not is_school or tables.skill_of(found.value).kind == "licence":
                yield found


# --- titles ---------------------------------------------------------------------------------------


def _titles(lines: Sequence[Line]) -> Iterator[Proposal]:
    for line in lines:
        if line.section is Section.ASIDE:
            continue
        if match := _WISH.match(line.text):
            yield from _named(Kind.WANTED, line.text, match.start("rest"))
        elif line.section is Section.WISH:
            yield from _named(Kind.WANTED, line.text, 0)
        elif match := _LABEL.match(line.text):
            yield from _named(Kind.HELD, line.text, match.start("rest"))
        elif line.section in {Section.TOP, Section.WORK} and not _SCHOOLING.search(line.text):
            yield from _named(Kind.HELD, line.text, 0)


def _named(kind: Kind, text: str, begin: int) -> Iterator[Proposal]:
    """Yield the titles that stand by themselves in a line, from a position on."""
    clear = spans.without(text[begin:])
    is_prose = len(text) > 120 or (text.rstrip().endswith(".") and len(text.split()) > 8)
    if title := title_in_prose(text[begin:]):
        yield Proposal(kind, title, _quoted(text, title))
    if is_prose:
        return
    apart = _APART
    if _JAPANESE.search(clear):
        clear = _ASIDES.sub("\t", clear)
        if kind is Kind.HELD and len(_LISTED.findall(clear)) > 1:
            return  # a list of tasks
        apart = _APART_JAPANESE
    for words in apart.split(clear):
        if words and (title := title_in(words)):
            yield Proposal(kind, title, _quoted(text, title))


def _quoted(text: str, title: str) -> Quote:
    start = max(0, text.find(title))
    return quote(text, start, start + len(title))


# --- years and place ------------------------------------------------------------------------------


def _years(lines: Sequence[Line], today: date) -> Iterator[Proposal]:
    """Yield the years that the summary states, else those that the dates of the work add up to."""
    stated = []
    for line in lines:
        if line.section in {Section.SCHOOL, Section.ASIDE, Section.SKILLS}:
            continue
        for match in _STATED.finditer(line.text):
            if "(" in line.text[: match.start()][-12:] or "（" in line.text[: match.start()][-12:]:
                continue  # "Python (3 years of experience)" speaks of one skill
            number = int(match["a"] or match["b"] or match["c"] or match["d"])
            stated.append((number, line, match))
    if stated:
        number, line, match = max(stated, key=lambda each: each[0])
        if 0 < number <= MOST_YEARS:
            words = quote(line.text, match.start(), match.end())
            yield Proposal(Kind.YEARS, str(number), words)
            return
    work = [
        (line.number, line.text)
        for line in lines
        if line.section in {Section.TOP, Section.WORK} and not _SCHOOLING.search(line.text)
    ]
    found = spans.spans(work, today)
    number = min(MOST_YEARS, spans.years((span.first, span.until) for span in found))
    if found and number:
        texts = dict(work)
        first, last = found[0], found[-1]
        words = quote(texts[first.line], first.start, first.end)
        if last.line != first.line:
            end = quote(texts[last.line], last.start, last.end).words
            words = Quote("", f"{words.words} … {end}", "")
        yield Proposal(Kind.YEARS, str(number), words)


def _place(lines: Sequence[Line]) -> Iterator[Proposal]:
    for line in lines:
        match = _ADDRESS.search(line.text)
        if match is None:
            continue
        name = "a" if match["a"] else "b"
        if one := place_of(match[name]):
            yield Proposal(Kind.PLACE, one.code, quote(line.text, match.start(name), match.end()))
            return
    for line in lines[:_TOP_LINES]:
        for part in re.split(r"[|•·\t]|\s[-–—/]\s", line.text):
            if "," in part and len(part) <= 50 and not re.search(r"[@\d]", part):
                one = place_of(part)
                if one is not None:
                    at = line.text.find(part)
                    yield Proposal(Kind.PLACE, one.code, quote(line.text, at, at + len(part)))
                    return


def place_of(text: str) -> tables.Place | None:
    """Return the place that an address means, or None where that is not sure."""
    guess = gazetteer.resolve_place(text[:200])
    if guess is not None and not guess.is_sure and (town := _TOWN.search(text)):
        guess = gazetteer.resolve_place(town[0])  # 府中町 is a part of 府中市, and a town elsewhere
    return guess.place if guess is not None and guess.is_sure else None
