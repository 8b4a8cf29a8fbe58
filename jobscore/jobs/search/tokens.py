"""Turn text into the tokens of the word index, and a search into phrases of them. Pure.

Japanese (and other writing without spaces) becomes its bigrams, so that a word of two characters
is found without a dictionary: ``営業職`` is ``営業 業職 職``. Everything else becomes whole words
in one width and case, without accents and plural s. The same function reads postings and
searches: what is written the same is found.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import add

#: Words of a search beyond these are left out: nobody types more, and each costs a look-up.
MOST_WORDS = 8
#: Tokens of a posting beyond these are not indexed (PostgreSQL counts positions to 16,383).
MOST_TOKENS = 16_000
#: Stands between the parts of a posting: a phrase never reaches across.
BREAK = "¦"
#: Marks the 京都 inside of 東京都, which is no Kyoto.
_INSIDE = "·"

#: Characters of writing without spaces: kana, kanji, Hangul, Thai.
_WIDE = (
    "\u0e00-\u0e7f\u1100-\u11ff\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_PIECES = re.compile(rf"[{_WIDE}]+|(?<![^\W_])(?:c\+\+|[cf]#)(?![^\W_{_WIDE}])|[^\W_{_WIDE}]+")
_STARTS_WIDE = re.compile(f"[{_WIDE}]")
_KANA = re.compile("[ぁ-ゟァ-ヿ]")
#: Between two Japanese words these only join: 渋谷のカフェ is 渋谷 and カフェ.
_JOINING = re.compile(
    r"(?<=[一-龯々ヶァ-ヴーA-Za-z0-9])[のでをがにとは](?=[一-龯々ァ-ヴA-Za-z0-9])"
)
#: Plus and hash would part tokens; their wide forms are letters to the index and to nobody else.
_SIGNS = str.maketrans("+#", "＋＃")


def words(text: str) -> tuple[str, ...]:
    """Return the words of a search in the usual widths, Japanese ones taken apart at particles."""
    plain = unicodedata.normalize("NFKC", text)
    found = [w for part in plain.split() for w in _JOINING.split(part) if w]
    return tuple(dict.fromkeys(found))[:MOST_WORDS]


def normalise(text: str) -> str:
    """Return text in one width and case, Latin letters without accents."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKC", text).casefold()
    if any("\u00c0" <= c < "\u0250" or "\u0300" <= c < "\u0370" for c in plain):
        plain = "".join(
            unicodedata.normalize("NFD", c)[0] if c < "\u0250" else c
            for c in plain
            if not "\u0300" <= c < "\u0370"
        )
    return plain


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    """Return an English word without its plural s (Harman's S-stemmer); others as they are."""
    if len(word) < 4 or word[-1] != "s" or not word.isascii() or word[-2] in "us":
        return word
    if word.endswith("ies"):
        return word if word[-4] in "ae" else word[:-3] + "y"
    if word.endswith("es") and word[-3] in "aeo":
        return word
    return word[:-1]


def _bigrams(run: str) -> list[str]:
    """Return the bigrams of a run and its last character alone: every position begins a token."""
    pairs = list(map(add, run, run[1:]))
    at = run.find("東京都")
    while at >= 0:
        pairs[at + 1] += _INSIDE
        at = run.find("東京都", at + 3)
    pairs.append(run[-1])
    return pairs


def _tokens(text: str) -> Iterator[str]:
    for piece in _PIECES.findall(normalise(text)):
        if _STARTS_WIDE.match(piece):
            yield from _bigrams(piece)
        elif piece.isalnum():
            yield _stem(piece)
        else:
            yield piece.translate(_SIGNS)


def tokenise(*parts: str | None) -> str:
    """Return the tokens of a posting's parts with a space between two, and a break between parts.

    At most ``MOST_TOKENS``; the break is a token of its own that no search can name.
    """
    found: list[str] = []
    for part in parts:
        if part:
            found.extend(_tokens(part))
            found.append(BREAK)
    return " ".join(found[:MOST_TOKENS])


@dataclass(frozen=True, slots=True)
class Phrase:
    """Tokens that must follow each other; of the last one, with ``is_open``, only the beginning."""

    tokens: tuple[str, ...]
    is_open: bool = False

    @property
    def needle(self) -> str:
        """The phrase as it stands in the text of :func:`tokenise` with a space at each end."""
        return f" {' '.join(self.tokens)}{'' if self.is_open else ' '}"


@dataclass(frozen=True, slots=True)
class Query:
    """What a search asks for: every phrase must stand in a posting.

    :ivar phrases: one for each word; none: nothing can be found, or nothing was asked.
    :ivar titles: single kana, which stand in every posting: they must stand in the title.
    :ivar is_empty: nothing was asked for.
    """

    phrases: tuple[Phrase, ...] = ()
    titles: tuple[str, ...] = ()
    is_empty: bool = True


@lru_cache(maxsize=4_096)
def parse(text: str) -> Query:
    """Return the phrases of a search. Signs alone are no word: beside words they are left out."""
    phrases: dict[Phrase, None] = {}
    kana: dict[str, None] = {}
    asked = words(text)
    for word in asked:
        plain = normalise(word)
        if len(plain) == 1 and _KANA.match(plain):
            kana[plain] = None
        elif phrase := _phrase(plain):
            phrases[phrase] = None
    return Query(tuple(phrases), tuple(kana) if not phrases else (), not asked)


def _phrase(word: str) -> Phrase | None:
    pieces = _PIECES.findall(word)
    if not pieces:
        return None
    tokens = list(_tokens(word))
    last = pieces[-1]
    if not _STARTS_WIDE.match(last):
        return Phrase(tuple(tokens))
    if len(last) > 1:  # the last character alone ends a run of a posting; here it may go on
        return Phrase(tuple(tokens[:-1]))
    return Phrase(tuple(tokens), is_open=True)


def holds(document: str, phrases: Iterable[Phrase]) -> bool:
    """Return whether the text of :func:`tokenise` holds all phrases: what both databases answer."""
    padded = f" {document} "
    return all(phrase.needle in padded for phrase in phrases)
