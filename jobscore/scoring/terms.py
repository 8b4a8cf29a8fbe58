"""The terms of texts, and which text holds which term how often, built with NumPy.

Terms are words, and single characters and pairs of characters in runs of Chinese, Japanese and
Korean, so that no dictionary is needed. Pure: NumPy only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from jobscore.scoring.titles import is_run, tokens

CHUNK: Final = 4_000
"""Texts taken at a time, so that memory stays small."""
_PAIR_BITS: Final = 21
"""Bits of a character in the number of a pair; a single character has no second."""


def terms(words: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct terms of some words, in the order in which they first stand there."""
    return tuple(dict.fromkeys(all_terms(words)))


def all_terms(words: Iterable[str]) -> Iterator[str]:
    """Yield the terms of some words, as often as they stand there."""
    for word in words:
        if is_run(word):
            yield from word
            yield from map("".join, pairwise(word))
        else:
            yield word


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """Which texts hold which term: by term, then by text."""

    term_ids: dict[str, int]
    starts: npt.NDArray[np.int64]
    """Per term and one more: where its texts begin."""
    rows: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int16]
    """How often the term stands in the text, at most 32,767."""


def invert(texts: Iterable[str], known: Mapping[str, int] | None = None) -> Postings:
    """Return which of the texts, numbered as they come, hold which terms.

    Terms of `known` have the numbers 0.. that stand there; others get the next ones.
    """
    term_ids = dict(known or {})
    chunks: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int16]]] = []
    begin = 0
    given = iter(texts)
    while chunk := [*islice(given, CHUNK)]:
        term, row, count = _count([tokens(text) for text in chunk], term_ids)
        chunks.append((term, row + np.int32(begin), count))
        begin += len(chunk)
    sizes = [np.bincount(term, minlength=len(term_ids)) for term, _, _ in chunks]
    starts = np.concatenate(([0], np.cumsum(sum(sizes, np.zeros(len(term_ids), np.int64)))))
    rows = np.zeros(int(starts[-1]), np.int32)
    counts = np.zeros(len(rows), np.int16)
    free = starts[:-1].astype(np.int64)
    for (term, row, count), size in zip(chunks, sizes, strict=True):
        at = np.arange(len(term)) + np.repeat(free - np.cumsum(size) + size, size)
        rows[at], counts[at] = row, count
        free += size
    return Postings(term_ids, starts.astype(np.int64), rows, counts)


def _count(
    texts: Sequence[tuple[str, ...]], term_ids: dict[str, int]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int16]]:
    """Return (term, text, how often) sorted by both; new terms get the next numbers."""
    distinct: dict[str, int] = {}
    number = np.fromiter(
        (distinct.setdefault(w, len(distinct)) for w in chain.from_iterable(texts)), np.int64
    )
    words = list(distinct)
    runs = np.array([is_run(word) for word in words], np.bool_)
    owner, term = _terms_of_runs(words, runs, term_ids)
    plain = np.flatnonzero(~runs)
    ids = [term_ids.setdefault(words[int(i)], len(term_ids)) for i in plain]
    owner, term = np.append(owner, plain), np.append(term, np.array(ids, np.int64))
    order = np.argsort(owner, kind="stable")
    sizes = np.bincount(owner, minlength=len(words))
    lengths = sizes[number]
    text = np.repeat(np.repeat(np.arange(len(texts)), [len(t) for t in texts]), lengths)
    first = np.repeat((np.cumsum(sizes) - sizes)[number] - np.cumsum(lengths) + lengths, lengths)
    each = term[order][first + np.arange(len(first))]
    keys, count = np.unique(each * max(1, len(texts)) + text, return_counts=True)
    term, row = np.divmod(keys, max(1, len(texts)))
    return (
        term.astype(np.int32),
        row.astype(np.int32),
        np.minimum(count, np.iinfo(np.int16).max).astype(np.int16),
    )


def _terms_of_runs(
    words: Sequence[str], runs: npt.NDArray[np.bool_], term_ids: dict[str, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return (word, term) of every character and pair of the runs among some words."""
    chosen = np.flatnonzero(runs)
    joined = "".join(words[int(i)] for i in chosen)
    codes = np.frombuffer(joined.encode("utf-32-le"), np.uint32).astype(np.int64)
    owner = np.repeat(chosen, np.array([len(words[int(i)]) for i in chosen], np.int64))
    paired = np.flatnonzero(owner[1:] == owner[:-1])
    keys = np.append(codes, (codes[paired] + 1 << _PAIR_BITS) + codes[paired + 1])
    known, at = np.unique(keys, return_inverse=True)
    mask = (1 << _PAIR_BITS) - 1
    names = [
        (chr((key >> _PAIR_BITS) - 1) if key >> _PAIR_BITS else "") + chr(key & mask)
        for key in known.tolist()
    ]
    ids = np.array([term_ids.setdefault(name, len(term_ids)) for name in names], np.int64)
    return np.append(owner, owner[paired]), ids[at.reshape(-1)]
