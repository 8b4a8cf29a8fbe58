"""Templates made into moulds: rendered once with marks in the holes, then filled by joining.

What a letter says of forty jobs is forty times the same words around other values. Rendering them
costs more than all else in a letter, so a template is rendered once a language and filled as often
as wanted. The template stays the only place where its words and tags stand.
"""

import re
from collections.abc import Callable, Collection
from typing import Any

#: Around a hole's number; private use characters (U+E000, U+E001), which no template holds.
_BEGIN, _END = "\ue000", "\ue001"

_MARK = re.compile(f"{_BEGIN}(\\d+){_END}")

#: Fills the holes in the order of their numbers. Texts go in as they are: HTML must be escaped.
Mould = Callable[..., str]


def hole(number: int) -> str:
    """Return the mark of a hole, to be given to a template as the value."""
    return f"{_BEGIN}{number}{_END}"


def mould(rendered: str, holes: int, unused: Collection[int] = ()) -> Mould:
    """Return what fills the holes 0 to ``holes - 1`` of a rendered template.

    A hole may stand in several places.

    :param unused: holes that need not be there: what is given for them is dropped.
    :raises ValueError: when another hole stands nowhere: what is filled in would be lost.
    """
    # what stands between the marks, and at the odd places the numbers of the holes
    pieces = _MARK.split(rendered)
    order = [int(number) for number in pieces[1::2]]
    lacking = {*range(holes)} - {*order, *unused}
    if lacking:
        raise ValueError(f"hole {min(lacking)} of {holes} is not in the template")
    in_order = order == list(range(holes))

    def fill(*values: str) -> str:
        parts = pieces.copy()
        parts[1::2] = values if in_order else [values[number] for number in order]
        return "".join(parts)

    return fill


def mould_of(macro: Any, holes: int) -> Mould:
    """Return the mould of a template's macro that takes its values by position."""
    return mould(str(macro(*map(hole, range(holes)))), holes)
