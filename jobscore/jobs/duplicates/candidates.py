"""Which postings are worth comparing: all fingerprints as columns, and who meets whom in them.

Pure but for NumPy. A posting meets those with the same number, address or title-company-place,
those of the same company whose text is alike, and those anywhere whose text is almost equal.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from jobscore.jobs.duplicates import similarity
from jobscore.jobs.duplicates.similarity import SIZE, Hashes, Signatures

Ints: TypeAlias = npt.NDArray[np.int64]
Pair: TypeAlias = tuple[int, int]

#: A number or an address that more postings share than this names none of them.
MOST_SHARING: Final = 50
#: Postings of one company that are looked at, and that are compared closely.
MOST_OF_COMPANY: Final = 5_000
CLOSEST: Final = 20
#: Estimated similarity from which postings of one company are compared closely: a text that was
#: cut in half keeps about half of its shingles.
WORTH_A_LOOK: Final = 0.3
UNKNOWN: Final = -1


@dataclass(frozen=True, slots=True)
class Index:
    """All fingerprints by position; -1 where a posting states nothing."""

    ids: Ints
    source: Ints
    place: Ints
    id_key: Ints
    url_key: Ints
    text_key: Ints
    company_key: Ints
    signatures: Signatures
    has_text: npt.NDArray[np.bool_]
    is_new: npt.NDArray[np.bool_]


def build(rows: Sequence[Sequence[Any]]) -> Index:
    """Make the columns of rows (id, source, place, four keys, signature, is it compared)."""
    sources: dict[str, int] = {}
    source = [sources.setdefault(row[1], len(sources)) for row in rows]
    empty = bytes(SIZE * 4)
    data = b"".join(empty if row[7] is None else bytes(row[7]) for row in rows)
    return Index(
        ids=_column(rows, 0),
        source=np.array(source, np.int64),
        place=_column(rows, 2),
        id_key=_column(rows, 3),
        url_key=_column(rows, 4),
        text_key=_column(rows, 5),
        company_key=_column(rows, 6),
        signatures=np.frombuffer(data, np.uint32).reshape(len(rows), SIZE),
        has_text=np.array([row[7] is not None for row in rows], np.bool_),
        is_new=np.array([not row[8] for row in rows], np.bool_),
    )


def _column(rows: Sequence[Sequence[Any]], n: int) -> Ints:
    return np.array([UNKNOWN if row[n] is None else row[n] for row in rows], np.int64)


class Finder:
    """Finds who meets whom; built once for an index, asked for each block of new postings."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._keys = [_Sorted(k) for k in (index.id_key, index.url_key, index.text_key)]
        self._companies = _Sorted(index.company_key)
        self._with_text = np.flatnonzero(index.has_text)
        marks = similarity.bands(index.signatures[self._with_text])
        self._bands = [_Sorted(np.ascontiguousarray(marks[:, n])) for n in range(marks.shape[1])]
        self._marks: dict[int, int] = {p: i for i, p in enumerate(self._with_text.tolist())}
        self._mark_values: Hashes = marks

    def pairs(self, positions: Iterable[int]) -> list[Pair]:
        """Return the pairs of positions that these postings are in, the smaller one first."""
        found: set[Pair] = set()
        for position in positions:
            for other in self._meets(position):
                if other != position:
                    found.add((position, other) if position < other else (other, position))
        return sorted(found)

    def _meets(self, position: int) -> Iterator[int]:
        index = self._index
        others: set[int] = set()
        for column in self._keys:
            same = column.same_as(position)
            if len(same) <= MOST_SHARING:
                others.update(same.tolist())
        if index.has_text[position]:
            others.update(self._colleagues(position))
            mark = self._mark_values[self._marks[position]]
            for n, column in enumerate(self._bands):
                same = column.equal_to(mark[n])
                if len(same) <= MOST_SHARING:
                    others.update(self._with_text[same].tolist())
        for other in others:
            is_twin = index.text_key[position] == index.text_key[other] != UNKNOWN
            if index.source[position] != index.source[other] or is_twin:
                yield other

    def _colleagues(self, position: int) -> list[int]:
        """Return the postings of the same company, elsewhere, at the same place, most alike."""
        index = self._index
        same = self._companies.same_as(position)[:MOST_OF_COMPANY]
        same = same[index.has_text[same] & (index.source[same] != index.source[position])]
        place = index.place[position]
        if place != UNKNOWN:
            same = same[(index.place[same] == place) | (index.place[same] == UNKNOWN)]
        if not len(same):
            return []
        likeness = similarity.estimate(index.signatures[position], index.signatures[same])
        order = np.argsort(-likeness, kind="stable")[:CLOSEST]
        return [int(i) for i in same[order][likeness[order] >= WORTH_A_LOOK]]


class _Sorted:
    """A column that is asked who has the same value."""

    def __init__(self, values: npt.NDArray[Any]) -> None:
        self._values = values
        self._order = np.argsort(values, kind="stable")
        self._sorted = values[self._order]

    def same_as(self, position: int) -> Ints:
        """Return the positions with the same value, none where it is not known."""
        value = self._values[position]
        return np.empty(0, np.int64) if value == UNKNOWN else self.equal_to(value)

    def equal_to(self, value: Any) -> Ints:
        """Return the positions with this value."""
        first = np.searchsorted(self._sorted, value, "left")
        last = np.searchsorted(self._sorted, value, "right")
        return self._order[first:last]
