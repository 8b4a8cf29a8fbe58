"""The engine stays many times as fast as plain ways of the same run, and grows no worse than they.

Ratios only, never seconds: CPU seconds of this process, least of several rounds that take turns,
so that a busy machine slows both sides. Each threshold is at most half of what a quiet machine
measured when it was set; `make bench` shows the real size. Twelve thousand jobs are six times
the same two thousand postings under other numbers and days.
"""

from dataclasses import dataclass, replace
from datetime import date

import pytest

from jobscore.scoring import engine
from jobscore.scoring.engine import Gates
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.policy import LATEST
from tests.benchmarks import town
from tests.benchmarks.alternatives import given, in_numpy, in_python
from tests.benchmarks.alternatives.given import Scored
from tests.benchmarks.measuring import least_seconds
from tests.benchmarks.town import Town
from tests.scoring.specification import World

TODAY = date(2026, 11, 23)
JOBS, COPIES, PEOPLE, FEW = 2_000, 6, 48, 4
ROUNDS = 4
#: Measured: 460 (two busy cores).
LEAST_OF_PYTHON = 150
#: Measured: 2.1.
LEAST_OF_NUMPY = 1.0
#: Against growth in step with the size, which is 1; measured: 0.25 (what a person costs whatever
#: the jobs weighs much at these sizes) and 0.95.
MOST_GROWTH_IN_JOBS, MOST_GROWTH_IN_PEOPLE = 0.7, 1.9


@dataclass(frozen=True, slots=True)
class Place:
    """One town, and the columns of a sixth of it and of all of it."""

    town: Town
    small: JobFrame
    jobs: JobFrame


def copied(made: Town) -> Town:
    """Return a town in which every posting stands six times, under other numbers and days."""
    large = Town(made.today, people=made.people, features=made.features)
    n = len(made.rows)
    for copy in range(COPIES):
        shift = copy * n
        large.rows += [replace(r, id=r.id + shift, posted=r.posted - copy) for r in made.rows]
        for ask in made.asks():
            large.add_ask(ask._replace(job_id=ask.job_id + shift))
        for said in made.statements():
            large.add_statement(said._replace(job_id=said.job_id + shift))
    return large


@pytest.fixture(scope="module")
def place() -> Place:
    made = town.make(JOBS, PEOPLE, TODAY)
    large = copied(made)
    return Place(large, made.frame(LATEST), large.frame(LATEST))


def rank(people: list[Profile], jobs: JobFrame) -> list[list[Scored]]:
    """Return everybody's exact forty with their components."""
    gates = {person.user_id: Gates(today=TODAY.toordinal()) for person in people}
    return [
        [
            Scored(int(jobs.ids[position]), points, total, tuple(parts))
            for position, points, total, parts in zip(
                ranked.positions.tolist(),
                ranked.rank_points.tolist(),
                ranked.totals.tolist(),
                ranked.components.tolist(),
                strict=True,
            )
        ]
        for ranked in engine.rank(people, jobs, LATEST, gates, k=given.K)
    ]


def test_the_engine_is_many_times_as_fast_as_a_loop_over_pairs(place: Place) -> None:
    people, rows = place.town.people, place.town.rows[: JOBS // 4]
    world = World(place.town.rows, place.town.asks(), place.town.statements(), town.links())
    few = people[:2]
    with in_python.remembering():
        in_python.score(few, rows, world, LATEST)
        ours, plain = least_seconds(
            ROUNDS,
            lambda: rank(people, place.jobs),
            lambda: in_python.score(few, rows, world, LATEST),
        )
    pair = ours / (len(people) * len(place.jobs))
    ratio = plain / (len(few) * len(rows)) / pair
    assert ratio > LEAST_OF_PYTHON, f"{ratio:.0f} times as fast as the loop"


def test_the_engine_is_faster_than_straightforward_numpy_and_gives_the_same(place: Place) -> None:
    columns = given.columns(place.town, place.jobs)
    people = place.town.people
    questions = [
        given.question(p, place.town, place.jobs, columns, LATEST) for p in people[: FEW * 2]
    ]
    true = [in_numpy.best(columns, question, LATEST) for question in questions]
    assert rank(people, place.jobs)[: len(true)] == true
    assert any(len(forty) == given.K for forty in true)
    ours, plain = least_seconds(
        ROUNDS,
        lambda: rank(people, place.jobs),
        lambda: [in_numpy.best(columns, question, LATEST) for question in questions],
    )
    ratio = (plain / len(questions)) / (ours / len(people))
    assert ratio > LEAST_OF_NUMPY, f"{ratio:.2f} times as fast as straightforward NumPy"


def test_six_times_the_jobs_take_clearly_less_than_six_times_as_long(place: Place) -> None:
    people = place.town.people
    small, large = least_seconds(
        ROUNDS, lambda: rank(people, place.small), lambda: rank(people, place.jobs)
    )
    growth = large / small / (len(place.jobs) / len(place.small))
    assert growth < MOST_GROWTH_IN_JOBS, f"{growth:.2f} times the growth of the jobs"


def test_six_times_the_people_take_about_six_times_as_long_at_most(place: Place) -> None:
    people = place.town.people
    few = people[:: len(people) // 8][:8]
    small, large = least_seconds(
        ROUNDS, lambda: rank(few, place.jobs), lambda: rank(people, place.jobs)
    )
    growth = large / small / (len(people) / len(few))
    assert growth < MOST_GROWTH_IN_PEOPLE, f"{growth:.2f} times the growth of the people"
