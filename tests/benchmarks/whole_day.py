"""One step of a whole day in a process of its own, measured by leg: a program for `bench_day.py`.

    python -m tests.benchmarks.whole_day prepare|one|two --url URL --folder F --jobs N --people M

`prepare` makes schema, vocabulary, people and CSV files; `one` imports all of them, scores,
matches, writes, composes and logs the letters of the first day; `two` does the same with the
files of the next day, in which one posting of a hundred pays differently. The last line that is
printed is a JSON object. Letters are not sent: that measures somebody's mail server.
"""

import argparse
import csv
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import flask_migrate
from sqlalchemy import func, select, text

from jobscore import clock
from jobscore.app import create_app
from jobscore.database.transaction import transaction
from jobscore.demo import sample, seeding
from jobscore.demo.people import people
from jobscore.digests import service as digests
from jobscore.digests.models import Digest
from jobscore.extensions import db
from jobscore.imports import running
from jobscore.imports import service as imports
from jobscore.imports.models import ImportStatus
from jobscore.imports.reader import ReadOptions
from jobscore.jobs.models import Job
from jobscore.matching import runs
from jobscore.matching.models import MatchingResult
from jobscore.scoring import service as scoring
from jobscore.scoring.models import JobScore
from jobscore.vocabulary import service as vocabulary

SEED = 1
#: Six o'clock in Tokyo of the first day.
MORNING = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
CHANGED_EVERY = 100
SETTINGS: dict[str, object] = {
    "secret_key": "a-secret-for-benchmarks-only-0123456789",
    "public_url": "http://localhost",
    "timezone": "Asia/Tokyo",
    "mail_from": "jobs@example.com",
    "operator_name": "Example Jobs K.K.",
    "operator_address": "1-1 Chiyoda, Tokyo",
    "operator_contact": "https://example.com/contact",
    "log_level": "WARNING",
}


class Legs:
    """Seconds of each leg: on the wall, of this process and its workers, of the database server."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, float]] = {}

    @contextmanager
    def leg(self, name: str) -> Iterator[None]:
        """Measure the block."""
        db.session.remove()
        wall, cpu, server = time.monotonic(), own_seconds(), server_seconds()
        yield
        db.session.remove()
        self.found[name] = {
            "wall": time.monotonic() - wall,
            "cpu": own_seconds() - cpu,
            "server": server_seconds() - server,
        }


def own_seconds() -> float:
    """Return the CPU seconds of this process and of its workers that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def server_seconds() -> float:
    """Return the CPU seconds of the PostgreSQL server; 0 for SQLite or where it is not seen."""
    if db.engine.dialect.name != "postgresql":
        return 0.0
    with transaction() as session:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
    fields = _stat(str(backend))
    if not fields:
        return 0.0
    postmaster = fields[1]
    own = _stat(postmaster)
    ticks = sum(map(int, own[11:15]))
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            child = _stat(folder.name)
            if child and child[1] == postmaster:
                ticks += int(child[11]) + int(child[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid: str) -> list[str]:
    """Return what stands behind the name in a process's `stat`; empty when it is not there."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def prepare(folder: Path, n_jobs: int, n_people: int) -> dict[str, Any]:
    """Make everything that is there before the first day."""
    flask_migrate.upgrade()
    with transaction():
        vocabulary.load()
        scoring.seed_policy()
    added = seeding.add_people(people(n_people, SEED), "a long password for nobody")
    today = clock.today(str(SETTINGS["timezone"]))
    for file in sample.write_jobs(folder / "one", n_jobs, SEED, today):
        change(file.path, folder / "two" / file.path.name)
    return {"people": added}


def change(path: Path, target: Path) -> None:
    """Copy a file, with each hundredth posting paid as the one before it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        path.open(encoding="utf-8-sig", newline="") as given,
        target.open("w", encoding="utf-8", newline="") as changed,
    ):
        rows, writer = csv.reader(given), csv.writer(changed)
        header = next(rows)
        writer.writerow(header)
        pay = next(i for i, name in enumerate(header) if name in ("salary", "給与"))
        before = ""
        for number, row in enumerate(rows):
            given_pay = row[pay]
            if number % CHANGED_EVERY == 0 and before:
                row[pay] = before
            before = given_pay
            writer.writerow(row)


def day(files: Path) -> dict[str, Any]:
    """Do a day over the files of a folder; return what its legs took and what there is now."""
    legs = Legs()
    on = clock.today(str(SETTINGS["timezone"]))
    with legs.leg("import"):
        for path in sorted(files.iterdir()):
            import_file(path)
    with legs.leg("score, match, write"):
        with transaction():
            run_id = runs.request_run(run_on=on).id
        matching = runs.execute(run_id)
    with legs.leg("compose and log letters"):
        building = digests.build_digests(on)
    return {
        "legs": legs.found,
        "matching": matching.timings,
        "letters": building.letters,
        "composing": building.timings,
        "rows": {model.__tablename__: count(model) for model in (Job, JobScore, MatchingResult)},
        "digests": count(Digest),
        "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "worker_peak_kb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
    }


def count(model: Any) -> int:
    """Return the rows of a table."""
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def import_file(path: Path) -> None:
    """Upload a file and import it to its end."""
    with transaction() as session, path.open("rb") as stream:
        csv_import = imports.register_upload(session, stream, path.name)
        columns = imports.preview(imports.path_of(csv_import)).mapping
        attempt_id = imports.start(session, csv_import, columns, ReadOptions()).id
    worker = running.worker_name()
    if running.claim(worker, attempt_id) is None:
        raise RuntimeError(f"{path.name} is being imported by another process")
    status = running.run(attempt_id, worker)
    if status not in (ImportStatus.DONE, ImportStatus.DONE_WITH_ERRORS):
        raise RuntimeError(f"{path.name}: {status}")


def main() -> None:
    """Do one step and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["prepare", "one", "two"])
    parser.add_argument("--url", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--people", type=int, default=0)
    given = parser.parse_args()
    app = create_app({**SETTINGS, "database_url": given.url, "instance_dir": str(given.folder)})
    steps: dict[str, Callable[[], dict[str, Any]]] = {
        "prepare": lambda: prepare(given.folder, given.jobs, given.people),
        "one": lambda: day(given.folder / "one"),
        "two": lambda: day(given.folder / "two"),
    }
    morning = MORNING + timedelta(days=given.step == "two")
    with app.app_context(), clock.set_to(morning):
        found = steps[given.step]()
        db.session.remove()
        db.engine.dispose()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
