"""The one place that reads the clock, so that tests can set it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def _system() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return _source()


def today(timezone: str) -> date:
    """Return the calendar day of now in ``timezone`` (an IANA name such as ``Asia/Tokyo``)."""
    return now().astimezone(ZoneInfo(timezone)).date()


@contextmanager
def set_to(instant: datetime, *, step: timedelta = timedelta(0)) -> Iterator[None]:
    """Make :func:`now` return ``instant`` (advanced by ``step`` at each call) inside the block.

    For tests and for replays of a past day only.
    """
    global _source
    if instant.tzinfo is None:
        raise ValueError("set_to() takes an aware instant")
    current = [instant]

    def fixed() -> datetime:
        value = current[0]
        current[0] = value + step
        return value

    before, _source = _source, fixed
    try:
        yield
    finally:
        _source = before
