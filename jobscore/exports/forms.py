"""What an export page or form asks for, read from an address or a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from jobscore.exports.files import Encoding, Format
from jobscore.exports.tables import Filters, Kind

E = TypeVar("E", bound=StrEnum)
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be exported, and how."""

    kind: Kind
    filters: Filters
    format: Format = Format.CSV
    encoding: Encoding = Encoding.UTF8

    def address(self) -> dict[str, str]:
        """Return the choice of rows as it stands in an address or in hidden fields."""
        f = self.filters
        values = {
            "kind": str(self.kind),
            "source": f.source,
            "open": "1" if f.open_only else "",
            "since": f.since.isoformat() if f.since else "",
            "until": f.until.isoformat() if f.until else "",
            "policy": f.policy,
            "addresses": "1" if f.with_addresses else "",
            "bodies": "1" if f.with_bodies else "",
        }
        return {name: value for name, value in values.items() if value}


def read(values: Mapping[str, Any]) -> Choice:
    """Return the choice; what is odd is left out."""

    def text(name: str) -> str:
        return str(values.get(name, ""))[:LONGEST].strip()

    kind, format, encoding = text("kind"), text("format"), text("encoding")
    return Choice(
        kind=_one_of(Kind, kind, Kind.JOBS),
        filters=Filters(
            source=text("source"),
            open_only=text("open") == "1",
            since=_day(text("since")),
            until=_day(text("until")),
            policy=text("policy"),
            with_addresses=text("addresses") == "1",
            with_bodies=text("bodies") == "1",
        ),
        format=_one_of(Format, format, Format.CSV),
        encoding=_one_of(Encoding, encoding, Encoding.UTF8),
    )


def _one_of(words: type[E], text: str, default: E) -> E:
    return next((word for word in words if word == text), default)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # the day after it is asked for too, in UTC
    return found if 1900 <= found.year <= 2999 else None
