"""Find skills and work-style features in the text of a posting.

Pure. One pass over the text per script: Latin words are looked up by their first word, Japanese
terms by their first two characters; both take the longest term that stands on a boundary. A
Japanese term of katakana never matches inside a longer katakana word (``レジ`` in ``レジャー``), a
Latin one only as whole words (``Java`` in ``JavaScript``).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter

from ahocorasick_rs import AhoCorasick

from jobscore.vocabulary import conditions, tables
from jobscore.vocabulary.conditions import Span
from jobscore.vocabulary.normalize import normalize
from jobscore.vocabulary.tables import FeatureEntry, SkillEntry
from jobscore.vocabulary.wishes import MARKERS, Markers, not_needed

#: Words in katakana that may follow a term without making another word of it.
_SUFFIXES = (
    "スタッフ|メンバー|リーダー|アルバイト|バイト|パート|オペレーター|エンジニア|デザイナー|マネージャー|マネジャー|チーフ|ワーク|チーム|サポート"
    "|サービス|スキル|アシスタント|プログラマー|プログラマ|コンサルタント|トレーナー|ディレクター|プランナー|アドバイザー|ライター|クリエイター"
    "|スペシャリスト|アドミニストレーター|インストラクター|ドライバー|ワーカー|システム|ツール|ソフト|ソフトウェア|コーディング|フレームワーク|テスト"
    "|レベル|デビュー|ホール|キッチン"
)
_KATAKANA_CHARACTERS = frozenset(map(chr, range(ord("ァ"), ord("ヺ") + 1))) | {"ー"}
_LATIN_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_AFTER_LETTER = _LATIN_CHARACTERS | frozenset("+#&'-")
_AND = re.compile(" & ")
_NEGATED = re.compile("ません")  # 残業ありません
_IN_KATAKANA = re.compile(f"(?=[ァ-ヺー])(?!(?:{_SUFFIXES})(?![ァ-ヺー]))")
_LATIN_WORD = re.compile(r"[a-z]+|[0-9]+")
#: What makes "Go", "R" or "C" a programming language: words of its field nearby.
_CUES = re.compile(
    r"programming|language|developer|development|engineer|framework|backend|back-end|coding|software"
    r"|script|library|stack|database|cloud|言語|開発|プログラミング|エンジニア|実装|フレームワーク|設計"
)
_CUE_WINDOW = 90
_DENIED_AFTER = re.compile(
    r"[はもがのを方]{0,3}(?:不可|ng\b|お断り|ご遠慮|できません|出来ません|ありません|ございません|では(?:ない|なく|ありません)"
    r"|禁止| (?:is|are) not\b|(?: is| are)? (?:unavailable|not available|not offered))"
)
#: Turns a denial round: 「固定シフトではありません」.
_TURNED = re.compile(r"では(?:ない|なく|ありません)|じゃな")
_DENIED_BEFORE = re.compile(
    r"(?:\b(?:no|not|non|without|cannot|never)|n't)[ -](?:an? |any |a fully )?$"
)
#: The last words that the pattern above can have.
_DENYING = frozenset(("no", "not", "non", "without", "cannot", "never", "a", "an", "any", "fully"))


@dataclass(frozen=True, slots=True)
class FoundSkill:
    """A skill that the text names.

    :ivar quote: the words as the text has them, ``text[start:end]``.
    :ivar required: True where the text asks for it, False where it calls it welcome or not
        needed, None where it does not say.
    """

    code: str
    start: int
    end: int
    quote: str
    required: bool | None


@dataclass(frozen=True, slots=True)
class FoundFeature:
    """A work-style feature that the text states, or denies (``stated`` False: 高校生不可)."""

    code: str
    stated: bool
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """All that one text says."""

    skills: list[FoundSkill]
    features: list[FoundFeature]
    conditions: list[FoundFeature] = field(default_factory=list)
    """What it makes a condition, as in :mod:`conditions`; what it rules out has stated False."""


@dataclass(slots=True, eq=False)
class _Term:
    """One written form and what it means; without any meaning it only blocks shorter forms."""

    text: str
    #: With what terms that may begin alike are grouped: the first Latin word, or two characters.
    key: str = ""
    is_latin: bool = False
    is_katakana: bool = False
    #: What may not follow: any of these characters, this pattern.
    stops: frozenset[str] = frozenset()
    tail: re.Pattern[str] | None = None
    skill: str | None = None
    ambiguity: str = ""
    #: The forms as they must be written, where case matters.
    written: set[str] = field(default_factory=set)
    features: list[tuple[str, bool]] = field(default_factory=list)
    conditions: list[tuple[str, bool]] = field(default_factory=list)
    blocks: bool = False
    #: What it says of the skills around it, as in :data:`wishes.MARKERS`; '' for nothing.
    marker: str = ""
    #: The next shorter term that begins this one.
    shorter: "_Term | None" = None
    #: Does any of the shorter terms set a condition?
    conditions_below: bool = False


_Placed = list[tuple[int, int, _Term]]
#: The spans of one sentence: skills, features, markers, conditions.
_Spans = tuple[_Placed, _Placed, list[tuple[int, int, str]], _Placed]
#: What is stated (or denied) where.
_Said = list[tuple[int, int, str, bool]]
#: The same of a text, its features settled sentence by sentence.
_Read = tuple[_Placed, _Said, list[tuple[int, int, str]], _Placed]


#: Sentences for which a finder remembers what stands in them.
_REMEMBERED = 20_000
#: Sentences with what ends them; the ends of lines count too.
_SENTENCES = re.compile(r"[^\n。.]*(?:\.(?! )[^\n。.]*)*(?:\. |[\n。]|$)")


def _nothing() -> _Read:
    return ([], [], [], [])


_NOWHERE = _nothing()


class Finder:
    """Finds the terms of given tables; build one a process (:func:`default_finder`)."""

    def __init__(
        self,
        skills: Iterable[SkillEntry],
        features: Iterable[FeatureEntry],
        blocked: Iterable[str] = (),
        demands: Iterable[FeatureEntry] = (),
    ) -> None:
        self._terms: dict[str, _Term] = {}
        for word in blocked:
            self._add(word).blocks = True
        for skill in skills:
            names = (skill.name_en, skill.name_ja or "", *skill.aliases_en, *skill.aliases_ja)
            for name in names:
                self._add_skill(skill, name)
        for feature in features:
            for word, stated in feature.words():
                self._add_meaning(word, lambda term: term.features, (feature.code, stated))
        for demand in demands:
            for word, stated in demand.words():
                self._add_meaning(word, lambda term: term.conditions, (demand.code, stated))
        self._licences = frozenset(conditions.licences())
        for word, kind in MARKERS.items():
            self._add(word).marker = kind
        self._index()

    def find(self, text: str) -> Found:
        """Return all skills and features of the text in one pass, each code once.

        A skill that is named several times is required when it is required anywhere; a feature
        that is both stated and denied is denied. In order of first appearance. Never raises.
        """
        low, position = normalize(text)
        place = position or _same
        named, features, marked, demands = self._scan(low)
        markers = Markers(low, marked) if marked else None
        skills = self._accept(text, low, named, place) if named else []
        return Found(
            self._found_skills(text, low, skills, markers, place),
            _statements(text, features, place),
            [
                *_demands(text, low, demands, place),
                *self._needed_licences(text, low, skills, markers, place),
            ],
        )

    def skills(self, text: str) -> list[FoundSkill]:
        """Return the skills that the text names; see :meth:`find`."""
        return self.find(text).skills

    def features(self, text: str) -> list[FoundFeature]:
        """Return the work-style features that the text states or denies; see :meth:`find`."""
        return self.find(text).features

    # --- the tables ----------------------------------------------------------------------------

    def _add(self, word: str) -> _Term:
        low = normalize(word)[0]
        return self._terms.setdefault(low, _Term(low))

    def _add_skill(self, skill: SkillEntry, name: str) -> None:
        if not name:
            return
        ambiguity = "case" if name in skill.exact else ""
        if skill.ambiguous and name in (skill.name_en, *skill.name_en.split()):
            # "Excel" is ambiguous, "Microsoft Excel" says enough by itself.
            ambiguity = skill.ambiguous if " " not in name else ""
        for form in _forms(name, plural=not ambiguity):
            term = self._add(form)
            if term.skill is None:
                term.skill = skill.code
                term.ambiguity = ambiguity
            if term.skill == skill.code:
                term.written |= {form, form.upper()}

    def _add_meaning(
        self,
        word: str,
        kind: Callable[[_Term], list[tuple[str, bool]]],
        meaning: tuple[str, bool],
    ) -> None:
        for form in _forms(word, plural=False):
            meanings = kind(self._add(form))
            if meaning not in meanings:
                meanings.append(meaning)

    def _index(self) -> None:
        """Build the automaton, and link each term to the next shorter one that begins it."""
        indexed: list[_Term] = []
        buckets: dict[str, dict[str, _Term]] = {}
        for term in self._terms.values():
            if term.text[:1].isascii():
                word = _LATIN_WORD.search(term.text)
                if word is None:
                    continue
                key = word.group()
            elif len(term.text) > 1:
                key = term.text[:2]
            else:
                continue
            indexed.append(term)
            buckets.setdefault(key, {})[term.text] = term
            term.is_latin = term.text[0] in _LATIN_CHARACTERS
            term.is_katakana = term.text[0] in _KATAKANA_CHARACTERS
            term.key = key
            term.stops, term.tail = _boundary(term.text)
        for term in sorted(indexed, key=lambda term: len(term.text)):
            bucket = buckets[term.key]
            text = term.text
            term.shorter = next(
                (bucket[text[:n]] for n in range(len(text) - 1, 0, -1) if text[:n] in bucket), None
            )
            below = term.shorter
            if below is not None:
                term.conditions_below = bool(below.conditions) or below.conditions_below
        self._indexed = indexed
        #: Sentence -> what stands in it.
        self._known: dict[str, _Read] = {}
        self._automaton = AhoCorasick([term.text for term in indexed])

    # --- the scan ------------------------------------------------------------------------------

    def _scan(self, low: str) -> _Read:
        """Return what stands in the text, for each kind of meaning.

        Postings repeat themselves and each other, so what stands in a sentence is remembered. No
        term reaches over the end of one (:data:`_SENTENCES`).
        """
        skills, features, markers, demands = read = _nothing()
        known = self._known
        at = 0
        for sentence in _SENTENCES.findall(low):
            found = known.get(sentence)
            if found is None:
                found = known[sentence] = self._search(sentence)
            if found is not _NOWHERE:
                named, stated, marked, demanded = found
                skills += [(at + a, at + b, term) for a, b, term in named]
                features += [(at + a, at + b, code, is_so) for a, b, code, is_so in stated]
                markers += [(at + a, at + b, kind) for a, b, kind in marked]
                demands += [(at + a, at + b, term) for a, b, term in demanded]
            at += len(sentence)
        if len(known) > _REMEMBERED:
            known.clear()
        return read

    def _search(self, low: str) -> _Read:
        """Return what stands in one sentence.

        The automaton names every term at every place, in the order of their ends. Of those that
        begin at one place the longest counts that begins and ends where it may.
        """
        terms = self._indexed
        chosen: dict[int, _Term] = {}
        for index, start, end in self._automaton.find_matches_as_indexes(low, overlapping=True):
            term = terms[index]
            if low[end : end + 1] in term.stops:
                continue
            if start:
                if term.is_latin:
                    if low[start - 1] in _LATIN_CHARACTERS:
                        continue
                elif term.is_katakana and low[start - 1] in _KATAKANA_CHARACTERS:
                    continue
            if term.tail is not None and term.tail.match(low, end):
                continue
            chosen[start] = term
        if not chosen:
            return _NOWHERE
        spans: _Spans = ([], [], [], [])
        for start, term in chosen.items():
            _take(low, start, term, spans)
        skills, features, markers, demands = spans
        if not any(spans):
            return _NOWHERE
        return skills, _said(low, features, _features_of), markers, demands

    # --- what was found ------------------------------------------------------------------------

    def _found_skills(
        self,
        text: str,
        low: str,
        spans: _Placed,
        markers: Markers | None,
        place: Callable[[int], int],
    ) -> list[FoundSkill]:
        found: dict[str, FoundSkill] = {}
        denied = not_needed(low, spans)
        for (start, end, term), is_denied in zip(spans, denied, strict=True):
            code = term.skill
            if code is None or is_denied:
                continue
            known = found.get(code)
            if known is not None and known.required:
                continue
            required = markers.required(start, end) if markers else None
            if known is None:
                a, b = place(start), place(end)
                found[code] = FoundSkill(code, a, b, text[a:b], required)
            elif (required and not known.required) or (
                known.required is None and required is False
            ):
                found[code] = FoundSkill(code, known.start, known.end, known.quote, required)
        return list(found.values())

    def _needed_licences(
        self,
        text: str,
        low: str,
        spans: _Placed,
        markers: Markers | None,
        place: Callable[[int], int],
    ) -> Iterator[FoundFeature]:
        licences = [
            Span(a, b, term.skill, markers.required(a, b) if markers else None)
            for a, b, term in spans
            if term.skill in self._licences and term.skill is not None
        ]
        known = set()
        for code, start, end in conditions.needed_licences(low, licences):
            if code not in known:
                known.add(code)
                a, b = place(start), place(end)
                yield FoundFeature(code, True, text[a:b], a, b)

    def _accept(
        self,
        text: str,
        low: str,
        spans: list[tuple[int, int, _Term]],
        place: Callable[[int], int],
    ) -> list[tuple[int, int, _Term]]:
        """Leave out ambiguous words that are not meant, then what longer ones cover."""
        if any(term.ambiguity for _, _, term in spans):
            spans = [
                (start, end, term)
                for start, end, term in spans
                if not term.ambiguity
                or _as_written(text[place(start) : place(end)]) in term.written
            ]
            clear = [start for start, _, t in spans if t.skill and not t.ambiguity]
            spans = [
                (start, end, term)
                for start, end, term in spans
                if term.ambiguity != "context" or _has_context(low, start, end, clear)
            ]
        return _leftmost_longest(spans)


def _features_of(term: _Term) -> list[tuple[str, bool]]:
    return term.features


def _conditions_of(term: _Term) -> list[tuple[str, bool]]:
    return term.conditions


def _said(low: str, spans: _Placed, meanings: Callable[[_Term], list[tuple[str, bool]]]) -> _Said:
    """Return what the words around each term make of it; none of them reach over a sentence."""
    said = []
    for start, end, term in _leftmost_longest(spans):
        denied: bool | None = None
        for code, stated in meanings(term):
            if stated:
                if denied is None:
                    denied = _is_denied(low, start, end)
                said.append((start, end, code, not denied))
            elif not _TURNED.match(low, end):
                said.append((start, end, code, False))
    return said


def _statements(text: str, said: _Said, place: Callable[[int], int]) -> list[FoundFeature]:
    """Return what is stated or denied, each code once; denied wins. In order of appearance."""
    found: dict[str, tuple[int, int, str, bool]] = {}
    for one in said:
        known = found.get(one[2])
        if known is None or (known[3] and not one[3]):
            found[one[2]] = one
    features = []
    for start, end, code, stated in sorted(found.values(), key=itemgetter(0)):
        a, b = place(start), place(end)
        features.append(FoundFeature(code, stated, text[a:b], a, b))
    return features


def _demands(
    text: str, low: str, spans: _Placed, place: Callable[[int], int]
) -> list[FoundFeature]:
    """Return the conditions that the text sets or rules out, licences apart."""
    if not spans:
        return []
    meant = [
        (start, end, term)
        for start, end, term in spans
        if any(conditions.is_meant(low, start, end, code) for code, _ in term.conditions)
    ]
    return _statements(text, _said(low, meant, _conditions_of), place)


@cache
def default_finder() -> Finder:
    """Return the finder over the tables that ship, built once a process."""
    blocked = (row["phrase"] for row in tables.rows("blocked.tsv"))
    return Finder(tables.skills(), tables.features(), blocked, tables.conditions())


def _same(position: int) -> int:
    return position


def _forms(name: str, *, plural: bool) -> set[str]:
    """Return the written forms of one name: with hyphen or space, one or several."""
    forms = {name}
    if name.isascii():
        if "-" in name.strip("-"):
            forms.add(name.replace("-", " "))
        last = name.rsplit(" ", 1)[-1]
        if plural and len(last) > 3 and last.isalpha() and last.islower() and last[-1] != "s":
            forms |= {form + "s" for form in forms}
    return forms


def _as_written(words: str) -> str:
    return words if words.isascii() else unicodedata.normalize("NFKC", words)


def _boundary(text: str) -> tuple[frozenset[str], re.Pattern[str] | None]:
    """Return which characters may not follow a term, and which pattern may not."""
    if text.endswith("あり"):
        return frozenset(), _NEGATED
    last = text[-1]
    if last in _LATIN_CHARACTERS:
        if len(text) == 1:
            return _AFTER_LETTER, _AND
        # A score or a version may follow a whole word: TOEIC700, Python3; not S3 or C4.
        return (_LETTERS if len(text) > 3 and last.isalpha() else _LATIN_CHARACTERS), None
    return frozenset(), _IN_KATAKANA if last in _KATAKANA_CHARACTERS else None


def _take(low: str, start: int, term: _Term, spans: _Spans) -> None:
    """Add the longest term that stands here with a meaning, for each kind of meaning."""
    skills, features, markers, demands = spans
    wants_skill = wants_feature = wants_condition = True
    candidate: _Term | None = term
    while candidate is not None:
        end = start + len(candidate.text)
        if candidate is term or _ENDS[candidate.text[-1:] in _KATAKANA_CHARACTERS](low, end):
            if candidate.marker and candidate is term:
                markers.append((start, end, candidate.marker))
            if wants_skill and (candidate.skill is not None or candidate.blocks):
                skills.append((start, end, candidate))
                wants_skill = False
            if wants_feature and (candidate.features or candidate.blocks):
                features.append((start, end, candidate))
                wants_feature = False
            if wants_condition and candidate.conditions:
                demands.append((start, end, candidate))
                wants_condition = False
            if not (
                wants_skill or wants_feature or (wants_condition and candidate.conditions_below)
            ):
                return
        candidate = candidate.shorter


def _ends_word(low: str, end: int) -> bool:
    return low[end - 1] not in _LATIN_CHARACTERS or low[end : end + 1] not in _LATIN_CHARACTERS


def _ends_katakana(low: str, end: int) -> bool:
    return _IN_KATAKANA.match(low, end) is None


_ENDS: tuple[Callable[[str, int], bool], Callable[[str, int], bool]] = (_ends_word, _ends_katakana)


def _leftmost_longest(spans: list[tuple[int, int, _Term]]) -> list[tuple[int, int, _Term]]:
    spans.sort(key=lambda span: (span[0], -span[1]))
    kept = []
    reached = 0
    for span in spans:
        if span[0] >= reached:
            kept.append(span)
            reached = span[1]
    return kept


def _has_context(low: str, start: int, end: int, clear: list[int]) -> bool:
    window = low[max(0, start - _CUE_WINDOW) : end + _CUE_WINDOW]
    near = any(abs(position - start) <= _CUE_WINDOW for position in clear)
    return near or _CUES.search(window) is not None


def _is_denied(low: str, start: int, end: int) -> bool:
    if _DENIED_AFTER.match(low, end):
        return True
    if not start or low[start - 1] not in " -":
        return False
    before = low[max(0, start - 16) : start]
    last = before[:-1].rsplit(" ", 1)[-1]
    may_deny = last in _DENYING or last.endswith("n't")
    return may_deny and _DENIED_BEFORE.search(before) is not None
