"""Rows become files: CSV that spreadsheets open safely, or JSON lines. Pure, row by row."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from jobscore.imports.formulas import guard

#: Text is handed on in pieces of about so many bytes.
PIECE: Final = 64 * 1024
#: What stands for a character that cp932 does not have: the printers' mark for a missing sort.
MISSING: Final = "〓"
#: Characters that Unicode has twice: cp932 knows the second one only.
_LOOKALIKES: Final = str.maketrans(
    {
        "〜": "～",
        "—": "―",
        "‖": "∥",
        "−": "－",
        "¢": "￠",
        "£": "￡",
        "¬": "￢",
        "•": "・",
        "\u00a0": " ",
    }
)


class Format(StrEnum):
    """The kinds of files."""

    CSV = "csv"
    JSONL = "jsonl"


class Encoding(StrEnum):
    """How CSV is written; JSON lines are always UTF-8."""

    UTF8 = "utf-8"
    CP932 = "cp932"


@dataclass(slots=True)
class Tally:
    """What went into a file."""

    rows: int = 0
    #: Characters that cp932 does not have.
    replaced: int = 0


def text_of(value: Any) -> str:
    """Return a value as a cell: ISO 8601 dates, plain numbers, 1 for true, empty for null."""
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def csv_file(
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    encoding: Encoding,
    tally: Tally | None = None,
) -> Iterator[bytes]:
    """Yield a CSV file: every cell in quotes, formulas guarded, CR LF after each record.

    UTF-8 begins with a byte-order mark, so that Excel reads it as such. In cp932 a character that
    it does not have becomes ``〓``; those that Unicode has twice (the wave dash) become the one
    that cp932 has.
    """
    counted = tally if tally is not None else Tally()
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    if encoding is Encoding.UTF8:
        out.write("\ufeff")
    writer.writerow(header)
    for row in rows:
        writer.writerow([guard(text_of(value)) for value in row])
        counted.rows += 1
        if out.tell() >= PIECE:
            yield _encoded(out.getvalue(), encoding, counted)
            out.seek(0)
            out.truncate()
    yield _encoded(out.getvalue(), encoding, counted)


def _encoded(text: str, encoding: Encoding, tally: Tally) -> bytes:
    if encoding is Encoding.UTF8:
        return text.encode("utf-8", errors="replace")
    plain = text.translate(_LOOKALIKES)
    try:
        return plain.encode("cp932")
    except UnicodeEncodeError:
        return b"".join(_one(mark, tally) for mark in plain)


def _one(mark: str, tally: Tally) -> bytes:
    try:
        return mark.encode("cp932")
    except UnicodeEncodeError:
        tally.replaced += 1
        return MISSING.encode("cp932")


def json_lines(
    header: Sequence[str], rows: Iterable[Sequence[Any]], tally: Tally | None = None
) -> Iterator[bytes]:
    """Yield one JSON object a line, UTF-8; null stays null, whole amounts are whole numbers."""
    counted = tally if tally is not None else Tally()
    lines: list[str] = []
    size = 0
    for row in rows:
        values = {name: as_json(value) for name, value in zip(header, row, strict=True)}
        lines.append(json.dumps(values, ensure_ascii=False) + "\n")
        size += len(lines[-1])
        counted.rows += 1
        if size >= PIECE:
            yield "".join(lines).encode("utf-8", errors="replace")
            lines, size = [], 0
    yield "".join(lines).encode("utf-8", errors="replace")


def as_json(value: Any) -> Any:
    """Return a value as JSON can say it: instants and days as text, amounts as numbers."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
