"""Find the first row of a table: what stands above it, and whether it names the columns."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from jobscore.imports.reading.dialect import CellKind, Placed, cell_kind

_SAMPLE_ROWS = 200


@dataclass(frozen=True, slots=True)
class Heading:
    """Where the table begins. ``header`` is None when the columns have no names."""

    header: list[str] | None
    header_line: int
    data_line: int
    width: int
    #: The records of the header as they stand in the file; none when there is no header.
    records: tuple[list[str], ...] = ()


def find(records: list[Placed], width: int, is_known_header: Callable[[str], bool]) -> Heading:
    """Return where the table begins among the first ``records`` of a file.

    The header is the first row with most of the usual cells; what stands above it is a title or
    notes. Whether that row names columns or is data already is told by its cells: a known name
    as a whole cell, or a text above a column of numbers and dates.
    """
    usual = [record for record in records if len(record.cells) == width]
    if not usual:
        return Heading(None, 1, 1, width)
    counts = [_n_filled(record.cells) for record in usual[:_SAMPLE_ROWS]]
    enough = max(min(2, width), 0.5 * median(counts))
    top = next((r for r in usual if _n_filled(r.cells) >= enough), usual[0])
    below = _below(usual, top)
    if names_columns(top.cells, below, is_known_header):
        second = _second_row(records, top, is_known_header)
        if second is not None:
            names = _joined(top.cells, second.cells)
            raw = (top.cells, second.cells)
            return Heading(names, top.line, second.next_line, width, raw)
        return Heading(top.cells, top.line, top.next_line, width, (top.cells,))
    other = _header_of_other_width(records, top, width, enough)
    if other is not None and names_columns(other.cells, [top.cells, *below], is_known_header):
        return Heading(other.cells, other.line, other.next_line, width, (other.cells,))
    return Heading(None, top.line, top.line, width)


def _below(usual: list[Placed], top: Placed) -> list[list[str]]:
    """Return the rows under ``top`` that are judged beside it.

    A row under a title line (only its first cell is filled) that begins as ``top`` does heads
    another part of the file: it says nothing of the columns.
    """
    rows: list[list[str]] = []
    is_under_title = False
    for record in usual:
        if record.line > top.line and not (is_under_title and record.cells[0] == top.cells[0]):
            rows.append(record.cells)
        is_under_title = bool(record.cells[0].strip()) and not any(map(str.strip, record.cells[1:]))
    return rows[:_SAMPLE_ROWS]


def names_columns(
    row: list[str], below: list[list[str]], is_known_header: Callable[[str], bool]
) -> bool:
    """Say whether ``row`` names the columns whose cells are in ``below``."""
    known = sum(map(is_known_header, row))
    if known >= 2 or (known and len(row) <= 2):
        return True
    kinds = [cell_kind(cell) for cell in row]
    for_header = against = 0
    for column, kind in enumerate(kinds):
        common = _common_kind([cells[column] for cells in below if column < len(cells)])
        if common in (CellKind.NUMBER, CellKind.DATE, CellKind.ADDRESS):
            for_header += kind == CellKind.TEXT
            against += kind == common
    if for_header or against:
        return for_header > against
    if any(kind in (CellKind.NUMBER, CellKind.ADDRESS) for kind in kinds) and not known:
        return False
    return _looks_like_names(row, below)


def _looks_like_names(row: list[str], below: list[list[str]]) -> bool:
    """Judge a row of text above columns of text: names are short, distinct and never repeated."""
    filled = [cell.strip() for cell in row if cell.strip()]
    if len(set(filled)) < len(filled) or not filled:
        return False
    if max(map(len, filled)) > 60:
        return False
    return not any(
        cell.strip() and cell == under
        for other in below
        for cell, under in zip(row, other, strict=False)
    )


def _second_row(
    records: list[Placed], top: Placed, is_known_header: Callable[[str], bool]
) -> Placed | None:
    """Return the second row of a header whose first row has cells that span columns.

    A spreadsheet's merged cell is a name with blanks to its right; the row below fills the blanks.
    """
    second = next((record for record in records if record.line >= top.next_line), None)
    if second is None or len(second.cells) != len(top.cells):
        return None
    filled = [
        bool(below.strip())
        for name, below in zip(top.cells[1:], second.cells[1:], strict=True)
        if not name.strip()
    ]
    below = [r.cells for r in records if r.line > second.line and len(r.cells) == len(top.cells)]
    if not filled or not all(filled) or not below:
        return None
    kinds = {cell_kind(cell) for cell in second.cells} - {CellKind.EMPTY}
    is_named = names_columns(second.cells, below[:_SAMPLE_ROWS], is_known_header)
    return second if kinds == {CellKind.TEXT} and is_named else None


def _joined(first: list[str], second: list[str]) -> list[str]:
    """Join the two rows of a header; a blank in the first continues the name to its left."""
    names: list[str] = []
    span = ""
    for name, below in zip(first, second, strict=True):
        span = name.strip() or span
        names.append(f"{span} {below.strip()}" if below.strip() else name)
    return names


def _header_of_other_width(
    records: list[Placed], top: Placed, width: int, enough: float
) -> Placed | None:
    """Return the record right above ``top`` when it may name its columns in spite of its width.

    Programs write a header without a name for the row labels, or with names for columns that no
    row has.
    """
    above = [record for record in records if record.line < top.line]
    if not above:
        return None
    record = above[-1]
    n_cells = len(record.cells)
    near = 1 < n_cells != width and abs(n_cells - width) <= max(2, width // 4)
    return record if near and _n_filled(record.cells) >= max(2.0, enough) else None


def _n_filled(cells: list[str]) -> int:
    return sum(1 for cell in cells if cell and not cell.isspace())


def _common_kind(cells: list[str]) -> str | None:
    """Return the kind that at least four fifths of the filled cells share."""
    kinds = [kind for kind in map(cell_kind, cells) if kind != CellKind.EMPTY]
    if not kinds:
        return None
    best = max(set(kinds), key=kinds.count)
    return best if kinds.count(best) >= 0.8 * len(kinds) else None
