"""The engine against the specification that anyone can read, and one person against all jobs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import select

from jobscore.accounts.models import User
from jobscore.extensions import db
from jobscore.matching import selection
from jobscore.scoring import building, engine, loading
from jobscore.scoring.engine import Gates
from jobscore.scoring.frames import JobFrame, JobRow, Profile
from jobscore.scoring.policy import Policy
from tests.benchmarks.conftest import MORNING
from tests.benchmarks.measuring import Results, least_seconds, scaled, seconds
from tests.scoring import specification
from tests.scoring.specification import World

POLICY = Policy()
TODAY = MORNING.date().toordinal() + 1  # it is the next day in Tokyo
SECTIONS = selection.predicates(TODAY)


@dataclass(frozen=True, slots=True)
class Town:
    """The same jobs and people as the engine and as the specification read them."""

    people: list[Profile]
    jobs: JobFrame
    rows: list[JobRow]
    plain: World


@pytest.fixture(scope="module")
def town(world: Flask) -> Town:
    given: list[JobRow] = []
    parts: dict[str, list[object]] = {}

    def build(rows: Sequence[JobRow], *, policy: Policy, **more: Iterator[object]) -> JobFrame:
        given.extend(rows)
        parts.update({name: list(values) for name, values in more.items()})
        return building.build_jobs(rows, policy=policy, **parts)  # type: ignore[arg-type]  # passed on

    with world.app_context(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "build_jobs", build)
        jobs = loading.load_jobs(POLICY)
        ids = db.session.scalars(select(User.id).where(~User.is_superuser).order_by(User.id)).all()
        people = loading.load_profiles(ids, POLICY)
        db.session.remove()
    return Town(people, jobs, given, World(given, **parts))


def of_one(plain: World, person: Profile) -> World:
    """Return the world with only the skill relations that can matter to a person.

    The specification walks through all of them for each pair of skills; no one would do that.
    """
    own = World.__new__(World)
    own.__dict__.update(vars(plain))
    own.links = [
        k for k in plain.links if k.narrower in person.skills or k.broader in person.skills
    ]
    return own


def score_plainly(town: Town, people: int, jobs: int) -> dict[tuple[int, int], tuple[int, ...]]:
    """Score pairs, spread over all jobs, by the specification."""
    scored = {}
    for person in islice(town.people, people):
        own = of_one(town.plain, person)
        for row in town.rows[:: max(1, len(town.rows) // jobs)][:jobs]:
            parts = specification.components(person, row, own, POLICY)
            specification.total(parts, person.weights or POLICY.weights)
            scored[person.user_id, row.id] = parts
    return scored


def rank_all(town: Town) -> list[engine.Ranked]:
    """Rank as a matching run does: all gates, sections and components of the best."""
    gates = {person.user_id: Gates(today=TODAY) for person in town.people}
    return engine.rank(town.people, town.jobs, POLICY, gates, sections=SECTIONS)


def test_ranking_everybody(town: Town, results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    people, jobs = 20, scaled(100)
    scored: dict[tuple[int, int], tuple[int, ...]] = {}

    def plain() -> None:
        scored.update(score_plainly(town, people, jobs))

    took, first = least_seconds(3, lambda: rank_all(town))[0], seconds(plain)
    for person in town.people[:people]:
        judgement = engine.judge(person, town.jobs, POLICY)
        mine = {job: parts for (user, job), parts in scored.items() if user == person.user_id}
        at = np.array([town.jobs.position(job) for job in mine])
        found = engine.components_at(judgement, town.jobs, at).tolist()
        assert [tuple(parts) for parts in found] == list(mine.values())
    # A plain loop that remembers what a title's vector is, as a careful person would write it.
    vector: Callable[..., dict[str, int]] = specification.gram_vector
    remembered: Callable[..., dict[str, int]] = cache(lambda words: vector(words, town.plain))
    monkeypatch.setattr(specification, "gram_vector", lambda words, world: remembered(words))
    plain()
    (second,) = least_seconds(2, plain)
    pairs = len(town.people) * len(town.jobs)
    ours = f"{took:.2f} s, {pairs / took:,.0f} pairs/s"
    amount = f"{len(town.people):,} people x {len(town.jobs):,} jobs"
    for name, spent in (("the specification", first), ("with titles remembered", second)):
        rate = len(scored) / spent
        ratio = (pairs / took) / rate
        results.add(
            "ranking everybody, one process",
            amount,
            ours,
            f"{name}, {len(scored):,} pairs, {rate:,.0f} pairs/s",
            ratio,
        )
        assert ratio > 50


def test_ranking_one_person(town: Town, results: Results) -> None:
    gates = Gates(today=TODAY)
    numbers = np.random.default_rng(1).integers(0, 1_000_000, len(town.jobs), np.int32)
    times, sorts = [], []
    for _ in range(6):
        for person in town.people:
            times.append(
                seconds(
                    lambda person=person: engine.rank_one(  # type: ignore[misc]  # bound at once
                        person, town.jobs, POLICY, gates, sections=SECTIONS
                    )
                )
            )
            sorts.append(seconds(lambda: np.argsort(numbers, kind="stable")))
    (p50, p99), yardstick = np.percentile(times, [50, 99]), float(np.median(sorts))
    for name, spent in (("p50", float(p50)), ("p99", float(p99))):
        results.add(
            f"ranking one person, {name} of {len(times):,}",
            f"{len(town.jobs):,} jobs",
            f"{spent * 1e3:.2f} ms",
            f"stable argsort of as many numbers, {yardstick * 1e3:.2f} ms",
            yardstick / spent,
        )
    assert yardstick / p50 > 0.005
