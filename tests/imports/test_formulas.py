"""What we export is safe in a spreadsheet, and comes back unchanged when it is imported again."""

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.imports.formulas import guard, unguard
from jobscore.imports.reader import ReadOptions, Row, RowError, open_table

RISKY = "=+-@\t\r\n＝＋－＠"
risky_cells = st.builds(
    lambda marks, head, rest: marks + head + rest,
    st.text("'", max_size=3),
    st.sampled_from(RISKY),
    st.text(max_size=8),
)
cells = st.one_of(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"),
        max_size=12,
    ),
    risky_cells.map(lambda cell: cell.replace("\0", "")),
)


@given(st.one_of(st.text(max_size=20), risky_cells))
def test_the_guard_is_undone_exactly(cell: str) -> None:
    assert unguard(guard(cell)) == cell


@given(st.one_of(st.text(max_size=20), risky_cells))
def test_no_guarded_cell_runs_as_a_formula(cell: str) -> None:
    assert guard(cell)[:1] not in tuple(RISKY)


@given(st.one_of(st.text(max_size=20), risky_cells))
def test_what_was_imported_is_exported_as_it_came(cell: str) -> None:
    came = guard(cell)
    assert guard(unguard(came)) == came


@given(st.text(max_size=20))
def test_a_cell_that_no_spreadsheet_would_run_is_left_alone(cell: str) -> None:
    if cell.lstrip("'")[:1] not in tuple(RISKY):
        assert guard(cell) == unguard(cell) == cell


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"), ("+81-3-0000", "'+81-3-0000"), ("-5", "'-5"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"), ("'=1", "''=1"), ("''=1", "'''=1"), ("＝1", "'＝1"),
        ("'quoted'", "'quoted'"), ("5-6", "5-6"), ("", ""), ("'", "'"),
    ],
)  # fmt: skip
def test_cells_are_written_so(cell: str, written: str) -> None:
    assert (guard(cell), unguard(written)) == (written, cell)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 5).flatmap(lambda n: st.lists(st.lists(cells, min_size=n, max_size=n))))
def test_an_exported_file_is_imported_unchanged(rows: list[list[str]]) -> None:
    width = len(rows[0]) if rows else 2
    header = [f"name {n}" for n in range(width)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([map(guard, row) for row in [header, *rows]])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "export.csv")
        path.write_text("\ufeff" + out.getvalue(), encoding="utf-8", newline="")
        records = list(open_table(path, ReadOptions(delimiter=",", header_line=1)).records())
    assert not [record for record in records if isinstance(record, RowError)]
    back = [list(map(unguard, record.cells)) for record in records if isinstance(record, Row)]
    assert back == [row for row in rows if any(row)]
