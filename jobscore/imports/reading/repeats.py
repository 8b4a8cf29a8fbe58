"""Tell the records of a table from lines that head it once more.

Files put together from several carry the header again, often below a title and a blank line. Such
lines are no records: they are named, and not imported.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from jobscore.imports.reading.problems import RowError, RowProblem
from jobscore.imports.reading.strict import Row

#: Title lines that are held back until the record behind them shows what they are.
_MAX_HELD = 20


class HeaderWatch:
    """Sift what repeats the header out of a stream of records.

    ``heading`` holds the raw records of the header; it is empty when the columns have no names,
    and then nothing is sifted. ``held`` are title lines whose meaning the next record decides.
    """

    def __init__(self, heading: Sequence[list[str]], delimiter: str) -> None:
        self.held: list[Row] = []
        self._delimiter = delimiter
        self._heading = [_folded(cells) for cells in heading if len(cells) > 1]
        first = heading[0] if self._heading else []
        self._column = next((n for n, cell in enumerate(first) if cell.strip()), 0)
        self._name = first[self._column] if first else ""
        self._key = _folded([self._name])[0]
        self._initial = self._key[:1]
        #: Records of a repeated header of several records that are still to come.
        self._expected: list[list[str]] = []

    def needs_care(self, text: str, rows: list[list[str]]) -> bool:
        """Say whether the rows of a block may hold anything that is to be sifted out."""
        if not self._name:
            return False
        if rows and _is_title(rows[-1]):
            return True
        # A search in the text is a hundred times cheaper than a look at each row.
        if f"{self._name}" not in text:
            return False
        column, name = self._column, self._name
        return any(len(row) > column and row[column] == name for row in rows)

    def sift(self, records: Iterable[Row | RowError]) -> Iterator[Row | RowError]:
        """Yield the records with an error in place of each line that is none."""
        for record in records:
            if isinstance(record, RowError) or not self._name:
                yield from self.flush()
                yield record
                continue
            if not (self.held or self._expected or self._may_matter(record.cells)):
                yield record
                continue
            folded = _folded(record.cells)
            if self._repeats(folded):
                yield from self._errors([*self.held, record])
                self.held = []
            elif _is_title(record.cells):
                if len(self.held) == _MAX_HELD:
                    yield self.held.pop(0)
                self.held.append(record)
            elif self.held and folded[self._column] == self._heading[0][self._column]:
                # The header of another part of the file, with other columns.
                yield from self._errors(self.held)
                self.held = []
                yield record
            else:
                yield from self.flush()
                yield record

    def _may_matter(self, cells: list[str]) -> bool:
        """Say, quickly, whether a record may be a title or the header."""
        if not any(cells[1:]):
            return True
        head = cells[self._column] if self._column < len(cells) else ""
        return head[:1].casefold() == self._initial and _folded([head])[0] == self._key

    def flush(self) -> Iterator[Row]:
        """Yield the title lines that were held back: they were records after all."""
        held, self.held = self.held, []
        yield from held

    def _repeats(self, folded: list[str]) -> bool:
        if folded == self._heading[0]:
            self._expected = self._heading[1:]
            return True
        if self._expected and folded == self._expected[0]:
            self._expected = self._expected[1:]
            return True
        self._expected = []
        return False

    def _errors(self, rows: list[Row]) -> Iterator[RowError]:
        for row in rows:
            out = io.StringIO(newline="")
            csv.writer(out, delimiter=self._delimiter).writerow(row.cells)
            yield RowError(row.line, RowProblem.NOT_DATA, {}, row.line, out.getvalue())


def _folded(cells: list[str]) -> list[str]:
    return ["".join(cell.split()).casefold() for cell in cells]


def _is_title(cells: list[str]) -> bool:
    """Say whether only the first cell holds anything, as in a line that heads a part."""
    return len(cells) > 1 and bool(cells[0].strip()) and not any(map(str.strip, cells[1:]))
