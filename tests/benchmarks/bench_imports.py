"""From a file to jobs: the reader, the finder of words, and a whole import."""

import csv
import sqlite3
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from jobscore.database.transaction import transaction
from jobscore.demo.sample import SampleFile
from jobscore.imports import batches, running, service
from jobscore.imports.drafting import Drafter
from jobscore.imports.models import ImportStatus
from jobscore.imports.reader import ReadOptions, Table, open_table
from jobscore.jobs import finding
from jobscore.jobs.models import Job
from jobscore.vocabulary import tables
from jobscore.vocabulary.finder import default_finder
from tests.benchmarks.conftest import MORNING
from tests.benchmarks.measuring import Results, least_seconds, scaled, seconds


def plain_rows(path: Path) -> Iterator[list[str]]:
    """Read a file as somebody would who knows its encoding and dialect."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.reader(file)


def test_reading(sample_files: list[SampleFile], results: Results) -> None:
    paths = [file.path for file in sample_files]
    opened = [open_table(path) for path in paths]
    n = sum(1 for table in opened for _ in table.records())
    rows = sum(file.rows for file in sample_files)
    assert n == rows  # a broken record of several lines is named once
    took, yardstick, opening = least_seconds(
        3,
        lambda: sum(1 for table in opened for _ in table.records()),
        lambda: sum(1 for path in paths for _ in plain_rows(path)),
        lambda: [open_table(path) for path in paths],
    )
    results.add(
        "reading a CSV",
        f"{n:,} rows",
        f"{took:.2f} s, {n / took:,.0f} rows/s",
        f"csv.reader, {yardstick:.2f} s",
        yardstick / took,
    )
    results.add("… telling encoding, dialect and header", "a file", f"{opening / len(paths):.3f} s")
    assert yardstick / took > 0.3


class Stopwatch:
    """Adds up the CPU seconds spent inside single functions."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.spent = dict.fromkeys(("read", "draft", "find"), 0.0)
        records = Table.records
        monkeypatch.setattr(Table, "records", lambda table: self._steps(records(table)))
        monkeypatch.setattr(running, "read", self._timed("draft", batches.read))
        monkeypatch.setattr(finding, "find_all", self._timed("find", finding.find_all))

    def _timed(self, name: str, work: Callable[..., object]) -> Callable[..., object]:
        def timed(*args: object) -> object:
            began = time.process_time()
            try:
                return work(*args)
            finally:
                self.spent[name] += time.process_time() - began

        return timed

    def _steps(self, records: Iterator[object]) -> Iterator[object]:
        while True:
            began = time.process_time()
            record = next(records, None)
            self.spent["read"] += time.process_time() - began
            if record is None:
                return
            yield record


def queue(path: Path) -> int:
    """Upload a file and ask for its import with the columns that the product suggests."""
    with transaction() as session, path.open("rb") as stream:
        csv_import = service.register_upload(session, stream, path.name)
        columns = service.preview(service.path_of(csv_import)).mapping
        return service.start(session, csv_import, columns, ReadOptions()).id


def insert_plainly(path: Path, target: Path) -> None:
    """Put the cells of a file into one table without index or check."""
    cells = [row for row in plain_rows(path) if len(row) == 16]
    database = sqlite3.connect(target)
    with database:
        database.execute(f"CREATE TABLE cells ({', '.join(f'c{i}' for i in range(16))})")
        database.executemany(f"INSERT INTO cells VALUES ({','.join('?' * 16)})", cells)
    database.close()


def import_file(path: Path) -> float:
    """Import a file to its end; return the CPU seconds of the run without the upload."""
    attempt_id, worker = queue(path), running.worker_name()
    assert running.claim(worker, attempt_id) == attempt_id
    ended: list[ImportStatus] = []
    took = seconds(lambda: ended.append(running.run(attempt_id, worker)))
    assert ended[0] in (ImportStatus.DONE, ImportStatus.DONE_WITH_ERRORS)
    return took


def test_importing_on_sqlite(
    furnished: Flask,
    sample_files: list[SampleFile],
    results: Results,
    tmp_path: Path,
    work_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    n, n_first = scaled(3_000), 300
    first, path = tmp_path / "first.csv", tmp_path / "jobs.csv"
    lines = sample_files[0].path.read_bytes().split(b"\r\n")  # inside cells lines end in \n
    first.write_bytes(b"\r\n".join([lines[0], *lines[-1 - n_first : -1], b""]))
    path.write_bytes(b"\r\n".join([*lines[: n + 1], b""]))
    beginning = import_file(first)  # what a process builds once is not part of the rate
    watch = Stopwatch(monkeypatch)
    took = import_file(path)
    with transaction() as session:
        assert (session.scalar(select(func.count(Job.id))) or 0) > 0.9 * n
    yardstick = seconds(lambda: insert_plainly(path, work_folder / "plain.sqlite3"))
    results.add(
        "importing on SQLite, one process",
        f"{n:,} rows",
        f"{took:.2f} s, {n / took:,.0f} rows/s",
        f"csv.reader and bare INSERTs, {yardstick:.3f} s",
        yardstick / took,
    )
    rest = took - sum(watch.spent.values())
    parts = {
        "reading (once to count, once to import)": watch.spent["read"],
        "understanding cells": watch.spent["draft"],
        "finding words": watch.spent["find"],
        "places, comparing, writing": rest,
    }
    for name, spent in parts.items():
        results.add(f"… {name}", "", f"{spent:.2f} s, {spent / took:.0%}")
    results.add(
        "… before: a process's first rows", f"{n_first} rows", f"{beginning:.2f} s with its tables"
    )
    assert min(parts.values()) > 0
    assert yardstick / took > 0.001


def texts_of(file: SampleFile, n: int) -> list[str]:
    """Return the texts of the first postings as an import has them searched."""
    table = open_table(file.path)
    columns = service.preview(file.path).mapping
    drafter = Drafter(columns, table.header, MORNING.date())
    found = batches.read(drafter, list(islice(table.records(), n)), {})
    return [f"{d.title}\n{d.requirements}\n{d.description}" for d, _ in found.drafts]


@pytest.mark.parametrize("which", [0, 1], ids=["Japanese", "English"])
def test_finding_words(
    sample_files: list[SampleFile], results: Results, which: int, request: pytest.FixtureRequest
) -> None:
    texts = texts_of(sample_files[which], scaled(2_000))
    few = texts[:10]
    names = {
        name.lower()
        for skill in tables.skills()
        for name in (skill.name_en, skill.name_ja, *skill.aliases_en, *skill.aliases_ja)
        if name
    }
    names |= {w.lower() for f in tables.features() for w in (*f.proves, *f.denies)}
    find = default_finder().find
    found = sum(len(one.skills) + len(one.features) for one in map(find, texts))
    assert found > len(texts)  # and each pattern has been compiled
    (took,) = least_seconds(3, lambda: [find(text) for text in texts])
    (few_took, plain) = least_seconds(
        3,
        lambda: [find(text) for text in few],
        lambda: [[name for name in names if name in text.lower()] for text in few],
    )
    characters = sum(map(len, texts))
    results.add(
        f"finding words, {request.node.callspec.id}",
        f"{len(texts):,} postings, {characters:,} characters",
        f"{took:.2f} s, {characters / took:,.0f} characters/s",
        f"`in` for each of {len(names):,} names, {plain * 1e3 / len(few):.1f} ms a posting",
        plain / few_took,
    )
    assert plain / few_took > 2
