"""Read the first sheet of an Excel workbook (xlsx) as rows of text.

Needs the optional extra ``xlsx`` (python-calamine). Numbers lose a needless ``.0``, dates become
ISO text: nothing else is interpreted.
"""

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path

from jobscore.imports.reading.problems import FileProblem, FileRefusedError

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


def rows(path: Path) -> Iterator[list[str]]:
    """Yield the rows of the first sheet that has any, all of the same width.

    :raises FileRefusedError: without the extra, or when the workbook is damaged.
    """
    try:
        import python_calamine
    except ImportError:
        raise FileRefusedError(FileProblem.XLSX_UNSUPPORTED) from None
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height:
                for row in sheet.iter_rows():
                    yield [_text(value) for value in row]
                return
    except python_calamine.CalamineError as error:
        raise FileRefusedError(FileProblem.XLSX_BROKEN) from error


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return "" if value is None else str(value)
