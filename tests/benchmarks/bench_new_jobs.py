"""One posting of a hundred is new: everybody's forty again, beside a run over all jobs.

`renew` is the only function to change when the engine learns a road for new jobs; whatever it
does, the lists must equal those of a full run.
"""

from collections.abc import Sequence
from datetime import timedelta

from jobscore.scoring import engine
from jobscore.scoring.engine import Gates, Ranked
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.policy import LATEST
from tests.benchmarks import town
from tests.benchmarks.conftest import MORNING
from tests.benchmarks.measuring import FULL, Results, scaled, timed
from tests.benchmarks.town import Town

TODAY = MORNING.date() + timedelta(days=1)  # it is the next day in Tokyo
JOBS, PEOPLE = scaled(20_000), scaled(2_000)
NEW = JOBS // 100
#: Job ids with rank points and totals, best first, by user id.
Lists = dict[int, list[tuple[int, int, int]]]


def rank(people: Sequence[Profile], jobs: JobFrame) -> list[Ranked]:
    gates = {person.user_id: Gates(today=TODAY.toordinal()) for person in people}
    return engine.rank(people, jobs, LATEST, gates, k=40)


def lists_of(ranked: Sequence[Ranked], jobs: JobFrame) -> Lists:
    return {
        one.user_id: list(
            zip(
                jobs.ids[one.positions].tolist(),
                one.rank_points.tolist(),
                one.totals.tolist(),
                strict=True,
            )
        )
        for one in ranked
    }


def renew(people: Sequence[Profile], old: JobFrame, before: Sequence[Ranked], made: Town) -> Lists:
    """Return everybody's forty among old and new jobs. Today: by building and ranking all."""
    jobs = made.frame(LATEST)
    return lists_of(rank(people, jobs), jobs)


def test_new_jobs_for_everybody(results: Results) -> None:
    made = town.make(JOBS + NEW, PEOPLE, TODAY)
    n_new = max(1, len(made.rows) // 101)
    old = made.first(len(made.rows) - n_new).frame(LATEST)
    before = rank(made.people, old)
    renewed, took = timed(renew, made.people, old, before, made)
    fresh, building = timed(made.frame, LATEST)
    ranked, ranking = timed(rank, made.people, fresh)
    assert renewed == lists_of(ranked, fresh)
    lists = lists_of(before, old)
    points = sum(lists[user] != renewed[user] for user in lists)
    jobs = sum([j for j, *_ in lists[user]] != [j for j, *_ in renewed[user]] for user in lists)
    amount = f"{n_new:,} new jobs x {len(made.people):,} people"
    results.add(
        "new jobs for everybody",
        f"{amount}; {points:,} lists with other points, {jobs:,} with other jobs or order",
        f"{took:.2f} s CPU",
        f"a full run: columns {building:.2f} s, ranking {ranking:.2f} s",
        (building + ranking) / took,
    )
    if FULL:
        results.bar("new jobs for everybody", amount, 0.2, took)
