"""Know a usual record of a table, so that a line of prose is not taken for one."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobscore.imports.reading.dialect import CellKind, cell_kind

#: With fewer records than this nothing is usual.
_MIN_ROWS = 5
_MAX_ROWS = 200
_TELLING = frozenset({CellKind.NUMBER, CellKind.DATE, CellKind.ADDRESS, CellKind.EMPTY})


@dataclass(frozen=True, slots=True)
class Profile:
    """What the first records of a table have in common, column by column.

    ``kinds`` are the kinds of content seen, ``longest`` the greatest lengths in characters; both
    are empty when too few records were seen, and then everything is usual.
    """

    kinds: list[frozenset[str]]
    longest: list[int]

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]], width: int) -> "Profile":
        """Describe those of the rows that have ``width`` cells."""
        usual = [row for row in rows if len(row) == width][:_MAX_ROWS]
        if len(usual) < _MIN_ROWS:
            return cls([], [])
        columns = list(zip(*usual, strict=True))
        return cls(
            [frozenset(map(cell_kind, column)) for column in columns],
            [max(map(len, column)) for column in columns],
        )

    def agrees(self, row: Sequence[str]) -> bool:
        """Say whether a row may well be a record of this table."""
        n_telling = n_matching = n_blank = 0
        for cell, seen, longest in zip(row, self.kinds, self.longest, strict=False):
            if len(cell) > 3 * longest + 40:
                return False
            kind = cell_kind(cell)
            n_blank += kind == CellKind.EMPTY and kind not in seen
            if seen <= _TELLING and seen != {CellKind.EMPTY}:
                n_telling += 1
                n_matching += kind in seen
        return n_blank <= 1 and 2 * n_matching >= n_telling

    def can_begin(self, cell: str) -> bool:
        """Say whether a text may well be the first cell of a record of this table."""
        if not self.kinds:
            return True
        kind, seen = cell_kind(cell), self.kinds[0]
        if len(cell) > 3 * self.longest[0] + 40:
            return False
        return kind in seen or not (seen <= _TELLING)
