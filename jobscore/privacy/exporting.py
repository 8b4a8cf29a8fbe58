"""Everything about a person as one ZIP: a CSV and a JSON file for each table, streamed."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final

from flask_babel import gettext
from sqlalchemy import Column, Select, Table, func, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.emails.framed import PRIVATE_TYPES
from jobscore.emails.models import EmailLog
from jobscore.emails.service import html_of, text_of
from jobscore.exports import files
from jobscore.exports.files import Encoding
from jobscore.extensions import Base
from jobscore.privacy import registry
from jobscore.privacy.registry import Held

#: Rows fetched at once; so many are in memory.
FETCHED = 500
#: What stands beside a number that refers to another table, so that people can read the row.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "jobs": ("title", "company_name"),
    "skills": ("name_en", "name_ja"),
    "places": ("name_en", "name_ja"),
}
_LETTERS = EmailLog.__tablename__


class _Buffer(io.RawIOBase):
    """Takes what the archive writes and hands it on; nobody can go back in it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        """Tell that this can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Keep a piece until it is taken."""
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """Return what was written since the last call."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def counts(session: Session, user_id: int) -> dict[str, int]:
    """Return how many rows of each table are the person's, in one statement."""
    held = registry.held()
    asked = [
        select(func.count()).select_from(one.table).where(one.belongs_to(user_id)).scalar_subquery()
        for one in held
    ]
    row = session.execute(select(*asked)).one()
    return {one.name: int(found or 0) for one, found in zip(held, row, strict=True)}


def newest(
    session: Session, user_id: int, held: Held, most: int
) -> tuple[list[str], list[list[Any]]]:
    """Return the header and the person's newest rows of one table, as the export has them."""
    query, header = _query(held, user_id, is_newest_first=True)
    rows = session.execute(query.limit(most)).all()
    return header, [_values(held, header, row) for row in rows]


def stream(session: Session, user_id: int) -> Iterator[bytes]:
    """Yield a ZIP archive of everything about a person. Memory does not grow with the rows."""
    buffer = _Buffer()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        with _entry(archive, "README.txt") as entry:
            entry.write(_readme().encode("utf-8"))
        for held in registry.held():
            query, header = _query(held, user_id)
            for name, pieces in (
                (f"{held.name}.csv", _csv(session, held, query, header)),
                (f"{held.name}.json", _json(session, held, query, header)),
            ):
                with _entry(archive, name) as entry:
                    for piece in pieces:
                        entry.write(piece)
                        yield buffer.take()
    yield buffer.take()


def _entry(archive: zipfile.ZipFile, name: str) -> Any:
    now = clock.now()
    info = zipfile.ZipInfo(name, (now.year, now.month, now.day, now.hour, now.minute, now.second))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return archive.open(info, "w", force_zip64=True)


def _csv(
    session: Session, held: Held, query: Select[Any], header: Sequence[str]
) -> Iterator[bytes]:
    rows = (_values(held, header, row) for row in _rows(session, query))
    return files.csv_file(header, rows, Encoding.UTF8)


def _json(
    session: Session, held: Held, query: Select[Any], header: Sequence[str]
) -> Iterator[bytes]:
    before = b"["
    for row in _rows(session, query):
        values = dict(zip(header, _values(held, header, row), strict=True))
        plain = {name: files.as_json(value) for name, value in values.items()}
        yield before + b"\n" + json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace")
        before = b","
    yield (before if before == b"[" else b"") + b"\n]\n"


def _rows(session: Session, query: Select[Any]) -> Iterator[Any]:
    options = {"stream_results": True, "yield_per": FETCHED}
    for group in session.execute(query, execution_options=options).partitions():
        yield from group


def _query(
    held: Held, user_id: int, *, is_newest_first: bool = False
) -> tuple[Select[Any], list[str]]:
    """Return the query of a person's rows in one table, and the header of their export."""
    columns: list[Any] = list(held.shown())
    header = [column.name for column in columns]
    joined: Any = held.table
    for column in held.table.c:
        other = _named(column)
        if other is None:
            continue
        aliased = other.alias(f"{column.name}_named")
        joined = joined.outerjoin(aliased, aliased.c.id == column)
        for name in NAMES[other.name]:
            columns.append(aliased.c[name].label(f"{other.name}_{name}"))
            header.append(f"{other.name}.{name}")
    if held.name == _LETTERS:
        # what they hold comes into the row's own columns: see _values
        columns += [held.table.c.text_z, held.table.c.html_z]
        header.append("html")
    keys = [key.desc() if is_newest_first else key for key in held.table.primary_key.columns]
    query = select(*columns).select_from(joined).where(held.belongs_to(user_id)).order_by(*keys)
    return query, header


def _named(column: Column[object]) -> Table | None:
    for key in column.foreign_keys:
        if key.column.table.name in NAMES:
            return Base.metadata.tables[key.column.table.name]
    return None


def _values(held: Held, header: Sequence[str], row: Any) -> list[Any]:
    """Return a row's values; a letter that changes an account keeps its link to itself."""
    values: list[Any] = [value.value if isinstance(value, StrEnum) else value for value in row]
    if held.name == _LETTERS:
        is_private = row.email_type in PRIVATE_TYPES
        values[-2:] = [None if is_private else html_of(row)]
        values[header.index("body")] = "" if is_private else text_of(row)
    return values


def _readme() -> str:
    return str(
        gettext(
            "Everything that we keep about you. For each table there is a CSV file (UTF-8, for "
            "spreadsheets) and a JSON file with the same rows. Left out are your password's hash, "
            "the secrets of sign-ins and links, and the text of letters that hold such a link."
        )
        + "\r\n"
    )


def filename(day: date) -> str:
    """Return a name for the file; it says nothing about the person."""
    return f"my-data-{day.isoformat()}.zip"
