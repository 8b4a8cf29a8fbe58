"""Whole days, each in a fresh process, on both databases: seconds by leg and the peak memory.

Seconds on the wall stand beside CPU seconds of the program with its workers and of the database
server: on a busy machine only the latter mean something.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.measuring import FULL, Results, scaled
from tests.conftest import BACKENDS

JOBS, PEOPLE = scaled(20_000), scaled(2_000)
#: Goals in seconds for 100,000 jobs and 10,000 people.
GOALS = {"one": 30, "two": 8}
NAMES = {"one": "day one", "two": "day two, 1 % of the jobs changed"}
GOAL_MB = 600


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Both databases."""
    return str(request.param)


@pytest.fixture
def folder(work_folder: Path, backend: str) -> Iterator[Path]:
    made = work_folder / f"day-{backend}"
    made.mkdir()
    yield made
    shutil.rmtree(made)


class Child:
    """A step that runs in a process of its own, and the most memory that it has used."""

    def __init__(self, step: str, url: str, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.benchmarks.whole_day", step, "--url", url]
        command += ["--folder", str(folder), "--jobs", str(JOBS), "--people", str(PEOPLE)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.peak_kb = 0

    def found(self) -> dict[str, Any]:
        """Wait for its end, looking at its memory now and then; return what it printed."""
        while self.process.poll() is None:
            self.peak_kb = max(self.peak_kb, sum(map(shared_kb, family(self.process.pid))))
            time.sleep(0.5)
        assert self.process.stdout is not None
        with self.process.stdout as output:
            lines = output.read().splitlines()
        assert self.process.returncode == 0, lines
        found: dict[str, Any] = json.loads(lines[-1])
        return found


def family(pid: int) -> list[int]:
    """Return a process and all below it; empty where the system does not tell."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in family(int(child)))]


def shared_kb(pid: int) -> int:
    """Return the memory of a process where pages of several count for each by their part (PSS)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def test_whole_days(empty_database_url: str, folder: Path, backend: str, results: Results) -> None:
    Child("prepare", empty_database_url, folder).found()
    amount = f"{PEOPLE:,} people, {JOBS:,} jobs"
    for step in ("one", "two"):
        child = Child(step, empty_database_url, folder)
        found = child.found()
        assert found["letters"] > 0.8 * PEOPLE
        name = f"{NAMES[step]}, {backend}"
        whole = {clock: sum(leg[clock] for leg in found["legs"].values()) for clock in CLOCKS}
        results.add(name, amount, spent(whole))
        for leg, clocks in found["legs"].items():
            results.add(f"… {leg}", detail(leg, found), spent(clocks))
        peak, worker = found["peak_kb"] / 1_000, found["worker_peak_kb"] / 1_000
        results.add(
            f"… peak memory, {backend}",
            f"process {peak:.0f} MB, largest worker {worker:.0f} MB",
            f"{child.peak_kb / 1_000:.0f} MB with its workers (PSS, sampled)",
        )
        if FULL:
            results.bar(name, amount, GOALS[step], whole["wall"], note=f"; {spent(whole)}")
            most = max(peak, worker, child.peak_kb / 1_000)
            results.bar(f"memory of {name}", amount, GOAL_MB, most, "MB")


CLOCKS = ("wall", "cpu", "server")


def spent(clocks: dict[str, float]) -> str:
    server = f" + {clocks['server']:.1f} s server" if clocks["server"] else ""
    return f"{clocks['wall']:.1f} s wall, {clocks['cpu']:.1f} s CPU{server}"


def detail(leg: str, found: dict[str, Any]) -> str:
    """Return what a leg is made of, as far as it says."""
    timings = {
        "score, match, write": found["matching"],
        "compose and log letters": found["composing"],
    }.get(leg, {})
    told = ", ".join(f"{name} {s:.1f}" for name, s in timings.items() if name != "total")
    if leg == "import":
        return f"{found['rows']['jobs']:,} jobs"
    if leg == "score, match, write":
        return f"{found['rows']['job_scores']:,} scores kept; {told}"
    return f"{found['letters']:,} letters; {told}"
