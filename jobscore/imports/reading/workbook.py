"""Read the first sheet of an Excel workbook (xlsx) as rows of text.

Needs the optional extra ``xlsx`` (python-calamine). Numbers lose a needless ``.0``, dates become
ISO text, formulas are what they last came to: nothing else is interpreted.
"""

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from jobscore.imports.reading.problems import FileProblem, FileRefusedError

if TYPE_CHECKING:
    import python_calamine

#: A workbook that unpacks to more than this is refused before it is opened.
MAX_UNPACKED_BYTES = 512 * 1024 * 1024
#: So is one whose sheet spans more cells than this: the library keeps empty ones in memory too,
#: and a file of one kilobyte can name the last cell of a sheet.
MAX_CELLS = 32_000_000
_CHUNK = 1024 * 1024
_LONGEST_TAG = 4_096
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROW = re.compile(rb"(?<=[<:])row(?=[\s/>])")
#: What a row or a cell says of its place: letters of the column (none: a row), number of the row.
_PLACE = re.compile(rb"\sr(?:=|\s+=)\s*[\"']([A-Za-z]{0,9})([0-9]{0,12})")


def is_workbook(path: Path) -> bool:
    """Say whether a zip container is an xlsx workbook that may be opened safely.

    :raises FileRefusedError: when it would unpack to too much, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as container:
            members = container.infolist()
            if not any(member.filename == "xl/workbook.xml" for member in members):
                return False
            if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
                raise FileRefusedError(FileProblem.XLSX_BROKEN)
            for member in members:
                with _refusing_zip(), container.open(member) as part:
                    if _spans_more_than(MAX_CELLS, part):
                        raise FileRefusedError(FileProblem.XLSX_BROKEN)
    except (zipfile.BadZipFile, OSError):
        return False
    return True


@contextmanager
def _refusing_zip() -> Iterator[None]:
    """Turn what cannot be unpacked into a refusal."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise FileRefusedError(FileProblem.XLSX_BROKEN) from error


def _spans_more_than(most: int, part: IO[bytes]) -> bool:
    """Say whether the rectangle around the cells of a sheet holds more than so many."""
    widest = rows = last_row = in_row = 0
    rest = b""
    while data := part.read(_CHUNK):
        data = rest + data
        cut = max(data.rfind(b"<"), len(data) - _LONGEST_TAG)  # a tag is looked at whole
        data, rest = data[:cut], data[cut:]
        places = _PLACE.findall(data)
        letters = [column for column, _ in places if column]
        widest = max(widest, *map(_column, set(letters)), 0)
        last_row = max(last_row, *(int(row) for row in {row for _, row in places} if row), 0)
        rows_here = _ROW.split(data)
        rows += len(rows_here) - 1
        if len(letters) < len(_CELL.findall(data)):  # cells without a place stand one by one
            counts = [len(_CELL.findall(row)) for row in rows_here]
            counts[0] += in_row
            widest, in_row = max(widest, *counts), counts[-1]
        if widest * max(rows, last_row) > most:
            return True
    return False


def _column(letters: bytes) -> int:
    """Return the number of a column from its letters: 1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def sheet_of(path: Path) -> tuple[str, int]:
    """Return the name of the sheet that is read, and how many sheets the workbook has.

    It is the first with any content; the name is empty when none has.

    :raises FileRefusedError: without the extra, or when the workbook is damaged.
    """
    book = _open(path)
    names = list(book.sheet_names)
    with _refusing():
        first = next((name for name in names if book.get_sheet_by_name(name).height), "")
    return first, len(names)


def rows(path: Path) -> Iterator[list[str]]:
    """Yield the rows of the sheet that ``sheet_of`` names, all of the same width.

    :raises FileRefusedError: without the extra, or when the workbook is damaged.
    """
    name, _ = sheet_of(path)
    if name:
        with _refusing():
            for row in _open(path).get_sheet_by_name(name).iter_rows():
                yield [_text(value) for value in row]


def _open(path: Path) -> "python_calamine.CalamineWorkbook":
    try:
        import python_calamine
    except ImportError:
        raise FileRefusedError(FileProblem.XLSX_UNSUPPORTED) from None
    with _refusing():
        return python_calamine.CalamineWorkbook.from_path(str(path))


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what the library says of a damaged workbook into a refusal."""
    import python_calamine

    try:
        yield
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError) as error:
        raise FileRefusedError(FileProblem.XLSX_BROKEN) from error


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return "" if value is None else str(value)
