"""Columns of experience and remote work are read as people mean them, refusals included."""

import json
from pathlib import Path

import pytest

from jobscore.imports.values import read_experience, read_remote

ROWS = [
    json.loads(line)
    for line in Path(__file__).with_name("labelled_columns.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"])
def test_a_column_is_read_as_it_is_meant(row):
    if row["column"] == "remote":
        assert read_remote(row["text"]) == row["reads"]
        return
    found = read_experience(row["text"])
    assert [found.level, found.min_years, found.max_years] == row["reads"]
