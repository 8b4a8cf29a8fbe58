"""Indices of spans that stand one behind the other in a column. Pure: NumPy only."""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def starts_of(lengths: npt.NDArray[np.int64]) -> Ints:
    """Return where spans of these lengths begin, and, last, where the last one ends."""
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)


def spread(starts: Ints, numbers: npt.NDArray[np.int64]) -> Ints:
    """Return all indices of the spans `starts[n]` to `starts[n + 1]`, one after the other."""
    first: Ints = starts[numbers]
    lengths: Ints = starts[numbers + 1] - first
    ends: Ints = np.cumsum(lengths)
    count = int(ends[-1]) if len(ends) else 0
    return np.arange(count, dtype=np.int64) + np.repeat(first - ends + lengths, lengths)
