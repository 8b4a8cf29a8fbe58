"""Choose the delimiter and the quote of a table by trying them on its beginning.

The standard library's Sniffer takes letters for delimiters and needs half a minute for 64 KB of
quotes. This scorer tries a few candidates and measures what a person would look at: do the rows
have the same number of cells, do the cells of a column agree in kind, are quotes where they belong,
and (only to break ties) does the first row speak of what we know.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from jobscore.imports.reading.strict import DELIMITERS, Dialect, csv_reader, from_line

#: How much text is judged.
SAMPLE_CHARS = 128 * 1024
_MAX_ROWS = 400
SEP_LINE = re.compile(r'"?sep=(.)"?\s*$', re.IGNORECASE)
_PLAIN_NUMBER = re.compile(
    r"\s*[-+(]?\s*[$€£¥￥]?\s*[-+]?(?:\d{1,3}(?:[,.' ]\d{3})+|\d+)?(?:[.,]\d+)?(?:[eE][-+]?\d+)?"
    r"\s*(?:[%円€)]|[kKmM]\b)?\s*"
)
_DATE = re.compile(
    r"\s*\d{1,4}[-/.年]\s?(?:\d{1,2}|[A-Za-z]{3})(?:[-/.月]\s?\d{1,4}日?)?"
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2})?\S*)?\s*|\s*\d{1,2}:\d{2}(?::\d{2})?\s*"
)
_ADDRESS = re.compile(r"\s*(?:https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+)\s*")


class CellKind:
    """Kinds of cell content, as far as a reader of raw text can tell."""

    EMPTY = "empty"
    NUMBER = "number"
    DATE = "date"
    ADDRESS = "address"
    TEXT = "text"


def cell_kind(cell: str) -> str:
    """Return what a raw cell looks like. Never used to change it."""
    if not cell or cell.isspace():
        return CellKind.EMPTY
    if len(cell) > 200:
        return CellKind.TEXT
    if _PLAIN_NUMBER.fullmatch(cell) and any(map(str.isdigit, cell)):
        return CellKind.NUMBER
    if _DATE.fullmatch(cell):
        return CellKind.DATE
    if _ADDRESS.fullmatch(cell):
        return CellKind.ADDRESS
    return CellKind.TEXT


@dataclass(frozen=True, slots=True)
class Placed:
    """A record of the sample with the physical lines (from 1) it covers, the end excluded."""

    line: int
    next_line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Trial:
    """What one dialect makes of the sample."""

    dialect: Dialect
    width: int
    score: float


def detect(
    text: str,
    is_known_header: Callable[[str], bool] = lambda cell: False,
    fixed: Dialect | None = None,
) -> tuple[Dialect, int]:
    """Return the dialect of a table that begins with ``text``, and its usual width.

    ``fixed`` is a dialect somebody chose: only its line ends are still to be found.

    ``is_known_header`` says whether a cell names a field we know; it only breaks ties.
    """
    newline = newline_of(text)
    lines = complete_lines(text, newline)
    base = Dialect(newline=newline)
    if fixed is not None:
        trial = _try(replace(fixed, newline=newline), lines, is_known_header)
        return trial.dialect, trial.width
    if lines and (declared := SEP_LINE.match(lines[0])):
        candidates = [replace(base, delimiter=declared[1])]
        lines = lines[1:]
    else:
        candidates = [replace(base, delimiter=delimiter) for delimiter in DELIMITERS]
    joined = "".join(lines)
    trials = [
        _try(variant, lines, is_known_header)
        for candidate in candidates
        for variant in _quote_variants(candidate, joined)
    ]
    best = max(trials, key=lambda trial: trial.score)
    return best.dialect, best.width


def newline_of(text: str) -> str:
    """Return the line end of a text: "" (universal) when lone CRs outnumber LFs, else LF."""
    n_lf = text.count("\n")
    return "" if text.count("\r") - text.count("\r\n") > n_lf else "\n"


def complete_lines(text: str, newline: str) -> list[str]:
    """Return the physical lines of the sample without a last one that may be cut."""
    ends = "\n" if newline else "\r"
    pieces = text.split(ends)
    lines = [piece + ends for piece in pieces[:-1]]
    if pieces[-1] and (len(text) < SAMPLE_CHARS or not lines):
        lines.append(pieces[-1])
    return lines


def _quote_variants(base: Dialect, text: str) -> list[Dialect]:
    """Return the dialects with this delimiter that the text gives any reason to try."""
    delimiter = re.escape(base.delimiter)
    variants = [base]
    if '"' in text:
        if re.search(rf'{delimiter} +"', text) and len(re.findall(rf'{delimiter} +"', text)) > len(
            re.findall(rf'{delimiter}"', text)
        ):
            variants.append(replace(base, skip_spaces=True))
        if '\\"' in text:
            variants.append(replace(base, escape="\\"))
        if _quotes_are_text(delimiter, text):
            variants.append(replace(base, quote=None))
    if "'" in text and re.search(rf"(?:^|{delimiter})'[^'\n]*'(?:{delimiter}|\r?$)", text, re.M):
        variants.append(replace(base, quote="'"))
    return variants


def _quotes_are_text(delimiter: str, text: str) -> bool:
    """Say whether most cells that begin with a quote do not end with one."""
    n_open = len(re.findall(rf'(?:^|{delimiter})"', text, re.M))
    n_closed = len(
        re.findall(rf'(?:^|{delimiter})"[^"]*+(?>(?:""[^"]*+)*)"(?={delimiter}|\r?$)', text, re.M)
    )
    return n_open - n_closed >= 3 and n_open > 2 * n_closed


def _try(dialect: Dialect, lines: list[str], is_known_header: Callable[[str], bool]) -> Trial:
    placed, n_errors = sample_records(dialect, lines)
    rows = [record.cells for record in placed]
    widths = Counter(len(row) for row in rows)
    if not widths:
        return Trial(dialect, 1, -1.0)
    width = max(widths, key=lambda n: (widths[n] * (1 if n == 1 else 1.5), n))
    usual = [row for row in rows if len(row) == width]
    consistency = len(usual) / (len(rows) + n_errors)
    score = consistency**2 * _agreement(usual, dialect) * _breadth(width)
    if dialect.quote is None:
        score *= 0.9
    elif dialect.quote == "'" or dialect.escape or dialect.skip_spaces:
        score *= 0.97
    known = max(
        (sum(map(is_known_header, row)) for row in rows[:5] if len(row) == width), default=0
    )
    score *= 1 + 0.05 * min(known, 4)
    return Trial(dialect, width, score)


def _breadth(width: int) -> float:
    """Prefer several columns to one: a delimiter that never occurs is always consistent."""
    return 0.25 if width == 1 else 1 - 0.5 / width


def sample_records(dialect: Dialect, lines: list[str], offset: int = 0) -> tuple[list[Placed], int]:
    """Read at most some hundred records that are not blank.

    A broken one is counted and costs its first line. Lines are counted from 1; the first
    ``offset`` of them are passed over.
    """
    rows: list[Placed] = []
    at, n_errors = offset, 0
    while at < len(lines) and len(rows) + n_errors < _MAX_ROWS:
        reader = csv_reader(from_line(lines, at), dialect)
        done = 0
        try:
            for row in reader:
                begin, done = done, reader.line_num
                if any(map(str.strip, row)):
                    rows.append(Placed(at + begin + 1, at + done + 1, row))
                if len(rows) + n_errors >= _MAX_ROWS:
                    break
            at = len(lines)
        except csv.Error:
            if at + reader.line_num >= len(lines) and rows and at + done + 50 < len(lines):
                n_errors += 5  # a quote that swallows all the rest is bad evidence
            n_errors += 1
            at += done + 1
    return rows, n_errors


def _agreement(rows: list[list[str]], dialect: Dialect) -> float:
    """Return how well cells look like values and columns agree in kind, from 0 to 1."""
    others = [mark for mark in DELIMITERS if mark != dialect.delimiter]
    total = good = 0.0
    for row in rows[:200]:
        for cell in row[:60]:
            total += 1
            good += _likeness(cell, dialect, others)
    return good / total if total else 0.0


def _likeness(cell: str, dialect: Dialect, others: list[str]) -> float:
    kind = cell_kind(cell)
    if kind == CellKind.EMPTY:
        return 0.7
    if kind != CellKind.TEXT:
        return 1.0
    bare = cell.strip()
    if bare[0] in "\"'" or bare[-1] == '"':
        # Quotes that were not taken for quotes.
        return 0.1 if dialect.quote != bare[0] else 0.4
    n_others = sum(min(cell.count(mark), 3) for mark in others)
    if len(cell) > 80:
        return 0.75
    return max(0.3, 0.85 - 0.15 * n_others)
