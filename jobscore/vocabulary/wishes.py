"""Tell what a posting requires from what it merely welcomes: 必須 and 歓迎, required and a plus."""

import re
from bisect import bisect_left

_NOT_NEEDED = (
    "不要|不問|問いません|問わず|必要ありません|必要はありません|必要なし|"
    "必要ない|なくても|無くても|is not required|not required|not necessary|"
    "not needed|not mandatory|isn't required|unnecessary|no need"
)
_WELCOME = (
    "歓迎|尚可|なお可|尚良|なお良|優遇|あれば|望ましい|ベター|活かせる|生かせる|"
    "プラス評価|preferred|preferably|preference|nice to have|nice-to-have|"
    "nice to haves|nice-to-haves|a plus|plus if|bonus points|bonus if|"
    "bonus skills|desirable|desired|advantageous|advantage|an asset|ideally|"
    "optional|good to have|would be great|helpful"
)
_REQUIRED = (
    "必須|必要|要件|応募資格|応募条件|求めるスキル|求める経験|"
    "minimum qualifications|basic qualifications|qualifications|required|"
    "requirement|requirements|require|requires|must have|must-have|must haves|"
    "must-haves|must be|must know|essential|mandatory|necessary|what you need|"
    "what you'll need|you will need|you'll need|we are looking for"
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


class Markers:
    """The words of one text that say required, welcome or not needed."""

    __slots__ = ("_headings", "_inline", "_inline_starts", "_starts", "_text")

    def __init__(self, low: str, spans: list[tuple[int, int, str]]) -> None:
        """Read the markers at these (start, end, kind) of a text in lower case, in any order."""
        self._text = low
        self._inline: list[tuple[int, int, bool | None]] = []
        self._headings: list[tuple[int, bool]] = []
        reached = 0
        for start, end, kind in sorted(spans, key=lambda s: (s[0], -s[1])):
            if start < reached:
                continue
            reached = end
            is_must = kind == "must"
            if kind != "no" and _is_heading(low, start, end):
                self._headings.append((start, is_must))
            else:
                # 不問 speaks of what stands before it, never of what follows.
                self._inline.append((start, len(low) if kind == "no" else end, is_must))
        self._inline_starts = [m[0] for m in self._inline]
        self._starts = [h[0] for h in self._headings]

    def required(self, start: int, end: int) -> bool | None:
        """Say whether the words at ``start:end`` are required (True) or welcome (False).

        The next marker of the same sentence decides, else one before it in the sentence, else
        the heading of the section; None when there is none of them.
        """
        text = self._text
        if self._inline:
            index = bisect_left(self._inline_starts, end)
            if index < len(self._inline):
                at, _, kind = self._inline[index]
                heading = bisect_left(self._starts, end)
                is_before = heading == len(self._starts) or self._starts[heading] > at
                if is_before and at - end < 80 and not _SENTENCE_END.search(text, end, at):
                    return kind
            if index:
                _, over, kind = self._inline[index - 1]
                is_near = over <= start and start - over < 80
                if is_near and not _SENTENCE_END.search(text, over, start):
                    return kind
        heading = bisect_left(self._starts, start)
        return self._headings[heading - 1][1] if heading else None


def _is_heading(low: str, start: int, end: int) -> bool:
    after = low[end : end + 1]
    if after and after in ":：】］":
        return True
    if not _HEADING_BEFORE.search(low[max(0, start - 40) : start]):
        return False
    return _HEADING_AFTER.match(low, end) is not None and (
        low[end : end + 26].strip() != "" or start == 0
    )
