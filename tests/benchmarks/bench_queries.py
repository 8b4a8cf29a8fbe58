"""What it costs to count every statement."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.database import queries
from jobscore.database.queries import files as query_files
from jobscore.database.queries.statistics import MOST_STATEMENTS, Sums
from jobscore.extensions import db
from jobscore.jobs.models import Job
from tests.benchmarks.measuring import Results, least_seconds, seconds

SENT = 2000


def one_row(session: Session) -> Callable[[], object]:
    """Return work that sends the cheapest statement that a page sends: one row by its key."""
    query = select(Job.id, Job.title).where(Job.id == 1)
    return lambda: [session.execute(query).first() for _ in range(SENT)]


def counted(work: Callable[[], object], *, on: bool) -> Callable[[], object]:
    """Return ``work`` with or without the listener; listening begins and ends outside."""

    def run() -> object:
        (queries.listen if on else queries.stop_listening)()
        with queries.unit("GET x"):
            return work()

    return run


def test_counting_a_statement(furnished: Flask, results: Results) -> None:
    with furnished.app_context(), Session(db.engine) as session:
        work = one_row(session)
        work()
        without, with_it = least_seconds(7, counted(work, on=False), counted(work, on=True))
    queries.listen()
    cost = (with_it - without) / SENT * 1e6
    results.add(
        "a statement of one row, counted",
        f"{SENT:,} statements",
        f"{with_it / SENT * 1e6:.0f} µs each, {cost:.0f} µs of it for counting",
        f"not counted, {without / SENT * 1e6:.0f} µs",
        without / with_it,
    )
    assert with_it / without < 1.5


def test_writing_the_statistics(tmp_path: Path, results: Results) -> None:
    sums = Sums(queries.own().since)
    for n in range(MOST_STATEMENTS):
        entry = sums.entry(f"SELECT {'jobs.some_column, ' * 60} FROM jobs WHERE c{n} = ?")
        for call in range(50):
            entry.add(1e-5 * 1.3 ** (call % 20), 1, f"GET page.number{call % 10}")
    path = tmp_path / "1.jsonl"
    copying, writing, reading = least_seconds(
        5, sums.copy, lambda: query_files.write(path, sums), lambda: query_files.read(path)
    )
    results.add(
        "writing the statistics of a process",
        f"{MOST_STATEMENTS} statements, {path.stat().st_size / 1e6:.1f} MB",
        f"{copying * 1e3:.1f} ms under the lock, {writing * 1e3:.0f} ms aside",
    )
    results.add("… reading them", "a file", f"{reading * 1e3:.0f} ms")
    assert copying < 0.05
    assert seconds(lambda: queries.own()) < 0.2
