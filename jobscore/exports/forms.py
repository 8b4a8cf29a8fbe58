"""What an export page or form asks for, read from an address or a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jobscore.exports.files import Encoding, Format
from jobscore.exports.tables import Filters, Kind

LONGEST = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be exported, and how."""

    kind: Kind
    filters: Filters
    #: None: only to be counted.
    format: Format | None = Format.CSV
    encoding: Encoding = Encoding.UTF8

    def address(self) -> dict[str, Any]:
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

    kind, file = text("kind"), text("file")
    return Choice(
        kind=next((one for one in Kind if one == kind), Kind.JOBS),
        filters=Filters(
            source=text("source"),
            open_only=text("open") == "1",
            since=_day(text("since")),
            until=_day(text("until")),
            policy=text("policy"),
            with_addresses=text("addresses") == "1",
            with_bodies=text("bodies") == "1",
        ),
        format=None if file == "count" else Format.JSONL if file == "jsonl" else Format.CSV,
        encoding=Encoding.CP932 if file == "cp932" else Encoding.UTF8,
    )


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # the day after it is asked for too, in UTC
    return found if 1900 <= found.year <= 2999 else None
