"""Fifty people browse while a large file is imported on SQLite: nobody gets an error or waits long.

A real server process and a real import process share one database file; the people are threads
here. Each looks at a page, then thinks for a moment.
"""

import http.client
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from jobscore import config
from jobscore.database.transaction import transaction
from jobscore.demo import sample
from jobscore.demo.day import SEED
from jobscore.extensions import db
from jobscore.jobs.models import Job
from tests.benchmarks.bench_big_imports import import_all
from tests.benchmarks.conftest import MORNING
from tests.benchmarks.measuring import Results, scaled
from tests.conftest import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
PEOPLE, KNOWN, JOBS = 50, scaled(2_000), scaled(20_000)
IDLE_SECONDS, THINKING = 15.0, (0.5, 1.5)
GOAL_TIMES = 5.0


@dataclass(slots=True)
class Seen:
    """What the people met: seconds of each page, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Return the seconds within which so large a share of the pages came."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def environment(app: Flask) -> dict[str, str]:
    """Return the settings of the processes that share the database of ``app``."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("JOBSCORE_")}
    given = {name: str(value) for name, value in SETTINGS.items() if name != "workers"}
    given |= {
        "database_url": db.engine.url.render_as_string(hide_password=False),
        "instance_dir": str(config.current(app).instance),
        "log_level": "ERROR",
    }
    return own | {f"JOBSCORE_{name.upper()}": value for name, value in given.items()}


@contextmanager
def served(app: Flask, folder: Path) -> Iterator[int]:
    """Serve the application from a process of its own; give the port."""
    port = free_port()
    command = [sys.executable, "-m", "waitress", f"--listen=127.0.0.1:{port}"]
    command += ["--connection-limit=2000", "--channel-timeout=20", "--call"]
    command += ["jobscore.app:create_server"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment(app), stdout=log, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def browse(port: int, paths: list[str], stop: threading.Event, seen: Seen, seed: int) -> None:
    """Look at one page after another until told to stop."""
    dice = random.Random(seed)
    while not stop.is_set():
        path = dice.choice(paths)
        began = time.monotonic()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            if answer.status != 200:
                seen.errors.append(f"{path}: {answer.status}")
        except OSError as error:
            seen.errors.append(f"{path}: {error!r}")
        seen.seconds.append(time.monotonic() - began)
        stop.wait(dice.uniform(*THINKING))


@contextmanager
def people(port: int, paths: list[str]) -> Iterator[Seen]:
    """Have fifty people browse as long as the block lasts."""
    stop, seen = threading.Event(), Seen()
    threads = [
        threading.Thread(target=browse, args=(port, paths, stop, seen, number))
        for number in range(PEOPLE)
    ]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@pytest.fixture
def settings() -> dict[str, object]:
    """The jobs that people look at are imported here."""
    return {"workers": 1}


def test_people_browse_while_a_file_is_imported(
    furnished: Flask, results: Results, tmp_path: Path
) -> None:
    known, large = tmp_path / "known.csv", tmp_path / "large.csv"
    sample.write_jobs_csv(known, KNOWN, SEED, MORNING.date(), "en")
    sample.write_jobs_csv(large, JOBS, SEED + 1, MORNING.date(), "ja")
    import_all(known)
    with transaction() as session:
        ids = session.scalars(select(Job.id).order_by(Job.id).limit(200)).all()
    db.session.remove()
    paths = ["/", "/jobs", "/jobs?q=sales", "/jobs?q=python"] * 10
    paths += [f"/jobs/{number}" for number in ids]
    with served(furnished, tmp_path) as port:
        with people(port, paths):
            time.sleep(5)  # what a server builds once
        with people(port, paths) as idle:
            time.sleep(IDLE_SECONDS)
        with people(port, paths) as busy:
            command = [sys.executable, "-m", "flask", "--app", "wsgi", "imports", "run", str(large)]
            began = time.monotonic()
            done = subprocess.run(
                command, cwd=ROOT, env=environment(furnished), capture_output=True, text=True
            )
            took = time.monotonic() - began
    assert done.returncode in (0, 3), done.stderr
    with transaction() as session:
        assert (session.scalar(select(func.count(Job.id))) or 0) > 0.9 * (KNOWN + JOBS)
    assert sorted(set(busy.errors + idle.errors))[:5] == []
    amount = f"{PEOPLE} people, {JOBS:,} rows in {took:.0f} s"
    for name, seen in (("nothing else runs", idle), ("a file is imported", busy)):
        shown = f"p50 {seen.percentile(0.5) * 1e3:.0f} ms, p99 {seen.percentile(0.99) * 1e3:.0f} ms"
        results.add(f"pages while {name}", f"{len(seen.seconds):,} pages, no error", shown)
    ratio = busy.percentile(0.99) / idle.percentile(0.99)
    results.bar("p99 of pages during an import, times idle", amount, GOAL_TIMES, ratio, unit="×")
