"""Guard cells against being run as formulas by a spreadsheet, and undo exactly that guard.

A cell that begins with ``= + - @``, a tab or a line break gets an apostrophe in front. A cell
that already has apostrophes before such a character gets one more, so that ``unguard`` returns
every guarded cell to what it was.
"""

import re

_RISKY = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def guard(cell: str) -> str:
    """Return the cell as it may stand in an exported file."""
    return f"'{cell}" if _RISKY.match(cell) else cell


def unguard(cell: str) -> str:
    """Return what ``guard`` was given."""
    return cell[1:] if cell[:1] == "'" and _RISKY.match(cell) else cell
