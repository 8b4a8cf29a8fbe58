"""Moving one weight: the best under the old and the new weights, and what moved, per person."""

import random
import time
from dataclasses import replace
from datetime import timedelta
from statistics import median

from jobscore.matching import own_weights
from jobscore.scoring import engine
from jobscore.scoring.engine import Gates, Ranked
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.policy import LATEST
from tests.benchmarks import town
from tests.benchmarks.conftest import MORNING
from tests.benchmarks.measuring import FULL, Results, scaled

TODAY = MORNING.date() + timedelta(days=1)  # it is the next day in Tokyo
JOBS, PEOPLE = scaled(20_000), 200
GATES = Gates(today=TODAY.toordinal())


def ranked(person: Profile, weights: own_weights.Weights, jobs: JobFrame) -> Ranked:
    return engine.rank_one(replace(person, weights=weights), jobs, LATEST, GATES)


def move_one(person: Profile, asked: list[int], jobs: JobFrame) -> None:
    """Do what a moved slider asks of the engine."""
    new = own_weights.normalise(asked, LATEST)
    now, before = ranked(person, new, jobs), ranked(person, LATEST.weights, jobs)
    ids, earlier = jobs.ids[now.positions].tolist(), jobs.ids[before.positions].tolist()
    points = dict(zip(earlier[:10], before.components[:10].tolist(), strict=False))
    points |= dict(zip(ids[:10], now.components[:10].tolist(), strict=False))
    moved = own_weights.moves(ids[:10], earlier, points, LATEST.weights, new, LATEST.neutral)
    assert len(moved) == min(10, len(ids))


def test_moving_a_weight(results: Results) -> None:
    made = town.make(JOBS, PEOPLE, TODAY)
    jobs = made.frame(LATEST)
    dice = random.Random(1)
    one, both = [], []
    for person in made.people:
        began = time.process_time()
        ranked(person, LATEST.weights, jobs)
        between = time.process_time()
        move_one(person, [dice.randint(0, 60) for _ in range(5)], jobs)
        one.append(between - began)
        both.append(time.process_time() - between)
    both.sort()
    p50, p95 = median(both), both[len(both) * 95 // 100]
    results.add(
        "my weights",
        f"{len(made.people)} people x {len(jobs):,} jobs",
        f"p50 {p50 * 1_000:.1f}, p95 {p95 * 1_000:.1f} ms CPU",
        f"one ranking: p50 {median(one) * 1_000:.1f} ms",
        median(one) / p50,
    )
    if FULL:
        results.bar("my weights", f"{len(jobs):,} jobs, the engine's share", 0.3, p95)
