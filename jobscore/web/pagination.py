"""Keyset pages: the address says after which row the page begins, so that pages stay fast."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import Session

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


def whole_numbers(values: list[Any]) -> list[Any]:
    """Return the values of a cursor that holds row ids only.

    :raises ValueError: for anything else.
    """
    if not all(isinstance(value, int) for value in values):
        raise ValueError("not a row id")
    return values


def newest_first(
    session: Session,
    query: Select[T],
    keys: Sequence[Any],
    *,
    after: str | None,
    size: int,
    key_of: Callable[[T], Sequence[Any]],
    convert: Callable[[list[Any]], list[Any]] = lambda values: values,
) -> Page[T]:
    """Return one page of ``query`` in descending order of the columns ``keys``.

    :param key_of: the key values of a row, as they go into the address.
    :param convert: turns decoded values back into what the columns compare with.
    :raises BadCursorError: for an ``after`` that we did not make.
    """
    ordered = query.order_by(*(key.desc() for key in keys))
    if after:
        try:
            values = convert(decode(after, len(keys)))
        except (TypeError, ValueError, OverflowError) as error:
            raise BadCursorError("wrong values") from error
        ordered = ordered.where(tuple_(*keys) < tuple_(*values))
    rows = session.scalars(ordered.limit(size + 1)).all()
    items = rows[:size]
    more = len(rows) > size
    return Page(items, encode(key_of(items[-1])) if more else None, not after)
