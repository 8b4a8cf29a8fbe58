"""Keyset pages: the address says after which row the page begins, so that pages stay fast."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

T = TypeVar("T")
#: Characters of a cursor, and numbers in it: what a row can have.
LONGEST_CURSOR = 300
LARGEST_NUMBER = 2**63


class BadCursorError(ValueError):
    """The ``after`` of an address was not made by us."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of rows; ``next_after`` is None on the last page."""

    items: Sequence[T]
    next_after: str | None
    is_first: bool


def encode(values: Sequence[Any]) -> str:
    """Return ``values`` (numbers, strings, None) as one word for an address."""
    text = json.dumps(list(values), separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(word: str, length: int) -> list[Any]:
    """Return the values of :func:`encode`.

    :raises BadCursorError: when ``word`` holds anything else than ``length`` plain values.
    """
    if len(word) > LONGEST_CURSOR:
        raise BadCursorError("too long")
    try:
        values = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise BadCursorError("unreadable cursor") from error
    if not isinstance(values, list) or len(values) != length:
        raise BadCursorError("wrong cursor")
    if not all(_is_plain(value) for value in values):
        raise BadCursorError("wrong values")
    return values


def _is_plain(value: object) -> bool:
    if isinstance(value, int | float):
        return abs(value) < LARGEST_NUMBER
    return isinstance(value, str)


def newest_first(
    session: Session,
    query: Select[T],
    row_id: InstrumentedAttribute[int],
    *,
    after: str | None,
    size: int,
) -> Page[T]:
    """Return one page of ``query``'s rows in descending order of their id.

    :param row_id: the id column of what the query selects.
    :raises BadCursorError: for an ``after`` that we did not make.
    """
    ordered = query.order_by(row_id.desc())
    if after:
        (last,) = decode(after, 1)
        if type(last) is not int:
            raise BadCursorError("not a row id")
        ordered = ordered.where(row_id < last)
    rows = session.scalars(ordered.limit(size + 1)).all()
    items = rows[:size]
    next_after = encode([getattr(items[-1], row_id.key)]) if len(rows) > size else None
    return Page(items, next_after, not after)
