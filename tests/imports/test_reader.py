"""The reader takes what is well formed, names what is not, and never shifts a cell."""

import contextlib
import csv
import gzip
import io
import json
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.imports.reader import (
    FileProblem,
    FileRefusedError,
    ReadOptions,
    Row,
    RowError,
    RowProblem,
    Table,
    open_table,
)

SPECTRUM = Path(__file__).parent / "spectrum"
HEADER = ["title", "company", "location", "salary"]
ROWS = [[f"Job {n}", f"Company, {n}", "Tokyo", f"${n}0,000"] for n in range(30)]


def as_csv(rows: list[list[str]], delimiter: str = ",", end: str = "\n") -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def table(tmp_path: Path, data: bytes | str, options: ReadOptions | None = None) -> Table:
    path = tmp_path / "file.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return open_table(path, options)


def read(tmp_path: Path, data: bytes | str) -> tuple[list[list[str]], list[RowError]]:
    records = list(table(tmp_path, data).records())
    rows = [record.cells for record in records if isinstance(record, Row)]
    return rows, [record for record in records if isinstance(record, RowError)]


@pytest.mark.parametrize("path", sorted(SPECTRUM.glob("*.csv")), ids=lambda path: path.stem)
def test_it_reads_csv_spectrum(path: Path) -> None:
    found = open_table(path)
    rows = [record.cells for record in found.records() if isinstance(record, Row)]
    expected = json.loads(path.with_suffix(".json").read_text())
    # The JSON files keep CRLF as LF.
    got = [
        dict(zip(found.header or [], (cell.replace("\r\n", "\n") for cell in row), strict=True))
        for row in rows
    ]
    assert got == [
        {key: value.replace("\r\n", "\n") for key, value in row.items()} for row in expected
    ]


@pytest.mark.parametrize(
    ("codec", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp932", "cp932"),
        ("euc_jp", "euc_jp"),
        ("iso2022_jp", "iso2022_jp_ext"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_it_finds_encoding_and_delimiter(
    tmp_path: Path, codec: str, found: str, delimiter: str
) -> None:
    header = ["求人タイトル", "会社名", "勤務地", "給与"]
    rows = [
        [f"事務スタッフ{n}", f"株式会社あおぞら{n}", "東京都港区", f"月給{20 + n}万円"]
        for n in range(20)
    ]
    opened = table(tmp_path, as_csv([header, *rows], delimiter, "\r\n").encode(codec))
    assert (opened.encoding.name, opened.dialect.delimiter) == (found, delimiter)
    assert opened.header == header
    assert [record.cells for record in opened.records() if isinstance(record, Row)] == rows


def test_the_first_japanese_word_may_come_late(tmp_path: Path) -> None:
    rows = [*([["a" * 50, "b"]] * 6000), ["東京都港区の仕事", "株式会社"]]
    assert table(tmp_path, as_csv(rows).encode("cp932")).encoding.name == "cp932"


def test_a_bad_byte_costs_its_row_and_not_the_encoding(tmp_path: Path) -> None:
    lines = as_csv([["title", "会社名"], *[["東京の仕事", "会社"]] * 50]).encode().splitlines(True)
    lines[10] = b"\xff" + lines[10]
    opened = table(tmp_path, b"".join(lines))
    errors = [record for record in opened.records() if isinstance(record, RowError)]
    assert opened.encoding.name == "utf-8"
    assert [(error.line, error.code) for error in errors] == [(11, RowProblem.BAD_BYTES)]
    errors[0].raw.encode()  # can be stored


def damaged(kind: str, row: list[str]) -> str:
    text = as_csv([row])
    return {
        "a cell too few": lambda: as_csv([[row[0] + row[1], *row[2:]]]),
        "a cell too many": lambda: as_csv([[*row[:2], "", *row[2:]]]),
        "an open quote at the start": lambda: '"' + text,
        "an open quote in the last cell": lambda: text.rstrip("\n").rpartition(",")[0] + ',"x\n',
        "text behind a quote": lambda: text.replace('"Company', '"Co"mpany'),
        "a NUL": lambda: text[:2] + "\0" + text[2:],
        "a quote from one cell to another": lambda: 'Job,9"Com, p"any,Tokyo\n',
    }[kind]()


@pytest.mark.parametrize(
    "kind",
    [
        "a cell too few",
        "a cell too many",
        "an open quote at the start",
        "an open quote in the last cell",
        "text behind a quote",
        "a NUL",
        "a quote from one cell to another",
    ],
)
@pytest.mark.parametrize("at", [0, 12, 29])
def test_damage_costs_one_row_which_is_named(tmp_path: Path, kind: str, at: int) -> None:
    lines = [as_csv([row]) for row in ROWS]
    lines[at] = damaged(kind, ROWS[at])
    rows, errors = read(tmp_path, as_csv([HEADER]) + "".join(lines))
    assert rows == ROWS[:at] + ROWS[at + 1 :]
    assert [error.line for error in errors] == [at + 2]


def test_two_broken_rows_in_a_row_are_both_named(tmp_path: Path) -> None:
    lines = [as_csv([row]) for row in ROWS]
    lines[5], lines[6] = '"' + lines[5], '"' + lines[6]
    rows, errors = read(tmp_path, as_csv([HEADER]) + "".join(lines))
    assert rows == ROWS[:5] + ROWS[7:]
    assert [error.line for error in errors] == [7, 8]


def test_a_record_over_several_lines_is_one_row_and_counts_its_lines(tmp_path: Path) -> None:
    rows = [["a", "b", "c"], ["1", "x\r\ny, z\r\n", "2"], ["3", "4"], ["5", "6", "7"]]
    got, errors = read(tmp_path, as_csv(rows, end="\r\n"))
    assert got == [rows[1], rows[3]]
    assert [(error.line, error.params) for error in errors] == [(5, {"found": 2, "expected": 3})]


def test_lines_above_the_header_are_shown_not_read(tmp_path: Path) -> None:
    opened = table(tmp_path, "Jobs of June,,,\n,,,\n" + as_csv([HEADER, *ROWS]))
    assert opened.header == HEADER
    assert opened.skipped == [(1, "Jobs of June,,,")]
    assert len(list(opened.records())) == len(ROWS)


def test_a_header_of_two_rows_with_merged_cells_is_joined(tmp_path: Path) -> None:
    rows = [["求人名", "給与", "", "掲載日"], ["", "下限", "上限", ""]]
    data = [[f"調理{n}", f"{n}000", f"{n}500", "2026-01-01"] for n in range(1, 9)]
    opened = table(tmp_path, as_csv([*rows, *data]))
    assert opened.header == ["求人名", "給与 下限", "給与 上限", "掲載日"]
    assert len(list(opened.records())) == len(data)


def test_a_blank_name_above_data_is_not_filled_from_the_data(tmp_path: Path) -> None:
    rows = [["", "会社名", "タイトル名"], *([["0", "株式会社あ", "事務"]] * 3)]
    opened = table(tmp_path, as_csv(rows))
    assert opened.header == rows[0]
    assert len(list(opened.records())) == 3


def test_a_file_without_names_has_no_header(tmp_path: Path) -> None:
    opened = table(tmp_path, "1,2.5,2024-01-01\n2,3.5,2024-01-02\n3,4.5,2024-01-03\n")
    assert opened.header is None
    assert len(list(opened.records())) == 3


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\r\n" * 50])
def test_a_file_without_content_is_an_empty_table(tmp_path: Path, data: bytes) -> None:
    opened = table(tmp_path, data)
    assert (opened.header, list(opened.records())) == (None, [])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"PK\x03\x04" + b"\x00\x01" * 500, FileProblem.ZIP),
        (b"%PDF-1.7\n" + b"\x00" * 100, FileProblem.PDF),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, FileProblem.IMAGE),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), FileProblem.GZIP),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, FileProblem.XLS),
        (bytes(range(256)) * 20, FileProblem.NOT_TEXT),
        (b'{"jobs": [1]}', FileProblem.JSON),
        (b",".join(b"c%d" % n for n in range(3000)) + b"\n", FileProblem.TOO_MANY_COLUMNS),
    ],
)
def test_what_is_no_table_is_refused_by_name(
    tmp_path: Path, data: bytes, problem: FileProblem
) -> None:
    with pytest.raises(FileRefusedError) as refused:
        table(tmp_path, data)
    assert refused.value.code is problem


def test_a_person_can_overrule_the_reader(tmp_path: Path) -> None:
    options = ReadOptions(encoding="cp1252", delimiter=";", header_line=0)
    opened = table(tmp_path, "a;b\n1;2\n", options)
    assert (opened.header, opened.encoding.name) == (None, "cp1252")
    assert [record.cells for record in opened.records() if isinstance(record, Row)] == [
        ["a", "b"],
        ["1", "2"],
    ]


def test_sep_line_declares_the_delimiter(tmp_path: Path) -> None:
    opened = table(tmp_path, "sep=|\r\ntitle|company\r\na, b|c\r\n")
    assert (opened.dialect.delimiter, opened.header) == ("|", ["title", "company"])
    assert [record.cells for record in opened.records() if isinstance(record, Row)] == [
        ["a, b", "c"]
    ]


@pytest.mark.parametrize(
    "data",
    [
        b'",' * 32768,
        b'a,"b\n' * 13000,
        b'"' * 65536,
        b"a,b,c\n" + b'1,"\n' * 16000,
        b'a,b\n"""x\n' * 8000,
    ],
    ids=["comma-quote", "quote-newline", "quotes", "open last cells", "triple quotes"],
)
def test_no_small_file_takes_long(tmp_path: Path, data: bytes) -> None:
    begin = time.perf_counter()
    with contextlib.suppress(FileRefusedError):
        list(table(tmp_path, data).records())
    assert time.perf_counter() - begin < 3  # 1 s on an idle machine


def test_a_quote_that_never_closes_does_not_hide_what_follows(tmp_path: Path) -> None:
    text = as_csv([HEADER, *ROWS[:3]]) + 'x,y,z,"open\n' + as_csv(ROWS * 400)
    rows, errors = read(tmp_path, text)
    assert len(rows) == 3 + len(ROWS) * 400
    assert [error.line for error in errors] == [5]


cells = st.text(
    st.characters(codec="utf-8", include_characters="\n", exclude_categories=["Cs", "Cc"]),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 6).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=20)
    )
)
def test_what_a_csv_writer_writes_is_read_unchanged(rows: list[list[str]]) -> None:
    width = len(rows[0]) if rows else 2
    header = [f"name {n}" for n in range(width)]
    options = ReadOptions(encoding="utf-8", delimiter=",", header_line=1)
    with tempfile.TemporaryDirectory() as folder:
        got, errors = [], []
        opened = table(Path(folder), as_csv([header, *rows], end="\r\n"), options)
        for record in opened.records():
            (got if isinstance(record, Row) else errors).append(record)
    assert [record.cells for record in got] == [row for row in rows if any(row)]
    assert not errors
