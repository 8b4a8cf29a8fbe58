"""Retrieve, then rerank: the nearest titles by an embedding, and exact points only for those.

The embedding is TF-IDF over the pieces of words of a title, hashed into 512 numbers, as one
would get from a vectoriser without a model: a person is the mean of the titles they want and
have held. It knows nothing of place, pay or experience, as embeddings of titles do not.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from jobscore.scoring.frames import JobRow, Profile
from jobscore.scoring.policy import Policy
from jobscore.scoring.titles import pieces, tokens
from tests.benchmarks.alternatives import in_numpy
from tests.benchmarks.alternatives.given import Columns, Ints, K, Question, Scored

SIZE = 512
Vectors = npt.NDArray[np.float32]


@cache
def _place(piece: str) -> tuple[int, int]:
    """Return where a piece stands in the vector, and its sign."""
    number = zlib.crc32(piece.encode())
    return number % SIZE, 1 if number & 0x8000_0000 else -1


class Embedding:
    """The titles of all jobs as unit vectors, one row a job, in the order of the columns."""

    def __init__(self, rows: Iterable[JobRow]) -> None:
        titles = [row.title for row in sorted(rows, key=lambda r: (-r.posted, r.id))]
        distinct = {title: i for i, title in enumerate(dict.fromkeys(titles))}
        seen = Counter(p for title in distinct for p in set(self._pieces(title)))
        self._idf = {p: float(np.log((1 + len(distinct)) / (1 + n)) + 1) for p, n in seen.items()}
        table = np.stack([self.vector(title) for title in distinct])
        self.jobs: Vectors = table[[distinct[title] for title in titles]]

    @staticmethod
    def _pieces(title: str) -> list[str]:
        return [piece for word in tokens(title) for piece in pieces(word)]

    def vector(self, title: str) -> Vectors:
        """Return the unit vector of a title."""
        found = np.zeros(SIZE, np.float32)
        for piece in self._pieces(title):
            at, sign = _place(piece)
            found[at] += sign * self._idf.get(piece, 1.0)
        return found / max(float(np.linalg.norm(found)), 1e-9)

    def person(self, person: Profile) -> Vectors:
        """Return the mean of a person's titles."""
        titles = (*person.wanted_titles, *person.held_titles)
        return np.mean([self.vector(title) for title in titles], axis=0)


def nearest(embedding: Embedding, jobs: Columns, ask: Question, query: Vectors, n: int) -> Ints:
    """Return the positions of the n open jobs whose titles are nearest, in ascending order."""
    open_ = jobs.expires >= ask.today
    if ask.employment:
        open_ &= np.isin(jobs.employment, [*ask.employment, -1])
    likeness = np.where(open_, embedding.jobs @ query, -2)
    return np.sort(np.argpartition(-likeness, min(n, len(likeness) - 1))[:n])


def best(
    embedding: Embedding,
    jobs: Columns,
    ask: Question,
    query: Vectors,
    policy: Policy,
    n: int,
    k: int = K,
) -> list[Scored]:
    """Return the best k of the n nearest, scored exactly."""
    at = nearest(embedding, jobs, ask, query, n)
    few = jobs.take(at)
    close = None if ask.closeness is None else ask.closeness[at]
    return in_numpy.best(few, ask.with_closeness(close), policy, k)


def recall(found: Sequence[Scored], true: Sequence[Scored]) -> float:
    """Return the share of the true best that was found."""
    return len({one.job for one in found} & {one.job for one in true}) / len(true)
