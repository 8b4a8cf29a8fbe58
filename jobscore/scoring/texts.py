"""How much of what a person looks for stands in a posting: the share of a title's terms.

Pure: NumPy only. Terms are words, and single characters and pairs of characters in runs of
Chinese, Japanese and Korean; a posting is its title and the beginning of its text. A term counts
by its rarity (idf, Sparck Jones 1972), and once, however often it stands there: a lead is short.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from jobscore.scoring.policy import FULL
from jobscore.scoring.rarity import Rarity
from jobscore.scoring.terms import invert, terms
from jobscore.scoring.titles import IDF_SCALE, idf_of, unseen_idf

LEAD: Final = 120
"""Characters of a posting's text that are read: what the work is stands at its beginning."""
_CACHE_BYTES: Final = 64_000_000


@dataclass(slots=True, eq=False)
class TextIndex:
    """The distinct postings with a text as inverted term postings. Shared by all people."""

    count: int
    """Number of distinct postings; that number itself stands for jobs without a text."""
    term_ids: dict[str, int]
    rarity: npt.NDArray[np.int32]
    """Per term, thousandths of ln((1 + count) / (1 + postings with it))."""
    starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    unseen: int
    """The rarity of a term that no posting has."""
    _cache: "OrderedDict[tuple[str, ...], npt.NDArray[np.int16]]" = field(
        default_factory=OrderedDict
    )

    def __getstate__(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in self.__slots__}
        return state | {"_cache": OrderedDict()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def coverage(self, words: tuple[str, ...]) -> npt.NDArray[np.int16]:
        """Return the share of a title's terms in each posting, basis points; 0 without a text."""
        if (found := self._cache.get(words)) is not None:
            self._cache.move_to_end(words)
            return found
        wanted = terms(words)
        known = [self.term_ids[term] for term in wanted if term in self.term_ids]
        whole = int(self.rarity[known].sum()) + self.unseen * (len(wanted) - len(known))
        sums = np.zeros(self.count + 1, np.int32)
        for term in known:
            np.add.at(sums, self.rows[self.starts[term] : self.starts[term + 1]], self.rarity[term])
        # whole numbers below 2**53 divide exactly enough for their floor
        shares = (sums * np.float64(2 * FULL) + whole) / max(1, 2 * whole)
        points = shares.astype(np.int16)
        self._cache[words] = points
        while len(self._cache) > max(8, _CACHE_BYTES // max(1, points.nbytes)):
            self._cache.popitem(last=False)
        return points


def build_texts(
    postings: Iterable[tuple[str, str]], rarity: Rarity[str] | None = None
) -> tuple[TextIndex, npt.NDArray[np.int64]]:
    """Index (title, text) of all jobs; return the index and, per job, its posting's number.

    Rarity is counted among these postings where none is given.
    """
    distinct: dict[tuple[str, str], int] = {}
    numbers = [
        distinct.setdefault((title, text[:LEAD]), len(distinct)) if text.strip() else -1
        for title, text in postings
    ]
    group = np.array(numbers, np.int64).reshape(-1)
    count = len(distinct)
    group[group < 0] = count
    known = rarity.numbers() if rarity else {}
    found = invert((f"{title}\n{text}" for title, text in distinct), known)
    counted = idf_of(np.diff(found.starts), count) - np.int32(IDF_SCALE)
    return TextIndex(
        count=count,
        term_ids=found.term_ids,
        rarity=rarity.at(found.term_ids) if rarity else counted,
        starts=found.starts,
        rows=found.rows,
        unseen=rarity.unseen if rarity else unseen_idf(count) - IDF_SCALE,
    ), group
