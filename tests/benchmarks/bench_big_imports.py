"""Whole imports: the goal of 100,000 jobs on both databases, and django-import-export beside ours.

Words are found by as many processes as there are cores. The clock on the wall counts for the goal;
the CPU seconds beside it say how long two cores that nobody else wants would take.
"""

import csv
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.demo import sample
from jobscore.demo.day import SEED
from jobscore.extensions import db
from jobscore.imports import batches, running, service, undoing
from jobscore.imports.drafting import Drafter
from jobscore.imports.models import CsvImport, ImportAttempt, ImportChange, ImportStatus
from jobscore.imports.reader import ReadOptions
from jobscore.jobs.models import Job, JobFeature, JobSkill
from tests.benchmarks.measuring import Results, cores, scaled
from tests.conftest import BACKENDS, SETTINGS

JOBS, BESIDE = scaled(20_000), scaled(4_000)
GOAL_SECONDS, GOAL_TIMES = 12.0, 10.0
THEIRS = Path(__file__).parent / "alternatives" / "django_bulk.py"


@pytest.fixture
def settings() -> dict[str, object]:
    """As many processes as there are cores."""
    return {"workers": cores()}


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of those of its children that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def both(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds on the wall and the CPU seconds, children included, of one call."""
    wall, cpu = time.monotonic(), cpu_seconds()
    work()
    return time.monotonic() - wall, cpu_seconds() - cpu


def import_all(path: Path) -> int:
    """Upload a file and import it as a worker does; return the attempt."""
    with transaction() as session, path.open("rb") as stream:
        csv_import = service.register_upload(session, stream, path.name)
        columns = service.preview(service.path_of(csv_import)).mapping
        attempt_id = service.start(session, csv_import, columns, ReadOptions()).id
    worker = running.worker_name()
    assert running.claim(worker, attempt_id) == attempt_id
    status = running.run(attempt_id, worker)
    assert status in (ImportStatus.DONE, ImportStatus.DONE_WITH_ERRORS)
    return attempt_id


def undo_all(attempt_id: int) -> None:
    """Undo an attempt as a worker does."""
    with transaction() as session:
        undoing.request(session, session.get_one(ImportAttempt, attempt_id))
    worker = running.worker_name()
    assert undoing.claim(worker, attempt_id) == attempt_id
    report = undoing.run(attempt_id, worker)
    assert report is not None
    assert report.kept == report.failed == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_hundred_thousand_jobs(
    furnished: Flask, backend: str, results: Results, tmp_path: Path
) -> None:
    path = tmp_path / "jobs.csv"
    today = clock.today(str(SETTINGS["timezone"]))
    sample.write_jobs_csv(path, JOBS, SEED, today, "ja")
    attempts: list[int] = []
    wall, cpu = both(lambda: attempts.append(import_all(path)))
    with transaction() as session:
        n = {
            table: session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Job, JobSkill, JobFeature, ImportChange)
        }
    assert n[Job] == n[ImportChange] > 0.9 * JOBS
    assert min(n[JobSkill], n[JobFeature]) > JOBS
    share = JOBS / 100_000
    ideal = max(cpu / 2, 0.0)
    note = f" on the wall; {cpu / share:.3g} s of CPU, {ideal / share:.3g} s on two idle cores"
    amount = f"{JOBS:,} jobs, {n[JobSkill]:,} skills, {n[JobFeature]:,} features"
    results.bar(f"importing, {backend}", amount, GOAL_SECONDS, wall / share, note=note)
    wall, cpu = both(lambda: undo_all(attempts[0]))
    results.add(f"undoing it, {backend}", f"{n[Job]:,} jobs", f"{wall:.2f} s, {cpu:.2f} s of CPU")
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 0
    db.session.remove()


def plain_file(path: Path, n: int, folder: Path) -> None:
    """Write ``n`` sound rows in English, so that every tool can read them."""
    sample.write_jobs_csv(folder / "all.csv", n, SEED, clock.today("Asia/Tokyo"), "en")
    with (folder / "all.csv").open(encoding="utf-8-sig", newline="") as source:
        rows = [row for row in csv.reader(source) if len(row) == 16]
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows({row[0]: row for row in rows}.values())


def check_all(path: Path) -> None:
    """Say what an import would do, over the whole file."""
    table = service.preview(path)
    drafter = Drafter(table.mapping, table.table.header, clock.today("Asia/Tokyo"))
    counts, _ = batches.check(db.session(), service.preview(path).table, drafter, "upload")
    db.session.rollback()
    assert counts.new > 0


def test_beside_django_import_export(furnished: Flask, results: Results, tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    plain_file(path, BESIDE, tmp_path)
    answer = subprocess.run(
        [sys.executable, str(THEIRS), str(path), str(tmp_path / "theirs.sqlite3")],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    theirs = json.loads(answer.stdout)
    check_wall, check_cpu = both(lambda: check_all(path))
    run_wall, run_cpu = both(lambda: import_all(path))
    with transaction() as session:
        n = session.scalar(select(func.count()).select_from(Job)) or 0
        assert session.scalar(select(func.count()).select_from(CsvImport)) == 1
    assert n == theirs["rows"]
    seconds = theirs["seconds"]
    for name, ours, step in (
        ("dry run", check_cpu, "dry run"),
        ("import, words found, journal written", run_cpu, "import"),
    ):
        usual, fast = seconds[f"Usual, {step}"], seconds[f"Fast, {step}"]
        results.add(
            f"{name}",
            f"{n:,} rows",
            f"{ours:.2f} s of CPU",
            f"django-import-export, bulk mode {usual:.2f} s, tuned {fast:.2f} s",
            usual / ours,
        )
    usual = seconds["Usual, dry run"] + seconds["Usual, import"]
    results.least(
        "dry run and import beside django-import-export's bulk mode (CPU)",
        f"{n:,} rows",
        GOAL_TIMES,
        usual / (check_cpu + run_cpu),
    )
    results.add("… both on the wall", f"{n:,} rows", f"{check_wall + run_wall:.2f} s")
