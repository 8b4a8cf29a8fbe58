"""What would change a score: what is said is what happens when it is done."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.accounts import profile_forms
from jobscore.matching import reasons
from jobscore.matching.reasons import Effort, Message, Posting
from jobscore.matching.reasons.small_changes import DISTANCES, MOST_WANTED, SKILL_LEVEL, pay_step
from jobscore.scoring import engine
from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import (
    Ask,
    JobRow,
    Level,
    Point,
    Profile,
    Remote,
    RemoteWish,
    SkillLink,
    Statement,
)
from jobscore.scoring.policy import LATEST, Policy
from tests.scoring.worlds import profiles, worlds

HOME = Point(35.69, 139.7, "JP-13104", "JP-13")
OSAKA = Point(34.69, 135.5, "JP-27100", "JP-27")
FORM_POSTING = Posting("Night nurse", "", "hour")


def do(profile, message):
    """Do what the words of a change say, from its numbers alone."""
    said = message.numbers
    skills = dict.fromkeys(said.get("skills", ()), said.get("level"))
    pay = {"pay_wish": said.get("amount"), "pay_period": said.get("period")}
    edits = {
        "tick_feature": lambda: {"features": profile.features | set(said["features"])},
        "untick_feature": lambda: {"features": profile.features - set(said["features"])},
        "accept_remote": lambda: {"remote": RemoteWish.OK},
        "accept_commute": lambda: {"remote": RemoteWish.OK},
        "say_pay": lambda: {**pay, "pay_currency": said["currency"]},
        "lower_wish": lambda: pay,
        "say_years": lambda: {"years": said["years"]},
        "say_level": lambda: {"level": Level[said["level"].upper()]},
        "want_title": lambda: {"wanted_titles": (*profile.wanted_titles, said["title"])},
        "go_further": lambda: {"half_distance_km": said["km"]},
        "would_move": lambda: {"move_to": profile.move_to | {said["region"]}},
        "practise_skill": lambda: {"skills": {**profile.skills, **skills}},
        "add_skill": lambda: {"skills": {**profile.skills, **skills}},
    }
    return replace(profile, **edits[message.id]())


@settings(max_examples=400, deadline=None)
@given(profiles(), worlds(), st.data())
def test_doing_what_a_change_says_gives_exactly_the_total_that_it_promises(profile, world, data):
    rows, _, jobs, policy = world
    position = data.draw(st.integers(0, len(jobs) - 1))
    row = next(row for row in rows if row.id == jobs.ids[position])
    posting = Posting(row.title, row.text, row.pay_period)
    before = engine.judge(profile, jobs, policy)
    found = reasons.changes(profile, jobs, position, policy, posting)
    assert len(found) <= 3
    assert len({change.message.id for change in found}) == len(found)
    assert [c.effort for c in found] == sorted(c.effort for c in found)
    for change in found:
        changed = do(profile, change.message)
        assert changed == change.apply(profile)
        after = engine.judge(changed, jobs, policy)
        assert int(after.totals()[position]) == change.total
        assert change.after == reasons.shown_total(change.total)
        assert after.shown()[position]
        assert after.rank_points[position] >= before.rank_points[position]
        if before.shown()[position]:
            assert change.before == reasons.shown_total(int(before.totals()[position]))
            assert change.after > change.before
        else:
            assert change.before is None
        assert change.message.id != "say_years" or profile.years is None
        assert set(profile.skills) <= set(changed.skills)


def changes_of(profile, row, policy=LATEST, posting=FORM_POSTING, **world):
    jobs = build_jobs([row], policy=policy, **world)
    return reasons.changes(profile, jobs, 0, policy, posting)


def named(found, message_id):
    return next(change for change in found if change.message.id == message_id)


NURSE = Profile(user_id=1, homes=(HOME,), wanted_titles=("Nurse",))
YEN = {"pay_period": "hour", "pay_currency": "JPY"}


def test_the_missing_skill_is_offered_to_whoever_has_or_learns_it_with_what_it_gives():
    person = replace(NURSE, skills={7: 3})
    row = JobRow(id=1, title="Nurse", point=HOME)
    [change] = changes_of(person, row, asks=[Ask(1, 7), Ask(1, 8)])
    assert change.message == Message("add_skill", {"skills": [8], "level": SKILL_LEVEL})
    assert (change.before, change.after) == (88, 100)  # (30 x 75 + 35 x 100) / 65 is 88.46


def test_a_lower_wish_is_the_highest_that_raises_the_total_in_the_persons_own_unit():
    person = replace(NURSE, pay_wish=2_000, **YEN)
    row = JobRow(id=1, title="Nurse", point=HOME, pay_max=300_000, pay_period="month",
                 pay_currency="JPY")  # fmt: skip
    change = named(changes_of(person, row), "lower_wish")
    said = change.message.numbers
    assert (said["period"], said["currency"], said["amount"] % 10) == ("hour", "JPY", 0)
    jobs = build_jobs([row], policy=LATEST)

    def shown(wish):
        judged = engine.judge(replace(person, pay_wish=wish), jobs, LATEST)
        return reasons.shown_total(int(judged.totals()[0]))

    assert shown(said["amount"]) == change.after > change.before
    assert shown(said["amount"] + pay_step(2_000)) == change.before


@pytest.mark.parametrize(
    ("wish", "step"), [(950, 1), (1_500, 10), (12_000, 100), (300_000, 1_000), (4_000_000, 10_000)]
)
def test_wishes_are_lowered_in_steps_that_people_think_in(wish, step):
    assert pay_step(wish) == step


def test_an_open_question_about_pay_is_answered_in_the_unit_of_the_posting():
    row = JobRow(id=1, title="Cook", point=OSAKA, pay_min=1_250, pay_max=1_500, **YEN)
    change = named(changes_of(NURSE, row), "say_pay")
    assert change.message.numbers == {"amount": 1_250, "period": "hour", "currency": "JPY"}
    assert change.effort is Effort.ANSWER


def test_what_the_posting_offers_and_was_not_ticked_is_the_smallest_change():
    person = replace(NURSE, wanted_titles=("Cook",))
    row = JobRow(id=1, title="Nurse", point=HOME)
    found = changes_of(person, row, statements=[Statement(1, "meals")])
    assert found[0].message == Message("tick_feature", {"features": ["meals"]})


def test_what_is_ruled_out_and_not_needed_may_be_unticked():
    person = replace(NURSE, features=frozenset({"meals", "weekends"}))
    row = JobRow(id=1, title="Nurse", point=HOME)
    said = [Statement(1, "meals"), Statement(1, "weekends", False)]
    assert named(changes_of(person, row, statements=said), "untick_feature").message == Message(
        "untick_feature", {"features": ["weekends"]}
    )


def test_the_way_is_widened_to_the_next_distance_that_helps():
    person = replace(NURSE, half_distance_km=20)
    row = JobRow(id=1, title="Nurse", point=Point(35.45, 139.64))
    change = named(changes_of(person, row), "go_further")
    assert change.message.numbers == {"km": 30}


def test_a_far_job_names_its_region_and_only_one_that_the_profile_can_choose():
    row = JobRow(id=1, title="Nurse", point=OSAKA)
    assert named(changes_of(NURSE, row), "would_move").message.numbers == {"region": "JP-27"}
    abroad = replace(row, point=Point(37.7, -122.4, None, "US-CA"))
    assert "would_move" not in {c.message.id for c in changes_of(NURSE, abroad)}


def test_work_from_home_is_offered_to_whoever_ruled_it_out():
    person = replace(NURSE, remote=RemoteWish.NO)
    row = JobRow(id=1, title="Nurse", point=OSAKA, remote=Remote.FULLY)
    first = changes_of(person, row)[0]
    assert (first.message.id, first.after) == ("accept_remote", 100)


def test_the_postings_title_is_offered_while_the_form_has_a_line_for_it():
    row = JobRow(id=1, title="Night nurse", point=HOME)
    person = replace(NURSE, wanted_titles=("Welder",))
    assert named(changes_of(person, row), "want_title").message.numbers == {"title": "Night nurse"}
    full = replace(person, wanted_titles=("Welder", "Cook", "Driver", "Baker", "Tailor"))
    assert "want_title" not in {c.message.id for c in changes_of(full, row)}


def test_years_that_were_given_are_never_touched_and_open_ones_are_asked_for():
    row = JobRow(id=1, title="Nurse", point=OSAKA, years_min=3)
    assert named(changes_of(NURSE, row), "say_years").message.numbers == {"years": 3}
    for person in (replace(NURSE, years=1), replace(NURSE, level=Level.JUNIOR)):
        for change in changes_of(person, row):
            after = change.apply(person)
            assert (after.years, after.level) == (person.years, person.level)


def test_a_skill_held_weakly_is_raised_by_the_least_that_helps():
    person = replace(NURSE, skills={7: 1})
    row = JobRow(id=1, title="Nurse", point=HOME)
    change = named(changes_of(person, row, asks=[Ask(1, 7)]), "practise_skill")
    assert change.message.numbers == {"skills": [7], "level": 2}


def test_a_skill_that_another_covers_in_full_is_not_offered():
    row = JobRow(id=1, title="Nurse", point=HOME)
    policy = replace(LATEST, parameters=replace(LATEST.parameters, narrower_credit=100))
    person = replace(NURSE, skills={9: 3})
    links = [SkillLink(9, 7)]
    assert changes_of(person, row, policy, asks=[Ask(1, 7)], links=links) == []


def test_a_first_number_is_a_change_from_no_number():
    person = Profile(user_id=1, remote=RemoteWish.NO)
    row = JobRow(id=1, title="Nurse", remote=Remote.FULLY)
    first = changes_of(person, row)[0]
    assert first.before is None
    assert first.message.id == "accept_remote"


def test_a_higher_total_that_costs_the_place_in_the_list_is_not_offered():
    person = replace(NURSE, remote=RemoteWish.ONLY, pay_wish=1_000, **YEN)
    row = JobRow(id=1, title="Nurse", remote=Remote.PARTLY, pay_min=1_000, **YEN)
    jobs = build_jobs([row], policy=LATEST)
    now, after = (
        engine.judge(replace(person, remote=wish), jobs, LATEST)
        for wish in (RemoteWish.ONLY, RemoteWish.OK)
    )
    assert after.totals()[0] > now.totals()[0]
    assert after.rank_points[0] < now.rank_points[0]
    assert changes_of(person, row) == []


def test_steps_and_limits_are_those_of_the_profiles_form():
    assert profile_forms.DISTANCES == DISTANCES
    wanted = [name for name in dir(profile_forms.WorkStep) if name.startswith("wanted_")]
    assert len(wanted) == MOST_WANTED
    assert str(SKILL_LEVEL) in {value for value, _ in profile_forms.SKILL_LEVELS}


def test_a_job_that_fits_in_full_has_nothing_to_change():
    row = JobRow(id=1, title="Nurse", point=HOME)
    assert changes_of(NURSE, row, Policy()) == []
    jobs = build_jobs([row])
    assert engine.judge(NURSE, jobs, Policy()).totals(np.array([0])).tolist() == [1_000_000]
