"""Columns put together equal columns built at once, while the statistics are held."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.matching.selection import sections_on
from jobscore.scoring import engine
from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import Ask, JobRow, Statement
from jobscore.scoring.merging import NotMergeableError, merge
from jobscore.scoring.policy import LATEST, Parameters, Policy
from jobscore.scoring.rarity import Statistics
from tests.scoring.worlds import profiles, worlds

TODAY = 738_002


@st.composite
def days(draw):
    """A world, which of its jobs there were the day before, and which of those have changed."""
    rows, world, _, policy = draw(worlds())
    alone = replace(policy.parameters, cv_share=0, popularity_share=0)
    policy = replace(policy, parameters=alone)
    ids = [row.id for row in rows]
    before = draw(st.sets(st.sampled_from(ids)))
    after = draw(st.sets(st.sampled_from(ids)))
    changed = draw(st.sets(st.sampled_from(ids)))
    return rows, world, policy, before, after, changed


def built(rows, world, policy, ids, statistics=None):
    return build_jobs(
        [row for row in rows if row.id in ids],
        asks=[Ask(job, skill, *asked) for job in ids for skill, asked in world.asked[job].items()],
        statements=[
            Statement(job, code, yes) for job in ids for code, yes in world.said[job].items()
        ],
        links=world.links,
        policy=policy,
        statistics=statistics,
    )


@settings(max_examples=80, deadline=None)
@given(days(), st.lists(profiles(), min_size=1, max_size=3))
def test_jobs_that_came_went_and_changed_leave_what_building_all_would_give(day, people):
    rows, world, policy, before, after, changed = day
    earlier = [replace(row, title="Senior " + row.title) if row.id in changed else row
               for row in rows]  # fmt: skip
    old = built(earlier, world, policy, before)
    statistics = Statistics.from_bytes(old.statistics().to_bytes())
    fresh = after - (before - changed)
    keep = np.array([old.positions[i] for i in sorted((before & after) - changed)], np.int64)
    merged = merge(old, np.sort(keep), built(rows, world, policy, fresh, statistics))
    whole = built(rows, world, policy, after, statistics)
    assert merged.ids.tolist() == whole.ids.tolist()
    assert merged.pays_well.tolist() == whole.pays_well.tolist()
    assert merged.positions == whole.positions
    same = merged.duplicate[:, None] == merged.duplicate[None]
    assert (same == (whole.duplicate[:, None] == whole.duplicate[None])).all()
    for person in people:
        ours = engine.judge(person, merged, policy)
        theirs = engine.judge(person, whole, policy)
        for component, points in theirs.points.items():
            assert ours.points[component].tolist() == points.tolist(), component
        gates = engine.Gates(today=TODAY, companies=frozenset({"甲社"}))
        mine, full = (engine.left_out(person, j, policy, gates) for j in (merged, whole))
        assert {k: n for k, n in mine.items() if n} == {k: n for k, n in full.items() if n}
        sections = sections_on(TODAY, policy)
        for few in (None, 2):
            mine, full = (
                engine.rank_one(
                    person, jobs, policy, gates, k=5, section_k=3, sections=sections, few=few
                )
                for jobs in (merged, whole)
            )
            assert mine.positions.tolist() == full.positions.tolist()
            assert mine.totals.tolist() == full.totals.tolist()
            assert {k: v.tolist() for k, v in mine.sections.items()} == {
                k: v.tolist() for k, v in full.sections.items()
            }


def test_what_is_merged_can_be_merged_again():
    rows = [
        JobRow(id=i, title=t, company="甲社") for i, t in enumerate(["看護師", "Nurse", "配送"])
    ]
    asks = [Ask(0, 7), Ask(1, 8), Ask(2, 9)]
    said = [Statement(0, "a"), Statement(1, "b"), Statement(2, "adults_only")]

    def part(ids, statistics=None):
        return build_jobs(
            [rows[i] for i in ids],
            asks=[asks[i] for i in ids],
            statements=[said[i] for i in ids],
            policy=LATEST,
            statistics=statistics,
        )

    jobs = part([0])
    held = jobs.statistics()
    for i in (1, 2):
        jobs = merge(jobs, np.arange(len(jobs)), part([i], held))
    whole = part([0, 1, 2], held)
    assert jobs.ids.tolist() == whole.ids.tolist()
    assert jobs.asks.job_skills.tolist() == whole.asks.job_skills.tolist()
    assert set(jobs.styles.bits) == {"a", "b"}
    assert jobs.needs.asked[jobs.need].any(axis=1).tolist() == [False, False, True]


def test_a_job_alone_weighs_the_same_as_among_all():
    """Without the held statistics a lone job would make its own words common."""
    rows = [JobRow(id=i, title=t) for i, t in enumerate(["Night nurse", "Nurse", "Nurse aide"])]
    jobs = build_jobs(rows, asks=[Ask(0, 1), Ask(0, 2), Ask(1, 1), Ask(2, 1)], policy=LATEST)
    alone = build_jobs(
        rows[:1], asks=[Ask(0, 1), Ask(0, 2)], policy=LATEST, statistics=jobs.statistics()
    )
    first = jobs.positions[0]
    span = slice(jobs.asks.job_starts[first], jobs.asks.job_starts[first + 1])
    assert alone.asks.job_shares.tolist() == jobs.asks.job_shares[span].tolist()
    counted = build_jobs(rows[:1], asks=[Ask(0, 1), Ask(0, 2)], policy=LATEST)
    assert counted.asks.job_shares.tolist() != alone.asks.job_shares.tolist()


def test_statistics_survive_being_kept_and_refuse_what_is_something_else():
    rows = [JobRow(id=i, title="看護師 Nurse", company="甲社", text="夜勤 night") for i in range(3)]
    held = build_jobs(rows, asks=[Ask(0, 5)], policy=LATEST).statistics()
    assert Statistics.from_bytes(held.to_bytes()) == held
    for broken in (b"", b"x" * 40, held.to_bytes()[:-9]):
        with pytest.raises(ValueError, match=r"no statistics"):
            Statistics.from_bytes(broken)


def test_whole_postings_are_compared_among_all_jobs_at_once():
    policy = Policy(parameters=Parameters(cv_share=50))
    jobs = build_jobs([JobRow(id=1, title="x", body="y " * 200)], policy=policy)
    with pytest.raises(NotMergeableError):
        merge(jobs, np.arange(1), jobs)
