"""A damaged row costs itself: no other is lost, none is taken wrongly, and its line is named."""

import random
from pathlib import Path

import pytest

from jobscore.imports.reader import Row, RowError, RowProblem, open_table
from tests.imports.damage import KINDS, Verdict, Written, damage, judge, write


def verdict(folder: Path, table: Written) -> Verdict:
    path = folder / "jobs.csv"
    path.write_text("".join(table.records), encoding="utf-8", newline="")
    found = open_table(path)
    assert found.header == table.rows[0]
    return judge(table, list(found.records()))


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_row_costs_itself_and_is_named_once(tmp_path: Path, kind: str, seed: int) -> None:
    rnd = random.Random(f"{kind}{seed}")
    table = write(rnd)
    damage(rnd, table, kind, rnd.randrange(8, 41))
    assert verdict(tmp_path, table) == Verdict([], [], [], 1)


@pytest.mark.parametrize("seed", range(6))
def test_many_damaged_rows_of_a_long_file_cost_themselves(tmp_path: Path, seed: int) -> None:
    rnd = random.Random(f"big{seed}")
    table = write(rnd, 1_500)
    damaged = range(500, 1_500, 7)
    for n in damaged:
        damage(rnd, table, rnd.choice(sorted(KINDS)), n)
    found = verdict(tmp_path, table)
    assert not found.wrong
    assert len(found.lost) <= 2
    assert len(found.unnamed) <= 0.02 * len(damaged)
    assert found.n_errors <= 1.4 * len(damaged)


def test_the_judge_of_these_tests_sees_what_is_wrong() -> None:
    table = Written([["a", "b"], ["1", "x"], ["2", "y"]], ["a,b\n", "1,x\n", "2,y\n"], ",")
    table.damaged[2] = "by hand"
    assert judge(table, [Row(2, ["1", "x"])]) == Verdict([], [], [3], 0)
    assert judge(table, [RowError(3, RowProblem.QUOTE)]) == Verdict([], [("1", "x")], [], 1)
    shifted = judge(table, [Row(2, ["1", "x"]), Row(3, ["y", "2"])])
    assert (shifted.wrong, shifted.unnamed) == ([("y", "2")], [3])


LONG = "Serve guests; clean.\nSkills: Python, SQL, Java, Go, Rust\nPay: weekly, by card, now"
LAST = "Serve guests.\nSkills: Python, SQL\nPay: weekly, by card, now"


@pytest.mark.parametrize(
    "record",
    [
        f'Job 9,"The "Old" Inn",Boston,"{LONG}",x\n',
        f'"Job 9,Inn,Boston,"{LONG}",x\n',
        f'Job 9,Inn,Boston,{LONG}",x\n',
        f'Job 9,Inn,Boston,"{LONG},x\n',
        f'Job 9;Inn;Boston;"{LONG}";x\n',
        f'Job 9,Inn,,Boston,"{LONG}",x\n',
        f'Job 9,Inn,Boston,x,{LAST}"\n',
        f'Job 9,Inn,Boston,x,"{LAST}"\nand more\n"\n',
    ],
    ids=[
        "inner quotes not doubled", "a quote before it", "an opening quote missing",
        "a closing quote missing", "another delimiter", "a cell too many",
        "no opening quote in the last cell", "a quote too early in the last cell",
    ],
)  # fmt: skip
def test_a_broken_record_of_several_lines_is_reported_once(tmp_path: Path, record: str) -> None:
    good = [f'Job {n},Inn,Boston,"{LONG}",x\n' for n in range(8)]
    lines = ["title,company,location,description,note\n", *good, record, *good]
    path = tmp_path / "jobs.csv"
    path.write_text("".join(lines), encoding="utf-8")
    records = list(open_table(path).records())
    errors = [found for found in records if isinstance(found, RowError)]
    rows = [found for found in records if isinstance(found, Row)]
    assert [(error.line, error.last_line) for error in errors] == [(26, 25 + record.count("\n"))]
    assert len(rows) == 16


def test_a_quote_that_swallows_whole_rows_is_damage_even_when_it_closes(tmp_path: Path) -> None:
    rows = [f"Job {n},Inn {n},Boston,{n}\n" for n in range(60)]
    rows[20], rows[27] = '"' + rows[20], rows[27].replace("Job 27", 'Job 27"')
    path = tmp_path / "jobs.csv"
    path.write_text("title,company,location,pay\n" + "".join(rows), encoding="utf-8")
    records = list(open_table(path).records())
    errors = [found.line for found in records if isinstance(found, RowError)]
    assert errors == [22, 29]
    assert len(records) - len(errors) == 58


def test_a_header_in_the_middle_is_named_and_no_row(tmp_path: Path) -> None:
    header, first = "title,company,pay\n", "Cook,Inn,1000\nGuide,Tours,2000\n"
    text = (
        f"Jobs of May,,\n{header}{first},,\nJobs of June,,\n\n{header}Clerk,Bank,3000\nLonely,,\n"
    )
    path = tmp_path / "jobs.csv"
    path.write_text(text, encoding="utf-8")
    records = list(open_table(path).records())
    assert [(r.line, r.code) for r in records if isinstance(r, RowError)] == [
        (6, RowProblem.NOT_DATA),
        (8, RowProblem.NOT_DATA),
    ]
    assert [r.cells[0] for r in records if isinstance(r, Row)] == [
        "Cook", "Guide", "Clerk", "Lonely",
    ]  # fmt: skip
