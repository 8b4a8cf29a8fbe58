"""Cut text into records, strictly, and find the way back after a broken one.

A record is taken only when it is well formed and has the usual number of cells: nothing is padded
and nothing is shifted. When one is broken, reading goes on at the next line that begins a well
formed record, so that a stray quote costs one row and not the rest of the file.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat

from jobscore.imports.reading.mending import Mender
from jobscore.imports.reading.problems import RowError, RowProblem
from jobscore.imports.reading.profile import Profile
from jobscore.imports.reading.repeats import HeaderWatch
from jobscore.imports.reading.strict import (
    MAX_RECORD_CHARS,
    MAX_RECORD_LINES,
    Dialect,
    Row,
    csv_reader,
    from_line,
    is_clean,
    sound_block_pattern,
    sound_pattern,
    split_lines,
    stray_pattern,
)

#: How much of a broken record is kept for the reader of the report.
MAX_RAW_CHARS = 20_000
#: With fewer columns than this, one line that fits is no proof that a record begins there.
_TELLING_WIDTH = 4
#: Lines that must lie behind a broken record before it is judged.
_LOOKAHEAD = 120
_DIGITS = re.compile(r"\d+")
_SURROGATE = re.compile("[\ud800-\udfff]")


class RecordReader:
    """Iterate over the records of a table: ``Row`` and ``RowError`` in file order.

    ``blocks`` are texts that end where a line ends; ``first_line`` is the physical line number of
    the first line in them. ``heading`` holds the header's raw records, ``profile`` what usual
    records look like; ``quotes_are_text`` says that cells hold single quotes by habit (inches).
    Records without any content are passed over.
    """

    def __init__(
        self,
        blocks: Iterator[str],
        dialect: Dialect,
        width: int,
        first_line: int = 1,
        *,
        heading: Sequence[list[str]] = (),
        profile: Profile | None = None,
        quotes_are_text: bool = False,
    ) -> None:
        self.dialect = dialect
        self.width = width
        self._blocks = blocks
        self._text = ""
        self._lines: list[str] = []
        self._first = first_line
        self._final = False
        self._blank = [""] * width
        self._spans_lines = False
        self._sound = sound_pattern(dialect)
        self._stray = stray_pattern(dialect)
        self._sound_block = None if quotes_are_text else sound_block_pattern(dialect)
        self._watch = HeaderWatch(heading, dialect.delimiter)
        self._mender = Mender(dialect, width)
        self._profile = profile or Profile([], [])

    def __iter__(self) -> Iterator[Row | RowError]:
        return chain.from_iterable(self.batches())

    def batches(self) -> Iterator[Iterable[Row | RowError]]:
        """Yield the records in batches of no particular size."""
        while block := next(self._blocks, ""):
            self._mender.earn(len(block))
            self._text += block
            rows = self._whole_block()
            yield self._with_care() if rows is None else rows
        self._final = True
        if self._text:
            yield self._with_care()
        yield self._watch.flush()

    # -- the two speeds --------------------------------------------------------------------

    def _whole_block(self) -> Iterable[Row] | None:
        """Read the text at hand at the speed of the csv module; None when it needs care.

        The last record stays for the next block: it may be unfinished, and what follows may show
        that it is broken.
        """
        text = self._text
        if self._watch.held or not is_clean(text) or not self._has_sound_quotes(text):
            return None
        source = io.StringIO(text, newline=self.dialect.newline)
        reader = csv_reader(source, self.dialect)
        rows: list[list[str]] = []
        ends: list[int] = []
        try:
            if not self._spans_lines:
                rows = list(reader)
                if reader.line_num != len(rows):
                    self._spans_lines = True
                    return self._whole_block()
            else:
                for row in reader:
                    rows.append(row)
                    ends.append(reader.line_num)
        except csv.Error:
            if not self._spans_lines:
                self._spans_lines = True
                return self._whole_block()
            if source.read(1):
                return None
        if len(rows) < 2:
            return None
        rows.pop()
        n_read = ends[len(rows) - 1] if ends else len(rows)
        widths = set(map(len, rows))
        if widths - {self.width, 0} or self._watch.needs_care(text, rows):
            return None
        first = self._first
        lines: Iterable[int] = range(first, first + len(rows))
        if ends:
            lines = map(first.__add__, [0, *ends])
            spans = list(map(int.__sub__, ends, [0, *ends]))
            if max(spans) > MAX_RECORD_LINES or self._may_swallow(rows, spans):
                return None
        # The quickest way to make named tuples; what Row(line, cells) does in Python.
        found: Iterable[Row] = map(tuple.__new__, repeat(Row), zip(lines, rows, strict=False))
        if 0 in widths or self._blank in rows:
            found = [row for row in found if any(row.cells)]
        self._first += n_read
        self._text = self._last_lines(reader.line_num - n_read)
        return found

    def _has_sound_quotes(self, text: str) -> bool:
        quote = self.dialect.quote
        if quote is None or quote not in text:
            return True
        if self._sound_block:
            return self._sound_block.fullmatch(text) is not None
        return self._stray is None or self._stray.search(text) is None

    def _last_lines(self, n_lines: int) -> str:
        """Return so many lines from the end of the text at hand."""
        if not self.dialect.newline:
            return "".join(split_lines(self._text, "")[-n_lines:])
        at = len(self._text) - self._text.endswith("\n")
        for _ in range(n_lines):
            at = self._text.rfind("\n", 0, at)
        return self._text[at + 1 :]

    def _with_care(self) -> Iterator[Row | RowError]:
        """Read the text at hand, and as much more as a broken record asks for."""
        self._lines = split_lines(self._text, self.dialect.newline)
        self._text = ""
        return self._watch.sift(self._record_by_record())

    def _record_by_record(self) -> Iterator[Row | RowError]:
        """Yield the records of the lines at hand, each when the one behind it is known.

        What follows a record may show that it was only the first line of a broken one. The last
        one therefore stays for the next block.
        """
        at, is_wary = 0, False
        held: Row | None = None
        held_at = 0
        while at < len(self._lines):
            reader = csv_reader(from_line(self._lines, at), self.dialect)
            begin, broken, trusted = at, False, at + self._n_sound_lines(at)
            records = iter(reader)
            while not broken:
                try:
                    row = next(records)
                except StopIteration:
                    break
                except csv.Error:
                    row, broken = [], True
                end = begin + reader.line_num
                needs_look = is_wary or end > min(trusted, at + 2) or len(row) != self.width
                problem = RowProblem.QUOTE if broken else None
                if needs_look and not broken:
                    problem = self._problem(row, at, end, is_wary)
                if problem is None:
                    if held:
                        yield held
                    held = Row(self._first + at, row) if any(row) else None
                    held_at, at, is_wary = at, end, False
                    continue
                if end + _LOOKAHEAD > len(self._lines) and self._fits(at, end):
                    keep_from = held_at if held else at
                    if self._more(keep_from):
                        # The evidence lies beyond what has been read: judge it again with more.
                        held_at, at, broken = 0, at - keep_from, True
                        continue
                broken_off = held and self._broken_off(held, held_at, at, len(row))
                if broken_off:
                    held, problem, row, at = None, RowProblem.QUOTE, [], held_at
                    back, is_one = broken_off, True
                else:
                    back, is_one = self._resynchronise(problem, at, end, broken=broken)
                if held:
                    yield held
                    held = None
                yield from self._errors(problem, at, back, len(row), is_one=is_one)
                at, broken, is_wary = back, True, True
        if held and self._final:
            yield held
        elif held:
            self._text = "".join(self._lines[held_at:])
            self._lines = self._lines[:held_at]
        self._first += len(self._lines)
        self._lines = []

    # -- what is wrong -----------------------------------------------------------------------

    def _n_sound_lines(self, at: int) -> int:
        """Return how many of the lines from ``at`` on are surely free of bad quotes and bytes."""
        if self._sound_block is None:
            return 0
        text = "".join(self._lines[at:])
        found = self._sound_block.match(text)
        end = found.end() if found else 0
        return text.count("\n", 0, end) - 1 if is_clean(text[:end]) else 0

    def _problem(self, row: list[str], at: int, end: int, is_wary: bool) -> RowProblem | None:
        if end - at > MAX_RECORD_LINES or sum(map(len, row)) > MAX_RECORD_CHARS:
            return RowProblem.TOO_LONG
        if len(row) != self.width:
            return RowProblem.WIDTH if any(map(str.strip, row)) else None
        text = "".join(row)
        quote = self.dialect.quote or ""
        if self._stray and quote in text:
            if self._is_torn(row, at, end):
                return RowProblem.QUOTE
            is_strict = is_wary or self._sound_block is not None
            if is_strict and "".join(self._lines[at:end]).count(quote) % 2:
                # A quote without its partner: a slip, or the end of a broken record.
                return RowProblem.QUOTE
        is_dense = end > at + 1 and self._may_hold_records(text, end - at - 1)
        if is_dense and self._holds_records(at + 1, end):
            return RowProblem.QUOTE
        if is_wary and not self._profile.agrees(row):
            return RowProblem.QUOTE
        if is_clean(text):
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

    def _errors(
        self, problem: RowProblem, at: int, end: int, n_cells: int, *, is_one: bool
    ) -> Iterator[RowError]:
        """Yield the error of a broken region.

        Unless it is known to be one record: one for its start and for each further line in it
        that looks like the beginning of a record of its own.
        """
        begin = at
        for line in range(at + 1, at + 1 if is_one else end):
            if self._resembles(line):
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

    def _resynchronise(
        self, problem: RowProblem, at: int, end: int, *, broken: bool
    ) -> tuple[int, bool]:
        """Return where reading goes on after the bad record that begins on line ``at``, and
        whether everything up to there is one record.

        The next well formed record may hide inside what a broken one swallowed, so the search
        begins right after its first line. A record that is closed properly and merely has the
        wrong width ends where it ends, unless what it holds is records for the most part.
        """
        if not broken:
            is_swallow = end > at + 2 and self._holds_records(at + 1, end)
            if problem is not RowProblem.WIDTH and not is_swallow:
                return end, True
            if end == at + 1 and self._can_follow(end):
                return end, True
            is_sound = end > at + 1 and self._sound.fullmatch("".join(self._lines[at:end]))
            if is_sound and not is_swallow:
                mended = self._mender.end_of(self._lines, at, self._can_follow)
                return max(end, mended or end), True
        mended = self._mender.end_of(self._lines, at, self._can_follow)
        if mended is None and not broken and end == at + 1:
            return end, True
        limit = min(at + MAX_RECORD_LINES, len(self._lines)) if broken else end
        if mended is None:
            found = (line for line in range(at + 1, limit) if self._begins_record(line))
            return next(found, limit), False
        # A line of prose may look like a record: where records begin alike, it has to as well.
        shape = _shape(self._lines[at])
        is_alike = mended < len(self._lines) and _shape(self._lines[mended]) == shape
        for line in range(at + 1, mended):
            if is_alike and _shape(self._lines[line]) != shape:
                continue
            if self._begins_record(line, n_needed=2):
                before = self._lines[:line]
                return line, self._mender.end_of(before, at, line.__eq__) == line
        return mended, True

    def _broken_off(self, held: Row, held_at: int, at: int, n_cells: int) -> int | None:
        """Return the line behind the broken record of which ``held`` is only the beginning.

        So it is when a quote in the last cell is missing or is one too many. None when ``held``
        is a record of its own, before a bad one of ``n_cells`` cells that begins on line ``at``.
        """
        if n_cells >= self.width or _shape(self._lines[at]) == _shape(self._lines[held_at]):
            return None
        if self._profile.agrees(held.cells):
            end = self._mender.end_of_last_cell(self._lines, held_at, at, self._can_follow)
        else:
            end = self._mender.end_of(self._lines, held_at, self._can_follow)
        return end if end and end > at else None

    def _can_follow(self, at: int) -> bool:
        """Say whether the table can go on with this line, or ends before it."""
        return at >= len(self._lines) or self._begins_record(at, n_needed=2)

    def _begins_record(self, at: int, n_needed: int = 1) -> bool:
        """Say whether a well formed record begins on this line, beyond doubt."""
        if self.width < _TELLING_WIDTH:
            n_needed = max(n_needed, 2)
        reader = csv_reader(from_line(self._lines, at), self.dialect)
        begin = at
        try:
            for row in reader:
                end = begin + reader.line_num
                if len(row) != self.width or not any(row) or end - at > MAX_RECORD_LINES:
                    return False
                if not self._sound.fullmatch("".join(self._lines[at:end])):
                    return False
                if at == begin and not self._profile.agrees(row):
                    n_needed += 1
                at = end
                n_needed -= 1
                if n_needed <= 0:
                    return True
        except csv.Error:
            return False
        return self._final and at > begin

    def _may_hold_records(self, text: str, n_lines: int) -> bool:
        """Say, quickly, whether a record's text has the delimiters of so many lines' records."""
        return 2 * text.count(self.dialect.delimiter) >= (self.width - 1) * n_lines

    def _may_swallow(self, rows: list[list[str]], spans: list[int]) -> bool:
        """Say, quickly, whether a well formed record of several lines may hold others."""
        if not self._may_hold_records(self._text, sum(spans)):
            return False
        return any(
            span > 2 and self._may_hold_records("".join(row), span - 1)
            for row, span in zip(rows, spans, strict=False)
        )

    def _holds_records(self, at: int, end: int) -> bool:
        """Say whether more than half of these lines are records of their own."""
        n_records = 0
        for line in self._lines[at:end]:
            if self._sound.fullmatch(line):
                row = next(iter(csv_reader([line], self.dialect)), [])
                n_records += len(row) == self.width and self._profile.agrees(row)
        return 2 * n_records > end - at

    def _resembles(self, at: int) -> bool:
        """Say whether a broken record of its own may begin on this line."""
        line = self._lines[at]
        if self.width == 1 or line.count(self.dialect.delimiter) < self.width - 1:
            return False
        return self._profile.can_begin(line.split(self.dialect.delimiter, 1)[0])

    # -- supply ------------------------------------------------------------------------------

    def _fits(self, at: int, end: int) -> bool:
        return end - at <= MAX_RECORD_LINES and (
            sum(map(len, self._lines[at:end])) <= MAX_RECORD_CHARS
        )

    def _more(self, keep_from: int) -> bool:
        """Drop the lines before ``keep_from`` and append the next; False when there are none."""
        if self._final:
            return False
        # As much again as there is, so that a long record is not read anew for every block.
        wanted, texts = sum(map(len, self._lines[keep_from:])), list[str]()
        while block := next(self._blocks, ""):
            texts.append(block)
            wanted -= len(block)
            if wanted <= 0:
                break
        self._final = not block
        text = "".join(texts)
        if not text:
            return False
        self._mender.earn(len(text))
        self._first += keep_from
        self._lines = self._lines[keep_from:] + split_lines(text, self.dialect.newline)
        return True


def _shape(line: str) -> str:
    """Return how a line begins, its numbers aside: records of a table often begin alike."""
    return _DIGITS.sub("0", line[:9].lstrip("\"'"))[:5]
