"""Reasons: parts that add up, sentences as ids, changes that really raise the total."""

import json

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jobscore.matching import reasons
from jobscore.matching.reasons import Message
from jobscore.scoring import engine
from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import Ask, JobRow, Point, Profile
from jobscore.scoring.policy import COMPONENTS, Component, Policy
from tests.scoring import specification
from tests.scoring.worlds import profiles, worlds

POINTS = st.lists(st.integers(-1, 10_000), min_size=5, max_size=5)
WEIGHTS = (
    st.lists(st.integers(0, 100), min_size=4, max_size=4)
    .map(sorted)
    .map(lambda c: [b - a for a, b in zip([0, *c], [*c, 100], strict=True)])
)
HOME = Point(35.69, 139.7, "JP-13104", "JP-13")


@settings(max_examples=500)
@given(POINTS, WEIGHTS)
def test_the_parts_add_up_exactly_to_the_shown_total(points, weights):
    table = reasons.parts_table(points, weights)
    total = specification.total(points, weights)
    if total is None:
        assert all(part.points is None and part.share == 0 for part in table)
        return
    assert sum(part.share for part in table) == reasons.shown_total(total)
    assert sum(part.most for part in table) == 100
    judged = specification.coverage(points, weights)
    for part, given_points in zip(table, points, strict=True):
        if given_points < 0:
            assert part.points is None
            assert part.share == 0
        else:
            exact = part.weight * given_points / (judged * 100)
            assert abs(part.share - exact) < 1
            assert abs(part.most - part.weight * 100 / judged) < 1


@settings(max_examples=150, deadline=None)
@given(profiles(), worlds(), st.data())
def test_every_reason_survives_the_way_through_json(profile, world, data):
    _, _, jobs, policy = world
    position = data.draw(st.integers(0, len(jobs) - 1))
    judgement = engine.judge(profile, jobs, policy)
    parts = engine.components_at(judgement, jobs, np.array([position]))[0].tolist()
    evidence = reasons.gather_evidence(profile, jobs, [position], judgement.policy)[0]
    said = reasons.reason(evidence, parts, judgement.policy.weights)
    assert 1 <= len(said) <= 2
    assert reasons.from_text(reasons.to_text(said)) == said
    json.dumps(reasons.evidence_json(evidence))
    assert 0 <= reasons.confidence(evidence, parts, judgement.policy.weights) <= 100


@settings(max_examples=150, deadline=None)
@given(profiles(), worlds(), st.data())
def test_skill_and_place_evidence_tell_the_numbers_of_the_score(profile, world, data):
    _, _, jobs, policy = world
    position = data.draw(st.integers(0, len(jobs) - 1))
    evidence = reasons.gather_evidence(profile, jobs, [position], policy)[0]
    skills = evidence.skill_match.skills
    assert sum(s.share for s in skills) == (10_000 if skills else 0)
    points = engine.judge(profile, jobs, policy).points[Component.LOCATION]
    assert (evidence.location.rule == "unknown") == (points[position] < 0)
    pay = engine.judge(profile, jobs, policy).points[Component.SALARY]
    assert evidence.salary.comparable == (pay[position] >= 0)
    style = engine.judge(profile, jobs, policy).points[Component.CULTURE_FIT]
    spoken = evidence.culture_fit.stated or evidence.culture_fit.denied
    assert bool(spoken) == (style[position] >= 0)


def one_job(profile, row, asks=()):
    jobs = build_jobs([row], asks=asks)
    judgement = engine.judge(profile, jobs, Policy())
    parts = engine.components_at(judgement, jobs, np.array([0]))[0].tolist()
    evidence = reasons.gather_evidence(profile, jobs, [0], Policy())[0]
    return jobs, judgement, reasons.reason(evidence, parts, Policy().weights)


def test_a_full_match_next_door_leads_with_the_skills_and_then_the_place():
    person = Profile(user_id=1, homes=(HOME,), wanted_titles=("Nurse",), skills={7: 3, 8: 4})
    row = JobRow(id=1, title="Nurse", point=HOME)
    _, _, said = one_job(person, row, [Ask(1, 7), Ask(1, 8)])
    assert said == [
        Message("skills_all", {"skills": [7, 8], "matched": 2, "asked": 2}),
        Message("same_place"),
    ]


def test_a_weak_part_that_weighs_is_said_as_a_caution():
    person = Profile(
        user_id=1,
        homes=(HOME,),
        wanted_titles=("Nurse",),
        pay_wish=2_000,
        pay_period="hour",
        pay_currency="JPY",
    )
    row = JobRow(
        id=1, title="Nurse", point=HOME, pay_max=1_400, pay_period="hour", pay_currency="JPY"
    )
    _, _, said = one_job(person, row)
    assert said == [
        Message("title_close", {"title": "Nurse"}),
        Message("pay_below", {"percent": 30}),
    ]


def test_a_silent_profile_is_asked_for_its_weightiest_answer_first():
    silent = reasons.helpful_answers(Profile(user_id=1), Policy())
    assert silent == list(COMPONENTS)
    some = Profile(user_id=1, homes=(HOME,), skills={1: 3})
    assert reasons.helpful_answers(some, Policy())[0] is Component.SALARY


def test_text_that_is_no_reason_reads_as_none():
    assert reasons.from_text(None) == []
    assert reasons.from_text("Good match!") == []


@given(POINTS)
def test_shown_points_are_whole_and_unknown_stays_unknown(points):
    assume(points)
    for value in points:
        shown = reasons.shown_points(value)
        assert (shown is None) == (value < 0)
        assert shown is None or 0 <= shown <= 100


def test_too_few_years_are_said_and_not_called_a_fit():
    person = Profile(user_id=1, homes=(HOME,), wanted_titles=("Nurse",), years=1)
    row = JobRow(id=1, title="Nurse", point=HOME, years_min=3)
    jobs = build_jobs([row])
    evidence = reasons.gather_evidence(person, jobs, [0], Policy())[0]
    good, bad = reasons.messages(evidence, [10_000, 10_000, -1, 5_000, -1])[Component.EXPERIENCE]
    assert good is None
    assert bad == Message("years_short", {"asked": 3})
