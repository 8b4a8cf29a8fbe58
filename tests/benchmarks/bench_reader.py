"""The reader of files beside csv.reader and the readers of pandas, polars and DuckDB.

The others are told encoding, delimiter and header and check nothing of what we check; they type no
column here either. What they do with a damaged row is in docs/imports.md.
"""

import csv
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pandas
import polars
import pytest

from jobscore.imports.reader import FileRefusedError, RowError, open_table
from tests.benchmarks.measuring import FULL, Results, least_seconds, scaled

HEADER = ["title", "company", "location", "salary", "description", "url"]
ENGLISH = ["the", "team", "works", "with", "data,", "people", "and", "tools", "every", "day"]
JAPANESE = ["接客", "販売", "正社員", "未経験OK", "東京都", "渋谷区", "週3日", "駅近", "自由"]
#: Prints the greatest memory of a process that reads a file to its end, in MB.
#: Asked of /proc where there is one: what getrusage tells begins with the size of the parent.
PEAK = """
import resource, sys
from pathlib import Path
from jobscore.imports.reader import open_table
n = sum(1 for _ in open_table(Path(sys.argv[1])).records())
status = Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
told = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
print(n, (told or [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss])[0] / 1024)
"""


def narrow(n: int, rnd: random.Random) -> list[str]:
    """Return a row of short cells."""
    return [f"Job {n}", "ACME", "Tokyo", "$50,000", "none", f"https://example.com/{n}"]


def japanese(n: int, rnd: random.Random) -> list[str]:
    """Return a row with a long Japanese text."""
    text = " ".join(rnd.choices(JAPANESE, k=120))
    return [f"求人 {n}", "株式会社あ", "東京都港区", "月給25万円", text, f"https://example.com/{n}"]


def lines(n: int, rnd: random.Random) -> list[str]:
    """Return a row with a text over several lines, quotes among them."""
    text = "\n".join(" ".join(rnd.choices(ENGLISH, k=12)) for _ in range(8)) + ' a "good" day'
    return [f"Job {n}", "ACME", "Boston, MA", "$50,000", text, f"https://example.com/{n}"]


SHAPES: dict[str, tuple[Callable[[int, random.Random], list[str]], int]] = {
    "short cells": (narrow, 150_000),
    "long Japanese texts": (japanese, 20_000),
    "texts over several lines": (lines, 20_000),
}


def write(path: Path, shape: str, share: float) -> int:
    """Write a file of this shape; return its rows."""
    row, full = SHAPES[shape]
    n_rows, rnd = max(10, int(full * share)), random.Random(shape)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(row(n, rnd) for n in range(n_rows))
    return n_rows


def plain(path: Path) -> Iterator[list[str]]:
    """Read as somebody would who knows encoding and dialect."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file)


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_reading_beside_others(shape: str, tmp_path: Path, results: Results) -> None:
    path = tmp_path / "jobs.csv"
    n_rows = write(path, shape, scaled(1_000) / 1_000)
    table = open_table(path)
    assert sum(1 for _ in table.records()) == n_rows
    others: dict[str, Callable[[], object]] = {
        "csv.reader": lambda: sum(1 for _ in plain(path)),
        "pandas.read_csv, all text": lambda: len(pandas.read_csv(path, dtype=str)),
        "polars.read_csv, all text, to rows": lambda: len(
            polars.read_csv(path, infer_schema=False).rows()
        ),
        "duckdb read_csv, all text, to rows": lambda: len(
            duckdb.execute(f"select * from read_csv('{path}', all_varchar = true)").fetchall()
        ),
    }
    ours, *took = least_seconds(3, lambda: sum(1 for _ in table.records()), *others.values())
    size = path.stat().st_size / 1e6
    for name, seconds in zip(others, took, strict=True):
        results.add(
            f"reading, {shape}",
            f"{n_rows:,} rows, {size:.1f} MB",
            f"{ours:.3f} s, {size / ours:.0f} MB/s",
            f"{name}, {seconds:.3f} s",
            seconds / ours,
        )
    results.bar(f"reading, {shape}", f"{size:.1f} MB", 2.0, ours / took[0], "times csv.reader")
    assert ours < 3 * took[0]


def test_memory_does_not_grow_with_the_file(tmp_path: Path, results: Results) -> None:
    part, path = tmp_path / "part.csv", tmp_path / "big.csv"
    write(part, "texts over several lines", 1)
    head, body = part.read_bytes().split(b"\r\n", 1)
    n_copies = (1_000_000_000 if FULL else scaled(100_000_000)) // len(body) + 1
    with path.open("wb") as file:
        file.write(head + b"\r\n")
        for _ in range(n_copies):
            file.write(body)
    size = path.stat().st_size
    began = time.process_time()
    rows = open_table(path).records()
    first = [next(rows) for _ in range(8)]
    preview = time.process_time() - began
    told = subprocess.run(
        [sys.executable, "-c", PEAK, str(path)], check=True, capture_output=True, text=True
    ).stdout.split()
    path.unlink()
    assert len(first) == 8
    assert int(told[0]) == n_copies * 20_000
    results.bar("memory of the reader", f"{size / 1e9:.2f} GB", 150, float(told[1]), "MB")
    results.bar("the first rows for the preview", f"{size / 1e9:.2f} GB", 1.0, preview)
    assert float(told[1]) < 150


HOSTILE = (
    b'",', b'"', b'a,"b\n', b'1,2,"3\n', b'""', b'"a"b,c\n', b'a"b,c\n', b"\0,", b"\xff,a\n",
    b"\n", b",", b"a", b"\r", b'"\\",', b'a,b,c,d\n""a\n,b"\n', b'x,y"\n', b"(1(1", b"a@a.",
)  # fmt: skip


def test_hostile_files_of_64_kb(tmp_path: Path, results: Results) -> None:
    slowest, n_errors = 0.0, 0
    path = tmp_path / "jobs.csv"
    for unit in HOSTILE:
        for head in (b"", b"title,company,location,salary\n"):
            path.write_bytes((head + unit * 65_536)[:65_536])
            began = time.process_time()
            try:
                n_errors += sum(isinstance(row, RowError) for row in open_table(path).records())
            except FileRefusedError:
                n_errors += 1
            slowest = max(slowest, time.process_time() - began)
    assert n_errors > len(HOSTILE)
    results.bar("the slowest of hostile files", f"{2 * len(HOSTILE)} of 64 KB", 1.0, slowest)
    assert slowest < 2
