"""No text makes a reader of cells slow, whatever is repeated in it."""

import contextlib
import time
from collections.abc import Callable
from datetime import date

import pytest

from jobscore.imports import columns, salary, values
from jobscore.imports.reading import dialect

UNITS = (
    "1", "1,", "1.", "1 ", "1'", "$", "$1", "1~", "1-", "~", "(1 ", "年", "時給1", "千", "一",
    "1万", "per ", "from ", " ", "年1月", "1/", "1年以上", "未経験", "5年 ", "remote ", "不",
    "a@", "a.", "www.", "+", "1%", "1円~", "円", "rs", "1k-", "jan ", "令和1年", "…", "1ー", " 000",
    "1e", "1日", "1~2年~",
)  # fmt: skip
READERS: dict[str, Callable[[str], object]] = {
    "pay": salary.parse,
    "date": lambda text: values.read_date(text, date(2026, 1, 1)),
    "employment": values.read_employment_type,
    "experience": values.read_experience,
    "remote": values.read_remote,
    "remote in a place": values.remote_in_place,
    "place": values.place_of,
    "flag": values.read_flag,
    "address": values.read_url,
    "line": values.one_line,
    "field": columns.field_named,
    "kind": dialect.cell_kind,
}


@pytest.mark.parametrize("name", sorted(READERS))
def test_a_cell_of_64_kb_is_read_at_once(name: str) -> None:
    read = READERS[name]
    for unit in UNITS:
        text = f"年収{unit * (65_536 // len(unit.encode()))}円"
        began = time.process_time()
        with contextlib.suppress(values.UnreadableError):
            read(text)
        assert time.process_time() - began < 1, unit


def test_long_cells_do_not_fill_the_memory_of_the_readers() -> None:
    long = "年収400万円" + "x" * 100_000
    assert salary.parse(long) == salary.parse(long[: values.LONGEST])
