"""Weights are made to fit honestly, and what is said to have moved a job did move it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.matching.own_weights import Preset, moves, normalise, presets
from jobscore.scoring.policy import COMPONENTS, LATEST, Component, Policy

raw_weights = st.tuples(*[st.integers(0, 100)] * 5)
bounds = st.tuples(*[st.tuples(st.integers(0, 40), st.integers(0, 100)).map(sorted)] * 5).map(
    lambda pairs: tuple((low, high) for low, high in pairs)
)


@st.composite
def policies(draw):
    return replace(LATEST, bounds=draw(bounds))


@given(raw_weights, policies())
def test_they_add_up_to_100_within_the_bounds(raw, policy):
    found = normalise(raw, policy)
    lows, highs = zip(*policy.bounds, strict=True)
    assert sum(found) == 100
    if sum(lows) <= 100 <= sum(highs):
        assert all(low <= w <= high for w, (low, high) in zip(found, policy.bounds, strict=True))
        assert policy.with_own_weights(found).weights == found
    else:
        assert found == policy.weights


@given(raw_weights, policies())
def test_what_fits_already_comes_back_as_it_is(raw, policy):
    once = normalise(raw, policy)
    assert once == policy.weights or normalise(once, policy) == once


@given(raw_weights)
def test_without_bounds_they_are_in_proportion_to_within_one(raw):
    free = replace(LATEST, bounds=((0, 100),) * 5)
    found, whole = normalise(raw, free), sum(raw)
    if whole:
        assert all(abs(w - 100 * r / whole) < 1 for w, r in zip(found, raw, strict=True))
    else:
        assert found == (20, 20, 20, 20, 20)


@given(raw_weights, st.integers(0, 4), st.integers(1, 50))
def test_asking_more_for_a_part_never_gives_it_less(raw, at, more):
    asked = list(raw)
    asked[at] += more
    assert normalise(asked, LATEST)[at] >= normalise(raw, LATEST)[at]


def test_what_lies_outside_is_set_to_its_bound_and_the_others_share_the_rest():
    assert normalise((0, 100, 100, 0, 0), LATEST) == (10, 45, 45, 0, 0)
    assert normalise((100, 0, 0, 0, 0), LATEST) == (60, 10, 10, 10, 10)


@given(policies())
def test_ready_made_weights_are_allowed_and_differ(policy):
    found = presets(policy)
    assert found[Preset.BALANCED] == policy.weights
    assert len(set(found.values())) == len(found)
    for preset, weights in found.items():
        if preset is not Preset.BALANCED:
            assert policy.with_own_weights(weights).weights == weights


def test_pay_first_weighs_pay_more_than_the_rules_do():
    found = presets(LATEST)
    at = COMPONENTS.index(Component.SALARY)
    assert found[Preset.PAY][at] == LATEST.weights[at] + 25
    assert set(found) == set(Preset)


def rank_points(parts, weights, neutral):
    return sum(w * (p if p >= 0 else neutral) for p, w in zip(parts, weights, strict=True))


def ranked(points, weights, neutral):
    return sorted(points, key=lambda job: (-rank_points(points[job], weights, neutral), job))


part = st.integers(-1, 10_000)
worlds = st.dictionaries(st.integers(1, 99), st.tuples(*[part] * 5), min_size=1, max_size=12)


@given(worlds, raw_weights, raw_weights)
def test_moves_are_told_from_the_two_orders_and_the_part_named_pushed_that_way(points, one, two):
    old, new, neutral = normalise(one, LATEST), normalise(two, LATEST), LATEST.neutral
    before, now = ranked(points, old, neutral), ranked(points, new, neutral)
    for move in moves(now, before, points, old, new, neutral):
        assert now[move.rank - 1] == move.job_id
        assert before[move.was - 1] == move.job_id
        assert move.up == move.was - move.rank
        if move.component is None:
            continue
        assert move.up
        at = COMPONENTS.index(move.component)
        assert move.counts_more == (new[at] > old[at])
        counted = {job: p[at] if p[at] >= 0 else neutral for job, p in points.items()}
        better = counted[move.job_id] * len(points) > sum(counted.values())
        assert (move.counts_more == better) == (move.up > 0)


@given(worlds, raw_weights)
def test_nothing_moves_when_no_weight_does(points, one):
    weights = normalise(one, LATEST)
    order = ranked(points, weights, LATEST.neutral)
    found = moves(order, order, points, weights, weights, LATEST.neutral)
    assert [(m.up, m.component) for m in found] == [(0, None)] * len(points)


def test_a_job_that_pays_well_goes_up_because_pay_counts_more():
    points = {1: (9_000, 9_000, 0, 5_000, 5_000), 2: (5_000, 5_000, 10_000, 5_000, 5_000)}
    old, new = Policy().weights, (15, 15, 50, 10, 10)
    [first, second] = moves([2, 1], [1, 2], points, old, new, 4_000)
    assert (first.up, first.component, first.counts_more) == (1, Component.SALARY, True)
    assert (second.up, second.component, second.counts_more) == (-1, Component.SALARY, True)


def test_a_job_that_was_not_ranked_has_no_old_place():
    [found] = moves([7], [], {7: (1, 1, 1, 1, 1)}, LATEST.weights, LATEST.weights, 0)
    assert found.was is None
    assert found.up == 0


@pytest.mark.parametrize("raw", [(0, 0, 0, 0, 0), (100, 100, 100, 100, 100)])
def test_extremes_still_give_weights_that_count(raw):
    assert LATEST.with_own_weights(normalise(raw, LATEST))
