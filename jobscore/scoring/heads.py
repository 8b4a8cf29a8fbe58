"""How close what a person looks for is to the head of a posting: its title and its employer.

The measure is that of `jobscore.scoring.titles`: the cosine of TF-IDF vectors over pieces of
words, but over title and employer together, and rarity is counted over postings, so that the
name of an employer with many postings says little. The vector of a head is the sum of those of
its title and of its employer; so are its products with a wish. They are therefore taken once a
distinct title and once a distinct employer, and added up where the two meet. Pure: NumPy only.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from jobscore.scoring.policy import FULL
from jobscore.scoring.spans import spread, starts_of
from jobscore.scoring.titles import (
    TitleFormula,
    TitleRarity,
    balance,
    idf_of,
    taken_apart,
    tokens,
    unseen_idf,
)

Words = tuple[str, ...]
Ints = npt.NDArray[np.int64]
WEIGHT_SHIFT: Final = 12
"""Rarity times balance is cut by so many bits: a piece weighs a few hundred."""
PRODUCT_SHIFT: Final = 8
"""Products of two vectors are kept without so many bits."""
LENGTH_BITS: Final = 28
"""One over a vector's length is kept in so many bits."""
_CACHE_BYTES: Final = 64_000_000
_SCALES: Final = 65_536


class Wish(NamedTuple):
    """What a person looks for: a title, an employer (or no words of one), and how much it counts.

    `percent` is 0..100; of all wishes together it must stay below 20,000.
    """

    title: Words
    employer: Words
    percent: int


@dataclass(slots=True, eq=False)
class Part:
    """The distinct titles, or the distinct employers, as inverted postings of pieces."""

    count: int
    starts: Ints
    """Per piece and one more: where its postings begin."""
    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.int32]

    def products(self, vector: Mapping[int, int]) -> npt.NDArray[np.int32]:
        """Return the product of a vector with each row, without its last bits."""
        spans = [slice(self.starts[g], self.starts[g + 1]) for g in vector]
        rows = np.concatenate([self.rows[:0], *(self.rows[s] for s in spans)])
        parts = [
            self.weights[s] * np.float64(w) for s, w in zip(spans, vector.values(), strict=True)
        ]
        dots = np.bincount(rows, np.concatenate([np.zeros(0), *parts]), self.count)
        return np.asarray(_cut(dots.astype(np.int64), PRODUCT_SHIFT), np.int32)


@dataclass(slots=True, eq=False)
class HeadIndex:
    """The distinct heads of all postings. Shared by all people."""

    count: int
    titles: Part
    employers: Part
    title: Ints
    """Per head the number of its title."""
    employer: Ints
    """Per head the number of its employer; words of none have a number too."""
    scale: Ints
    """Per head one over its length; 0 for a head without words."""
    piece_ids: dict[str, int]
    idf: npt.NDArray[np.int32]
    word_idf: dict[str, int]
    unseen_idf: int
    formula: TitleFormula
    _cache: "OrderedDict[Words, tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]]" = field(
        default_factory=OrderedDict
    )
    _scales: "OrderedDict[Words, int]" = field(default_factory=OrderedDict)

    def __getstate__(self) -> dict[str, Any]:
        state = {name: getattr(self, name) for name in self.__slots__}
        return state | {"_cache": OrderedDict(), "_scales": OrderedDict()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def vector(self, words: Words) -> Counter[str]:
        """Return the vector of some words: piece to weight, also pieces that no head has."""
        found: Counter[str] = Counter()
        for word in words:
            counts = Counter(taken_apart(word, self.formula))
            rarity = [
                int(self.idf[i]) if (i := self.piece_ids.get(piece, -1)) >= 0 else self.unseen_idf
                for piece in counts
            ]
            own = [tf * idf for tf, idf in zip(counts.values(), rarity, strict=True)]
            factor = _balance(word, own, self.word_idf.get(word, self.unseen_idf), self.formula)
            for piece, weight in zip(counts, own, strict=True):
                found[piece] += int(_cut(weight * factor, WEIGHT_SHIFT))
        return found

    def products(self, words: Words) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return the products of some words with every distinct title and every employer."""
        if (found := self._cache.get(words)) is not None:
            self._cache.move_to_end(words)
            return found
        ids = self.piece_ids
        known = {ids[p]: w for p, w in self.vector(words).items() if p in ids}
        found = self.titles.products(known), self.employers.products(known)
        self._cache[words] = found
        room = _CACHE_BYTES // max(1, found[0].nbytes + found[1].nbytes)
        while len(self._cache) > max(8, room):
            self._cache.popitem(last=False)
        return found

    def scale_of(self, words: Words) -> int:
        """Return one over the length of the vector of some words."""
        if (found := self._scales.get(words)) is None:
            squared = sum(w * w for w in self.vector(words).values())
            found = self._scales[words] = int(one_over(np.array([squared]))[0])
            if len(self._scales) > _SCALES:
                self._scales.popitem(last=False)
        return found

    def likeness(self, wishes: Iterable[Wish], at: Ints | None = None) -> npt.NDArray[np.int32]:
        """Return the sum of a head's cosines with the wishes, basis points times percent.

        Per head, or per number of `at`.
        """
        factors: Counter[Words] = Counter()
        for wish in wishes:
            factor = self.scale_of((*wish.title, *wish.employer)) * wish.percent
            for words in (wish.title, wish.employer):
                if words:
                    factors[words] += factor
        title, employer = (np.zeros(p.count, np.int64) for p in (self.titles, self.employers))
        for words, factor in factors.items():
            by_title, by_employer = self.products(words)
            title += by_title * np.int64(factor)
            employer += by_employer * np.int64(factor)
        part = slice(None) if at is None else at
        sums = _points(title).take(self.title[part])
        sums += _points(employer).take(self.employer[part])
        sums *= self.scale[part]
        sums += 1 << (LENGTH_BITS - 1)
        sums >>= LENGTH_BITS
        return sums.astype(np.int32)


def _cut(value: Any, bits: int) -> Any:
    """Return whole numbers without their last bits, rounded half up."""
    return (value + (1 << (bits - 1))) >> bits


def _points(sums: Ints) -> Ints:
    """Return sums of products as basis points times length, in two steps that cannot overflow."""
    return np.asarray(_cut(_cut(sums, PRODUCT_SHIFT) * FULL, LENGTH_BITS - 2 * PRODUCT_SHIFT))


def _balance(word: str, own: Sequence[int], rarity: int, formula: TitleFormula) -> int:
    squared = sum(w * w for w in own) if formula is TitleFormula.BALANCED else 0
    return balance(word, squared, rarity)


def one_over(squares: Ints) -> Ints:
    """Return one over the roots, in `LENGTH_BITS` bits; 0 of nothing."""
    lengths = np.sqrt(np.maximum(squares, 1).astype(np.float64))
    return np.where(squares > 0, np.rint((1 << LENGTH_BITS) / lengths), 0).astype(np.int64)


def build_heads(
    titles: Sequence[str],
    employers: Sequence[str],
    formula: TitleFormula,
    held: TitleRarity | None = None,
) -> tuple[HeadIndex, Ints]:
    """Index the heads of all jobs; return the index and, per job, the number of its head.

    Rarity is counted among these postings where none is given.
    """
    title, title_words = _distinct(titles)
    employer, employer_words = _distinct(employers)
    pairs, head = np.unique(
        title.astype(np.int64) * max(1, len(employer_words)) + employer, return_inverse=True
    )
    of_title, of_employer = np.divmod(pairs, max(1, len(employer_words)))
    word_ids: dict[str, int] = {}
    rows = [_owners(words, word_ids) for words in (title_words, employer_words)]
    jobs = [
        np.bincount(group, minlength=len(words))
        for group, words in ((title, title_words), (employer, employer_words))
    ]
    piece_ids = held.pieces.numbers() if held else {}
    pieces = _owners([taken_apart(word, formula) for word in word_ids], piece_ids)
    known = [_expanded(own, pieces) for own in rows]
    count = len(titles)
    if held:
        idf, word_idf = held.pieces.at(piece_ids), held.words.at(word_ids)
    else:
        idf = idf_of(_frequency(known, jobs, len(piece_ids), count), count)
        word_idf = idf_of(_frequency(rows, jobs, len(word_ids), count), count)
    known_words = held.words.of if held else {}
    weights = _weights(list(word_ids), pieces, idf, word_idf, formula)
    parts = [
        _invert(own, pieces, weights, size, len(piece_ids))
        for own, size in zip(rows, (len(title_words), len(employer_words)), strict=True)
    ]
    index = HeadIndex(
        count=len(pairs),
        titles=parts[0],
        employers=parts[1],
        title=of_title.astype(np.int64),
        employer=of_employer.astype(np.int64),
        scale=one_over(_squares(parts, of_title, of_employer)),
        piece_ids=piece_ids,
        idf=idf,
        word_idf={**known_words, **dict(zip(word_ids, word_idf.tolist(), strict=True))},
        unseen_idf=held.pieces.unseen if held else unseen_idf(count),
        formula=formula,
    )
    return index, head.astype(np.int64).reshape(-1)


class _Owners(NamedTuple):
    """Which rows hold which items, as often as they do, row by row."""

    row: Ints
    item: Ints


def _distinct(names: Sequence[str]) -> tuple[npt.NDArray[np.int32], list[Words]]:
    by_name: dict[str, int] = {}
    table: dict[Words, int] = {}
    group = np.zeros(len(names), np.int32)
    for i, name in enumerate(names):
        if (number := by_name.get(name)) is None:
            number = by_name[name] = table.setdefault(tokens(name), len(table))
        group[i] = number
    return group, list(table)


def _owners(rows: Sequence[Sequence[str]], ids: dict[str, int]) -> _Owners:
    items = [ids.setdefault(item, len(ids)) for row in rows for item in row]
    lengths = [len(row) for row in rows]
    return _Owners(np.repeat(np.arange(len(rows)), lengths), np.array(items, np.int64))


def _expanded(rows: _Owners, pieces: _Owners) -> _Owners:
    """Return which rows hold which pieces, from their words and the pieces of each word."""
    entry, owner = _entries(rows, pieces)
    return _Owners(rows.row[owner], pieces.item[entry])


def _entries(rows: _Owners, pieces: _Owners) -> tuple[Ints, Ints]:
    """Return the entries of `pieces` of each word of the rows, and to which word they belong."""
    words = int(rows.item.max(initial=-1)) + 1
    starts = starts_of(np.bincount(pieces.row, minlength=words))
    owner = np.repeat(np.arange(len(rows.item)), np.diff(starts)[rows.item])
    return spread(starts, rows.item), owner


def _frequency(
    parts: Sequence[_Owners], jobs: Sequence[Ints], items: int, count: int
) -> npt.NDArray[np.int64]:
    """Return in how many postings each item stands, title and employer counted each."""
    found = np.zeros(items, np.int64)
    for part, times in zip(parts, jobs, strict=True):
        keys = np.unique(part.row * max(1, items) + part.item)
        row, item = np.divmod(keys, max(1, items))
        found += np.bincount(item, times[row].astype(np.float64), items).astype(np.int64)
    return np.minimum(found, count)


def _weights(
    words: Sequence[str],
    pieces: _Owners,
    idf: npt.NDArray[np.int32],
    word_idf: npt.NDArray[np.int32],
    formula: TitleFormula,
) -> Ints:
    """Return what each entry of `pieces` weighs; repeated pieces of a word share their weight."""
    by_word = np.split(pieces.item, np.cumsum(np.bincount(pieces.row, minlength=len(words))))
    weights: list[int] = []
    for word, own, rarity in zip(words, by_word[: len(words)], word_idf.tolist(), strict=True):
        counts = Counter(own.tolist())
        each = {piece: tf * int(idf[piece]) for piece, tf in counts.items()}
        factor = _balance(word, list(each.values()), rarity, formula)
        left = {piece: int(_cut(w * factor, WEIGHT_SHIFT)) for piece, w in each.items()}
        weights += [left.pop(piece, 0) for piece in own.tolist()]
    return np.array(weights, np.int64)


def _invert(rows: _Owners, pieces: _Owners, weights: Ints, count: int, known: int) -> Part:
    entry, owner = _entries(rows, pieces)
    keys, at = np.unique(pieces.item[entry] * max(1, count) + rows.row[owner], return_inverse=True)
    sums = np.bincount(at.reshape(-1), weights[entry].astype(np.float64), len(keys))
    piece, row = np.divmod(keys, max(1, count))
    df = np.bincount(piece, minlength=known)
    return Part(
        count=count,
        starts=starts_of(df),
        rows=row.astype(np.int32),
        weights=sums.astype(np.int32),
    )


def _squares(parts: Sequence[Part], title: Ints, employer: Ints) -> Ints:
    """Return the squared length of each head: both parts' and twice their product."""
    squares = [
        np.bincount(p.rows, p.weights.astype(np.float64) ** 2, p.count).astype(np.int64)
        for p in parts
    ]
    columns = [_by_row(part) for part in parts]
    (_, title_keys, title_weights), (starts, keys, weights) = columns
    size = max(1, len(parts[0].starts))
    owner = np.repeat(np.arange(len(employer)), np.diff(starts)[employer])
    entry = spread(starts, employer)
    wanted = title[owner] * size + keys[entry] % size
    at = np.minimum(np.searchsorted(title_keys, wanted), max(0, len(title_keys) - 1))
    if not len(title_keys):
        return np.asarray(squares[0][title] + squares[1][employer])
    both = np.where(title_keys[at] == wanted, title_weights[at] * weights[entry], 0)
    product = np.bincount(owner, both.astype(np.float64), len(title)).astype(np.int64)
    return np.asarray(squares[0][title] + squares[1][employer] + 2 * product)


def _by_row(part: Part) -> tuple[Ints, Ints, Ints]:
    """Return where each row begins, and its entries as row times pieces plus piece, and weight."""
    size = max(1, len(part.starts))
    piece = np.repeat(np.arange(len(part.starts) - 1), np.diff(part.starts))
    keys = part.rows * np.int64(size) + piece
    order = np.argsort(keys, kind="stable")
    starts = starts_of(np.bincount(part.rows, minlength=part.count))
    return starts, keys[order], part.weights[order].astype(np.int64)
