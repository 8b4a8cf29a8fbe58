"""One posting of a hundred is new: everybody's forty again, beside a run over all jobs.

Rarity is held, as between the runs of a day; the lists must equal those of a full run.
"""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from jobscore.matching.entering import ANY, Floors, may_enter
from jobscore.scoring import engine
from jobscore.scoring.engine import Gates, Ranked
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.merging import merge
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
    """Return everybody's forty, ranking again only those whom a new job reaches."""
    new = made.after(len(old)).frame(LATEST, old.statistics())
    jobs = merge(old, np.arange(len(old)), new)
    lists = lists_of(before, old)
    found = [
        person
        for person, ranked in zip(people, before, strict=True)
        if may_enter(
            person,
            new,
            LATEST,
            Gates(today=TODAY.toordinal()),
            {},
            Floors(fill_up=int(ranked.rank_points[-1]) if len(ranked.positions) == 40 else ANY),
        )
    ]
    return lists | lists_of(rank(found, jobs), jobs)


def test_new_jobs_for_everybody(results: Results) -> None:
    made = town.make(JOBS + NEW, PEOPLE, TODAY)
    n_new = max(1, len(made.rows) // 101)
    old = made.first(len(made.rows) - n_new).frame(LATEST)
    before = rank(made.people, old)
    renewed, took = timed(renew, made.people, old, before, made)
    fresh, building = timed(made.frame, LATEST, old.statistics())
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
