"""What a skill opens: the same as judging every job with the profile that has it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.matching import reasons
from jobscore.matching.reasons import Opening, Scope
from jobscore.matching.reasons.skill_openings import NEAR_KM
from jobscore.matching.reasons.small_changes import SKILL_LEVEL
from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import (
    Ask,
    JobRow,
    Point,
    Profile,
    Remote,
    RemoteWish,
)
from jobscore.scoring.policy import LATEST
from tests.scoring import specification
from tests.scoring.worlds import SKILLS, profiles, worlds

HOME = Point(35.69, 139.7, "JP-13104", "JP-13")
NURSE = Profile(user_id=1, homes=(HOME,), wanted_titles=("Nurse",), skills={1: 3})


def is_inside(profile, row, scope):
    """Tell whether a job is counted, from the words of the scope alone."""
    regions = {home.region for home in profile.homes} | profile.move_to
    homes = [home for home in profile.homes if None not in home[:2]]
    if scope == Scope.REMOTE:
        return row.remote == Remote.FULLY
    if scope == Scope.NEAR:
        return None not in row.point[:2] and any(
            specification.squared_metres(home, row.point) <= (NEAR_KM * 1_000) ** 2
            for home in homes
        )
    return scope == Scope.ANYWHERE or (row.point.region or "") in regions


def reached(profile, counted, world, policy, good):
    """Return the postings that reach the total, copies once, by the scalar specification."""
    found = set()
    for row in counted:
        parts = specification.components(profile, row, world, policy)
        weights = profile.weights or policy.weights
        judged = specification.coverage(parts, weights)
        if judged >= max(1, policy.coverage_floor):
            total = reasons.shown_total(specification.total(parts, weights))
            if total >= good:
                found.add(("copies", row.duplicate_group) if row.duplicate_group else row.id)
    return found


@settings(max_examples=300, deadline=None)
@given(profiles(), worlds(), st.lists(SKILLS, max_size=4), st.data())
def test_the_count_equals_judging_every_job_anew_with_the_skill(profile, world, skills, data):
    rows, jobs_at_once, jobs, policy = world
    closed = data.draw(st.lists(st.integers(0, len(jobs) - 1), max_size=3))
    shut = {int(jobs.ids[i]) for i in closed}
    tried = data.draw(st.sampled_from([None, skills]))
    good = data.draw(st.integers(1, 100))
    found = reasons.openings(profile, jobs, policy, np.array(closed, np.int64), tried, good)
    counted = [r for r in rows if r.id not in shut and is_inside(profile, r, found.scope)]
    now = len(reached(profile, counted, jobs_at_once, policy, good))
    assert found.now == now
    more = {}
    for skill in range(1, 9) if tried is None else skills:
        if skill not in profile.skills:
            able = replace(profile, skills={**profile.skills, skill: SKILL_LEVEL})
            more[skill] = len(reached(able, counted, jobs_at_once, policy, good)) - now
    wanted = {skill: n for skill, n in more.items() if n > 0}
    got = {opening.skill_id: opening.more for opening in found.skills}
    if tried is None:  # skills that nobody near asks for are not tried, though they may help
        assert got.items() <= wanted.items()
    else:
        assert got == wanted
    assert [o.more for o in found.skills] == sorted(got.values(), reverse=True)


def town(**extra):
    near = [JobRow(id=i, title="Cleaner", point=HOME, **extra) for i in range(1, 5)]
    far = [JobRow(id=9, title="Cleaner", point=Point(34.69, 135.5, "JP-27100", "JP-27"))]
    asks = [Ask(i, 2) for i in (1, 2, 3, 9)] + [Ask(4, 3)]
    return build_jobs([*near, *far], asks=asks, policy=LATEST)


def test_the_skill_that_opens_most_near_jobs_comes_first_and_far_ones_do_not_count():
    found = reasons.openings(NURSE, town(), LATEST)
    assert (found.scope, found.now) == (Scope.NEAR, 0)
    assert found.skills == (Opening(2, 3), Opening(3, 1))


def test_copies_of_one_posting_count_once_and_closed_jobs_not_at_all():
    assert reasons.openings(NURSE, town(duplicate_group=5), LATEST).skills == (
        Opening(2, 1),
        Opening(3, 1),
    )
    jobs = town()
    closed = np.array([jobs.position(4), jobs.position(1)])
    assert reasons.openings(NURSE, jobs, LATEST, closed).skills == (Opening(2, 2),)


@pytest.mark.parametrize(
    ("changed", "scope"),
    [
        ({}, Scope.NEAR),
        ({"remote": RemoteWish.ONLY}, Scope.REMOTE),
        ({"homes": (Point(None, None, None, "JP-13"),)}, Scope.REGION),
        ({"homes": (), "move_to": frozenset({"JP-27"})}, Scope.REGION),
        ({"homes": ()}, Scope.ANYWHERE),
    ],
)
def test_jobs_are_counted_where_the_person_can_be(changed, scope):
    assert reasons.openings(replace(NURSE, **changed), town(), LATEST).scope is scope


def test_nothing_is_counted_where_nothing_is_open():
    jobs = build_jobs([], policy=LATEST)
    found = reasons.openings(NURSE, jobs, LATEST)
    assert (found.now, found.skills) == (0, ())


def test_ten_kilometres_are_ten():
    rows = [
        JobRow(id=i, title="Cleaner", point=Point(35.69 + km / 111.19, 139.7))
        for i, km in enumerate((9.9, 10.1), start=1)
    ]
    jobs = build_jobs(rows, asks=[Ask(1, 2), Ask(2, 2)], policy=LATEST)
    assert reasons.openings(NURSE, jobs, LATEST).skills == (Opening(2, 1),)


def test_a_first_skill_may_cost_jobs_too_and_both_are_counted():
    rows = [JobRow(id=i, title="Nurse", point=HOME) for i in range(1, 6)]
    asks = [Ask(i, 2) for i in (1, 2, 3)] + [Ask(4, 3)]
    jobs = build_jobs(rows, asks=asks, policy=LATEST)
    person = replace(NURSE, skills={})
    found = reasons.openings(person, jobs, LATEST, good=90)
    assert (found.now, found.skills) == (5, ())  # with skill 2 the fourth job falls, none rises


def test_jobs_that_are_reached_already_are_not_counted_as_opened():
    rows = [JobRow(id=i, title="Nurse", point=HOME) for i in (1, 2)]
    jobs = build_jobs(rows, asks=[Ask(1, 1), Ask(2, 1), Ask(2, 2)], policy=LATEST)
    found = reasons.openings(NURSE, jobs, LATEST, good=95)
    assert (found.now, found.skills) == (1, (Opening(2, 1),))


def test_a_first_skill_lets_more_be_judged():
    jobs = build_jobs([JobRow(id=1, title="Nurse", point=HOME)], asks=[Ask(1, 2)], policy=LATEST)
    person = replace(NURSE, skills={}, wanted_titles=())
    strict = replace(LATEST, coverage_floor=60)
    assert reasons.openings(person, jobs, strict).skills == (Opening(2, 1),)
