"""What can be wrong with a file or with one record of it, as codes that edges put into words."""

from dataclasses import dataclass, field
from enum import StrEnum


class RowProblem(StrEnum):
    """Why one record could not be read."""

    WIDTH = "width"
    QUOTE = "quote"
    BAD_BYTES = "bad_bytes"
    NUL = "nul"
    TOO_LONG = "too_long"
    NOT_DATA = "not_data"


class FileProblem(StrEnum):
    """Why a whole file is refused."""

    EMPTY = "empty"
    NOT_TEXT = "not_text"
    ZIP = "zip"
    PDF = "pdf"
    IMAGE = "image"
    GZIP = "gzip"
    XLS = "xls"
    XLSX_UNSUPPORTED = "xlsx_unsupported"
    XLSX_BROKEN = "xlsx_broken"
    HTML = "html"
    JSON = "json"
    TOO_MANY_COLUMNS = "too_many_columns"
    UNKNOWN_ENCODING = "unknown_encoding"


@dataclass(frozen=True, slots=True)
class RowError:
    """One record that was not read.

    ``line`` is the physical line (from 1) on which it starts, ``last_line`` the one on which it
    ends; ``raw`` is its text as far as it is worth keeping, for the file of rejected rows.
    """

    line: int
    code: RowProblem
    params: dict[str, int | str] = field(default_factory=dict)
    last_line: int = 0
    raw: str = ""


class FileRefusedError(Exception):
    """The file cannot be a table: ``code`` says why, ``params`` fill the sentence."""

    def __init__(self, code: FileProblem, **params: int | str) -> None:
        super().__init__(code.value)
        self.code = code
        self.params = params
