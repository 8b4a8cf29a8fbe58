"""Gates: what a posting makes a condition, against what a person answered."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.scoring import engine, gating
from jobscore.scoring.building import build_jobs
from jobscore.scoring.engine import Gates
from jobscore.scoring.frames import JobRow, Point, Profile, Statement
from jobscore.scoring.gating import Finding, Gate, State
from jobscore.scoring.narrowing import narrow
from jobscore.scoring.policy import Policy
from tests.scoring import specification
from tests.scoring.worlds import ANSWERS, CONDITIONS, worlds

CAR, TRUCK = "licence:drivers-licence", "licence:large-vehicle-licence"
NURSE, PRACTICAL = "licence:registered-nurse", "licence:licensed-practical-nurse"


@settings(max_examples=200, deadline=None)
@given(ANSWERS, worlds())
def test_the_gates_of_every_pair_equal_the_specification(answers, world):
    rows, spec, jobs, _ = world
    profile = Profile(user_id=1, answers=answers)
    closed = gating.closed(profile, jobs)
    for row in rows:
        position = jobs.position(row.id)
        states = [(f.gate, f.state) for f in gating.findings(profile, jobs, position)]
        expected = specification.gate_states(answers, spec.conditions(row), row.point.region)
        assert states == expected
        shut = {gate for gate, positions in closed.items() if position in positions}
        assert shut == specification.failing(answers, spec.conditions(row), row.point.region)
        part = narrow(jobs, [position])
        assert set(gating.closed(profile, part)) == shut
        assert gating.findings(profile, part, 0) == gating.findings(profile, jobs, position)


@given(ANSWERS, st.frozensets(st.sampled_from(CONDITIONS)), st.booleans())
def test_what_was_not_said_never_closes_a_job(answers, conditions, in_japan):
    said = {code: met for code, met in answers.items() if met}
    assert all(f.state is not State.FAIL for f in gating.judge(said, conditions, in_japan))


@given(ANSWERS, st.frozensets(st.sampled_from(CONDITIONS)), st.booleans())
def test_an_open_question_names_what_answers_it(answers, conditions, in_japan):
    for finding in gating.judge(answers, conditions, in_japan):
        if finding.state is State.UNKNOWN:
            assert all(code not in answers for code in finding.conditions)
            met = answers | dict.fromkeys(finding.conditions, True)
            after = gating.judge(met, conditions, in_japan)
            still = [f for f in after if f.gate is finding.gate and f.state is State.UNKNOWN]
            assert not still or finding.gate is Gate.LICENCE


STATES = [
    ({}, {CAR}, [(Gate.LICENCE, State.UNKNOWN, (CAR,))]),
    ({CAR: True}, {CAR}, [(Gate.LICENCE, State.PASS, (CAR,))]),
    ({CAR: False}, {CAR}, [(Gate.LICENCE, State.FAIL, (CAR,))]),
    ({TRUCK: True}, {CAR}, [(Gate.LICENCE, State.PASS, (CAR,))]),
    ({TRUCK: True, CAR: False}, {CAR}, [(Gate.LICENCE, State.PASS, (CAR,))]),
    ({CAR: True}, {TRUCK}, [(Gate.LICENCE, State.UNKNOWN, (TRUCK,))]),
    ({NURSE: False, PRACTICAL: True}, {NURSE, PRACTICAL}, [
        (Gate.LICENCE, State.PASS, (PRACTICAL,)),
    ]),
    ({NURSE: False}, {NURSE, PRACTICAL}, [(Gate.LICENCE, State.UNKNOWN, (PRACTICAL,))]),
    (
        {NURSE: True, CAR: False},
        {NURSE, CAR},
        [(Gate.LICENCE, State.PASS, (NURSE,)), (Gate.LICENCE, State.FAIL, (CAR,))],
    ),
    (
        {"nights_required": True, "weekends_required": False},
        {"nights_required", "weekends_required"},
        [(Gate.HOURS, State.FAIL, ("weekends_required",))],
    ),
    ({"nights_required": True}, set(), []),
    ({"adults_only": False}, {"adults_only"}, [(Gate.AGE, State.FAIL, ("adults_only",))]),
    (
        {"work_permit_required": False},
        {"work_permit_required"},
        [(Gate.WORK_PERMIT, State.FAIL, ("work_permit_required",))],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "conditions", "expected"), STATES)
def test_a_gate_passes_fails_or_stays_open(answers, conditions, expected):
    found = gating.judge(answers, conditions)
    assert sorted((f.gate, f.state, f.conditions) for f in found) == sorted(expected)


@pytest.mark.parametrize(("region", "is_shut"), [("JP-13", True), ("US-CA", False), (None, False)])
def test_the_law_keeps_people_under_18_from_night_work_in_japan_alone(region, is_shut):
    row = JobRow(id=1, title="夜勤", point=Point(None, None, None, region))
    jobs = build_jobs([row], statements=[Statement(1, "nights_required")])
    minor = Profile(user_id=1, answers={"adults_only": False})
    assert ("age" in gating.closed(minor, jobs)) is is_shut
    findings = gating.findings(minor, jobs, 0)
    by_law = Finding(Gate.AGE, State.FAIL, ("adults_only",), by_law=True)
    assert (by_law in findings) is is_shut


def test_a_failed_gate_keeps_the_job_out_and_is_counted_under_its_reason():
    rows = [JobRow(id=i, title="介護") for i in (1, 2, 3)]
    said = [Statement(1, "weekends_required"), Statement(2, NURSE)]
    jobs = build_jobs(rows, statements=said)
    person = Profile(user_id=1, wanted_titles=("介護",))
    policy = Policy(coverage_floor=0)
    assert engine.left_out(person, jobs, policy, Gates())["eligible"] == 3
    person = replace(person, answers={"weekends_required": False, NURSE: False})
    found = engine.rank_one(person, jobs, policy, Gates())
    assert jobs.ids[found.positions].tolist() == [3]
    counts = engine.left_out(person, jobs, policy, Gates())
    assert (counts["hours"], counts["licence"]) == (1, 1)


def test_conditions_give_no_points_and_take_none():
    rows = [JobRow(id=1, title="介護"), JobRow(id=2, title="介護")]
    jobs = build_jobs(rows, statements=[Statement(1, code) for code in CONDITIONS])
    person = Profile(user_id=1, wanted_titles=("介護",), features=frozenset({"remote"}))
    judged = engine.judge(replace(person, answers=dict.fromkeys(CONDITIONS, True)), jobs, Policy())
    assert len(set(judged.rank_points.tolist())) == 1


def test_what_a_posting_also_rules_out_is_no_condition():
    said = [Statement(1, "work_permit_required"), Statement(1, "work_permit_required", False)]
    jobs = build_jobs([JobRow(id=1, title="x")], statements=said)
    person = Profile(user_id=1, answers={"work_permit_required": False})
    assert gating.closed(person, jobs) == {}
    assert gating.findings(person, jobs, 0) == []


@settings(max_examples=80, deadline=None)
@given(st.lists(ANSWERS, min_size=2, max_size=4), worlds())
def test_what_is_open_to_one_person_does_not_depend_on_who_came_before(given_answers, world):
    _, _, jobs, _ = world
    for n, answers in enumerate(given_answers):
        person = Profile(user_id=n, answers=answers)
        shut = np.zeros(len(jobs), np.bool_)
        for positions in Gates(today=738_005).closed(person, jobs).values():
            shut[positions] = True
        assert (Gates(today=738_005).open(person, jobs) == ~shut).all()


def test_a_larger_licence_that_covers_opens_the_job_whoever_came_before():
    jobs = build_jobs([JobRow(id=1, title="配送")], statements=[Statement(1, CAR)])
    less, more = (Profile(user_id=1, answers=a) for a in ({CAR: False}, {CAR: False, TRUCK: True}))
    for order in ((less, more), (more, less)):
        jobs.memo.clear()
        found = {p.answers.get(TRUCK): bool(Gates().open(p, jobs)[0]) for p in order}
        assert found == {None: False, True: True}
