"""Find the known word that a mistyped one may mean. Pure: sorted lists and edit distance."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence

from jobscore.jobs.search.tokens import normalise

#: What of a text counts as a word: Latin letters, katakana, kanji; hiragana joins them.
_WORDS = re.compile(r"[^\W\d_\u0e00-\uffff]{3,}|[ァ-ヺー]{2,}|[一-龯々]{2,}")
#: Known words that share most pairs of characters with the asked one, compared in full.
_CANDIDATES = 40
LONGEST = 40


def pieces(text: str) -> list[str]:
    """Return the words of a text that may be spelt right or wrong."""
    return _WORDS.findall(normalise(text))


class Speller:
    """The words that are known, found by the pairs of characters that they are made of."""

    def __init__(self, texts: Iterable[str]) -> None:
        uses: dict[str, int] = defaultdict(int)
        for text in texts:
            for word in pieces(text):
                if len(word) <= LONGEST:
                    uses[word] += 1
        self.words: Sequence[str] = sorted(uses)
        self._uses = uses
        self._by_pair: dict[str, list[int]] = defaultdict(list)
        for number, word in enumerate(self.words):
            for pair in _pairs(word):
                self._by_pair[pair].append(number)

    def knows(self, word: str) -> bool:
        """Return whether the word is known as it is, or with an s less or more."""
        return bool({word, word + "s", word.removesuffix("s")} & self._uses.keys())

    def nearest(self, word: str) -> str | None:
        """Return the known word that differs by one slip, or two in a long one; None: none does.

        A slip is a character too many, too few, wrong, or two that changed places. The more used
        word wins.
        """
        if len(word) > LONGEST:
            return None
        most = 1 if len(word) < 6 else 2
        shared: dict[int, int] = defaultdict(int)
        for pair in _pairs(word):
            for number in self._by_pair.get(pair, ()):
                shared[number] += 1
        likely = sorted(shared, key=lambda n: (-shared[n], n))[: 5 * _CANDIDATES]
        near = [self.words[n] for n in likely if abs(len(self.words[n]) - len(word)) <= most]
        judged = [(slips(word, one, most), -self._uses[one], one) for one in near[:_CANDIDATES]]
        fits = [one for one in judged if 0 < one[0] <= most]
        return min(fits)[2] if fits else None


def _pairs(word: str) -> set[str]:
    padded = f"^{word}$"
    return {padded[at : at + 2] for at in range(len(padded) - 1)}


def slips(one: str, other: str, most: int) -> int:
    """Return how many slips turn one word into the other (optimal string alignment distance).

    :param most: whatever is more is returned as ``most + 1``.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        now = [i]
        for j, b in enumerate(other, 1):
            cost = min(row[j] + 1, now[-1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1
        before, row = row, now
    return min(row[-1], most + 1)


class Names:
    """Names in the order of their plain form: all that begin with something, at once."""

    def __init__(self, names: Iterable[tuple[str, int]]) -> None:
        """Take (name, number) pairs; what a number means is the caller's."""
        rows = sorted((normalise(name), name, number) for name, number in names if name)
        self._keys = [row[0] for row in rows]
        self._rows = rows

    def beginning(self, text: str, limit: int) -> list[tuple[str, int]]:
        """Return up to ``limit`` (name, number) whose plain form begins with ``text``'s."""
        start = normalise(text).strip()
        if not start:
            return []
        at = bisect_left(self._keys, start)
        found: list[tuple[str, int]] = []
        while at < len(self._rows) and len(found) < limit and self._keys[at].startswith(start):
            found.append(self._rows[at][1:])
            at += 1
        return found
