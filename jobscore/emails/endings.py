"""What a letter carries goes back when the letter ends without being delivered.

A feature whose letters carry something that may be sent once only (a job in a digest) says here
how that is given back, so that it may stand in another letter, and how it is taken again when
somebody has the letter sent after all. Everything happens in the transaction that ends the letter.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Letters of one call, so that no statement takes too many parameters.
STEP = 500


@dataclass(frozen=True, slots=True)
class Cargo:
    """How one kind of cargo is handled; each takes ids of the log and flushes only.

    :ivar give_back: the letters will not arrive; calling it twice changes nothing more.
    :ivar overtaken: return those of the letters whose cargo has left in another letter since.
    :ivar take_again: the letters, not overtaken, go into the queue after all.
    """

    name: str
    give_back: Callable[[Sequence[int]], None]
    overtaken: Callable[[Sequence[int]], set[int]]
    take_again: Callable[[Sequence[int]], None]


_cargoes: dict[str, Cargo] = {}


def add_cargo(cargo: Cargo) -> None:
    """Have a kind of cargo be given back and taken again from now on."""
    _cargoes[cargo.name] = cargo


def undelivered(log_ids: Sequence[int]) -> None:
    """Give back what these letters carry: they failed, came back, were stopped or suppressed.

    Call it where a letter's status becomes failed, bounced, cancelled or suppressed. Flushes only.
    """
    for some in _steps(log_ids):
        for cargo in _cargoes.values():
            cargo.give_back(some)


def overtaken(log_ids: Sequence[int]) -> set[int]:
    """Return those of these letters that must not leave any more: another carried the same."""
    found: set[int] = set()
    for some in _steps(log_ids):
        for cargo in _cargoes.values():
            found |= cargo.overtaken(some)
    return found


def revived(log_ids: Sequence[int]) -> None:
    """Take again what these letters carry: they go back into the queue. Flushes only."""
    for some in _steps(log_ids):
        for cargo in _cargoes.values():
            cargo.take_again(some)


def _steps(log_ids: Sequence[int]) -> list[Sequence[int]]:
    return [log_ids[start : start + STEP] for start in range(0, len(log_ids), STEP)]
