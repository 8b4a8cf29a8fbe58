"""The engine: everybody, one person, growth in jobs and people, and what a team would write."""

import gc
import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from jobscore.matching import blocks
from jobscore.scoring import engine
from jobscore.scoring.engine import Gates
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.policy import LATEST
from tests.benchmarks import town
from tests.benchmarks.alternatives import (
    given,
    in_numpy,
    in_pandas,
    in_python,
    in_sql,
    retrieving,
)
from tests.benchmarks.alternatives.given import Columns, Question, Scored
from tests.benchmarks.conftest import MORNING
from tests.benchmarks.measuring import (
    FULL,
    Results,
    clocks,
    cores,
    least_seconds,
    scaled,
    seconds,
    timed,
)
from tests.benchmarks.town import Town
from tests.scoring.specification import World

TODAY = MORNING.date() + timedelta(days=1)  # it is the next day in Tokyo
JOBS, PEOPLE = scaled(20_000), scaled(2_000)
#: People for whom slow ways are measured; the seconds of a pair do not depend on them.
FEW = 6


@dataclass
class Place:
    """A town with its columns, as the engine and as others read them."""

    town: Town
    jobs: JobFrame

    @property
    def people(self) -> list[Profile]:
        return self.town.people

    @cached_property
    def columns(self) -> Columns:
        return given.columns(self.town, self.jobs)

    @cached_property
    def questions(self) -> list[Question]:
        people = self.people[:FEW]
        return [given.question(p, self.town, self.jobs, self.columns, LATEST) for p in people]

    @cached_property
    def true(self) -> list[list[Scored]]:
        """What the engine gives to the first people."""
        return [scored(one, self.jobs) for one in rank(self.people[:FEW], self.jobs)]

    @cached_property
    def rate(self) -> float:
        """Pairs a CPU second of our exact forty, on this place, nothing computed before."""
        return len(self.people) * len(self.jobs) / seconds(lambda: rank(self.people, self.jobs))

    def amount(self) -> str:
        return f"{len(self.people):,} people x {len(self.jobs):,} jobs"


@pytest.fixture(scope="module")
def place() -> Place:
    made = town.make(JOBS, PEOPLE, TODAY)
    place = Place(made, made.frame(LATEST))
    assert place.rate  # measured first, while nothing is remembered
    return place


def gates_of(people: Sequence[Profile]) -> dict[int, Gates]:
    return {person.user_id: Gates(today=TODAY.toordinal()) for person in people}


def rank(people: Sequence[Profile], jobs: JobFrame) -> list[engine.Ranked]:
    """Give everybody their exact forty with components, as the alternatives do."""
    return engine.rank(people, jobs, LATEST, gates_of(people), k=given.K)


def scored(ranked: engine.Ranked, jobs: JobFrame) -> list[Scored]:
    return [
        Scored(int(jobs.ids[position]), points, total, tuple(parts))
        for position, points, total, parts in zip(
            ranked.positions.tolist(),
            ranked.rank_points.tolist(),
            ranked.totals.tolist(),
            ranked.components.tolist(),
            strict=True,
        )
    ]


def in_blocks(people: Sequence[Profile]) -> list[Sequence[Profile]]:
    return [people[i : i + blocks.SIZE] for i in range(0, len(people), blocks.SIZE)]


_shared: JobFrame | None = None


def _rank_shared(people: Sequence[Profile]) -> int:
    assert _shared is not None
    return len(rank(people, _shared))


def _match_shared(people: Sequence[Profile]) -> int:
    assert _shared is not None
    return len(blocks.match_block(people, gates_of(people), _shared, LATEST, TODAY.toordinal()))


def on_all_cores(work: Callable[[Any], int], people: Sequence[Profile], jobs: JobFrame) -> float:
    """Return the seconds on the wall for everybody in blocks, forked processes included."""
    global _shared
    _shared = jobs
    gc.freeze()
    try:
        context = multiprocessing.get_context("fork")

        def all_blocks() -> None:
            with context.Pool(cores()) as pool:
                done = sum(pool.imap_unordered(work, in_blocks(people)))
            assert done == len(people)

        return clocks(all_blocks)[1]
    finally:
        _shared = None
        gc.unfreeze()


def test_ranking_everybody(place: Place, results: Results) -> None:
    pairs = len(place.people) * len(place.jobs)
    one = pairs / place.rate
    results.add(
        "ranking everybody, exact forty, one core",
        place.amount(),
        f"{one:.2f} s CPU, {place.rate:,.0f} pairs/s",
    )
    fresh = place.town.frame(LATEST)
    both = on_all_cores(_rank_shared, place.people, fresh)
    results.add(
        f"… {cores()} cores",
        place.amount(),
        f"{both:.2f} s on the wall, {pairs / both:,.0f} pairs/s",
    )
    fresh = place.town.frame(LATEST)
    run = on_all_cores(_match_shared, place.people, fresh)
    results.add(
        f"… as a run: six sections, choice, reasons, {cores()} cores",
        place.amount(),
        f"{run:.2f} s on the wall, {run / len(place.people) * 1e3:.2f} ms a person",
    )
    if FULL:
        results.bar("exact forty with components, both cores", place.amount(), 4, both)


def test_ranking_one_person(place: Place, results: Results) -> None:
    gates = Gates(today=TODAY.toordinal())
    people = place.people[:300]
    numbers = np.random.default_rng(1).integers(0, 1_000_000, len(place.jobs), np.int32)
    times: dict[str, list[float]] = {"ranking one person": [], "… choosing, with reasons": []}
    sorts = []
    for person in (*people, *people):
        _, took = timed(engine.rank_one, person, place.jobs, LATEST, gates)
        times["ranking one person"].append(took)
        _, took = timed(
            blocks.match_block, [person], gates_of([person]), place.jobs, LATEST, gates.today
        )
        times["… choosing, with reasons"].append(took)
        sorts.append(seconds(lambda: np.argsort(numbers, kind="stable")))
    yardstick = float(np.median(sorts))
    for leg, spent in times.items():
        p50, p99 = (float(value) for value in np.percentile(spent, [50, 99]))
        results.add(
            f"{leg}, p50 and p99 of {len(spent):,}",
            f"{len(place.jobs):,} jobs",
            f"{p50 * 1e3:.2f} ms, {p99 * 1e3:.2f} ms",
            f"stable argsort of as many numbers, {yardstick * 1e3:.2f} ms",
            yardstick / p50,
        )
    if FULL:
        p50, p99 = np.percentile(times["ranking one person"], [50, 99]) * 1e3
        amount = f"{len(place.jobs):,} jobs, best 300"
        results.bar("one person, p50", amount, 0.5, float(p50), "ms")
        results.bar("one person, p99", amount, 3, float(p99), "ms")
    assert yardstick / float(np.median(times["ranking one person"])) > 0.005


# ---- what a team would write -----------------------------------------------------------------


def compare(place: Place, results: Results, name: str, pairs: int, spent: float) -> float:
    """Keep the line of one alternative; return how many times as fast we are, pair by pair."""
    theirs = pairs / spent
    results.add(
        f"exact forty: {name}",
        f"{pairs:,} pairs of {place.amount()}",
        f"{place.rate:,.0f} pairs/s, one core",
        f"{theirs:,.0f} pairs/s; the full size {duration(1e9 / theirs)}",
        place.rate / theirs,
    )
    return place.rate / theirs


def duration(seconds: float) -> str:
    """Return seconds as minutes, or as hours where they are many."""
    return f"{seconds / 60:.1f} min" if seconds < 7_200 else f"{seconds / 3_600:.0f} h"


def each(place: Place, way: Callable[[Question], list[Scored]]) -> tuple[int, float]:
    """Ask one way for the forty of each of the few, which must be ours; return pairs, seconds."""
    found = [way(question) for question in place.questions]
    assert found == place.true
    (spent,) = least_seconds(2, lambda: [way(question) for question in place.questions])
    return len(found) * len(place.jobs), spent


def test_beside_a_python_loop(place: Place, results: Results) -> None:
    plain = World(place.town.rows, place.town.asks(), place.town.statements(), town.links())
    people, step = place.people[:FEW], max(1, len(place.town.rows) // 200)
    for name, way, rows in (
        ("the specification, as it stands", None, place.town.rows[::step][:50]),
        ("the specification, vectors of titles remembered", True, place.town.rows[::step]),
        ("a Python loop that remembers all that pairs share", False, place.town.rows[:10_000]),
    ):
        if way is None:
            parts, spent = timed(in_python.score, people, rows, plain, LATEST)
        else:
            with in_python.remembering(only_vectors=way):
                in_python.score(people[:1], rows, plain, LATEST)
                parts, spent = timed(in_python.score, people, rows, plain, LATEST)
        check_parts(place, people, parts)
        ratio = compare(place, results, name, len(people) * len(rows), spent)
    if FULL:
        results.least("the plain Python loop", place.amount(), 300, ratio)


def check_parts(place: Place, people: Sequence[Profile], parts: dict[tuple[int, int], Any]) -> None:
    for person in people[:2]:
        mine = {job: own for (user, job), own in parts.items() if user == person.user_id}
        judgement = engine.judge(person, place.jobs, LATEST)
        at = np.array([place.jobs.position(job) for job in mine])
        found = engine.components_at(judgement, place.jobs, at).tolist()
        assert [tuple(own) for own in found] == list(mine.values())


def test_beside_one_sql_statement_a_person(place: Place, results: Results) -> None:
    database = in_sql.Database(place.columns)
    spent = 0.0
    for question, true in zip(place.questions, place.true, strict=True):
        parameters = database.ask(place.columns, question, LATEST)
        found, took = timed(database.best, parameters)
        spent += took
        assert found == true
    compare(place, results, "one SQL statement a person", FEW * len(place.jobs), spent)


def test_beside_pandas(place: Place, results: Results) -> None:
    frames = in_pandas.Frames(place.columns, len(place.town.features))
    pairs, spent = each(place, lambda question: in_pandas.best(frames, question, LATEST))
    compare(place, results, "pandas", pairs, spent)


def test_beside_straightforward_numpy(place: Place, results: Results) -> None:
    pairs, spent = each(place, lambda question: in_numpy.best(place.columns, question, LATEST))
    compare(place, results, "straightforward NumPy", pairs, spent)


def retrieve(
    embedding: retrieving.Embedding, place: Place, person: Profile, question: Question, n: int
) -> list[Scored]:
    query = embedding.person(person)
    return retrieving.best(embedding, place.columns, question, query, LATEST, n)


@pytest.mark.parametrize("n", [200, 1_000])
def test_beside_retrieve_then_rerank(place: Place, results: Results, n: int) -> None:
    embedding = retrieving.Embedding(place.town.rows)
    people = [p for p in place.people[:100] if p.wanted_titles]
    recalls, spent = [], 0.0
    for person in people:
        question = given.question(person, place.town, place.jobs, place.columns, LATEST)
        (true,) = (scored(one, place.jobs) for one in rank([person], place.jobs))
        found, took = timed(retrieve, embedding, place, person, question, n)
        spent += took
        if true:
            recalls.append(retrieving.recall(found, true))
    pairs = len(people) * len(place.jobs)
    theirs = pairs / spent
    results.add(
        f"not exact: {n:,} nearest titles, then rerank",
        f"{len(people):,} people x {len(place.jobs):,} jobs",
        f"{place.rate:,.0f} pairs/s, one core; all of the forty",
        f"{theirs:,.0f} pairs/s; {np.mean(recalls):.0%} of the true forty",
        place.rate / theirs,
    )
    assert 0 < np.mean(recalls) < 1


# ---- growth ----------------------------------------------------------------------------------


def test_growth_in_jobs(place: Place, results: Results) -> None:
    people = place.people[: blocks.SIZE]
    before: float | None = None
    for n in (JOBS // 100, JOBS // 10, JOBS):
        made = place.town.first(n)
        jobs, building = timed(made.frame, LATEST)
        before = grown(results, people, jobs, building, before)


def test_growth_in_people(place: Place, results: Results) -> None:
    for n in (PEOPLE // 100, PEOPLE // 10, PEOPLE):
        jobs = place.town.frame(LATEST)
        _, spent = timed(rank, place.people[:n], jobs)
        results.add(
            "growth in people",
            f"{n:,} people x {len(jobs):,} jobs",
            f"{spent:.2f} s, {spent / n * 1e3:.2f} ms a person",
        )


def grown(
    results: Results,
    people: Sequence[Profile],
    jobs: JobFrame,
    building: float,
    before: float | None,
) -> float:
    """Keep one line of growth in jobs, with the times that a tenth of the jobs took."""
    _, spent = timed(rank, people, jobs)
    each = spent / len(people)
    grew = "" if before is None else f"; a tenth of the jobs: x {each / before:.1f}"
    results.add(
        "growth in jobs",
        f"{len(people):,} people x {len(jobs):,} jobs",
        f"{each * 1e3:.2f} ms a person, {each / len(jobs) * 1e9:.1f} ns a pair{grew}",
        f"building the columns once: {building:.1f} s, {building / len(jobs) * 1e6:.0f} µs a job",
    )
    return each


def measure_a_million(place: Place, results: Results) -> None:
    """Measure blocks at a million jobs; what 100,000 people need is derived, and says so."""
    _, before = timed(rank, place.people[: blocks.SIZE], place.town.frame(LATEST))
    made = town.make(scaled(200_000), 2 * blocks.SIZE, TODAY)
    jobs, building = timed(made.frame, LATEST)
    grown(results, made.people[: blocks.SIZE], jobs, building, before / blocks.SIZE)
    both = on_all_cores(_rank_shared, made.people, made.frame(LATEST))
    derived = both / len(made.people) * 100_000
    results.bar(
        f"100,000 people, derived from {len(made.people)}",
        f"{len(jobs):,} jobs",
        2.5,
        derived / 60,
        "min",
        f" ({both:.2f} s measured)",
    )


if FULL:
    test_a_million_jobs = measure_a_million
