"""Cut text into records, strictly, and find the way back after a broken one.

A record is taken only when it is well formed and has the usual number of cells: nothing is padded
and nothing is shifted. When one is broken, reading goes on at the next line that begins a well
formed record, so that a stray quote costs one row and not the rest of the file.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TextIO

from jobscore.imports.reading.problems import RowError, RowProblem

#: A record longer than this, in lines or characters, is broken.
MAX_RECORD_LINES = 2_000
MAX_RECORD_CHARS = 4 * 1024 * 1024
MAX_COLUMNS = 2_000
#: How much of a broken record is kept for the reader of the report.
MAX_RAW_CHARS = 20_000
_BLOCK_CHARS = 256 * 1024
#: With fewer columns than this, one line that fits is no proof that a record begins there.
_TELLING_WIDTH = 4
#: Lines that must lie behind a broken record before it is judged.
_LOOKAHEAD = 40
_SURROGATE = re.compile("[\ud800-\udfff]")

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


class _Reader(Protocol):
    line_num: int

    def __iter__(self) -> Iterator[list[str]]: ...


def csv_reader(lines: Iterator[str] | list[str], dialect: Dialect) -> _Reader:
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


def from_line(lines: list[str], position: int) -> Iterator[str]:
    """Return an iterator over ``lines`` that begins at ``position`` without walking there."""
    iterator = iter(lines)
    iterator.__setstate__(position)  # type: ignore[attr-defined]  # typeshed lacks it
    return iterator


def line_blocks(stream: TextIO, newline: str) -> Iterator[list[str]]:
    """Yield physical lines, ends kept, in lists of bounded size.

    A line beyond ``MAX_RECORD_CHARS`` is cut there and the rest of it dropped: it is rejected
    later by its length, and memory stays bounded whatever the file holds.
    """
    carry, dropping = "", False
    while block := stream.read(_BLOCK_CHARS):
        lines = io.StringIO(carry + block, newline=newline).readlines()
        carry = ""
        if dropping:
            if not _ends(lines[0]) and len(lines) == 1:
                continue
            lines, dropping = lines[1:], False
        if lines and not lines[-1].endswith("\n"):
            carry = lines.pop()
            if len(carry) > MAX_RECORD_CHARS:
                lines.append(carry)
                carry, dropping = "", True
        if lines:
            yield lines
    if carry:
        # An unfinished tail may hold several lines when they end in CR.
        yield io.StringIO(carry, newline=newline).readlines()


def _ends(line: str) -> bool:
    return line.endswith(("\n", "\r"))


def _is_clean(text: str) -> bool:
    """Say whether text holds neither NUL nor what stands for an undecodable byte."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()  # refuses lone surrogates, several times faster than a search
    except UnicodeEncodeError:
        return False
    return True


class RecordReader:
    """Iterate over the records of a table: ``Row`` and ``RowError`` in file order.

    ``first_line`` is the physical line number of the first line in ``blocks``. Records without
    any content are passed over and counted in ``n_blank``.
    """

    def __init__(
        self, blocks: Iterator[list[str]], dialect: Dialect, width: int, first_line: int = 1
    ) -> None:
        self.dialect = dialect
        self.width = width
        self.n_blank = 0
        self._blocks = blocks
        self._lines: list[str] = []
        self._first = first_line
        self._final = False
        self._careful = False
        self._sound = _sound_pattern(dialect)
        self._stray = _stray_pattern(dialect)

    def __iter__(self) -> Iterator[Row | RowError]:
        while self._more(0):
            if not self._careful:
                rows = self._whole_block()
                if rows is not None:
                    yield from rows
                    self._lines = []
                    continue
            yield from self._record_by_record()

    # -- the two speeds --------------------------------------------------------------------

    def _whole_block(self) -> list[Row] | None:
        """Read a block at the speed of the csv module; None when anything in it needs care."""
        lines = self._lines
        text = "".join(lines)
        if not _is_clean(text) or (self._stray and self._stray.search(text)):
            return None
        try:
            rows = list(csv_reader(lines, self.dialect))
        except csv.Error:
            return None
        if len(rows) != len(lines) or set(map(len, rows)) - {self.width, 0}:
            # Next time start with care at once: such files keep their habits.
            self._careful = len(rows) < len(lines)
            return None
        first = self._first
        self._first += len(lines)
        found = [Row(first + i, row) for i, row in enumerate(rows) if any(row)]
        self.n_blank += len(rows) - len(found)
        return found

    def _record_by_record(self) -> Iterator[Row | RowError]:
        """Read the lines at hand one record at a time; leave an unfinished one for later."""
        at = 0
        while at < len(self._lines):
            reader = csv_reader(from_line(self._lines, at), self.dialect)
            begin, broken = at, False
            records = iter(reader)
            while not broken:
                try:
                    row = next(records)
                except StopIteration:
                    break
                except csv.Error:
                    broken = True
                end = begin + reader.line_num
                problem = RowProblem.QUOTE if broken else self._problem(row, at, end)
                if problem is None:
                    if any(row):
                        yield Row(self._first + at, row)
                    else:
                        self.n_blank += 1
                    at = end
                    continue
                if end + _LOOKAHEAD > len(self._lines) and self._fits(at, end) and self._more(at):
                    # The evidence lies beyond what has been read: judge it again with more.
                    at, broken = 0, True
                    continue
                if not broken and end == at + 1:
                    yield self._error(problem, at, end, len(row))
                    at = end
                    continue
                back = self._resynchronise(at, end, broken=broken)
                yield from self._errors(problem, at, back, 0 if broken else len(row))
                at, broken = back, True
        self._first += len(self._lines)
        self._lines = []

    # -- what is wrong -----------------------------------------------------------------------

    def _problem(self, row: list[str], at: int, end: int) -> RowProblem | None:
        if end - at > MAX_RECORD_LINES or sum(map(len, row)) > MAX_RECORD_CHARS:
            return RowProblem.TOO_LONG
        if len(row) != self.width:
            return RowProblem.WIDTH if any(map(str.strip, row)) else None
        text = "".join(row)
        if self._stray and (self.dialect.quote or "") in text and self._is_torn(row, at, end):
            return RowProblem.QUOTE
        if _is_clean(text):
            return None
        return RowProblem.NUL if "\0" in text else RowProblem.BAD_BYTES

    def _is_torn(self, row: list[str], at: int, end: int) -> bool:
        """Say whether a quote opened inside one cell and closed inside a later one.

        Then a delimiter between them was text, and the cells behind it only seem to fit:
        ``$64.02"Linen Shirt, Striped",…``. A quote at the end of a cell (inches) opens nothing.
        """
        quote = self.dialect.quote
        if quote is None or self._sound.fullmatch("".join(self._lines[at:end])):
            return False
        odd = [cell for cell in row if cell.count(quote) % 2]
        return any(not cell.rstrip().endswith(quote) for cell in odd[:-1])

    def _errors(self, problem: RowProblem, at: int, end: int, n_cells: int) -> Iterator[RowError]:
        """Yield the error of a broken region: one for its start and for each further line
        in it that has the delimiters of a record of its own.
        """
        begin = at
        for line in range(at + 1, end):
            if self.width > 1 and self._lines[line].count(self.dialect.delimiter) >= self.width - 1:
                yield self._error(problem, begin, line, n_cells)
                begin, problem = line, RowProblem.QUOTE
        yield self._error(problem, begin, end, n_cells)

    def _error(self, problem: RowProblem, at: int, end: int, n_cells: int) -> RowError:
        raw = "".join(line[:MAX_RAW_CHARS] for line in self._lines[at : min(end, at + 50)])
        raw = _SURROGATE.sub("\ufffd", raw[:MAX_RAW_CHARS].replace("\0", "\ufffd"))
        params: dict[str, int | str] = {}
        if problem is RowProblem.WIDTH:
            params = {"found": n_cells, "expected": self.width}
        first = self._first + at
        return RowError(first, problem, params, first + end - at - 1, raw)

    # -- the way back ------------------------------------------------------------------------

    def _resynchronise(self, at: int, end: int, *, broken: bool) -> int:
        """Return where reading goes on after the broken record that begins at ``at``.

        The next well formed record may hide inside what the broken one swallowed, so the search
        begins right after its first line. A record that is closed properly and merely has the
        wrong width ends where it ends.
        """
        limit = min(at + MAX_RECORD_LINES, len(self._lines))
        for line in range(at + 1, limit if broken else end):
            if self._begins_record(line):
                return line
        return limit if broken else end

    def _begins_record(self, at: int) -> bool:
        """Say whether a well formed record begins on this line, beyond doubt."""
        n_needed = 1 if self.width >= _TELLING_WIDTH else 2
        reader = csv_reader(from_line(self._lines, at), self.dialect)
        begin = at
        try:
            for row in reader:
                end = begin + reader.line_num
                if len(row) != self.width or not any(row) or end - at > MAX_RECORD_LINES:
                    return False
                if not self._sound.fullmatch("".join(self._lines[at:end])):
                    return False
                at = end
                n_needed -= 1
                if not n_needed:
                    return True
        except csv.Error:
            return False
        return self._final and at > begin

    # -- supply ------------------------------------------------------------------------------

    def _fits(self, at: int, end: int) -> bool:
        return end - at <= MAX_RECORD_LINES and (
            sum(map(len, self._lines[at:end])) <= MAX_RECORD_CHARS
        )

    def _more(self, keep_from: int) -> bool:
        """Drop the lines before ``keep_from`` and append the next block; False at the end."""
        if self._final:
            return False
        block = next(self._blocks, None)
        if block is None:
            self._final = True
            return False
        self._first += keep_from
        self._lines = self._lines[keep_from:] + block
        return True


def _stray_pattern(dialect: Dialect) -> re.Pattern[str] | None:
    """Return a quick test for quotes in the middle of plain text; None without quotes."""
    if dialect.quote is None or dialect.escape:
        return None
    quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
    ordinary = rf"[^{quote}{delimiter}\r\n]"
    return re.compile(rf"{quote}(?={ordinary})(?<={ordinary}{quote})")


def _sound_pattern(dialect: Dialect) -> re.Pattern[str]:
    """Return a pattern of records that keep the rules to the letter: quotes only around cells."""
    delimiter = re.escape(dialect.delimiter)
    plain = rf"[^{delimiter}\r\n]*"
    cell = plain
    if dialect.quote:
        quote = re.escape(dialect.quote)
        space = " *" if dialect.skip_spaces else ""
        inside = rf"[^{quote}]|{quote}{quote}"
        if dialect.escape:
            escape = re.escape(dialect.escape)
            inside = rf"[^{quote}{escape}]|{escape}.|{quote}{quote}"
        cell = rf"(?:{space}{quote}(?:{inside})*+{quote}|[^{delimiter}{quote}\r\n]*+)"
    return re.compile(rf"{cell}(?:{delimiter}{cell})*+[\r\n]*", re.DOTALL)
