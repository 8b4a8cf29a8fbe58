"""The rejected rows of a run as a form: each cell a field, judged again as the importer would."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext

from jobscore import clock, config
from jobscore.imports import messages
from jobscore.imports.drafting import Drafter, Severity
from jobscore.imports.models import ImportAttempt, ImportMessage
from jobscore.imports.pages.run import column_name
from jobscore.imports.reader import RowProblem

#: More rows than this are mended in a spreadsheet.
MOST_ROWS = 25
#: More cells than this make no form that anybody would fill in.
MOST_CELLS = 1_000
_LONG_CHARS = 60
_TORN = frozenset(problem.value for problem in RowProblem)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as a field of the form."""

    name: str
    label: str
    value: str
    is_long: bool
    is_used: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class TornRow:
    """One rejected row: why it was, its cells, whether the reader leaves it out."""

    line: int
    reason: str
    hint: str
    cells: list[Cell]
    is_left_out: bool = False
    error: str = ""
    #: Its cells could not be told apart for sure: somebody has to look at them.
    is_torn: bool = False
    is_right: bool = False

    @property
    def anchor(self) -> str:
        """Return the id of its box on the page."""
        return f"row-{self.line}"

    @property
    def used(self) -> list[Cell]:
        """Return the cells whose columns are imported."""
        return [cell for cell in self.cells if cell.is_used]

    @property
    def unused(self) -> list[Cell]:
        """Return the other cells."""
        return [cell for cell in self.cells if not cell.is_used]


@dataclass(slots=True)
class Mended:
    """A form that was sent: its rows, and the rows that would be imported."""

    rows: list[TornRow] = field(default_factory=list)
    good: list[list[str]] = field(default_factory=list)
    n_wrong: int = 0


def can_mend(attempt: ImportAttempt, width: int) -> bool:
    """Tell whether the rejected rows are few enough for a form."""
    n = attempt.rejected_rows
    return 0 < n <= MOST_ROWS and width > 0 and n * width <= MOST_CELLS


def torn_rows(
    rejected: Sequence[ImportMessage], header: Sequence[str], mapping: Mapping[str, int]
) -> list[TornRow]:
    """Return rejected rows as fields, each with the reason that it was given."""
    rows = []
    for message in rejected:
        values = fitted(message.cells or [], len(header))
        reason = messages.sentence(message.code, message.params)
        errors: dict[int | None, str] = {}
        if message.column is not None:
            errors[message.column] = reason
        rows.append(
            TornRow(
                message.line,
                reason,
                messages.hint(message.code),
                _cells(message.line, values, header, mapping, errors),
                is_torn=is_torn(message),
            )
        )
    return rows


def is_torn(message: ImportMessage) -> bool:
    """Tell whether a row was rejected because its cells could not be told apart for sure."""
    return message.code in _TORN


def fitted(cells: Sequence[str], width: int) -> list[str]:
    """Return a row of the header's width: what is too much is joined to the last cell."""
    if len(cells) > width > 0:
        return [*cells[: width - 1], " ".join(cells[width - 1 :])]
    return [*cells, *[""] * (width - len(cells))]


def judge(
    rejected: Sequence[ImportMessage],
    header: Sequence[str],
    mapping: dict[str, int],
    sent: Mapping[str, str],
) -> Mended:
    """Judge the rows of a form as the importer would; warnings do not stand in the way."""
    drafter = Drafter(mapping, header, clock.today(config.current().timezone))
    mended = Mended()
    for message in rejected:
        line = message.line
        values = [
            sent.get(_name(line, index), "").replace("\r\n", "\n") for index in range(len(header))
        ]
        is_left_out, is_right = f"skip-{line}" in sent, f"right-{line}" in sent
        wrong: dict[int | None, str] = {}
        if not is_left_out:
            wrong = _wrong(drafter, line, values)
            if not wrong and is_torn(message) and not is_right and _is_as_it_was(message, values):
                wrong[None] = gettext(
                    "Look at these cells: move each to its column, or say that they are right."
                )
            if not wrong:
                mended.good.append(values)
            mended.n_wrong += bool(wrong)
        mended.rows.append(
            TornRow(
                line,
                messages.sentence(message.code, message.params),
                messages.hint(message.code),
                _cells(line, values, header, mapping, wrong),
                is_left_out,
                wrong.get(None, ""),
                is_torn(message),
                is_right,
            )
        )
    return mended


def _wrong(drafter: Drafter, line: int, values: list[str]) -> dict[int | None, str]:
    """Return why a row cannot be imported, by column; None: the whole row."""
    _, said = drafter.draft(line, values)
    return {
        one.column: messages.sentence(one.code, one.params)
        for one in said
        if one.severity is Severity.ERROR
    }


def _is_as_it_was(message: ImportMessage, values: Sequence[str]) -> bool:
    before = fitted(message.cells or [], len(values))
    return [one.replace("\r\n", "\n") for one in before] == list(values)


def _cells(
    line: int,
    values: Sequence[str],
    header: Sequence[str],
    mapping: Mapping[str, Any],
    errors: Mapping[int | None, str],
) -> list[Cell]:
    used = {int(column): field_name for field_name, column in mapping.items()}
    return [
        Cell(
            _name(line, index),
            _label(index, header, used),
            value,
            len(value) > _LONG_CHARS or "\n" in value,
            index in used,
            errors.get(index, ""),
        )
        for index, value in enumerate(values)
    ]


def _label(index: int, header: Sequence[str], used: Mapping[int, str]) -> str:
    own = column_name(index, header)
    if index not in used:
        return own
    return str(
        gettext("%(field)s: column %(name)s", field=messages.field_label(used[index]), name=own)
    )


def _name(line: int, index: int) -> str:
    return f"cell-{line}-{index}"


def file_of(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return mended rows as a CSV file that our own importer reads back unchanged."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    for row in (header, *rows):
        writer.writerow(row)  # as they stood: what was guarded against formulas still is
    return out.getvalue().encode()
