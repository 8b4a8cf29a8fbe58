"""The worked examples of docs/scoring, and the corners of each component."""

from decimal import Decimal

import numpy as np
import pytest

from jobscore.matching import reasons
from jobscore.scoring import engine, pay, titles
from jobscore.scoring.building import build_jobs
from jobscore.scoring.components import culture_fit, experience, location, salary, skill_match
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
from jobscore.scoring.policy import LATEST, SECOND, Policy

POLICY = Policy()
SHINJUKU = Point(35.690, 139.700, "JP-13104", "JP-13")
YOKOHAMA = Point(35.450, 139.640, "JP-14103", "JP-14")


def one(part, profile, row, **rest):
    return int(part.points(profile, build_jobs([row], **rest), POLICY)[0])


def test_the_example_of_the_total_adds_up():
    points, weights = [8_000, 10_000, -1, 5_000, -1], POLICY.weights
    parts = reasons.parts_table(points, weights)
    assert [part.share for part in parts] == [37, 40, 0, 7, 0]
    assert sum(part.share for part in parts) == 84


def test_the_example_of_skills():
    rows = [JobRow(id=1, title="x"), JobRow(id=2, title="y")]
    asks = [Ask(1, 10), Ask(1, 11, False), Ask(2, 10)]
    jobs = build_jobs(rows, asks=asks)
    points = skill_match.points(Profile(user_id=1, skills={10: 2}), jobs, POLICY)
    assert points[jobs.position(1)] == 5_449
    assert sorted(jobs.asks.job_shares.tolist()) == [3_189, 6_811, 10_000]


def test_the_example_of_closeness():
    jobs = build_jobs([JobRow(id=1, title="Nurse"), JobRow(id=2, title="Night nurse")],
                      policy=LATEST)  # fmt: skip
    points = skill_match.points(Profile(user_id=1, wanted_titles=("Nurse",)), jobs, LATEST)
    assert points.tolist() == [10_000, 8_568]


def test_a_seen_title_counts_a_part_and_a_wish_whole():
    wish, seen = (
        Profile(user_id=1, wanted_titles=("Nurse",)),
        Profile(user_id=1, seen_titles=("Nurse",)),
    )
    for policy, expected in [(SECOND, 3_250), (LATEST, 4_375)]:
        jobs = build_jobs([JobRow(id=1, title="Nurse")], policy=policy)
        assert skill_match.points(wish, jobs, policy)[0] == 10_000
        assert skill_match.points(seen, jobs, policy)[0] == expected


def test_what_was_only_looked_at_moves_a_job_around_the_neutral_points():
    jobs = build_jobs([JobRow(id=1, title="Nurse"), JobRow(id=2, title="Welder")], policy=LATEST)
    seen = Profile(user_id=1, seen_titles=("Nurse",))
    assert skill_match.points(seen, jobs, LATEST).tolist() == [4_375, 1_875]
    assert skill_match.closeness(seen, jobs, LATEST).tolist() == [10_000, 0]


def test_the_employer_brings_a_job_closer_to_one_looked_at():
    rows = [
        JobRow(id=1, title="Cashier", company="Acme"),
        JobRow(id=2, title="Cashier", company="Bright"),
        JobRow(id=3, title="Cashier"),
    ]
    jobs = build_jobs(rows, policy=LATEST)
    seen = Profile(user_id=1, seen_titles=("Stock clerk",), seen_employers=("Acme",))
    close = skill_match.closeness(seen, jobs, LATEST).tolist()
    assert close[0] > close[1] == close[2] == 0
    wish = skill_match.points(Profile(user_id=1, wanted_titles=("Cashier",)), jobs, LATEST)
    assert wish[2] >= 9_990
    assert min(wish[0], wish[1]) > 9_000


def test_forms_of_gender_and_accents_hardly_part_titles():
    rows = [JobRow(id=1, title="Ingeniero técnico"), JobRow(id=2, title="Enfermera")]
    jobs = build_jobs(rows, policy=LATEST)
    points = skill_match.points(Profile(user_id=1, wanted_titles=("ingeniera tecnica",)), jobs,
                                LATEST)  # fmt: skip
    assert points[0] > 9_000
    assert points[1] < 3_500


def test_the_example_of_a_place_seen():
    person = Profile(user_id=1, homes=(SHINJUKU,), seen_places=(YOKOHAMA,))
    jobs = build_jobs([JobRow(id=1, title="x", point=YOKOHAMA)], policy=LATEST)
    assert location.points(person, jobs, SECOND).tolist() == [7_741]
    assert location.points(person, jobs, LATEST).tolist() == [8_417]


def test_the_example_of_location():
    person = Profile(user_id=1, homes=(SHINJUKU,))
    assert one(location, person, JobRow(id=1, title="x", point=YOKOHAMA)) == 3_504
    found = location.evidence(person, build_jobs([JobRow(id=1, title="x", point=YOKOHAMA)]), [0],
                              POLICY)[0]  # fmt: skip
    assert (found.rule, round(found.metres / 1_000, 1)) == ("distance", 27.2)


def test_the_example_of_pay():
    person = Profile(user_id=1, pay_wish=1_500, pay_period="hour", pay_currency="JPY")
    row = JobRow(
        id=1,
        title="x",
        pay_min=Decimal(210_000),
        pay_max=Decimal(250_000),
        pay_period="month",
        pay_currency="JPY",
    )
    assert one(salary, person, row) == 8_438


def test_the_example_of_experience():
    row = JobRow(id=1, title="x", years_min=3, years_max=5, level=Level.SENIOR)
    assert one(experience, Profile(user_id=1, years=4), row) == 7_500


@pytest.mark.parametrize(("denied", "expected"), [(False, 6_000), (True, 4_667)])
def test_the_example_of_work_style(denied, expected):
    person = Profile(user_id=1, features=frozenset({"meals", "weekends_off", "remote"}))
    said = [Statement(1, "meals")] + [Statement(1, "remote", False)] * denied
    assert one(culture_fit, person, JobRow(id=1, title="x"), statements=said) == expected


def test_distance_halves_where_the_person_says():
    away = Point(35.690 + 0.18, 139.700)  # about 20 km north
    for half, low, high in [(10, 1_900, 2_100), (20, 4_950, 5_050), (40, 7_900, 8_100)]:
        person = Profile(user_id=1, homes=(SHINJUKU,), half_distance_km=half)
        assert low < one(location, person, JobRow(id=1, title="x", point=away)) < high


@pytest.mark.parametrize(
    ("wish", "remote", "point", "expected"),
    [
        (RemoteWish.OK, Remote.FULLY, Point(None, None), 10_000),
        (RemoteWish.NO, Remote.FULLY, Point(None, None), -1),
        (RemoteWish.NO, Remote.FULLY, SHINJUKU, 10_000),
        (RemoteWish.ONLY, Remote.PARTLY, SHINJUKU, 5_000),
        (RemoteWish.ONLY, Remote.NOT_STATED, SHINJUKU, 0),
        (RemoteWish.ONLY, Remote.NOT_STATED, Point(None, None), -1),
        (RemoteWish.OK, Remote.NOT_STATED, Point(None, None, None, "JP-13"), 3_000),
        (RemoteWish.OK, Remote.NOT_STATED, Point(None, None, None, "JP-27"), 0),
    ],
)
def test_remote_wishes_and_regions(wish, remote, point, expected):
    person = Profile(user_id=1, homes=(SHINJUKU,), remote=wish)
    assert one(location, person, JobRow(id=1, title="x", point=point, remote=remote)) == expected


def test_a_region_to_move_to_is_nearly_home():
    person = Profile(user_id=1, homes=(SHINJUKU,), move_to=frozenset({"JP-27"}))
    osaka = Point(34.69, 135.5, "JP-27100", "JP-27")
    assert one(location, person, JobRow(id=1, title="x", point=osaka)) == 8_000


def test_narrower_broader_and_sibling_skills_earn_part_of_the_share():
    links = [SkillLink(2, 1), SkillLink(3, 1), SkillLink(2, 3, True)]
    for own, asked, expected in [(2, 1, 8_000), (1, 2, 5_000), (2, 3, 3_000), (9, 1, 0)]:
        person = Profile(user_id=1, skills={own: 3})
        row = JobRow(id=1, title="x")
        assert one(skill_match, person, row, asks=[Ask(1, asked)], links=links) == expected


def test_a_title_is_fully_close_to_itself_in_any_width_case_and_script():
    for wish, title in [
        ("ﾎｰﾙスタッフ", "ホールスタッフ"),
        ("PYTHON Developer", "python developer"),
        ("C++ エンジニア", "Ｃ＋＋エンジニア"),
    ]:
        person = Profile(user_id=1, wanted_titles=(wish,))
        assert one(skill_match, person, JobRow(id=1, title=title)) >= 9_990


def test_titles_are_averaged_and_not_the_best_taken():
    row = JobRow(id=1, title="Nurse")
    both = Profile(user_id=1, wanted_titles=("Nurse", "Welder"))
    assert 7_000 <= one(skill_match, both, row) <= 7_200


def test_an_unknown_word_in_a_wish_makes_it_less_close():
    row = JobRow(id=1, title="Nurse")
    whole = one(skill_match, Profile(user_id=1, wanted_titles=("Nurse",)), row)
    half = one(skill_match, Profile(user_id=1, wanted_titles=("Nurse zzyzx",)), row)
    assert half < whole


def test_tokens_keep_plus_and_sharp_and_split_scripts():
    assert titles.tokens("シニアC++エンジニア（C#可）") == (
        "シニア",
        "c++",
        "エンジニア",
        "c#",
        "可",
    )


def test_pay_periods_are_whole_factors_of_a_year():
    assert pay.yearly(Decimal("1200.50"), "hour") == 120_050 * 1_920
    assert pay.yearly(300_000, "month") == 300_000 * 100 * 12
    assert pay.yearly(None, "month") == -1
    assert pay.yearly(1, "shift") == -1
    assert pay.in_period(pay.yearly(1_250, "hour"), "month") == 200_000


def test_pay_in_another_currency_and_a_wish_of_nothing_cannot_be_judged():
    row = JobRow(id=1, title="x", pay_min=1, pay_period="hour", pay_currency="USD")
    yen = Profile(user_id=1, pay_wish=1_500, pay_period="hour", pay_currency="JPY")
    assert one(salary, yen, row) == -1
    zero = Profile(user_id=1, pay_wish=0, pay_period="hour", pay_currency="USD")
    assert one(salary, zero, row) == -1


def test_the_weights_of_a_person_change_the_order_within_the_policy():
    near = JobRow(id=1, title="Welder", point=SHINJUKU)
    fitting = JobRow(id=2, title="Nurse", point=Point(34.69, 135.5))
    jobs = build_jobs([near, fitting])
    person = {"homes": (SHINJUKU,), "wanted_titles": ("Nurse",)}
    policy = Policy(minimum_total=0)
    for weights, first in [((60, 5, 15, 10, 10), 2), ((10, 60, 10, 10, 10), 1)]:
        found = engine.rank_one(Profile(user_id=1, weights=weights, **person), jobs, policy)
        assert jobs.ids[found.positions][0] == first


def test_one_person_is_scored_in_one_pass_without_writing_into_the_columns():
    jobs = build_jobs([JobRow(id=1, title="Nurse", point=SHINJUKU)])
    before = jobs.sites.xyz.copy(), jobs.titles.values.copy()
    engine.rank_one(Profile(user_id=1, homes=(YOKOHAMA,), wanted_titles=("Nurse",)), jobs, POLICY)
    assert np.array_equal(before[0], jobs.sites.xyz)
    assert np.array_equal(before[1], jobs.titles.values)
