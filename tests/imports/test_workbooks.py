"""An Excel workbook is read as text, sheet by sheet named, and refused helpfully where it must."""

import struct
import sys
import zipfile
from pathlib import Path

import pytest

from jobscore.imports import service
from jobscore.imports.reader import FileProblem, FileRefusedError, Row, RowError, open_table
from tests.imports.workbooks import day, error, formula, make

HEADER: list[object] = ["title", "company", "pay", "posted"]
JOBS: list[list[object]] = [
    ["Cook", "Inn", 250000, day(46113)],
    ["Guide", "Tours", "00123", day(46114)],
    ["接客", "株式会社あ", 12.5, "2026-04-03"],
    ["Clerk", None, formula("1+1", 2), error("#REF!")],
]


def cells(path: Path) -> list[list[str]]:
    records = list(open_table(path).records())
    assert not [record for record in records if isinstance(record, RowError)]
    return [record.cells for record in records if isinstance(record, Row)]


def test_a_workbook_is_read_as_text(tmp_path: Path) -> None:
    path = make(tmp_path / "jobs.xlsx", {"Jobs": [HEADER, *JOBS]})
    table = open_table(path)
    assert (table.kind, table.header, table.header_line) == ("xlsx", HEADER, 1)
    rows = cells(path)
    assert rows[:3] == [
        ["Cook", "Inn", "250000", "2026-04-01"],
        ["Guide", "Tours", "00123", "2026-04-02"],
        ["接客", "株式会社あ", "12.5", "2026-04-03"],
    ]
    assert rows[3][:3] == ["Clerk", "", "2"]
    assert rows[3][3] in ("#REF!", "")


def test_the_first_sheet_with_content_is_taken_and_named(tmp_path: Path) -> None:
    sheets = {"Notes": [], "求人": [HEADER, *JOBS], "Old": [["x"], ["y"]]}
    table = open_table(make(tmp_path / "jobs.xlsx", sheets))
    assert (table.sheet, table.n_sheets) == ("求人", 3)
    assert len(list(table.records())) == len(JOBS)


def test_an_admin_sees_its_columns_mapped(tmp_path: Path) -> None:
    preview = service.preview(make(tmp_path / "upload", {"Jobs": [HEADER, *JOBS]}))
    assert preview.mapping == {"title": 0, "company": 1, "salary": 2, "posted_on": 3}
    assert len(preview.rows) == len(JOBS)


def test_titles_and_blank_rows_above_the_header_are_shown(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Jobs of May"], [], HEADER, *JOBS]
    table = open_table(make(tmp_path / "jobs.xlsx", {"Jobs": rows}))
    assert (table.header, table.skipped) == (HEADER, [(1, "Jobs of May")])
    assert [record.line for record in table.records()] == [4, 5, 6, 7]


def test_a_workbook_without_content_is_an_empty_table(tmp_path: Path) -> None:
    table = open_table(make(tmp_path / "jobs.xlsx", {"One": [], "Two": []}))
    assert (table.header, table.sheet, list(table.records())) == (None, "", [])


def test_without_the_extra_it_is_refused_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path / "jobs.xlsx", {"Jobs": [HEADER, *JOBS]})
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(FileRefusedError) as refused:
        open_table(path)
    assert refused.value.code is FileProblem.XLSX_UNSUPPORTED


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jobs.xlsx"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/workbook.xml", "<workbook")
    with pytest.raises(FileRefusedError) as refused:
        open_table(path)
    assert refused.value.code is FileProblem.XLSX_BROKEN


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="40000"><c r="XFD40000"><v>1</v></c></row>',
        "<row r='1'><c r='A1'><v>1</v></c></row><x:row  r = '1000000'><x:c/></x:row>"
        "<row><c r='CV9'/></row>",
        "<row>" + "<c/>" * 16_000 + "</row>" + "<row/>" * 5_000,
        '<row spans="' + " " * 3_000_000 + '" r="1000000"><c/></row><row><c r="CV2"/></row>',
    ],
)
def test_a_small_file_that_would_fill_the_memory_is_refused_before_it_is_opened(
    tmp_path: Path, cells: str
) -> None:
    path = make(tmp_path / "bomb.xlsx", {"Jobs": [["title"], ["Cook"]]})
    bomb = tmp_path / "bomb2.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            is_sheet = name.endswith("sheet1.xml")
            sheet = f"<worksheet><sheetData>{cells}</sheetData></worksheet>"
            new.writestr(name, sheet if is_sheet else old.read(name))
    assert bomb.stat().st_size < 20_000
    with pytest.raises(FileRefusedError) as refused:
        open_table(bomb)
    assert refused.value.code is FileProblem.XLSX_BROKEN


def test_a_member_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "jobs.xlsx", {"Jobs": [["title"], *([f"Cook {n}"] for n in range(500))]})
    with zipfile.ZipFile(path) as book:
        whole = next(m for m in book.infolist() if m.filename.endswith("sheet1.xml")).file_size
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<I", whole), struct.pack("<I", 100)))
    with pytest.raises(FileRefusedError):
        open_table(path)
