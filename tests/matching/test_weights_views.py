"""My weights: trying keeps nothing, keeping makes the matches follow, an address can be shared."""

import re
from decimal import Decimal

import flask
import pytest
from sqlalchemy import select

from jobscore.accounts.models import HomePoint, Profile
from jobscore.database.transaction import transaction
from jobscore.jobs.models import Job
from jobscore.matching import runs, weighing
from jobscore.matching.models import MatchingResult
from jobscore.scoring.models import JobScore
from jobscore.vocabulary.models import Place, PlaceKind
from tests import factories
from tests.matching.matches import NOON
from tests.matching.test_runs import posting, seeker, start, town

__all__ = ["town"]
PAY = "skill_match=21&location=25&salary=40&experience=7&culture_fit=7"

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture(params=["sqlite"])
def backend(request):
    """Pages do not depend on the database."""
    return request.param


@pytest.fixture
def person(session, town):
    """Somebody with a pay wish: near jobs pay little, far ones pay well."""
    with transaction():
        user = seeker(session, town)
        profile = session.get(Profile, user)
        profile.pay_min, profile.pay_period, profile.pay_currency = Decimal(2_000), "hour", "JPY"
        far = Place(
            code="JP-14100",
            kind=PlaceKind.CITY,
            name_en="Yokohama",
            name_ja="横浜市",
            region_code="JP-14",
            country="JP",
            latitude=35.44,
            longitude=139.64,
        )
        session.add(far)
        session.flush()
        for _ in range(6):
            posting(session, town, salary_min=Decimal(1_700), title="看護師 近い")
            posting(session, far.id, salary_min=Decimal(2_100), title="看護師 高い")
    runs.execute(start())
    return user


def titles(page):
    return re.findall(r'<a href="/jobs/\d+"[^>]*>([^<]+)</a>', page)


def test_the_page_shows_a_number_for_each_part_with_its_bounds(person, browser):
    page = browser(person).get("/me/weights").text
    assert re.search(r'name="salary" type="number"[^>]*min="0" max="50" value="15"', page)
    assert "These weights count for you now." in page
    assert "Together 100 %." in page
    assert titles(page)[0] == "看護師 近い"
    assert "Keep these weights" not in page


def test_an_address_shows_what_moves_and_why_and_keeps_nothing(session, person, browser):
    page = browser(person).get(f"/me/weights?{PAY}").text
    assert titles(page)[0] == "看護師 高い"
    assert re.search(r"up \d: Pay counts more now", page)
    assert re.search(r"down \d: Pay counts more now", page)
    assert f"http://localhost/me/weights?{PAY}" in page.replace("&amp;", "&")
    session.expire_all()
    assert session.get(Profile, person).weights is None


def test_what_does_not_add_up_is_said_and_counted_within_the_bounds(person, browser):
    page = browser(person).get("/me/weights?skill_match=90&location=90&salary=90").text
    assert "Together 290 %. Scores need 100 % within the bounds" in page
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="(\d+)">', page)
    counted = {name: int(n) for name, n in hidden if name != "csrf_token"}
    assert sum(counted.values()) == 100
    assert counted["skill_match"] <= 60


@pytest.mark.parametrize("text", ["abc", "-5", "1e3", "９０", "", "99999999999"])
def test_what_is_no_number_leaves_the_weight_as_it_is(person, browser, text):
    page = browser(person).get("/me/weights", query_string={"salary": text})
    assert page.status_code == 200
    assert "These weights count for you now." in page.text


def test_keeping_them_makes_the_matches_follow_and_the_scores_say_whose_they_are(
    session, person, browser
):
    client = browser(person)
    values = dict(pair.split("=") for pair in PAY.split("&"))
    assert client.post("/me/weights", data=values).status_code == 303
    session.expire_all()
    own = session.get(Profile, person).weights
    assert own == {name: int(value) for name, value in values.items()}
    first = session.scalars(select(MatchingResult).order_by(MatchingResult.position)).first()
    assert first.job.title == "看護師 高い"
    assert session.scalars(select(JobScore.weights)).first() == own
    page = client.get("/me/weights").text
    assert "These weights count for you now." in page
    assert "Use the weights of the rules" in page
    assert client.post("/me/weights/reset").status_code == 303
    session.expire_all()
    assert session.get(Profile, person).weights is None
    first = session.scalars(select(MatchingResult).order_by(MatchingResult.position)).first()
    assert first.job.title == "看護師 近い"


def test_weights_equal_to_the_rules_are_none_of_ones_own(session, person, browser):
    values = {"skill_match": 30, "location": 35, "salary": 15, "experience": 10, "culture_fit": 10}
    browser(person).post("/me/weights", data=values)
    session.expire_all()
    assert session.get(Profile, person).weights is None


def test_the_first_ten_are_those_that_the_engine_ranks_first(session, person):
    found = weighing.try_weights(person, (21, 25, 40, 7, 7))
    assert [one.rank for one in found.top] == list(range(1, 11))
    totals = [one.total for one in found.top]
    assert totals == sorted(totals, reverse=True)
    assert any(one.words for one in found.top)


def test_who_has_told_nothing_is_asked_instead(session, town, browser):
    with transaction():
        nobody = factories.user(session).id
    page = browser(nobody).get("/me/weights").text
    assert "There is nothing to weigh yet" in page
    assert "Tell us which work you want and what you can do." in page
    assert browser(nobody).post("/me/weights", data={"salary": "50"}).status_code == 303


def test_no_profiling_is_respected_and_said(session, person, browser):
    with transaction():
        session.get(Profile, person).no_profiling = True
        for match in session.scalars(select(MatchingResult)):
            match.viewed_at = NOON
    page = browser(person).get("/me/weights").text
    assert "You switched off profiling" in page


def test_who_can_be_judged_by_one_part_only_is_told_so(session, town, browser):
    with transaction():
        user = factories.user(session).id
        place = session.scalar(select(Place.id))
        session.add(HomePoint(user_id=user, place_id=place, latitude=35.7, longitude=139.71))
        posting(session, town)
    page = browser(user).get("/me/weights").text
    assert "Only one part can be judged so far" in page or "nothing to weigh yet" in page


def test_trying_is_private_and_in_japanese_too(person, browser, client):
    assert client.get("/me/weights").status_code == 302
    flask.g.pop("_flask_babel", None)
    page = browser(person).get("/me/weights?lang=ja").text
    assert "重み" in page


def test_a_hidden_or_applied_job_is_not_among_the_ten(session, person, browser):
    with transaction():
        first = session.scalars(select(MatchingResult).order_by(MatchingResult.position)).first()
        job_id = first.job_id
    browser(person).post(f"/matches/{first.id}/hide")
    assert job_id not in {one.job.id for one in weighing.try_weights(person, [None] * 5).top}
    assert session.get(Job, job_id) is not None
