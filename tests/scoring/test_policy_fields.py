"""Every number of a policy has a name, a range and words, and goes out and in unchanged."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobscore.scoring import policy_fields, policy_words
from jobscore.scoring.policy import FIRST, LATEST, Parameters, Policy, PolicyError, PolicyProblem
from jobscore.scoring.policy_fields import FIELDS, Group
from jobscore.web.i18n import speaking

DOCS = Path(__file__).resolve().parents[2] / "docs" / "scoring"
LOOSE = [name for name, field in FIELDS.items() if field.group in {Group.PARAMETERS, Group.TOTAL}]


@pytest.fixture
def backend():
    """Nothing here asks the database."""
    return "sqlite"


def problems(call):
    with pytest.raises(PolicyError) as caught:
        call()
    return {(p.where, p.code) for p in caught.value.problems}


@given(st.data())
def test_any_numbers_within_their_ranges_go_in_and_come_out(data):
    names = data.draw(st.lists(st.sampled_from(LOOSE), unique=True))
    changes = {n: data.draw(st.integers(FIELDS[n].low, FIELDS[n].high)) for n in names}
    policy = policy_fields.with_values(LATEST, changes, "x")
    after = policy_fields.values(policy)
    assert policy.version == "x"
    assert {name: after[name] for name in changes} == changes
    before = policy_fields.values(LATEST)
    assert {d.field.name: (d.old, d.new) for d in policy_fields.differences(LATEST, policy)} == {
        name: (before[name], number) for name, number in changes.items() if number != before[name]
    }


@given(st.sampled_from(LOOSE), st.integers(1, 10**9), st.booleans())
def test_a_number_outside_of_its_range_is_refused_at_its_field(name, step, is_above):
    field = FIELDS[name]
    number = field.high + step if is_above else field.low - step
    with pytest.raises(PolicyError) as caught:
        policy_fields.with_values(LATEST, {name: number})
    (problem,) = caught.value.problems
    assert policy_fields.field_of(problem) == name
    assert (problem.code, problem.numbers["value"]) == ("out_of_range", number)
    assert (problem.numbers["low"], problem.numbers["high"]) == (field.low, field.high)


def test_every_parameter_is_a_field():
    stems = {field.stem for field in FIELDS.values()}
    assert {f"parameters.{item.name}" for item in fields(Parameters)} <= stems
    rebuilt = policy_fields.with_values(FIRST, policy_fields.values(LATEST), LATEST.version)
    assert rebuilt == LATEST


def test_bounds_that_cross_are_refused_at_the_upper_one():
    with pytest.raises(PolicyError) as caught:
        policy_fields.with_values(LATEST, {"bounds.salary.1": 50, "bounds.salary.2": 49})
    (problem,) = caught.value.problems
    assert policy_fields.field_of(problem) == "bounds.salary.2"
    assert problem.numbers["low"] == 50


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("weights.location=40", {"weights.location": 40}),
        (" neutral = 0 ", {"neutral": 0}),
        ("half_distance_km=25", {"parameters.half_distance_km": 25}),
        ("parameters.level_credit.2=70", {"parameters.level_credit.2": 70}),
        ("level_short_points=9,8", {f"parameters.level_short_points.{n}": 10 - n for n in (1, 2)}),
        ("bounds.salary=0,50", {"bounds.salary.1": 0, "bounds.salary.2": 50}),
        ("neutral=-3", {"neutral": -3}),
    ],
)
def test_a_setting_is_read_as_people_type_it(text, wanted):
    assert policy_fields.parse_setting(text) == wanted


@pytest.mark.parametrize(
    ("text", "where", "code"),
    [
        ("neutral", "neutral", "needs_a_value"),
        ("", "", "needs_a_value"),
        ("=3", "", "unknown_field"),
        ("luck=3", "luck", "unknown_field"),
        ("neutral=", "neutral", "not_a_whole_number"),
        ("neutral=1e3", "neutral", "not_a_whole_number"),
        ("neutral=٣", "neutral", "not_a_whole_number"),
        ("neutral=1,2", "neutral", "not_a_whole_number"),
        ("neutral=" + "1" * 10_000, "neutral", "not_a_whole_number"),
        ("level_credit=1,2", "parameters.level_credit", "wrong_length"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(text, where, code):
    assert problems(lambda: policy_fields.parse_setting(text)) == {(where, code)}


@given(st.text())
def test_any_text_is_a_setting_or_a_named_problem(text):
    try:
        found = policy_fields.parse_setting(text)
    except PolicyError:
        return
    assert found.keys() <= FIELDS.keys()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner),
)


@given(st.sampled_from([*LATEST.to_json(), "luck"]), JSON, st.booleans())
def test_any_json_is_a_policy_or_a_named_problem(key, value, is_inner):
    data = LATEST.to_json()
    if is_inner and isinstance(data.get(key), dict):
        inner = data[key]
        inner[next(iter(inner))] = value
    else:
        data[key] = value
    try:
        policy = Policy.from_json(data)
    except PolicyError:
        return
    assert Policy.from_json(policy.to_json()) == policy


# ---- words -----------------------------------------------------------------------------------


def test_every_field_has_words():
    """A new parameter needs one line in ``policy_words.WORDS``."""
    assert policy_words.without_words() == []


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_every_field_is_named_apart_from_the_others_in_both_languages(session, locale):
    with speaking(locale):
        labels = [policy_words.label(field) for field in FIELDS.values()]
        meanings = [policy_words.meaning(field) for field in FIELDS.values()]
        problem = PolicyProblem("weights", "sum_is_not_100", {"sum": 164})
        said = policy_words.sentence(problem)
    assert len(set(labels)) == len(labels)
    assert all(meanings)
    assert not any("%(" in text for text in [*labels, *meanings])
    assert "164" in said
    assert ("合計が100になるように" in said) == (locale == "ja")


def test_the_page_of_all_numbers_is_true():
    from scripts import policy_reference

    written = policy_reference.TARGET.read_text(encoding="utf-8")
    assert written == policy_reference.page(), "run python scripts/policy_reference.py"


def test_the_operators_page_names_every_command_and_no_other(app):
    from jobscore.scoring.cli import policies_group

    text = policy_reference_page("policies.md")
    named = set(re.findall(r"flask policies ([a-z]+)", text)) | set(
        re.findall(r"`([a-z]+)(?: [A-Z`]|`)", text)
    )
    commands = set(policies_group.commands) - {"seed"}
    assert commands <= named
    assert set(re.findall(r"flask policies ([a-z]+)", text)) <= commands


def policy_reference_page(name):
    return (DOCS / name).read_text(encoding="utf-8")


ALL_WRONG = [
    (lambda: Policy(version="", neutral=-1), 2),
    (lambda: Policy(weights=(1, 2, 3, 4, 5)), 1),
    (lambda: Policy(weights=(-1, 2, 3, 4, 500)), 2),
    (lambda: Policy(bounds=((0, 1),)), 1),
    (lambda: Policy.from_json({"luck": 1, "weights": 3}), 2),
    (lambda: Policy.from_json([]), 1),
    (lambda: Policy.from_json({"parameters": 7}), 1),
    (lambda: Policy(parameters=Parameters(level_credit=(1, 2, 3, 4, 500))), 1),
    (lambda: Policy(parameters=Parameters(level_credit=(1,))), 1),
    (lambda: Policy(parameters=Parameters(slots_new=6)), 1),
    (lambda: Policy().with_own_weights((61, 4, 15, 10, 10)), 2),
    (lambda: policy_fields.parse_setting("neutral"), 1),
]


@pytest.mark.parametrize("locale", ["en", "ja"])
@pytest.mark.parametrize(("call", "count"), ALL_WRONG)
def test_every_problem_is_said_in_words_that_name_the_field(session, locale, call, count):
    with pytest.raises(PolicyError) as caught:
        call()
    with speaking(locale):
        said = policy_words.sentences(caught.value.problems)
    assert len(said) == count
    for sentence, problem in zip(said, caught.value.problems, strict=True):
        assert problem.code not in sentence
        assert "%(" not in sentence
        assert ("。" in sentence) == (locale == "ja")
    names = [policy_fields.field_of(problem) for problem in caught.value.problems]
    assert all(name is None or name in line for name, line in zip(names, said, strict=True))
