"""Guess which column of a file holds which field.

A header is compared whole with the names of each field, so that ``salary`` in ``salary note`` is
no match: a wrong guess costs more than none. Run as a module with ``--batch`` it answers one JSON
line for each JSON line ``{"header": [...]}``.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from jobscore.imports.columns import BY_FIELD, field_named

#: From this score on a guess is preselected; below it is only offered.
SURE = 0.6


@dataclass(frozen=True, slots=True)
class Guess:
    """The column (from 0) that seems to hold a field; ``score`` from 0 to 1."""

    field: str
    column: int
    score: float


def guess(header: Sequence[str]) -> dict[str, Guess]:
    """Return the best column for each field that a header names: no column twice.

    When two columns name the same field the surer wins, then the first.
    """
    best: dict[str, Guess] = {}
    for column, cell in enumerate(header):
        named = field_named(cell)
        if named is None:
            continue
        field, score = named
        if field not in best or score > best[field].score:
            best[field] = Guess(field, column, score)
    return best


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Return field -> column for the guesses that are sure enough to be preselected."""
    return {
        field: found.column for field, found in guess(header).items() if found.score >= SURE * 0.9
    }


def main() -> None:
    """Answer each line of standard input with one line on standard output.

    The protocol knows the fields marked ``in_protocol``.
    """
    for line in sys.stdin:
        header = [str(cell) for cell in json.loads(line).get("header") or []]
        found = columns_of(header)
        known = {field: n for field, n in found.items() if BY_FIELD[field].in_protocol}
        print(json.dumps(known, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
