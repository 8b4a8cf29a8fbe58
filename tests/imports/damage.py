"""Tables written in many ways, and rows of them damaged as files in the wild are."""

import csv
import io
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from jobscore.imports.reader import Row, RowError

WORDS = [
    "data", "team", "serve", "guests", "Tokyo", "Boston", "growth", "shift,", "weekly", "pay;",
    "remote", "work", "(full)", "and", "more", "未経験OK", "接客・販売", "週3日〜", "東京都渋谷区",
    "月給25万円", "交通費支給、昇給あり", "正社員",
]  # fmt: skip


@dataclass(slots=True)
class Written:
    """A table as text: one string a record, header first, with the truth beside it."""

    rows: list[list[str]]
    records: list[str]
    delimiter: str
    #: Positions in ``records`` that were damaged.
    damaged: dict[int, str] = field(default_factory=dict)

    def line_of(self, n: int) -> int:
        """Return the physical line (from 1) on which record ``n`` begins."""
        return 1 + sum(record.count("\n") for record in self.records[:n])


def text_of(rnd: random.Random, n_words: int, *, is_long: bool = False) -> str:
    """Return some words, over several lines and with quotes in them when ``is_long``."""
    words = rnd.choices(WORDS, k=n_words)
    if is_long:
        for n in range(3, n_words, 4):
            words[n] = rnd.choice(["\n", '"fine"', "-", "\nSkills: Python, SQL, Java\n", "5'", ""])
    return " ".join(words).strip(" ")


def write(rnd: random.Random, n_rows: int = 40) -> Written:
    """Return a table of postings in a random dialect."""
    width = rnd.choice([4, 5, 7, 9, 12])
    delimiter = rnd.choice([",", ",", ",", ";", "\t", "|"])
    quoting = rnd.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    is_long = rnd.random() < 0.6
    long_column = rnd.randrange(1, width)
    end = rnd.choice(["\n", "\r\n"])
    names = ["title", "company", "location", "salary", "description", "url", "posted", "skills",
             "job_type", "industry", "remote", "notes"]  # fmt: skip
    rows = [names[:width]]
    for n in range(n_rows):
        row = [f"Job {n}", f"Company {n}, Inc.", rnd.choice(["Boston, MA", "東京都港区"]), f"${n}0"]
        row += [text_of(rnd, rnd.randint(1, 4)) for _ in range(width)]
        row = row[:width]
        if width > 5:
            row[5] = f"https://example.com/{n}"
        if is_long:
            row[long_column] = text_of(rnd, 20, is_long=True)
        rows.append(row)
    records = []
    for row in rows:
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end).writerow(row)
        records.append(out.getvalue())
    return Written(rows, records, delimiter)


def _as_record(table: Written, row: list[str], like: str) -> str:
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if like.startswith('"Job') else csv.QUOTE_MINIMAL
    end = "\r\n" if like.endswith("\r\n") else "\n"
    csv.writer(out, delimiter=table.delimiter, lineterminator=end, quoting=quoting).writerow(row)
    return out.getvalue()


def _fewer(rnd: random.Random, table: Written, n: int) -> str:
    row = table.rows[n]
    at = rnd.randrange(1, len(row))
    merged = [*row[: at - 1], row[at - 1] + row[at], *row[at + 1 :]]
    return _as_record(table, merged, table.records[n])


def _more(rnd: random.Random, table: Written, n: int) -> str:
    row = table.rows[n]
    at = rnd.randrange(1, len(row))
    return _as_record(table, [*row[:at], "", *row[at:]], table.records[n])


def _extra_quote(rnd: random.Random, table: Written, n: int) -> str:
    record = table.records[n]
    return ('"' if not record.startswith('"') else '"x') + record


def _quote_dropped(rnd: random.Random, table: Written, n: int) -> str:
    record = table.records[n]
    places = [at for at, mark in enumerate(record) if mark == '"']
    if not places:
        return _extra_quote(rnd, table, n)
    at = rnd.choice(places)
    return record[:at] + record[at + 1 :]


def _quote_inserted(rnd: random.Random, table: Written, n: int) -> str:
    record = table.records[n]
    at = rnd.randrange(0, len(record.rstrip("\r\n")))
    return record[:at] + '"' + record[at:]


def _quotes_not_doubled(rnd: random.Random, table: Written, n: int) -> str:
    record = table.records[n]
    if '""' not in record.replace('"""', ""):
        row = list(table.rows[n])
        row[1] = 'A "fine, old" place'
        record = _as_record(table, row, record)
        table.rows[n] = row
    inner = record[1:-1].replace('""', '"')
    return record[:1] + inner + record[-1:]


def _other_delimiter(rnd: random.Random, table: Written, n: int) -> str:
    out = io.StringIO(newline="")
    other = {",": ";", ";": ",", "\t": ";", "|": ";"}[table.delimiter]
    csv.writer(out, delimiter=other, lineterminator="\n").writerow(table.rows[n])
    return out.getvalue()


def _nul(rnd: random.Random, table: Written, n: int) -> str:
    at = rnd.randrange(0, len(table.rows[n][0]))
    return table.records[n].replace(table.rows[n][0], table.rows[n][0][:at] + "\0x", 1)


def _cut_short(rnd: random.Random, table: Written, n: int) -> str:
    # Within the second cell: a last cell that lacks its end cannot be told from a short one.
    first, second = map(len, table.rows[n][:2])
    at = first + 2 + rnd.randrange(0, max(1, second // 2))
    return table.records[n][:at].rstrip("\r\n") + "\n"


KINDS: dict[str, Callable[[random.Random, Written, int], str]] = {
    "a cell too few": _fewer,
    "a cell too many": _more,
    "a quote before it": _extra_quote,
    "a quote dropped": _quote_dropped,
    "a quote inserted": _quote_inserted,
    "inner quotes not doubled": _quotes_not_doubled,
    "another delimiter": _other_delimiter,
    "a NUL": _nul,
    "cut short": _cut_short,
}


def damage(rnd: random.Random, table: Written, kind: str, n: int) -> None:
    """Damage record ``n`` (header: 0) of a table."""
    table.damaged[n] = kind
    table.records[n] = KINDS[kind](rnd, table, n)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a damaged table: rows taken that never were, good rows lost, lines unnamed."""

    wrong: list[tuple[str, ...]]
    lost: list[tuple[str, ...]]
    unnamed: list[int]
    n_errors: int


def judge(table: Written, records: list[Row | RowError]) -> Verdict:
    """Compare what was read with the truth. A damaged row may be taken only as it was."""
    taken = Counter(tuple(record.cells) for record in records if isinstance(record, Row))
    errors = [record for record in records if isinstance(record, RowError)]
    truth = Counter(map(tuple, table.rows[1:]))
    good = Counter(tuple(row) for n, row in enumerate(table.rows) if n and n not in table.damaged)
    wrong = [row for row in (taken - truth).elements() if any(map(str.strip, row))]
    missing = [
        table.line_of(n)
        for n in table.damaged
        if taken[tuple(table.rows[n])] == 0 and table.line_of(n) not in {e.line for e in errors}
    ]
    return Verdict(wrong, list((good - taken).elements()), missing, len(errors))
