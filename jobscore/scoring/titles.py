"""How close two job titles are: TF-IDF over pieces of their words, in whole numbers.

Runs of Chinese, Japanese and Korean characters give 1- and 2-grams, so no dictionary is needed.
Words of alphabetic scripts give, by the policy's formula: `PLAIN` 3- to 5-grams of the padded
word; `BALANCED` its 3-grams and beginnings without accents, and a long word does not drown a
short one. The measure is the cosine of the two vectors (Salton & Buckley 1988; n-grams after
McNamee & Mayfield 2004). Every weight is quantised once, when the index is built; the dot
products are sums of integers.
"""

import re
import unicodedata
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from jobscore.scoring.policy import FULL
from jobscore.scoring.rarity import Rarity
from jobscore.scoring.spans import starts_of

UNIT_BITS: Final = 14
"""Gram weights are whole 1/16384 of a unit vector."""
IDF_SCALE: Final = 1_000
_CJK = "\u3005\u3006\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN: Final = re.compile(rf"[{_CJK}]+|(?:(?![{_CJK}])[^\W_])+[+#]*")
_CJK_RUN: Final = re.compile(rf"[{_CJK}]+")
_CACHE_BYTES: Final = 64_000_000
BALANCE_UNIT: Final = 256
"""The balance of a run of Chinese, Japanese or Korean characters."""
USUAL_LENGTH: Final = 6
"""A word whose vector is so many times as long as its rarity has the balance of such a run."""
BEGINNINGS: Final = range(3, 10)
"""Lengths of the beginnings of words that `pieces` gives."""
HALFWAY: Final = 3_000
"""Basis points of the cosine that reads as 65 of 100 in the balanced formula."""


class TitleFormula(IntEnum):
    """How titles are taken apart and shown; the policy names it."""

    PLAIN = 1
    BALANCED = 2


def tokens(title: str) -> tuple[str, ...]:
    """Return the words of a title, case and width folded; a CJK run is one word."""
    return tuple(_TOKEN.findall(unicodedata.normalize("NFKC", title).casefold()))


def is_run(token: str) -> bool:
    """Tell whether a word is a run of Chinese, Japanese or Korean characters."""
    return _CJK_RUN.fullmatch(token) is not None


@lru_cache(maxsize=65_536)
def grams(token: str) -> tuple[str, ...]:
    """Return the character n-grams of one word, repeated as often as they occur."""
    if _CJK_RUN.fullmatch(token):
        return tuple(token) + tuple(token[i : i + 2] for i in range(len(token) - 1))
    padded = f" {token} "
    return tuple(padded[i : i + n] for n in (3, 4, 5) for i in range(len(padded) - n + 1))


@lru_cache(maxsize=65_536)
def pieces(token: str) -> tuple[str, ...]:
    """Return the 3-grams and the beginnings (marked ^) of one word, accents taken off.

    Beginnings stand for stems: forms of gender and number end alike in many languages.
    """
    if _CJK_RUN.fullmatch(token):
        return grams(token)
    plain = "".join(c for c in unicodedata.normalize("NFD", token) if not unicodedata.combining(c))
    padded = f" {plain} "
    threes = tuple(padded[i : i + 3] for i in range(len(padded) - 2))
    return threes + tuple(f"^{plain[:n]}" for n in BEGINNINGS if n <= len(plain))


def taken_apart(token: str, formula: TitleFormula) -> tuple[str, ...]:
    """Return the pieces of one word by a formula, repeated as often as they occur."""
    return grams(token) if formula is TitleFormula.PLAIN else pieces(token)


def balance(token: str, squared_length: int, rarity: int) -> int:
    """Return by what a word's weights are multiplied, so that long words do not drown short ones.

    `squared_length` is that of the word's own vector, `rarity` its idf in thousandths: the root
    of how many times the vector is longer than a usual word so rare would be.
    """
    if _CJK_RUN.fullmatch(token) or not squared_length:
        return BALANCE_UNIT
    ratio = np.float64(USUAL_LENGTH * rarity) / np.sqrt(np.float64(squared_length))
    return max(1, int(np.rint(np.sqrt(ratio) * BALANCE_UNIT)))


def curve(formula: TitleFormula) -> npt.NDArray[np.int16]:
    """Return the table that turns a cosine c (basis points) into shown points.

    PLAIN: 100 x its root, a quarter reads as 50. BALANCED: 1.3 x c / (c + 0.3), rounded half up:
    a cosine of 0.3, which related titles reach, reads as 65, and chance likeness as little.
    """
    cosines = np.arange(FULL + 1, dtype=np.int64)
    if formula is TitleFormula.PLAIN:
        return np.sqrt((cosines * FULL).astype(np.float64)).astype(np.int16)
    half = np.int64(HALFWAY)
    shown = (2 * cosines * (FULL + half) + cosines + half) // (2 * (cosines + half))
    return np.asarray(shown, np.int16)


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
    formula: TitleFormula
    word_idf: dict[str, int]
    """Per word of any title, thousandths; empty in the plain formula, which needs none."""
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
        weights: Counter[str] = Counter()
        for word, times in Counter(words).items():
            own = {
                gram: tf * (int(self.idf[i]) if (i := self.gram_ids.get(gram, -1)) >= 0
                            else self.unseen_idf)
                for gram, tf in Counter(taken_apart(word, self.formula)).items()
            }  # fmt: skip
            factor = times
            if self.formula is TitleFormula.BALANCED:
                squared = sum(w * w for w in own.values())
                factor *= balance(word, squared, self.word_idf.get(word, self.unseen_idf))
            for gram, weight in own.items():
                weights[gram] += weight * factor
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


def mean(
    own: Sequence[npt.NDArray[np.int16]], seen: Sequence[npt.NDArray[np.int16]], seen_percent: int
) -> npt.NDArray[np.int32]:
    """Return the mean of columns, rounded half up, where each of `seen` counts so many percent."""
    total = np.zeros(len((*own, *seen)[0]), np.int32)
    for column in own:
        total += column
    total *= np.int32(100)
    for column in seen:
        total += column * np.int32(seen_percent)
    n = 100 * (len(own) + len(seen))
    return np.asarray((2 * total + n) // (2 * n), np.int32)


def shown(cosines: npt.NDArray[np.int32], formula: TitleFormula) -> npt.NDArray[np.int16]:
    """Return the points 0..10,000 at which mean cosines are shown."""
    return _CURVES[formula].take(cosines)


_CURVES: Final = {formula: curve(formula) for formula in TitleFormula}


@dataclass(frozen=True, slots=True)
class TitleRarity:
    """How rare pieces and words are among titles that were counted before."""

    pieces: Rarity[str]
    words: Rarity[str]


def build_index(
    titles: Iterable[str],
    formula: TitleFormula = TitleFormula.PLAIN,
    rarity: TitleRarity | None = None,
) -> tuple[TitleIndex, npt.NDArray[np.int64]]:
    """Index titles; return the index and, per title, the number of its distinct title.

    Rarity is counted among these titles where none is given. What was counted before stays known
    when no title has it any more: a wish for it is as rare as it was.
    """
    distinct: dict[tuple[str, ...], int] = {}
    group = np.fromiter((distinct.setdefault(tokens(t), len(distinct)) for t in titles), np.int64)
    gram_ids = rarity.pieces.numbers() if rarity else {}
    ids: list[int] = []
    lengths = np.zeros(len(distinct), np.int64)
    by_word: dict[str, list[int]] = {}
    for number, words in enumerate(distinct):
        before = len(ids)
        for word in words:
            if (known := by_word.get(word)) is None:
                known = [gram_ids.setdefault(g, len(gram_ids)) for g in taken_apart(word, formula)]
                by_word[word] = known
            ids.extend(known)
        lengths[number] = len(ids) - before
    return _invert(
        list(distinct), gram_ids, np.array(ids, np.int64), lengths, by_word, formula, rarity
    ), group


def _invert(
    titles: Sequence[tuple[str, ...]],
    gram_ids: dict[str, int],
    ids: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    by_word: dict[str, list[int]],
    formula: TitleFormula,
    held: TitleRarity | None,
) -> TitleIndex:
    """Turn the gram lists of all titles into postings sorted by gram, then by title."""
    count = len(titles)
    owners = np.repeat(np.arange(count, dtype=np.int64), lengths)
    pairs, at = np.unique(ids * max(1, count) + owners, return_inverse=True)
    gram, row = pairs // max(1, count), pairs % max(1, count)
    df = np.bincount(gram, minlength=len(gram_ids))
    idf = held.pieces.at(gram_ids) if held else idf_of(df, count)
    each = idf[ids].astype(np.int64)
    word_idf: dict[str, int] = {}
    if formula is TitleFormula.BALANCED:
        rarity = held.words.at(by_word) if held else _word_rarity(titles, by_word)
        counted = dict(zip(by_word, rarity.tolist(), strict=True))
        word_idf = {**held.words.of, **counted} if held else counted
        each *= _balances(titles, by_word, idf, word_idf)
    weight = np.bincount(at, each.astype(np.float64), len(pairs)).astype(np.int64)
    norms = np.bincount(row, (weight * weight).astype(np.float64), count)
    with np.errstate(invalid="ignore"):
        unit = np.rint((weight << UNIT_BITS).astype(np.float64) / np.sqrt(norms)[row])
    return TitleIndex(
        count=count,
        gram_ids=gram_ids,
        idf=idf,
        starts=starts_of(df),
        rows=row.astype(np.int32),
        values=unit.astype(np.int16),
        unseen_idf=held.pieces.unseen if held else unseen_idf(count),
        formula=formula,
        word_idf=word_idf,
    )


def _word_rarity(
    titles: Sequence[tuple[str, ...]], by_word: Iterable[str]
) -> npt.NDArray[np.int32]:
    df = Counter(word for words in titles for word in set(words))
    return idf_of(np.array([df[word] for word in by_word], np.int64), len(titles))


def _balances(
    titles: Sequence[tuple[str, ...]],
    by_word: dict[str, list[int]],
    idf: npt.NDArray[np.int32],
    word_idf: dict[str, int],
) -> npt.NDArray[np.int64]:
    """Return the balance of the word of each gram, for the grams of all titles in a row."""
    factors = {}
    for word, ids in by_word.items():
        squared = sum((tf * int(idf[gram])) ** 2 for gram, tf in Counter(ids).items())
        factors[word] = balance(word, squared, word_idf[word])
    words = [word for title in titles for word in title]
    sizes = [len(by_word[word]) for word in words]
    return np.repeat(np.array([factors[word] for word in words], np.int64), sizes)


def idf_of(df: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int32]:
    """Return thousandths of 1 + ln((1 + count) / (1 + df)), rounded: rare is worth more."""
    return np.asarray(np.rint(IDF_SCALE * (1 + np.log((1 + count) / (1 + df)))), np.int32)


def unseen_idf(count: int) -> int:
    """Return the idf of what stands in none of `count` documents."""
    return int(idf_of(np.zeros(1, np.int64), count)[0])
