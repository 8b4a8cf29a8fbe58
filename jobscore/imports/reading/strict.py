"""Read text by the rules of CSV and tell what keeps them: the standard library's reader, strict.

Everything careful is built on these few functions; they know nothing of blocks or of files.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

DELIMITERS = (",", "\t", ";", "|")
#: A record longer than this, in lines or characters, is broken.
MAX_RECORD_LINES = 2_000
MAX_RECORD_CHARS = 4 * 1024 * 1024
MAX_COLUMNS = 2_000

# The limit is global to the process and guards nobody here: records have their own cap.
csv.field_size_limit(MAX_RECORD_CHARS * 2)


class Row(NamedTuple):
    """One record as it stands in the file: ``line`` (from 1) is where it starts."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are told apart. ``quote`` is None when quotes are ordinary characters."""

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    skip_spaces: bool = False
    #: "\n" when lines end in LF or CRLF (a lone CR is then no line end), "" when they end in CR.
    newline: str = "\n"


class Reader(Protocol):
    """What the standard library's reader is to us; ``line_num`` counts the lines it has taken."""

    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


def csv_reader(lines: Iterable[str], dialect: Dialect) -> Reader:
    """Return the standard library's strict reader over physical lines for this dialect."""
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape,
        skipinitialspace=dialect.skip_spaces,
        strict=True,
    )


def split_lines(text: str, newline: str) -> list[str]:
    """Return the physical lines of a text, ends kept; ``newline`` as in ``Dialect``."""
    return io.StringIO(text, newline=newline).readlines()


def from_line(lines: list[str], position: int) -> Iterator[str]:
    """Return an iterator over ``lines`` that begins at ``position`` without walking there."""
    iterator = iter(lines)
    iterator.__setstate__(position)  # type: ignore[attr-defined]  # typeshed lacks it
    return iterator


def is_clean(text: str) -> bool:
    """Say whether text holds neither NUL nor what stands for an undecodable byte."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode("utf-16-le")  # refuses lone surrogates, many times faster than a search
    except UnicodeEncodeError:
        return False
    return True


def stray_pattern(dialect: Dialect) -> re.Pattern[str] | None:
    """Return a quick test for quotes in the middle of plain text; None without quotes."""
    if dialect.quote is None or dialect.escape:
        return None
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    ordinary = rf"[^{quote}{delimiter}\r\n]"
    return re.compile(rf"{quote}(?={ordinary})(?<={ordinary}{quote})")


def sound_pattern(dialect: Dialect) -> re.Pattern[str]:
    """Return a pattern of records that keep the rules to the letter: quotes only around cells."""
    delimiter = re.escape(dialect.delimiter)
    cell = rf"[^{delimiter}\r\n]*"
    if dialect.quote:
        quote = re.escape(dialect.quote)
        space = " *" if dialect.skip_spaces else ""
        inside = rf"[^{quote}]|{quote}{quote}"
        if dialect.escape:
            escape = re.escape(dialect.escape)
            inside = rf"[^{quote}{escape}]|{escape}.|{quote}{quote}"
        cell = rf"(?:{space}{quote}(?>(?:{inside})*){quote}|[^{delimiter}{quote}\r\n]*+)"
    return re.compile(rf"{cell}(?>(?:{delimiter}{cell})*)[\r\n]*", re.DOTALL)


def sound_block_pattern(dialect: Dialect) -> re.Pattern[str] | None:
    """Return a pattern of many records in which every quote opens, doubles or closes.

    The last record may be unfinished. None where quotes mean nothing, are escaped or may stand
    behind spaces.
    """
    if dialect.quote is None or dialect.escape or dialect.skip_spaces:
        return None
    quote, end = re.escape(dialect.quote), rf"[{re.escape(dialect.delimiter)}\r\n]"
    inside = rf"[^{quote}]*+(?>(?:{quote}{quote}[^{quote}]*+)*)"
    opened = rf"[^{quote}]*+(?:(?<={end})|(?<![\s\S])){quote}{inside}"
    return re.compile(rf"(?>(?:{opened}{quote}(?={end}|\Z))*)(?>(?:{opened})?)[^{quote}]*+")


def loose_cell_pattern(dialect: Dialect, delimiter: str | None = None) -> re.Pattern[str] | None:
    """Return a pattern of one cell and its end in text whose inner quotes are not doubled.

    A quote closes a cell only where the cell can end: ``"a "fine" day",``. Group 1 is the
    delimiter or the line end behind the cell. ``delimiter`` stands in for the dialect's own. None
    where quotes mean nothing or are escaped.
    """
    if dialect.quote is None or dialect.escape:
        return None
    quote, delimiter = re.escape(dialect.quote), re.escape(delimiter or dialect.delimiter)
    end = rf"({delimiter}|\r?\n|\r|\Z)"
    space = " *" if dialect.skip_spaces else ""
    quoted = rf"{space}{quote}(?>[^{quote}]*(?:{quote}(?!{delimiter}|\r|\n|\Z)[^{quote}]*)*){quote}"
    return re.compile(rf"(?:{quoted}|[^{delimiter}\r\n]*+){end}")
