"""Tell what a posting requires from what it welcomes or does not need: 必須, 歓迎, 不要."""

import re
from bisect import bisect_left
from collections.abc import Sequence

_NOT_NEEDED = (
    "不要|不問|問いません|問わず|必要ありません|必要はありません|必要なし|"
    "必要ない|なくても|無くても|is not required|not required|not necessary|"
    "not needed|isn't required|unnecessary|no need"
)
_WELCOME = (
    "歓迎|尚可|なお可|尚良|なお良|優遇|あれば|望ましい|ベター|活かせる|生かせる|"
    "プラス評価|preferred|preferably|preference|nice to have|nice-to-have|"
    "nice to haves|nice-to-haves|a plus|plus if|bonus points|bonus if|"
    "bonus skills|desirable|desired|advantageous|advantage|an asset|ideally|"
    "optional|good to have|would be great|helpful|not mandatory|not essential|a bonus|"
    "取得支援|資格取得|取得可能|取得できる|取得でき|取得見込"
)
_REQUIRED = (
    "必須|必要|要件|応募資格|応募条件|求めるスキル|求める経験|"
    "minimum qualifications|basic qualifications|qualifications|required|"
    "requirement|requirements|require|requires|must have|must-have|must haves|"
    "must-haves|must be|must know|essential|mandatory|necessary|what you need|"
    "what you'll need|you will need|you'll need|we are looking for"
)
#: Headings that end a list of what is asked: what follows is not about the person.
_ELSEWHERE = re.compile(
    r"[\n■【◆●▼\[][^\S\n]*(?:(?:the|our|key|job|your|main)\s)?"
    r"(?:仕事内容|業務内容|職務内容|主な業務|福利厚生|待遇|勤務時間|勤務地|勤務曜日|休日|休暇|給与|応募方法"
    r"|選考|会社概要|企業情報|アピール|職場|benefits|perks|what we offer|we offer"
    r"|what you(?:'ll| will) do"
    r"|responsibilities|duties|about (?:us|the)|how to apply|equal opportunity|compensation"
    r"|offer|description|role|day|schedule|hours)[^\n.。]{0,16}(?:[:：】\]\n]|$)"
)
#: The words that say so, each to what it says; the finder looks for them in its own pass.
MARKERS: dict[str, str] = {
    word: kind
    for words, kind in ((_NOT_NEEDED, "no"), (_WELCOME, "nice"), (_REQUIRED, "must"))
    for word in words.split("|")
}
_SENTENCE_END = re.compile(r"[。！？\n;；◆■●▼]|[.!?](?=\s|$)|<br|</")
#: What may stand between the start of a heading and its marker: "Key requirements", "Job …".
_HEADING_BEFORE = re.compile(
    r"(?:^|[\n。【［\[■●◆▼▽○◎＜<《「＊*#・>]|[.!?] )[^\S\n]*"
    r"(?:(?:key|technical|core|job|position|role|other|additional|basic|minimum|the|general|skills?|"
    r"skill and|education(?: and)?|experience|our|candidate|your)\s+){0,2}$"
)
_HEADING_AFTER = re.compile(r"[^\n.。:：】\]」》＞>]{0,24}(?:[:：】\]］」》＞\n]|$)")


#: In Japanese a marker speaks of the words right before it: not over a gap, not over a welcome of
#: people (「レジ 未経験歓迎」, 「ホール・学生歓迎」).
_GAP = re.compile(
    r"[\s/|★☆!！◎○●◆■♪【】\[\]()「」→※＼]"
    r"|未経験|経験不問|学生|主婦|主夫|ブランク|シニア|ミドル|初心者|フリーター|第二新卒|外国|副業|wワーク|女性|男性|友達"
    r"|友人|資格|若手|年齢|仕事|業務|お任せ|募集"
)
_HOLDING = re.compile(r"(?:以上)?(?:の|に関する)?(?:資格|業務|作業|仕事)")
#: A marker of Japanese that speaks of what follows: 「歓迎スキル：」, 「必須：」.
_LEADS = re.compile(r"(?:の?(?:スキル|要件|条件|資格|経験|免許|事項))?\s?[:：】\]は]")
_NEAR = 80
_NEAR_JAPANESE = 30


class Markers:
    """The words of one text that say required or welcome."""

    __slots__ = ("_ends", "_headings", "_inline", "_inline_starts", "_starts", "_text")

    def __init__(self, low: str, spans: list[tuple[int, int, str]]) -> None:
        """Read the markers at these (start, end, kind) of a text in lower case, in any order."""
        self._text = low
        self._inline: list[tuple[int, int, bool]] = []
        self._headings: list[tuple[int, bool]] = []
        reached = 0
        for start, end, kind in sorted(spans, key=lambda s: (s[0], -s[1])):
            if start < reached:
                continue
            reached = end
            # What is not needed is left out by the finder; it only hides the "required" in it.
            if kind == "no":
                continue
            if _is_heading(low, start, end):
                self._headings.append((start, kind == "must"))
            else:
                self._inline.append((start, end, kind == "must"))
        self._inline_starts = [m[0] for m in self._inline]
        self._starts = [h[0] for h in self._headings]
        #: Where the section of a heading ends, once asked.
        self._ends: dict[int, int] = {}

    def required(self, start: int, end: int) -> bool | None:
        """Say whether the words at ``start:end`` are required (True) or welcome (False).

        The next marker of the same sentence decides, else one before it in the sentence, else
        the heading of the section; None when there is none of them.
        """
        heading = bisect_left(self._starts, start)
        if self._inline:
            index = bisect_left(self._inline_starts, end)
            if index < len(self._inline):
                at, _, kind = self._inline[index]
                behind = bisect_left(self._starts, end)
                is_before = behind == len(self._starts) or self._starts[behind] > at
                if is_before and self._speaks_of(end, at):
                    return kind
            if index:
                at, over, kind = self._inline[index - 1]
                if over <= start and self._leads_to(at, over, start):
                    return kind
        if not heading:
            return None
        begun, kind = self._headings[heading - 1]
        return kind if start < self._end_of(begun) else None

    def _end_of(self, begun: int) -> int:
        if begun not in self._ends:
            other = _ELSEWHERE.search(self._text, begun)
            self._ends[begun] = other.start() if other else len(self._text)
        return self._ends[begun]

    def _speaks_of(self, end: int, at: int) -> bool:
        """Tell whether the marker at ``at`` speaks of words that end at ``end``, before it."""
        text = self._text
        if at - end >= _NEAR or _SENTENCE_END.search(text, end, at):
            return False
        if text[at].isascii():
            return True
        if at - end > _NEAR_JAPANESE:
            return False
        held = _HOLDING.match(text, end, at)
        return _GAP.search(text, held.end() if held else end, at) is None

    def _leads_to(self, at: int, over: int, start: int) -> bool:
        """Tell whether the marker at ``at:over`` speaks of words that begin at ``start``."""
        text = self._text
        if start - over >= _NEAR or _SENTENCE_END.search(text, over, start):
            return False
        return text[at].isascii() or _LEADS.match(text, over, start + 1) is not None


def _is_heading(low: str, start: int, end: int) -> bool:
    after = low[end : end + 1]
    if after and after in ":：】］":
        return True
    if not _HEADING_BEFORE.search(low[max(0, start - 40) : start]):
        return False
    return _HEADING_AFTER.match(low, end) is not None and (
        low[end : end + 26].strip() != "" or start == 0
    )


# --- what is not needed ---------------------------------------------------------------------------

#: What says, right behind a skill, that it is not asked for: 「英語力は不要」, "is not required".
_NOT_NEEDED_JAPANESE = re.compile(
    r"(?:の|に関する)?(?:実務|使用|業務|基礎|専門)?"
    r"(?:経験|知識|スキル|資格|業務|作業|対応|能力|力|免許|操作|仕事|使用|レベル|が?(?:でき|話せ|使え))*"
    r"(?:者)?(?:は|が|も|を|等|など|に)*(?:一切|全く|まったく|特に|ほぼ|ほとんど)*"
    r"(?:不要|不問|問いません|問わず|必要ありません|必要ございません|必要はありません|必要なし|必要ない|なし|無し|ナシ"
    r"|ありません|ございません|なくても|無くても|使いません|使用しません|使わない|行いません|しません|不可(?!欠)|禁止)"
    r"|(?:や[^。\n、]{1,8})?と(?:の)?(?:連携|協力|協働|一緒)|の(?:診療|診察|指示)|が(?:常駐|在籍)"
)
_NOT_NEEDED_ENGLISH = re.compile(
    r"(?:'s)?(?: (?:experience|skills?|knowledge|licen[sc]e|certification|degree|proficiency"
    r"|fluency))*(?: (?:is|are))?(?: (?:absolutely|strictly))? ?"
    r"(?:not (?:required|needed|necessary)|unnecessary"
    r"|(?:isn't|aren't) (?:required|needed|necessary))"
)
_NOT_NEEDED_BEFORE = re.compile(
    r"(?:\b(?:no|without|not|non)|n't need(?: to know)?|\bno need (?:for|of|to know)"
    r"|\b(?:do|does) not need(?: to know)?|\bno prior|\bno previous|\bother than|\bnot a)"
    r"(?: any| an?| prior| previous)? ?-?$"
)
#: A welcome that follows: 「不要ですが、あれば歓迎」, "not required but helpful".
_STILL_WELCOME = re.compile(
    r"[,、 ]{0,2}(?:but|though|although|however|ですが|だが|が|けど|けれど)[^.\n。]{0,25}"
    r"(?:plus|preferred|helpful|advantage|welcome|nice|bonus|asset|歓迎|尚可|優遇|あれば|活か)"
)
#: With what the patterns above can begin or end: most skills need no look at them.
_MAY_FOLLOW = frozenset(
    "のに実使業基専経知ス資作対能力免操仕レがで話者はもをとや等な一全ま特ほ不問必無ナあご行し禁"
)
_MAY_PRECEDE = frozenset(
    ("no", "not", "without", "non", "need", "for", "of", "know", "any", "an", "a", "prior", "than")
) | {"previous"}
#: What joins two skills of one row.
_AND = re.compile(r"\s?(?:、|・|/|,|，|や|と|または|及び|and|or|, and|, or|&)\s?")


def _denial_after(low: str, end: int) -> re.Match[str] | None:
    follows = low[end : end + 1]
    if follows in _MAY_FOLLOW:
        return _NOT_NEEDED_JAPANESE.match(low, end)
    if follows in {" ", "'"}:
        rest = low[end : end + 60]
        if " not" in rest or "n't" in rest or " unn" in rest:
            return _NOT_NEEDED_ENGLISH.match(low, end)
    return None


def _denied_before(low: str, start: int) -> bool:
    if start and low[start - 1] in " -":
        before = low[max(0, start - 24) : start]
        if before[:-1].rsplit(" ", 1)[-1] in _MAY_PRECEDE:
            return _NOT_NEEDED_BEFORE.search(before) is not None
    return False


def not_needed(low: str, spans: Sequence[tuple[int, int, object]]) -> list[bool]:
    """Tell of each skill whether the text says that it is not needed, or not part of the work.

    In a row of skills (「英語・中国語不要」) what is said of the last is said of all.
    """
    denied = [False] * len(spans)
    for i in range(len(spans) - 1, -1, -1):
        start, end, _ = spans[i]
        after = _denial_after(low, end)
        if after is not None:
            denied[i] = _STILL_WELCOME.match(low, after.end()) is None
        elif _denied_before(low, start):
            denied[i] = True
        elif i + 1 < len(spans) and denied[i + 1]:
            denied[i] = _AND.fullmatch(low, end, spans[i + 1][0]) is not None
    return denied
