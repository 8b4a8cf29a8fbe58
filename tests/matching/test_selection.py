"""The day's forty: quotas, caps, no repeats, fill-ups, always the same."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.matching.selection import (
    USUAL,
    Quotas,
    Section,
    choose,
    is_cut_short,
    sections_on,
)
from jobscore.scoring import engine
from jobscore.scoring.building import build_jobs
from jobscore.scoring.frames import JobRow, Point, Profile
from jobscore.scoring.policy import MOST_SLOTS, SLOTS, Parameters, Policy
from tests.scoring.worlds import profiles, worlds

TODAY = 738_003
THIRD = Quotas(tuple(replace(rule, slots=max(1, rule.slots // 3)) for rule in USUAL.rules), 2)
HOME = Point(35.69, 139.7, "JP-13104", "JP-13")
SEEKER = Profile(user_id=1, homes=(HOME,), wanted_titles=("看護師",))


def ranked(profile, jobs, policy=None):
    return engine.rank_one(
        profile, jobs, policy or Policy(), sections=sections_on(TODAY, policy or Policy())
    )


def sections_of(choices):
    return Counter(choice.section for choice in choices)


@settings(max_examples=120, deadline=None)
@given(profiles(), worlds(most=30), st.sampled_from([USUAL, THIRD]))
def test_no_job_group_or_company_comes_too_often_and_no_quota_is_passed(profile, world, quotas):
    _, _, jobs, policy = world
    found = ranked(profile, jobs, policy)
    choices = choose(found, jobs, quotas)
    positions = [int(found.positions[c.index]) for c in choices]
    assert len(set(positions)) == len(positions)
    assert len({int(jobs.duplicate[p]) for p in positions}) == len(positions)
    companies = Counter(int(jobs.company[p]) for p in positions if jobs.company[p] >= 0)
    assert max(companies.values(), default=0) <= quotas.per_company
    counts = sections_of(choices)
    assert all(counts[rule.section] <= rule.slots for rule in quotas.rules)
    assert choose(found, jobs, quotas) == choices


@settings(max_examples=120, deadline=None)
@given(profiles(), worlds(most=30))
def test_a_slot_stays_empty_only_when_nothing_that_may_be_shown_is_left(profile, world):
    _, _, jobs, policy = world
    found = ranked(profile, jobs, policy)
    choices = choose(found, jobs, THIRD)
    if len(choices) == THIRD.slots:
        return
    taken = {int(found.positions[c.index]) for c in choices}
    groups = {int(jobs.duplicate[p]) for p in taken}
    companies = Counter(int(jobs.company[p]) for p in taken)
    for position in set(found.positions.tolist()) - taken:
        company = int(jobs.company[position])
        full = company >= 0 and companies[company] >= THIRD.per_company
        assert full or int(jobs.duplicate[position]) in groups


@settings(max_examples=120, deadline=None)
@given(profiles(), worlds(most=30))
def test_a_section_holds_its_own_jobs_best_first_and_then_says_what_fills_up(profile, world):
    _, _, jobs, policy = world
    found = ranked(profile, jobs, policy)
    choices = choose(found, jobs, THIRD)
    assert [c.section for c in choices] == sorted(
        (c.section for c in choices), key=list(Section).index
    )
    for section in Section:
        mine = [c for c in choices if c.section is section]
        for before, after in pairwise(mine):
            assert before.is_fill_up <= after.is_fill_up
            if before.is_fill_up == after.is_fill_up:
                assert before.index < after.index
        if section is not Section.PICKS:
            belongs = set(found.sections[section].tolist())
            own = [c for c in mine if not c.is_fill_up]
            assert all(int(found.positions[c.index]) in belongs for c in own)


def test_the_quotas_are_those_of_the_letter():
    slots = {rule.section: rule.slots for rule in USUAL.rules}
    assert slots == {
        Section.PICKS: 5,
        Section.NEAR: 10,
        Section.CLOSE: 8,
        Section.PAYS_WELL: 7,
        Section.NEW: 5,
        Section.WORTH_A_LOOK: 5,
    }
    assert (USUAL.slots, USUAL.per_company) == (40, 3)
    assert tuple(f"slots_{section}" for section in Section) == SLOTS, "the order of claim"


def test_an_admins_policy_decides_how_many_each_section_claims_and_none_stands_in_one_with_0():
    policy = Policy(
        version="9",
        parameters=Parameters(slots_picks=2, slots_near=0, slots_close=3, per_company=1),
    )
    quotas = Quotas.of(policy)
    assert (quotas.slots, quotas.slots_of(Section.NEAR)) == (22, 0)
    jobs = build_jobs(
        [JobRow(id=i, title="看護師", company=f"c{i // 2}", point=HOME) for i in range(100)]
    )
    found = ranked(SEEKER, jobs, policy)
    choices = choose(found, jobs, quotas)
    counts = sections_of(choices)
    assert (counts[Section.PICKS], counts[Section.CLOSE], counts[Section.NEAR]) == (2, 3, 0)
    assert len(choices) == 22
    companies = Counter(int(jobs.company[found.positions[c.index]]) for c in choices)
    assert set(companies.values()) == {1}
    assert not is_cut_short(choices, found, engine.Depth(), quotas)


def test_a_list_holds_no_more_than_the_engine_proves_best():
    assert engine.Depth().section_k >= MOST_SLOTS
    assert engine.Depth().k >= MOST_SLOTS


def test_plenty_of_jobs_everywhere_gives_forty_with_each_section_full():
    rows = [
        JobRow(
            id=i,
            title="看護師" if i % 3 else "溶接工",
            company=f"company {i}",
            posted=TODAY - i % 20,
            point=HOME if i % 2 else Point(35.9, 139.7, "JP-13999", "JP-13"),
            pay_min=1_000 + 500 * (i % 5 == 0),
            pay_period="hour",
            pay_currency="JPY",
            industry="care",
        )
        for i in range(1, 201)
    ]
    jobs = build_jobs(rows)
    choices = choose(ranked(SEEKER, jobs), jobs, USUAL)
    assert len(choices) == 40
    assert not any(c.is_fill_up for c in choices)


def test_one_company_with_a_hundred_jobs_gets_three_places():
    jobs = build_jobs([JobRow(id=i, title="看護師", company="甲", point=HOME) for i in range(100)])
    assert len(choose(ranked(SEEKER, jobs), jobs, USUAL)) == USUAL.per_company


def test_jobs_without_a_company_name_are_not_counted_as_one_company():
    jobs = build_jobs([JobRow(id=i, title="看護師", point=HOME) for i in range(100)])
    assert len(choose(ranked(SEEKER, jobs), jobs, USUAL)) == 40


def test_new_means_the_last_seven_days_and_well_paid_a_fifth_above_the_median():
    rows = [
        JobRow(
            id=i,
            title="看護師",
            posted=TODAY - i,
            point=HOME,
            industry="care",
            pay_min=pay,
            pay_period="hour",
            pay_currency="JPY",
        )
        for i, pay in enumerate([1_000, 1_000, 1_000, 1_199, 1_200, 1_201, 900, 900, 900, 1_000])
    ]
    jobs = build_jobs(rows)
    found = ranked(SEEKER, jobs)
    new = sorted(jobs.ids[found.sections[Section.NEW]].tolist())
    assert new == [0, 1, 2, 3, 4, 5, 6]
    assert sorted(jobs.ids[found.sections[Section.PAYS_WELL]].tolist()) == [4, 5]
