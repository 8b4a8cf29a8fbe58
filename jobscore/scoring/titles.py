"""How close two job titles are: TF-IDF over character n-grams, in whole numbers.

Words of alphabetic scripts give 3- to 5-grams of the padded word; runs of Chinese, Japanese and
Korean characters give 1- and 2-grams, so no dictionary is needed. The measure is the cosine of
the two gram vectors (Salton & Buckley 1988; n-grams after McNamee & Mayfield 2004).
Every weight is quantised once, when the index is built; the dot products are sums of integers.
"""

import re
import unicodedata
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from jobscore.scoring.policy import FULL

UNIT_BITS: Final = 14
"""Gram weights are whole 1/16384 of a unit vector."""
IDF_SCALE: Final = 1_000
_CJK = "\u3005\u3006\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN: Final = re.compile(rf"[{_CJK}]+|(?:(?![{_CJK}])[^\W_])+[+#]*")
_CJK_RUN: Final = re.compile(rf"[{_CJK}]+")
_CACHE_BYTES: Final = 64_000_000


def tokens(title: str) -> tuple[str, ...]:
    """Return the words of a title, case and width folded; a CJK run is one word."""
    return tuple(_TOKEN.findall(unicodedata.normalize("NFKC", title).casefold()))


@lru_cache(maxsize=65_536)
def grams(token: str) -> tuple[str, ...]:
    """Return the character n-grams of one word, repeated as often as they occur."""
    if _CJK_RUN.fullmatch(token):
        return tuple(token) + tuple(token[i : i + 2] for i in range(len(token) - 1))
    padded = f" {token} "
    return tuple(padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1))


def curve() -> npt.NDArray[np.int16]:
    """Return the table that turns a cosine (basis points) into shown points: 100 x its root.

    A cosine of one quarter, which related titles reach, reads as 50 of 100.
    """
    cosines = np.arange(FULL + 1, dtype=np.int64) * FULL
    return np.sqrt(cosines.astype(np.float64)).astype(np.int16)


@dataclass(slots=True, eq=False)
class TitleIndex:
    """The distinct titles of all jobs as inverted gram postings. Shared by all people."""

    count: int
    """Number of distinct titles."""
    gram_ids: dict[str, int]
    idf: npt.NDArray[np.int32]
    """Per gram, thousandths."""
    starts: npt.NDArray[np.int64]
    """Per gram and one more: where its postings begin."""
    rows: npt.NDArray[np.int32]
    values: npt.NDArray[np.int16]
    unseen_idf: int
    _cache: "OrderedDict[tuple[str, ...], npt.NDArray[np.int16]]" = field(
        default_factory=OrderedDict
    )

    def __getstate__(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in self.__slots__}
        return state | {"_cache": OrderedDict()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def vector(self, words: tuple[str, ...]) -> dict[int, int]:
        """Return the quantised unit vector of a title: gram id to weight, known grams only.

        Grams that no job title has still lengthen the vector: a wish of which half is unheard
        of is at most half close to anything.
        """
        counts = Counter(gram for word in words for gram in grams(word))
        weights = {
            gram: tf * (int(self.idf[i]) if (i := self.gram_ids.get(gram, -1)) >= 0
                        else self.unseen_idf)
            for gram, tf in counts.items()
        }  # fmt: skip
        norm = np.sqrt(np.float64(sum(w * w for w in weights.values())))
        return {
            self.gram_ids[gram]: int(np.rint(np.float64(w << UNIT_BITS) / norm))
            for gram, w in weights.items()
            if gram in self.gram_ids
        }

    def cosines(self, words: tuple[str, ...]) -> npt.NDArray[np.int16]:
        """Return the cosine of one title with every distinct job title, in basis points."""
        if (found := self._cache.get(words)) is not None:
            self._cache.move_to_end(words)
            return found
        vector = self.vector(words)
        spans = [slice(self.starts[g], self.starts[g + 1]) for g in vector]
        if spans:
            rows = np.concatenate([self.rows[s] for s in spans])
            parts = [
                self.values[s].astype(np.float64) * w
                for s, w in zip(spans, vector.values(), strict=True)
            ]
            dots = np.bincount(rows, np.concatenate(parts), self.count).astype(np.int64)
        else:
            dots = np.zeros(self.count, np.int64)
        shift = 2 * UNIT_BITS
        points = np.asarray(np.minimum((dots * FULL + (1 << (shift - 1))) >> shift, FULL), np.int16)
        self._cache[words] = points
        while len(self._cache) > max(8, _CACHE_BYTES // max(1, points.nbytes)):
            self._cache.popitem(last=False)
        return points

    def closeness(self, titles: Sequence[tuple[str, ...]]) -> npt.NDArray[np.int16] | None:
        """Return points 0..10,000 per distinct title: the mean cosine over a person's titles.

        `titles` are token tuples; None when there is none to compare with.
        """
        if not titles:
            return None
        total = np.zeros(self.count, np.int32)
        for words in titles:
            total += self.cosines(words)
        n = len(titles)
        return np.asarray(_CURVE[(2 * total + n) // (2 * n)])


_CURVE: Final = curve()


def build_index(titles: Iterable[str]) -> tuple[TitleIndex, npt.NDArray[np.int32]]:
    """Index titles; return the index and, per title, the number of its distinct title."""
    distinct: dict[tuple[str, ...], int] = {}
    group = np.fromiter((distinct.setdefault(tokens(t), len(distinct)) for t in titles), np.int32)
    gram_ids: dict[str, int] = {}
    ids: list[int] = []
    lengths = np.zeros(len(distinct), np.int64)
    by_word: dict[str, list[int]] = {}
    for number, words in enumerate(distinct):
        before = len(ids)
        for word in words:
            if (known := by_word.get(word)) is None:
                known = [gram_ids.setdefault(g, len(gram_ids)) for g in grams(word)]
                by_word[word] = known
            ids.extend(known)
        lengths[number] = len(ids) - before
    return _invert(len(distinct), gram_ids, np.array(ids, np.int64), lengths), group


def _invert(
    count: int,
    gram_ids: dict[str, int],
    ids: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
) -> TitleIndex:
    """Turn the gram lists of all titles into postings sorted by gram, then by title."""
    owners = np.repeat(np.arange(count, dtype=np.int64), lengths)
    pairs, tf = np.unique(ids * max(1, count) + owners, return_counts=True)
    gram, row = pairs // max(1, count), pairs % max(1, count)
    df = np.bincount(gram, minlength=len(gram_ids))
    idf = idf_of(df, count)
    weight = tf * idf[gram].astype(np.int64)
    norms = np.bincount(row, (weight * weight).astype(np.float64), count)
    with np.errstate(invalid="ignore"):
        unit = np.rint((weight << UNIT_BITS).astype(np.float64) / np.sqrt(norms)[row])
    return TitleIndex(
        count=count,
        gram_ids=gram_ids,
        idf=idf,
        starts=np.concatenate(([0], np.cumsum(df))).astype(np.int64),
        rows=row.astype(np.int32),
        values=unit.astype(np.int16),
        unseen_idf=int(idf_of(np.zeros(1, np.int64), count)[0]),
    )


def idf_of(df: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int32]:
    """Return thousandths of 1 + ln((1 + count) / (1 + df)), rounded: rare is worth more."""
    return np.asarray(np.rint(IDF_SCALE * (1 + np.log((1 + count) / (1 + df)))), np.int32)
