"""Templates made into moulds: rendered once with marks in the holes, then filled by joining.

What a letter says of forty jobs is forty times the same words around other values. Rendering them
costs more than all else in a letter, so a template is rendered once a language and filled as often
as wanted. The template stays the only place where its words and tags stand.
"""

from collections.abc import Callable, Collection
from typing import Any

#: Around a hole's number; private use characters (U+E000, U+E001), which no template holds.
_BEGIN, _END = "\ue000", "\ue001"

#: Fills the holes in the order of their numbers. Values go in as they are: HTML must be escaped.
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
    text = rendered.replace("{", "{{").replace("}", "}}")
    for number in range(holes):
        mark = hole(number)
        if mark not in text and number not in unused:
            raise ValueError(f"hole {number} of {holes} is not in the template")
        text = text.replace(mark, f"{{{number}}}")
    return text.format


def mould_of(macro: Any, holes: int) -> Mould:
    """Return the mould of a template's macro that takes its values by position."""
    return mould(str(macro(*map(hole, range(holes)))), holes)
