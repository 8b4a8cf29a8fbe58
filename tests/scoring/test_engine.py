"""The engine gives exactly what the scalar specification gives."""

import pickle
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.scoring import engine
from jobscore.scoring.building import build_jobs
from jobscore.scoring.engine import Gates
from jobscore.scoring.frames import JobFrame, JobRow, Point, Profile, company_key
from jobscore.scoring.narrowing import narrow
from jobscore.scoring.policy import COMPONENTS, Policy
from tests.scoring import specification
from tests.scoring.worlds import ANSWERS, profiles, worlds


def ranked_tuples(found, jobs):
    return [
        (int(jobs.ids[p]), int(r), int(t), tuple(c.tolist()))
        for p, r, t, c in zip(
            found.positions, found.rank_points, found.totals, found.components, strict=True
        )
    ]


@settings(max_examples=150, deadline=None)
@given(profiles(), worlds(), st.integers(1, 14))
def test_the_best_k_with_totals_and_components_equal_the_specification(profile, world, k):
    rows, spec, jobs, policy = world
    profile = replace(profile, employment_types=frozenset())
    found = engine.rank_one(profile, jobs, policy, k=k)
    assert ranked_tuples(found, jobs) == specification.rank(profile, rows, spec, policy, k)


@settings(max_examples=150, deadline=None)
@given(profiles(), worlds())
def test_every_component_of_every_pair_equals_the_specification(profile, world):
    rows, spec, jobs, policy = world
    for number, component in enumerate(COMPONENTS):
        points = engine.judge(profile, jobs, policy).points[component]
        assert points.min() >= -1
        assert points.max() <= 10_000
        for row in rows:
            expected = specification.components(profile, row, spec, policy)[number]
            assert points[jobs.position(row.id)] == expected, component


@settings(max_examples=60, deadline=None)
@given(st.lists(profiles(), min_size=1, max_size=4), worlds(), st.integers(1, 4))
def test_people_are_ranked_alike_whatever_the_block_and_the_order_of_rows(people, world, size):
    _, _, jobs, policy = world
    people = [replace(p, user_id=n) for n, p in enumerate(people)]
    whole = engine.rank(people, jobs, policy)
    copy = pickle.loads(pickle.dumps(jobs))
    parts = [
        found
        for start in range(0, len(people), size)
        for found in engine.rank(people[start : start + size], copy, policy)
    ]
    assert [ranked_tuples(f, jobs) for f in whole] == [ranked_tuples(f, jobs) for f in parts]


@settings(max_examples=60, deadline=None)
@given(profiles(), worlds(), st.data())
def test_a_narrow_frame_gives_a_job_the_points_that_it_has_among_all(profile, world, data):
    _, _, jobs, policy = world
    positions = data.draw(
        st.lists(st.integers(0, len(jobs) - 1), min_size=1, max_size=3, unique=True)
    )
    part = narrow(jobs, positions)
    whole, few = engine.judge(profile, jobs, policy), engine.judge(profile, part, policy)
    assert few.rank_points.tolist() == whole.rank_points[sorted(positions)].tolist()
    assert few.totals().tolist() == whole.totals()[sorted(positions)].tolist()


@settings(max_examples=80, deadline=None)
@given(profiles(), worlds(), st.data())
def test_what_a_gate_closes_is_never_ranked_and_the_rest_keeps_its_order(profile, world, data):
    rows, spec, jobs, policy = world
    profile = replace(profile, answers=data.draw(ANSWERS))
    ids = st.frozensets(st.sampled_from([row.id for row in rows]), max_size=3)
    gates = Gates(
        today=738_005,
        jobs={"hidden": data.draw(ids), "sent": data.draw(ids)},
        companies=frozenset({company_key("甲社")}),
    )
    closed_groups = {
        row.duplicate_group
        for row in rows
        if row.duplicate_group and row.id in gates.jobs["hidden"] | gates.jobs["sent"]
    }
    allowed = [
        row
        for row in rows
        if (row.expires is None or row.expires >= 738_005)
        and row.id not in gates.jobs["hidden"] | gates.jobs["sent"]
        and row.duplicate_group not in closed_groups
        and row.company != "甲社"
        and (
            not profile.employment_types
            or row.employment_type is None
            or row.employment_type in profile.employment_types
        )
        and not specification.failing(profile.answers, spec.conditions(row), row.point.region)
    ]
    found = engine.rank_one(profile, jobs, policy, gates)
    expected = specification.rank(profile, allowed, spec, policy, 300)
    assert ranked_tuples(found, jobs) == expected
    counts = engine.left_out(profile, jobs, policy, gates)
    assert sum(counts.values()) == len(rows)
    assert counts["eligible"] == len(expected)


@settings(max_examples=60, deadline=None)
@given(profiles(), worlds(), st.integers(1, 5), st.integers(0, 2**12 - 1))
def test_a_section_holds_the_exact_best_of_its_predicate(profile, world, k, bits):
    _, _, jobs, policy = world
    some = engine.Section(jobs=lambda jobs: (bits >> (jobs.ids % 12)) & 1 == 1)
    member = some.jobs(jobs)
    found = engine.rank_one(profile, jobs, policy, k=2, sections={"some": some}, section_k=k)
    everything = engine.rank_one(profile, jobs, policy, k=len(jobs)).positions.tolist()
    assert found.sections["some"].tolist() == [p for p in everything if member[p]][:k]
    assert set(found.sections["some"].tolist()) <= set(found.positions.tolist())


def test_equal_points_put_the_newest_first_and_then_the_smallest_id():
    rows = [JobRow(id=i, title="看護師", posted=p) for i, p in [(3, 5), (1, 5), (2, 9), (4, 1)]]
    jobs = build_jobs(rows)
    found = engine.rank_one(Profile(user_id=1, wanted_titles=("看護師",)), jobs, Policy())
    assert jobs.ids[found.positions].tolist() == [2, 1, 3, 4]


def test_an_empty_profile_gets_no_job_and_no_number():
    jobs = build_jobs([JobRow(id=1, title="看護師", no_experience_ok=True)])
    found = engine.rank_one(Profile(user_id=1), jobs, Policy())
    assert len(found.positions) == 0
    counts = engine.left_out(Profile(user_id=1), jobs, Policy(), Gates())
    assert counts["little_known"] == 1
    assert engine.judge(Profile(user_id=1), jobs, Policy()).totals().tolist() == [1_000_000]
    assert not engine.judge(Profile(user_id=1), jobs, Policy()).shown().any()


def test_no_jobs_at_all_is_not_an_error():
    jobs = build_jobs([])
    found = engine.rank_one(
        Profile(user_id=1, wanted_titles=("x",), homes=(Point(1.0, 2.0),), skills={1: 3}),
        jobs,
        Policy(),
        sections={"all": engine.Section()},
    )
    assert len(found.positions) == 0
    assert engine.left_out(Profile(user_id=1), jobs, Policy(), Gates())["eligible"] == 0


def test_a_job_that_says_little_stands_below_a_good_part_but_keeps_its_total():
    home = Point(35.69, 139.7, "JP-13104", "JP-13")
    rows = [
        JobRow(id=1, title="看護師", point=home),
        JobRow(
            id=2, title="看護師", point=home, pay_min=2_000, pay_period="hour", pay_currency="JPY"
        ),
    ]
    jobs = build_jobs(rows)
    person = Profile(
        user_id=1,
        homes=(home,),
        wanted_titles=("看護師",),
        pay_wish=1_500,
        pay_period="hour",
        pay_currency="JPY",
    )
    found = engine.rank_one(person, jobs, Policy())
    assert jobs.ids[found.positions].tolist() == [2, 1]
    assert found.totals.tolist() == [1_000_000, 1_000_000]
    assert found.judged.tolist() == [80, 65]


def test_more_work_style_features_than_bits_are_refused_by_name():
    from jobscore.scoring.building import TooManyFeaturesError
    from jobscore.scoring.frames import Statement

    said = [Statement(1, f"f{i}") for i in range(65)]
    with pytest.raises(TooManyFeaturesError):
        build_jobs([JobRow(id=1, title="x")], statements=said)


def test_a_view_has_every_column_of_the_whole():
    jobs = build_jobs([JobRow(id=i, title="看護師") for i in range(5)])
    view = narrow(jobs, [1, 3])
    for column in fields(JobFrame):
        whole, part = getattr(jobs, column.name), getattr(view, column.name)
        if isinstance(whole, np.ndarray):
            assert part.tolist() == whole[[1, 3]].tolist(), column.name
    assert narrow(view, [1]).ids.tolist() == [jobs.ids[3]]
