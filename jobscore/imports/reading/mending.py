"""Find how far a broken record reaches: the smallest slip that explains it tells its end.

A record over several lines whose quotes are torn must be rejected as one record: neither may its
continuation lines be taken for records of their own, nor may it be reported several times. What
would mend it (inner quotes that were not doubled, one quote too many, one missing, another
delimiter) shows where it ends. Nothing is mended: the record stays rejected.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator

from jobscore.imports.reading.strict import (
    DELIMITERS,
    Dialect,
    csv_reader,
    loose_cell_pattern,
)

#: How far a broken record is followed, in lines and characters: first near, then far.
_WINDOWS = ((50, 6 * 1024), (400, 32 * 1024))
#: How many slips of each kind are tried.
_MAX_SLIPS = 40
#: Characters that may be read again and again at once, and for each character of the file.
_FIRST_CREDIT = 4_000_000
_CREDIT_RATE = 16


class Mender:
    """Judge the extent of broken records of one table within a bound of work."""

    def __init__(self, dialect: Dialect, width: int) -> None:
        self._dialect = dialect
        self._width = width
        others = [mark for mark in DELIMITERS if mark != dialect.delimiter]
        patterns = [
            (mark, loose_cell_pattern(dialect, mark)) for mark in (dialect.delimiter, *others)
        ]
        self._loose = [(mark, pattern) for mark, pattern in patterns if pattern]
        self._credit = _FIRST_CREDIT

    def earn(self, n_chars: int) -> None:
        """Allow more work for so many more characters of the file."""
        self._credit += _CREDIT_RATE * n_chars

    def end_of(self, lines: list[str], at: int, fits: Callable[[int], bool]) -> int | None:
        """Return the line behind the broken record that begins on line ``at``.

        ``fits`` says whether a line can begin what follows. None when no small slip explains the
        record.
        """
        text = ""
        for n_lines, n_chars in _WINDOWS:
            if not self._loose or self._credit < 0:
                return None
            near, text = text, self._window(lines, at, n_lines, n_chars)
            if text == near:
                return None
            seen = set[int]()
            for span in self._spans(text):
                if span not in seen and fits(at + span):
                    return at + span
                seen.add(span)
        return None

    def end_of_last_cell(
        self, lines: list[str], at: int, end: int, fits: Callable[[int], bool]
    ) -> int | None:
        """Return the line behind a record whose last cell goes on behind line ``end``.

        The record on the lines from ``at`` to ``end`` seems whole, but the quote that opens its
        last cell is missing, or one too many closed it.
        """
        if self._credit < 0:
            return None
        text = self._window(lines, at, *_WINDOWS[-1])
        n_chars = sum(map(len, lines[at:end]))
        head = text[:n_chars].rstrip("\r\n")
        tail = text[len(head) :]
        quote = self._dialect.quote
        if not quote:
            return None
        cut = head.rfind(self._dialect.delimiter) + 1
        is_closed = head.endswith(quote)
        mended = head[:-1] + tail if is_closed else head[:cut] + quote + head[cut:] + tail
        n_lines = self._n_lines_of_first(mended)
        return at + n_lines if n_lines and fits(at + n_lines) else None

    def _n_lines_of_first(self, text: str) -> int:
        """Return how many lines the first record has; 0 when it is broken or has another width."""
        source = io.StringIO(text, newline=self._dialect.newline)
        reader = csv_reader(source, self._dialect)
        try:
            cells = next(iter(reader), [])
        except csv.Error:
            return 0
        finally:
            self._credit -= source.tell() + len(text) // 16
        return reader.line_num if len(cells) == self._width else 0

    def _window(self, lines: list[str], at: int, n_lines: int, n_chars: int) -> str:
        """Return the whole lines from ``at`` on, up to so many and so much text."""
        taken, size = [], 0
        for line in lines[at : at + n_lines]:
            size += len(line)
            if size > n_chars:
                break
            taken.append(line)
        self._credit -= size + 20 * len(taken)
        return "".join(taken)

    def _spans(self, text: str) -> Iterator[int]:
        """Yield how many lines the record has under each slip that explains it."""
        for delimiter, pattern in self._loose[:1]:
            if n_lines := self._read_loosely(text, delimiter, pattern):
                yield n_lines
        quote = self._dialect.quote or ""
        for mended in self._slips(text, quote):
            if self._credit < 0:
                break
            if n_lines := self._n_lines_of_first(mended):
                yield n_lines
        for delimiter, pattern in self._loose[1:]:
            if n_lines := self._read_loosely(text, delimiter, pattern):
                yield n_lines

    def _read_loosely(self, text: str, delimiter: str, pattern: re.Pattern[str]) -> int:
        """Return the lines of a record whose inner quotes are not doubled, 0 when it is none."""
        position = n_cells = 0
        while n_cells < self._width:
            self._credit -= len(text) - position
            found = pattern.match(text, position)
            if found is None or self._credit < 0:
                return 0
            n_cells, position = n_cells + 1, found.end()
            if found[1] != delimiter:
                is_whole = n_cells == self._width and found[1]
                return _n_lines(text[:position], self._dialect.newline) if is_whole else 0
        return 0

    def _slips(self, text: str, quote: str) -> Iterator[str]:
        """Yield the text with one quote fewer, then with one more where cells begin or end."""
        places = [found.start() for found in re.finditer(re.escape(quote), text)]
        for place in places[:_MAX_SLIPS]:
            yield text[:place] + text[place + 1 :]
        delimiter = re.escape(self._dialect.delimiter)
        borders = re.finditer(rf"(?<={delimiter})|(?={delimiter})|(?=\r?\n)", text)
        for n, border in enumerate(borders):
            if n == 2 * _MAX_SLIPS:
                return
            yield text[: border.start()] + quote + text[border.start() :]


def _n_lines(text: str, newline: str) -> int:
    return text.count("\n") if newline else len(io.StringIO(text, newline="").readlines())
