"""Passwords: what may be one, how they are kept, and how they are checked.

Kept with argon2id (RFC 9106) at the OWASP minimum of 19 MiB, two passes, one lane. A password is
normalised to NFKC before anything else (NIST SP 800-63B, 3.1.1.2), so that the same keys give the
same password on every keyboard; nothing is cut or changed in case.
"""

import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 8
LONGEST = 128
#: Parts of a person's name or address that are shorter are too common to forbid.
_SHORTEST_OWN_WORD = 4
#: Words of this product and its trade that nobody may use as the whole password (ASVS 6.2.11).
_CONTEXT_WORDS = frozenset({"jobscore", "job-score", "jobseeker", "jobhunting"})
_LIST = Path(__file__).with_name("data") / "common_passwords.txt"

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class PasswordProblem(StrEnum):
    """Why a text cannot be a password."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"
    PATTERN = "pattern"
    PERSONAL = "personal"


class WeakPasswordError(ValueError):
    """The text cannot be a password; `problem` says why."""

    def __init__(self, problem: PasswordProblem) -> None:
        self.problem = problem
        super().__init__(problem.value)


def check(password: str, own_words: Iterable[str | None] = ()) -> None:
    """Accept ``password`` or say why it is no good.

    :param own_words: the person's address and name; the password may not consist of them.
    :raises WeakPasswordError: with the first problem found.
    """
    plain = normalise(password)
    if len(plain) < SHORTEST:
        raise WeakPasswordError(PasswordProblem.TOO_SHORT)
    if len(plain) > LONGEST or not _is_encodable(plain):
        raise WeakPasswordError(PasswordProblem.TOO_LONG)
    folded = plain.casefold()
    if _rest_without(folded, own_words) < _SHORTEST_OWN_WORD:
        raise WeakPasswordError(PasswordProblem.PERSONAL)
    if folded in _common() or folded.strip("0123456789!?.@#$%&*_-+ ") in _CONTEXT_WORDS:
        raise WeakPasswordError(PasswordProblem.COMMON)
    if _is_pattern(folded):
        raise WeakPasswordError(PasswordProblem.PATTERN)


def hash_password(password: str) -> str:
    """Return the argon2id hash of ``password`` in the PHC string format; takes about 50 ms."""
    return _hasher.hash(_bytes(password))


def verify(hashed: str | None, password: str) -> bool:
    """Tell whether ``password`` belongs to ``hashed``.

    With None (no such account), or a hash that nothing fits, the same work is done on a dummy, so
    that the time says nothing.
    """
    plain = normalise(password)
    if len(plain) > LONGEST:  # cannot be anybody's, and must not cost more than others
        plain, hashed = plain[:LONGEST], None
    given = _bytes(plain)
    if hashed is not None:
        try:
            return _hasher.verify(hashed, given)
        except InvalidHashError:
            hashed = None
        except VerificationError:
            return False
    try:
        _hasher.verify(_dummy(), given)
    except VerificationError:
        return False
    return False


def needs_rehash(hashed: str) -> bool:
    """Tell whether ``hashed`` was made with other parameters than today's."""
    return _hasher.check_needs_rehash(hashed)


def normalise(password: str) -> str:
    """Return ``password`` in Unicode normal form NFKC."""
    return unicodedata.normalize("NFKC", password)


def warm_up() -> None:
    """Make the dummy hash and read the list now, so that the first request costs no more."""
    _dummy()
    _common()


def _bytes(password: str) -> bytes:
    return normalise(password).encode("utf-8", "replace")


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)


@cache
def _dummy() -> str:
    return _hasher.hash(b"no account has this password")


@cache
def _common() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="utf-8").split("\n"))


def _rest_without(folded: str, own_words: Iterable[str | None]) -> int:
    """Return how many characters are left when the person's own words are taken out."""
    words: set[str] = set()
    for own in own_words:
        text = normalise(own or "").casefold()
        local, _, domain = text.partition("@")
        words |= {text, local, domain, "".join(text.split()), *text.split()}
        words |= set(local.replace("_", ".").replace("-", ".").replace("+", ".").split("."))
    rest = folded
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _SHORTEST_OWN_WORD or (len(word) > 1 and not word.isascii()):
            rest = rest.replace(word, "")
    return len(rest)


def _is_pattern(folded: str) -> bool:
    """Tell whether the text is one short piece again and again, or a run such as ``3456789a``."""
    doubled = (folded + folded).find(folded, 1)
    if doubled < len(folded) and doubled <= _SHORTEST_OWN_WORD:
        return True
    if len(set(folded)) <= 2:
        return True
    steps = {ord(b) - ord(a) for a, b in pairwise(folded)}
    return steps in ({1}, {-1})
