"""The demo's seekers."""

from collections import Counter

from jobscore.demo import catalogue
from jobscore.demo.people import EMPTY_EVERY, people
from jobscore.scoring import gating


def test_the_same_seed_gives_the_same_people_and_a_larger_crowd_begins_with_them():
    assert people(100, 1)[:60] == people(60, 1)
    assert people(60, 1) != people(60, 2)


def test_everyone_has_an_address_of_their_own_at_an_example_host():
    crowd = people(500, 1)
    assert len({seeker.email for seeker in crowd}) == 500
    assert all(seeker.email.endswith(("@example.jp", "@example.com")) for seeker in crowd)


def test_both_languages_and_every_kind_of_wish_come_up():
    crowd = people(500, 1)
    languages = Counter(seeker.locale for seeker in crowd)
    assert 0.5 < languages["ja"] / 500 < 0.8
    assert {s.pay_period for s in crowd} == {"hour", "month", "year", None}
    assert {s.remote for s in crowd} == {None, "no", "ok", "only"}
    assert {s.level for s in crowd} == {None, "none", "junior", "mid", "senior", "lead"}
    assert all(1 <= level <= 5 for s in crowd for _, level in s.skills)


def test_some_people_have_told_nothing():
    empty = [s for s in people(200, 1) if not s.home]
    assert len(empty) == 200 // EMPTY_EVERY
    for seeker in empty:
        told = (seeker.wanted_titles, seeker.skills, seeker.features)
        assert told == ((), (), ())
        assert seeker.pay_min is seeker.years is seeker.level is None


def test_nobody_ticks_a_feature_that_no_posting_knows():
    known = catalogue.features().keys()
    assert all(set(seeker.features) <= known for seeker in people(300, 1))


def test_some_answer_conditions_and_nobody_answers_all_of_them():
    crowd = people(300, 1)
    said = Counter(answer for seeker in crowd for answer in seeker.answers)
    assert {code for code, _ in said} <= set(gating.known_conditions())
    assert all(said[code, met] >= 3 for code, _ in list(said) for met in (True, False))
    assert sum(not seeker.answers for seeker in crowd) >= 10
