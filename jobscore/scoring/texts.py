"""How much of what a person looks for stands in a posting: the share of a title's terms.

Pure: NumPy only. Terms are words, and single characters and pairs of characters in runs of
Chinese, Japanese and Korean; a posting is its title and the beginning of its text. A term counts
by its rarity (idf, Sparck Jones 1972), and once, however often it stands there: a lead is short.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from jobscore.scoring.policy import FULL
from jobscore.scoring.titles import IDF_SCALE, idf_of, is_run, tokens

LEAD: Final = 120
"""Characters of a posting's text that are read: what the work is stands at its beginning."""
_CACHE_BYTES: Final = 64_000_000


def terms(words: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct terms of some words, in the order in which they first stand there."""
    found: list[str] = []
    for word in words:
        if is_run(word):
            found += word
            found += map("".join, pairwise(word))
        else:
            found.append(word)
    return tuple(dict.fromkeys(found))


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
        sums = np.zeros(self.count + 1, np.int64)
        for term in known:
            sums[self.rows[self.starts[term] : self.starts[term + 1]]] += self.rarity[term]
        points = ((2 * FULL * sums + whole) // max(1, 2 * whole)).astype(np.int16)
        self._cache[words] = points
        while len(self._cache) > max(8, _CACHE_BYTES // max(1, points.nbytes)):
            self._cache.popitem(last=False)
        return points


def build_texts(
    postings: Iterable[tuple[str, str]],
) -> tuple[TextIndex, npt.NDArray[np.int64]]:
    """Index (title, text) of all jobs; return the index and, per job, its posting's number."""
    distinct: dict[tuple[str, str], int] = {}
    numbers = [
        distinct.setdefault((title, text[:LEAD]), len(distinct)) if text.strip() else -1
        for title, text in postings
    ]
    group = np.array(numbers, np.int64).reshape(-1)
    count = len(distinct)
    group[group < 0] = count
    term_ids: dict[str, int] = {}
    ids: list[int] = []
    lengths: list[int] = []
    for title, text in distinct:
        own = terms((*tokens(title), *tokens(text)))
        ids += [term_ids.setdefault(term, len(term_ids)) for term in own]
        lengths.append(len(own))
    return _invert(count, term_ids, ids, lengths), group


def _invert(
    count: int, term_ids: dict[str, int], ids: Sequence[int], lengths: Sequence[int]
) -> TextIndex:
    column = np.array(ids, np.int32)
    owners = np.repeat(np.arange(count, dtype=np.int32), np.array(lengths, np.int64))
    df = np.bincount(column, minlength=len(term_ids))
    unseen = idf_of(np.zeros(1, np.int64), count) - IDF_SCALE
    return TextIndex(
        count=count,
        term_ids=term_ids,
        rarity=idf_of(df, count) - np.int32(IDF_SCALE),
        starts=np.concatenate(([0], np.cumsum(df))).astype(np.int64),
        rows=owners[np.argsort(column, kind="stable")],
        unseen=int(unseen[0]),
    )
