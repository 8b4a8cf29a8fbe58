"""How like a person's own text (a CV) is to a whole posting: the cosine of their terms.

A term weighs by its rarity (idf, Sparck Jones 1972) times how often it stands there, saturated as
in BM25 (Robertson & Walker 1994); both vectors have length 1, so that neither a long posting nor
a long text has an advantage. Weights are quantised once, when the index is built. Pure.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from jobscore.scoring.policy import FULL
from jobscore.scoring.terms import all_terms, invert
from jobscore.scoring.titles import IDF_SCALE, UNIT_BITS, idf_of, tokens, unseen_idf

WHOLE_LEAST: Final = 200
"""Characters from which a posting's text is more than a lead, and is compared with a CV."""
SATURATION: Final = (2_200, 1_200)
"""A term that stands there n times weighs 2,200 n / (1,200 + 1,000 n) as much as one idf."""


@dataclass(slots=True, eq=False)
class WholeIndex:
    """The whole postings as inverted term postings. Shared by all people; empty by default."""

    count: int
    term_ids: dict[str, int]
    rarity: npt.NDArray[np.int32]
    """Per term, thousandths of ln((1 + postings) / (1 + postings with it))."""
    starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.int16]
    unseen: int
    long: npt.NDArray[np.bool_]
    """Per posting: is its text as long as a whole posting's?"""

    def likeness(self, text: str) -> npt.NDArray[np.int16]:
        """Return the cosine of a text with each posting, in basis points."""
        counts = Counter(all_terms(tokens(text)))
        ids = [self.term_ids.get(term, -1) for term in counts]
        rarity = [int(self.rarity[i]) if i >= 0 else self.unseen for i in ids]
        weights = saturated(np.array([*counts.values()], np.int64), np.array(rarity, np.int64))
        norm = np.sqrt(np.float64((weights * weights).sum()))
        dots = np.zeros(self.count, np.int64)
        for i, weight in zip(ids, weights.tolist(), strict=True):
            if i >= 0 and weight:
                span = slice(self.starts[i], self.starts[i + 1])
                unit = np.int64(np.rint(np.float64(weight << UNIT_BITS) / norm))
                dots[self.rows[span]] += self.weights[span] * unit
        points = (dots * FULL + (1 << (2 * UNIT_BITS - 1))) >> (2 * UNIT_BITS)
        return np.asarray(np.minimum(points, FULL), np.int16)


def saturated(
    counts: npt.NDArray[np.int64], rarity: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return what terms weigh that stand so often in a text, in thousandths of an idf."""
    top, half = SATURATION
    whole = half + 1_000 * counts
    return np.asarray((2 * top * counts * rarity + whole) // (2 * whole))


def build_wholes(postings: Sequence[tuple[str, str]]) -> WholeIndex:
    """Index (title, whole text) of all jobs, in their order."""
    found = invert(f"{title}\n{text}" for title, text in postings)
    count = len(postings)
    sizes = np.diff(found.starts)
    rarity = idf_of(sizes, count) - np.int32(IDF_SCALE)
    weights = saturated(found.counts.astype(np.int64), np.repeat(rarity, sizes).astype(np.int64))
    norms = np.sqrt(np.bincount(found.rows, (weights * weights).astype(np.float64), count))
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = np.rint((weights << UNIT_BITS).astype(np.float64) / norms[found.rows])
    return WholeIndex(
        count=count,
        term_ids=found.term_ids,
        rarity=rarity,
        starts=found.starts,
        rows=found.rows,
        weights=np.nan_to_num(unit).astype(np.int16),
        unseen=unseen_idf(count) - IDF_SCALE,
        long=np.array([len(text) >= WHOLE_LEAST for _, text in postings], np.bool_),
    )
