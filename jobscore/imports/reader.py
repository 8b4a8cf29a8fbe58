"""Open a file as a table: the one door to everything under ``reading``.

``open_table`` looks at the beginning of a file and says what it understood (encoding, delimiter,
header, skipped lines); ``Table.records`` then streams the whole of it as ``Row`` and ``RowError``
in file order, in bounded memory. Cells stay as they stand in the file: no type is inferred and no
row is padded or shifted.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from jobscore.imports.columns import is_known_header
from jobscore.imports.reading import blocks, magic, workbook
from jobscore.imports.reading import dialect as dialects
from jobscore.imports.reading import header as headers
from jobscore.imports.reading.encoding import Encoding, detect
from jobscore.imports.reading.problems import (
    FileProblem,
    FileRefusedError,
    RowError,
    RowProblem,
)
from jobscore.imports.reading.profile import Profile
from jobscore.imports.reading.records import RecordReader
from jobscore.imports.reading.strict import MAX_COLUMNS, Dialect, Row

__all__ = [
    "Dialect",
    "FileProblem",
    "FileRefusedError",
    "ReadOptions",
    "Row",
    "RowError",
    "RowProblem",
    "Table",
    "open_table",
]

#: A skipped line is shown up to this length.
_SHOWN_CHARS = 200


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person decided about a file; None leaves a point to the reader.

    ``header_line`` is the physical line (from 1) of the header, 0 says that there is none.
    ``quote`` counts where the delimiter is decided too; empty: quotes are ordinary characters.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header_line: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file understood as a table. ``header`` is None when its columns have no names.

    ``skipped`` holds the lines above the table (number, text), which are shown and never read.
    ``kind`` is "csv" or "xlsx".
    """

    path: Path
    kind: str
    encoding: Encoding
    dialect: Dialect
    header: list[str] | None
    header_line: int
    data_line: int
    width: int
    skipped: list[tuple[int, str]] = field(default_factory=list)
    #: The records of the header as they stand in the file.
    heading: tuple[list[str], ...] = ()
    profile: Profile | None = None
    #: Cells hold single quotes by habit (inches), so that one is no sign of damage.
    quotes_are_text: bool = False
    #: The sheet that is read of a workbook, and how many it has.
    sheet: str = ""
    n_sheets: int = 0

    def records(self) -> Iterator[Row | RowError]:
        """Yield every record below the header, good and bad, in file order.

        Records without any content are passed over.
        """
        return chain.from_iterable(self._batches())

    def _batches(self) -> Iterator[Iterable[Row | RowError]]:
        if self.kind == "xlsx":
            yield self._sheet_rows()
            return
        newline = self.dialect.newline
        with _open_text(self.path, self.encoding) as stream:
            texts = blocks.from_line(blocks.text_blocks(stream, newline), self.data_line, newline)
            yield from RecordReader(
                texts,
                self.dialect,
                self.width,
                self.data_line,
                heading=self.heading,
                profile=self.profile,
                quotes_are_text=self.quotes_are_text,
            ).batches()

    def _sheet_rows(self) -> Iterator[Row | RowError]:
        for line, cells in enumerate(workbook.rows(self.path), 1):
            if line >= self.data_line and any(cells):
                if len(cells) == self.width:
                    yield Row(line, cells)
                else:
                    params: dict[str, int | str] = {"found": len(cells), "expected": self.width}
                    yield RowError(line, RowProblem.WIDTH, params, line, "\t".join(cells))


def open_table(
    path: Path,
    options: ReadOptions | None = None,
    known_header: Callable[[str], bool] = is_known_header,
) -> Table:
    """Understand the beginning of a file.

    :raises FileRefusedError: when the file is no table: a zip, a PDF, an image, …
    """
    options = options or ReadOptions()
    with path.open("rb") as stream:
        head = stream.read(8192)
        if magic.is_zip(head):
            return _open_workbook(path, options, known_header)
        if problem := magic.refusal(head):
            raise FileRefusedError(problem)
        encoding = _chosen_encoding(options) or detect(stream)
        if not encoding.is_wide and magic.is_binary(head):
            raise FileRefusedError(FileProblem.NOT_TEXT)
    with _open_text(path, encoding) as text_stream:
        sample = text_stream.read(dialects.SAMPLE_CHARS)
    dialect, width = dialects.detect(sample, known_header, fixed=_fixed_dialect(options))
    lines = dialects.complete_lines(sample, dialect.newline)
    offset = 1 if lines and dialects.SEP_LINE.match(lines[0]) else 0
    placed, _ = dialects.sample_records(dialect, lines, offset)
    heading = _heading(placed, width, options, known_header)
    if heading.width > MAX_COLUMNS:
        raise FileRefusedError(
            FileProblem.TOO_MANY_COLUMNS, found=heading.width, allowed=MAX_COLUMNS
        )
    above = heading.header_line - 1
    skipped = [
        (number, line.strip()[:_SHOWN_CHARS])
        for number, line in enumerate(lines[:above], 1)
        if line.strip(f" \r\n{dialect.delimiter}")
    ]
    return Table(
        path,
        "csv",
        encoding,
        dialect,
        heading.header,
        heading.header_line,
        max(heading.data_line, offset + 1),
        heading.width,
        skipped,
        heading.records,
        Profile.of([r.cells for r in placed if r.line >= heading.data_line], heading.width),
        _quotes_are_text(dialect, lines, placed, heading),
    )


def _heading(
    placed: list[dialects.Placed],
    width: int,
    options: ReadOptions,
    known_header: Callable[[str], bool],
) -> headers.Heading:
    if options.header_line is None:
        return headers.find(placed, width, known_header)
    if options.header_line == 0:
        first = next((record.line for record in placed if len(record.cells) == width), 1)
        return headers.Heading(None, first, first, width)
    for record in placed:
        if record.line >= options.header_line:
            cells = record.cells
            return headers.Heading(cells, record.line, record.next_line, len(cells), (cells,))
    return headers.find(placed, width, known_header)


def _quotes_are_text(
    dialect: Dialect,
    lines: list[str],
    placed: list[dialects.Placed],
    heading: headers.Heading,
) -> bool:
    """Say whether quotes without a partner are usual in the records of the sample."""
    if dialect.quote is None:
        return True
    usual = [r for r in placed if r.line >= heading.data_line and len(r.cells) == heading.width]
    n_odd = sum(
        "".join(lines[r.line - 1 : r.next_line - 1]).count(dialect.quote) % 2 for r in usual
    )
    return n_odd >= max(3, 0.02 * len(usual))


def _chosen_encoding(options: ReadOptions) -> Encoding | None:
    if options.encoding is None:
        return None
    try:
        "".encode(options.encoding)
    except LookupError:
        raise FileRefusedError(FileProblem.UNKNOWN_ENCODING, encoding=options.encoding) from None
    return Encoding(options.encoding, 1.0)


def _fixed_dialect(options: ReadOptions) -> Dialect | None:
    if options.delimiter is None:
        return None
    quote = '"' if options.quote is None else options.quote or None
    return Dialect(options.delimiter, quote)


def _open_workbook(path: Path, options: ReadOptions, known_header: Callable[[str], bool]) -> Table:
    if not workbook.is_workbook(path):
        raise FileRefusedError(FileProblem.ZIP)
    sheet, n_sheets = workbook.sheet_of(path)
    top = [
        dialects.Placed(line, line + 1, cells)
        for line, cells in enumerate(islice(workbook.rows(path), 400), 1)
    ]
    width = max((len(record.cells) for record in top), default=1)
    heading = _heading(top, width, options, known_header)
    if width > MAX_COLUMNS:
        raise FileRefusedError(FileProblem.TOO_MANY_COLUMNS, found=width, allowed=MAX_COLUMNS)
    skipped = [
        (record.line, " ".join(filter(None, record.cells))[:_SHOWN_CHARS])
        for record in top
        if record.line < heading.header_line and any(record.cells)
    ]
    return Table(
        path,
        "xlsx",
        Encoding("utf-8", 1.0),
        Dialect(),
        heading.header,
        heading.header_line,
        heading.data_line,
        width,
        skipped,
        sheet=sheet,
        n_sheets=n_sheets,
    )


def _open_text(path: Path, encoding: Encoding, newline: str = "") -> TextIO:
    return path.open(encoding=encoding.name, errors=encoding.errors, newline=newline)
