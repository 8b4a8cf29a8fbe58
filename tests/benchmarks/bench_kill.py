"""Senders killed with -9 at random moments: 20 runs of 200 letters and three kills each.

Real processes and a real server that waits, refuses for now and for good, and drops the connection
after it took a letter.
"""

import dataclasses
from collections import Counter

import pytest
from flask import Flask

from jobscore import clock
from jobscore.emails.models import EmailStatus
from tests.benchmarks.measuring import FULL, SCALE, Results
from tests.conftest import BACKENDS
from tests.emails import killing, mailserver
from tests.emails.killing import Plan

#: On SQLite always, but for runs at a smaller scale; on PostgreSQL a quarter, unless all is asked
#: for.
RUNS = {
    "sqlite": max(2, round(20 * min(1.0, SCALE))),
    "postgresql": max(2, round((20 if FULL else 5) * min(1.0, SCALE))),
}


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Each database in turn."""
    return str(request.param)


@pytest.fixture(autouse=True)
def real_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes must see the same time."""
    monkeypatch.setattr(clock, "_source", clock._system)


def plan_of(run: int) -> Plan:
    """One sender or two; a server that only waits, that refuses, that drops too."""
    return Plan(
        seed=run,
        workers=1 + run % 2,
        temporary=0.1 if run % 4 >= 2 else 0.0,
        refused=0.05 if run % 4 >= 2 else 0.0,
        lost=0.05 if run % 8 >= 6 else 0.0,
    )


def test_kills(app: Flask, database_url: str, results: Results, backend: str) -> None:
    ends: Counter[EmailStatus] = Counter()
    kills = lost = 0
    for run in range(RUNS[backend]):
        plan = plan_of(run)
        with mailserver.running() as box, app.app_context():
            app.config["JOBSCORE"] = dataclasses.replace(app.config["JOBSCORE"], mail_url=box.url)
            result = killing.run(app, box, database_url, plan)
        killing.check(plan, result)
        ends += result.ends
        kills += result.killed
        lost += result.lost_answers
    told = ", ".join(f"{n:,} {status}" for status, n in sorted(ends.items()))
    results.bar(
        f"letters in doubt by kills ({told}; 0 lost, 0 twice)",
        f"{RUNS[backend]} runs of 200 letters, {kills} kills, {lost} answers lost, {backend}",
        kills,
        max(ends[EmailStatus.IN_DOUBT] - lost, 0.01),
        unit="letters",
    )
