"""Writing a run's results: only the differences, in bulk, beside an upsert of each row."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text

from jobscore import clock
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching import blocks, writing
from jobscore.matching.blocks import Chosen, PersonMatches
from jobscore.matching.models import MatchingResult
from jobscore.scoring.models import JobScore
from tests.benchmarks.conftest import MORNING
from tests.benchmarks.measuring import Results, scaled
from tests.conftest import BACKENDS
from tests.matching import plain_writing

PEOPLE, JOBS, LIST = scaled(500), max(80, scaled(20_000)), 40
DAY = MORNING.date() + timedelta(days=1)  # it is the next day in Tokyo
REASON = '[{"id": "skills_match", "numbers": {"skills": [%d, %d]}}, {"id": "near", "numbers": {}}]'
#: Seconds of each step by way of writing.
Times = dict[str, float]
#: The least that the new way must be as many times as fast, by step.
LEAST = {"first day": 1.3, "the same day again": 3.0, "next day, 5% of the people changed": 1.3}


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Both databases."""
    return str(request.param)


def results_of_a_day() -> list[PersonMatches]:
    """Return forty matches for each person."""
    dice = random.Random(1)
    people = []
    for user in range(1, PEOPLE + 1):
        chosen = []
        for position, job in enumerate(dice.sample(range(1, JOBS + 1), LIST), start=1):
            total = dice.randrange(300_000, 990_000)
            parts = (total // 100, total // 120, -1, total // 130, 5_000)
            reason = REASON % (job % 900, job % 77)
            chosen.append(
                Chosen(job, "picks", False, position, total, parts, total, 85, reason, 70)
            )
        people.append(PersonMatches(user, None, tuple(chosen)))
    return people


def on_the_next_day(people: Sequence[PersonMatches]) -> list[PersonMatches]:
    """Return the same with a new score in the list of each twentieth person."""
    return [
        person
        if number % 20
        else replace(
            person,
            chosen=(
                person.chosen[0]._replace(total=person.chosen[0].total + 1),
                *person.chosen[1:],
            ),
        )
        for number, person in enumerate(people)
    ]


def furnish() -> None:
    """Add people and jobs, numbered from one."""
    with transaction() as session:
        session.execute(
            insert(User),
            [
                {"email": f"p{n}@example.com", "hashed_password": "!", "full_name": f"P{n}"}
                for n in range(PEOPLE)
            ],
        )
        session.execute(
            insert(Job), [{"title": f"Job {n}", "company_name": f"C{n}"} for n in range(JOBS)]
        )
        for model, rows in ((User, PEOPLE), (Job, JOBS)):
            found = session.execute(select(func.min(model.id), func.max(model.id))).one()
            assert found == (1, rows)


def empty_tables() -> None:
    """Take all results away, on PostgreSQL with their traces in the files too."""
    word = "TRUNCATE" if db.engine.dialect.name == "postgresql" else "DELETE FROM"
    with transaction() as session:
        if word == "TRUNCATE":
            session.execute(text("TRUNCATE matching_results, job_scores"))
            return
        for model in (MatchingResult, JobScore):
            session.execute(text(f"{word} {model.__tablename__}"))


def server_seconds() -> float:
    """Return the CPU seconds of the connection's own server process; 0 where it cannot be seen."""
    if db.engine.dialect.name != "postgresql":
        return 0.0
    with transaction() as session:
        pid = session.scalar(text("SELECT pg_backend_pid()"))
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists() or "postgres" not in stat.read_text():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def seconds_with_server(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call, here and in the server."""
    began = time.process_time() + server_seconds()
    work()
    return time.process_time() + server_seconds() - began


def write_all(module: object, people: Sequence[PersonMatches], on: date, hours: int) -> None:
    """Write as a run does: a transaction for each block."""
    write: Callable[..., object] = module.write_block  # type: ignore[attr-defined] # either module
    expire: Callable[..., object] = module.expire_pending  # type: ignore[attr-defined]
    with clock.set_to(MORNING + timedelta(hours=hours)):
        for ends in (False, True):
            if (module is writing) == ends:
                with transaction() as session:
                    expire(session, on)
            if ends:
                continue
            for start in range(0, len(people), blocks.SIZE):
                with transaction() as session:
                    group = people[start : start + blocks.SIZE]
                    write(session, group, version="1.0", today=on, run_id=None)


def times_of(module: object, people: Sequence[PersonMatches]) -> Times:
    """Write two days in one of the two ways, on tables that are empty before."""
    empty_tables()
    tomorrow = DAY + timedelta(days=1)
    steps = [(people, DAY, 0), (people, DAY, 1), (on_the_next_day(people), tomorrow, 24)]
    found = {}
    for name, (given, on, hours) in zip(LEAST, steps, strict=True):
        found[name] = seconds_with_server(
            lambda given=given, on=on, hours=hours: write_all(  # type: ignore[misc] # bound at once
                module, given, on, hours
            )
        )
    return found


def test_writing_a_days_results(app: Flask, backend: str, results: Results) -> None:
    people = results_of_a_day()
    with app.app_context():
        furnish()
        turns = [(times_of(plain_writing, people), times_of(writing, people)) for _ in range(2)]
        counts = [
            db.session.scalar(select(func.count()).select_from(model))
            for model in (JobScore, MatchingResult)
        ]
        db.session.rollback()
    assert counts == [PEOPLE * LIST] * 2
    rows = 2 * PEOPLE * LIST
    for step, least in LEAST.items():
        plain, bulk = (min(turn[way][step] for turn in turns) for way in (0, 1))
        results.add(
            f"writing on {backend}, {step}",
            f"{rows // 2:,} scores, {rows // 2:,} matches",
            f"{bulk:.2f} s, {rows / bulk:,.0f} rows/s",
            f"an upsert of each row, {plain:.2f} s, {rows / plain:,.0f} rows/s",
            plain / bulk,
        )
        assert plain / bulk > least
