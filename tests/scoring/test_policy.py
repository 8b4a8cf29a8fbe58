"""A policy is whole or refused, with each breach named; JSON keeps all of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.scoring.policy import (
    COMPONENTS,
    FIRST,
    LATEST,
    SECOND,
    SLOTS,
    Parameters,
    Policy,
    PolicyError,
)


def problems(call):
    with pytest.raises(PolicyError) as caught:
        call()
    return {(p.where, p.code) for p in caught.value.problems}


@given(
    st.integers(0, 100),
    st.integers(0, 10_000),
    st.integers(1, 500),
    st.tuples(*[st.integers(0, 100)] * 5),
)
def test_json_keeps_every_number(floor, neutral, half, credit):
    policy = Policy(
        version="2.0-draft",
        coverage_floor=floor,
        neutral=neutral,
        parameters=Parameters(half_distance_km=half, level_credit=credit),
    )
    assert Policy.from_json(json.loads(json.dumps(policy.to_json()))) == policy


def test_the_start_values_are_those_of_the_design():
    policy = Policy()
    assert dict(zip(map(str, COMPONENTS), policy.weights, strict=True)) == {
        "skill_match": 35,
        "location": 30,
        "salary": 15,
        "experience": 10,
        "culture_fit": 10,
    }
    assert (policy.version, policy.coverage_floor, policy.neutral) == ("1.0", 35, 4_000)


def test_a_stored_policy_of_1_0_keeps_its_arithmetic():
    assert Policy.from_json({"version": "1.0"}) == FIRST
    assert FIRST.parameters.title_formula == 1
    assert FIRST.parameters.half_distance_km == 20
    assert [policy.version for policy in (SECOND, LATEST)] == ["1.1", "1.2"]
    assert (SECOND.parameters.employer_share, SECOND.parameters.seen_alone_percent) == (0, 100)
    assert Policy.from_json(LATEST.to_json()) == LATEST


def test_weights_must_be_whole_and_add_up_to_100():
    assert problems(lambda: Policy(weights=(35, 30, 15, 10, 11))) == {("weights", "sum_is_not_100")}
    assert problems(lambda: Policy(weights=(120, -20, 0, 0, 0))) == {
        ("skill_match", "out_of_range"),
        ("location", "out_of_range"),
    }
    data = Policy().to_json()
    data["weights"]["salary"] = "15"
    assert problems(lambda: Policy.from_json(data)) == {("salary", "not_a_whole_number")}
    data["weights"] = {"skill_match": 100}
    assert problems(lambda: Policy.from_json(data)) == {("weights", "needs_every_component")}


def test_each_breach_is_named():
    assert problems(lambda: Policy(version="", coverage_floor=101, neutral=-1)) == {
        ("version", "needs_1_to_20_characters"),
        ("coverage_floor", "out_of_range"),
        ("neutral", "out_of_range"),
    }
    wrong = Parameters(half_distance_km=0, level_credit=(1, 2, 3, 4, 500))
    assert problems(lambda: Policy(parameters=wrong)) == {
        ("parameters.half_distance_km", "out_of_range"),
        ("parameters.level_credit", "out_of_range"),
    }
    assert problems(lambda: Policy.from_json({"luck": 7, "parameters": {"charm": 1}})) == {
        ("luck", "unknown_field"),
        ("charm", "unknown_field"),
    }
    assert problems(lambda: Policy.from_json({"parameters": 3})) == {
        ("parameters", "not_a_mapping")
    }


def test_all_sections_together_hold_one_to_forty_jobs():
    assert FIRST.parameters.slots == 40
    none = Parameters(**dict.fromkeys(SLOTS, 0))
    for wrong in (Parameters(slots_new=6), none):
        assert problems(lambda wrong=wrong: Policy(parameters=wrong)) == {
            ("parameters.slots_picks", "slots_together")
        }
    assert Policy(parameters=Parameters(slots_new=6, slots_near=9)).parameters.slots == 40
    assert Policy(parameters=Parameters(slots_near=0, slots_new=0)).parameters.slots == 25
    assert problems(lambda: Policy(parameters=Parameters(per_company=0))) == {
        ("parameters.per_company", "out_of_range")
    }


def test_own_weights_stay_within_the_bounds_and_keep_the_rest():
    policy = Policy()
    assert policy.with_own_weights(None) is policy
    own = policy.with_own_weights((60, 5, 15, 10, 10))
    assert own.weights == (60, 5, 15, 10, 10)
    assert own.version == policy.version
    outside = problems(lambda: policy.with_own_weights((61, 4, 15, 10, 10)))
    assert outside == {("skill_match", "outside_bounds"), ("location", "outside_bounds")}
    assert problems(lambda: policy.with_own_weights((50, 50))) == {
        ("weights", "needs_every_component")
    }
