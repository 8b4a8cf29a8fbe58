"""How rare pieces, words, terms and skills are among the open jobs, and what is usual pay.

These are the collection statistics of a search engine: the only numbers by which one posting
moves the points of another. Counted once and then held, they make a job's points depend on that
job, the person and the policy alone: columns of new jobs can be built beside the old ones, and
a number that a person was shown stays what it was while other jobs come and go. Pure.
"""

import json
import zlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

K = TypeVar("K", bound=Hashable)

Group = tuple[str, str, str]
"""Region, industry and currency (empty: not stated) of a kind of work in an area."""


@dataclass(frozen=True, slots=True)
class Rarity(Generic[K]):
    """Inverse document frequencies of some items, in thousandths."""

    of: Mapping[K, int]
    unseen: int
    """That of an item which no job had."""

    def numbers(self) -> dict[K, int]:
        """Return a table that numbers the items: others can be added to it."""
        return {item: number for number, item in enumerate(self.of)}

    def at(self, items: Iterable[K]) -> npt.NDArray[np.int32]:
        """Return the rarity of each item."""
        return np.array([self.of.get(item, self.unseen) for item in items], np.int32)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What was counted among all open jobs at one time, for one set of policy parameters."""

    pieces: Rarity[str]
    """Pieces of words, among distinct titles."""
    words: Rarity[str]
    head_pieces: Rarity[str]
    """Pieces of words, among the titles and employers of postings; empty: none is read."""
    head_words: Rarity[str]
    terms: Rarity[str]
    """Terms, among the titles and first lines of postings."""
    skills: Rarity[int]
    """Skills by id, among postings."""
    middles: Mapping[Group, int]
    """Median yearly pay in hundredths; groups of too few stated pays are missing."""

    def to_bytes(self) -> bytes:
        """Return the statistics as compressed JSON."""
        tables = {name: [list(r.of), list(r.of.values()), r.unseen] for name, r in self._rarities()}
        middles = [[*group, middle] for group, middle in self.middles.items()]
        text = json.dumps({"tables": tables, "middles": middles}, ensure_ascii=False)
        return zlib.compress(text.encode(), level=6)

    @classmethod
    def from_bytes(cls, kept: bytes) -> "Statistics":
        """Return what `to_bytes` gave; raises ValueError when it is something else."""
        try:
            given = json.loads(zlib.decompress(kept))
            tables: dict[str, Rarity[Any]] = {
                name: Rarity(dict(zip(items, values, strict=True)), unseen)
                for name, (items, values, unseen) in given["tables"].items()
            }
            middles = {(region, kind, code): m for region, kind, code, m in given["middles"]}
            return cls(**tables, middles=middles)
        except (zlib.error, KeyError, TypeError) as error:
            raise ValueError(f"no statistics: {error}") from error

    def _rarities(self) -> Iterable[tuple[str, Rarity[Any]]]:
        for name in ("pieces", "words", "head_pieces", "head_words", "terms", "skills"):
            yield name, getattr(self, name)
