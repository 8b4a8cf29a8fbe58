"""Read the first sheet of an Excel workbook (xlsx) as rows of text.

Needs the optional extra ``xlsx`` (python-calamine). Numbers lose a needless ``.0``, dates become
ISO text, formulas are what they last came to: nothing else is interpreted.
"""

import datetime as dt
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jobscore.imports.reading.problems import FileProblem, FileRefusedError

if TYPE_CHECKING:
    import python_calamine

#: A workbook that unpacks to more than this is refused before it is opened.
MAX_UNPACKED_BYTES = 512 * 1024 * 1024


def is_workbook(path: Path) -> bool:
    """Say whether a zip container is an xlsx workbook that may be opened safely.

    :raises FileRefusedError: when it would unpack to too much.
    """
    try:
        with zipfile.ZipFile(path) as container:
            members = container.infolist()
    except (zipfile.BadZipFile, OSError):
        return False
    if not any(member.filename == "xl/workbook.xml" for member in members):
        return False
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise FileRefusedError(FileProblem.XLSX_BROKEN)
    return True


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
