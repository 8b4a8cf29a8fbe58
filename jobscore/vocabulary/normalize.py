"""Make text comparable without losing where each character stood."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable

#: Full-width letters, digits and signs, ideographic and hard spaces, the curly apostrophe.
_WIDE = re.compile("[\uff01-\uff5e\u3000\u00a0\u2019]")
_USUAL = {
    **{c: unicodedata.normalize("NFKC", c) for c in map(chr, range(0xFF01, 0xFF5F))},
    "\u3000": " ",
    "\u00a0": " ",
    "\u2019": "'",
}
_HALF = re.compile(r"[｡-ﾟ]+")


def normalize(text: str) -> tuple[str, Callable[[int], int] | None]:
    """Return the text in lower case and usual widths, and where its characters came from.

    The second value is None when every character kept its position; otherwise a function from
    a position in the result to the position in ``text``.
    """
    low = text if text.isascii() else _WIDE.sub(_usual, text)
    if (lowered := low.lower()) and len(lowered) == len(low):
        low = lowered
    elif low:
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in low)
    if _HALF.search(low) is None:
        return low, None
    return _widen(low)


def _usual(match: re.Match[str]) -> str:
    return _USUAL[match.group()]


def _widen(low: str) -> tuple[str, Callable[[int], int]]:
    """Replace half-width katakana; two characters (ｶﾞ) may become one."""
    out: list[str] = []
    #: Where the result and the source drift apart: result position, source position.
    breaks: list[int] = [0]
    sources: list[int] = [0]
    size = at = 0
    for match in _HALF.finditer(low):
        out.append(low[at : match.start()])
        size += match.start() - at
        source = match.start()
        run = match.group()
        while run:
            taken = 2 if len(run) > 1 and run[1] in "ﾞﾟ" else 1
            wide = unicodedata.normalize("NFKC", run[:taken])
            if len(wide) != 1:
                wide, taken = unicodedata.normalize("NFKC", run[:1])[:1], 1
            breaks.append(size)
            sources.append(source)
            out.append(wide)
            size += 1
            source += taken
            run = run[taken:]
        breaks.append(size)
        sources.append(source)
        at = match.end()
    out.append(low[at:])

    def position(index: int) -> int:
        found = bisect_right(breaks, index) - 1
        return sources[found] + index - breaks[found]

    return "".join(out), position
