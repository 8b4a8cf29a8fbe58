"""The start's preview, suggestions in both languages, and home points: honest, live, one's own."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from jobscore.accounts import completeness, profiles
from jobscore.accounts.models import HomeKind, HomePoint, Profile, User
from jobscore.accounts.views import preview as preview_views
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.matching import previewing
from jobscore.matching import service as matching
from jobscore.scoring import columns
from jobscore.scoring.policy import COMPONENTS, LATEST, Component
from jobscore.vocabulary import gazetteer, service
from jobscore.vocabulary.models import Place, PlaceKind, Skill, SkillAlias
from tests import factories
from tests.accounts.people import browser_of, create, look_up

PLACES = ("JP-13113", "JP-13206", "JP-34208")
SKILLS = {
    "python": ("Python", "パイソン", ()),
    "java": ("Java", None, ()),
    "javascript": ("JavaScript", "ジャバスクリプト", ()),
    "drivers-licence": ("Driver's licence", "普通自動車免許", ("運転免許", "car licence")),
}


@pytest.fixture
def person(app: Flask) -> int:
    """A person, with three jobs in Shibuya and two in Fuchu, Hiroshima."""
    with app.app_context(), transaction() as session:
        places = {}
        for code in PLACES:
            known = gazetteer.place_by_code(code)
            assert known is not None
            places[code] = Place(
                code=code, kind=PlaceKind(known.kind), name_en=known.name_en,
                name_ja=known.name_ja, country="JP", region_code=known.region_code,
                latitude=known.latitude, longitude=known.longitude,
            )  # fmt: skip
        session.add_all(places.values())
        for code, (name_en, name_ja, others) in SKILLS.items():
            skill = Skill(code=code, name_en=name_en, name_ja=name_ja, family="x")
            names = {service.alias_key(n) for n in (code, name_en, name_ja or "", *others)} - {""}
            skill.aliases = [SkillAlias(alias=name, language="en") for name in sorted(names)]
            session.add(skill)
        session.flush()
        for n, code in enumerate(("JP-13113",) * 3 + ("JP-34208",) * 2):
            title = "看護師" if n % 2 else "Web Developer"
            factories.job(session, title=title, place_id=places[code].id)
    return create(app)


@pytest.fixture
def own(app: Flask, person: int) -> FlaskClient:
    """The person's browser."""
    return browser_of(app, person)


def lines(text: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", text).split())


# --- the preview ----------------------------------------------------------------------------------


def test_the_preview_follows_answers_that_are_not_saved(
    app: Flask, own: FlaskClient, person: int
) -> None:
    assert "5 open jobs in all" in lines(own.get("/me/start").text)
    shown = lines(own.post("/me/start/preview/place", data={"home_1": "渋谷区"}).text)
    km = LATEST.parameters.half_distance_km
    assert f"{LATEST.weight(Component.LOCATION)} % of what counts" in shown
    assert f"3 of 5 open jobs are within reach: {km} km or less" in shown
    far = {"home_1": "東京都府中市", "half_distance_km": "3"}
    assert "0 of 5 open jobs" in lines(own.post("/me/start/preview/place", data=far).text)
    work = lines(own.post("/me/start/preview/work", data={"wanted_1": "看護師"}).text)
    assert "2 of 5 open jobs are close to your work" in work
    assert f"{LATEST.weight(Component.SKILL_MATCH)} % of what counts" in work
    pay = {"pay_min": "1,500", "pay_period": "hour", "pay_currency": "JPY"}
    shown = lines(own.post("/me/start/preview/pay", data=pay).text)
    assert "about ¥12,000 a day, ¥240,000 a month, ¥2,880,000 a year" in shown
    assert "8 hours a day, 20 days a month" in shown
    kept = look_up(app, lambda: db.session.scalars(select(Profile)).one())
    assert kept.pay_min is None
    assert look_up(app, lambda: db.session.scalars(select(HomePoint)).all()) == []


def test_the_preview_adds_up_what_was_saved_before(own: FlaskClient) -> None:
    own.post("/me/start", data={"home_1": "渋谷区"})
    shown = lines(own.post("/me/start/preview/work", data={"wanted_1": "看護師"}).text)
    weight = LATEST.weight(Component.LOCATION) + LATEST.weight(Component.SKILL_MATCH)
    assert f"{weight} % of what counts" in shown
    assert "3 of 5 open jobs are within reach" in shown
    assert "1 of them are close" in shown


def test_half_typed_and_garbage_answers_leave_a_preview(own: FlaskClient) -> None:
    for step, data in (
        ("place", {"home_1": "しぶ"}),
        ("place", {"home_1": "渋谷区", "home_1_kind": "castle"}),
        ("place", {"remote_wish": "perhaps", "half_distance_km": "x; DROP"}),
        ("work", {"years": "many", "level": "emperor"}),
        ("pay", {"pay_min": "15ooo", "skill_1": "pyth", "skill_1_level": "9"}),
    ):
        answer = own.post(f"/me/start/preview/{step}", data=data)
        assert answer.status_code == 200
        assert 'id="preview"' in answer.text
    assert own.post("/me/start/preview/everything").status_code == 404


def test_nobody_else_asks_for_a_preview(app: Flask) -> None:
    assert app.test_client().post("/me/start/preview/place").status_code == 302


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("answered", range(0, 32, 5))
def test_the_preview_the_profile_and_the_scores_count_the_same_coverage(
    app: Flask, person: int, answered: int
) -> None:
    answers: list[dict[str, Any]] = [
        {"titles": True}, {"homes": True}, {"pay_min": Decimal(1500)}, {"years_experience": 3},
        {"features": ["remote"]},
    ]  # fmt: skip
    with app.app_context(), transaction():
        user = db.session.get(User, person)
        assert user is not None
        chosen = {k: v for n, a in enumerate(answers) if answered >> n & 1 for k, v in a.items()}
        if chosen.pop("titles", False):
            profiles.save_work(
                user,
                profiles.WorkAnswers(
                    wanted=("看護師",),
                    held=(),
                    employment_types=(),
                    features=(),
                    level=None,
                    years=None,
                ),
            )
        if chosen.pop("homes", False):
            home = profiles.Home("渋谷区", "JP-13113")
            profiles.save_place(
                user,
                profiles.PlaceAnswers(homes=(home,), half_distance_km=0, remote_wish=None),
            )
        for name, value in chosen.items():
            setattr(user.profile, name, value)
        user.profile.pay_period, user.profile.pay_currency = "hour", "JPY"
    with app.app_context():
        read = matching.profile_of(person, LATEST)
        user = db.session.get(User, person)
        assert read is not None
        assert user is not None
        found = previewing.preview(
            read, columns.job_frame(LATEST), LATEST, date(2026, 11, 20).toordinal()
        )
        weights = {c.value: LATEST.weight(c) for c in COMPONENTS}
        assert found.percent == completeness.judged_percent(user.profile, weights)


def test_pay_is_said_in_the_units_that_people_think_in() -> None:
    assert preview_views.pay_lines(None, "hour", "JPY") == []
    assert preview_views.pay_lines(Decimal(5), None, "JPY") == []


def _skills(app: Flask) -> list[str]:
    def read() -> list[str]:
        return [own.skill.code for own in db.session.scalars(select(Profile)).one().skills]

    return look_up(app, read)  # type: ignore[no-any-return]


# --- skills ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("python", "Python"), ("ＰＹＴＨ", "Python"), ("ぱいそん", "Python"), ("パイソ", "Python"),
        ("ﾊﾟｲｿﾝ", "Python"), ("java", "Java"), ("javas", "JavaScript"), ("運転", "Driver's licence"),
        ("自動車", "Driver's licence"), ("じゃば", "JavaScript"), ("pyhton", "Python"),
    ],
)  # fmt: skip
def test_skills_are_suggested_however_they_are_typed(
    own: FlaskClient, typed: str, first: str
) -> None:
    names = own.get("/me/suggest/skills", query_string={"q": typed}).json
    assert names
    assert names[0] == first


@pytest.mark.parametrize(
    "typed", ["", " ", "%", "_", "\\", "\x00", "\ud7ff", "\U0010ffff", "x" * 999]
)
def test_wildcards_and_garbage_suggest_nothing(own: FlaskClient, typed: str) -> None:
    answer = own.get("/me/suggest/skills", query_string={"q": typed})
    assert (answer.status_code, answer.json) == (200, [])


def test_a_skill_in_hiragana_is_kept_as_what_it_means(app: Flask, own: FlaskClient) -> None:
    assert own.post("/me/start/pay", data={"skill_1": "ぱいそん"}).status_code == 303
    kept = look_up(
        app, lambda: [s.skill.code for s in db.session.scalars(select(Profile)).one().skills]
    )
    assert kept == ["python"]


def test_an_unknown_skill_is_asked_back_and_may_be_left_out(app: Flask, own: FlaskClient) -> None:
    answer = own.post("/me/start/pay", data={"skill_1": "Pyhton", "skill_2": "java"})
    assert answer.status_code == 422
    assert 'name="skill_1_pick" type="radio" value="Python"' in answer.text
    assert 'name="skill_1_pick" type="radio" value="-"' in answer.text
    picked = {"skill_1": "Pyhton", "skill_1_pick": "Python"}
    assert own.post("/me/start/pay", data=picked).status_code == 303
    left = {"skill_1": "Basket weaving in space", "skill_1_pick": "-", "skill_2": "java"}
    assert own.post("/me/start/pay", data=left).status_code == 303
    kept = look_up(
        app, lambda: [s.skill.code for s in db.session.scalars(select(Profile)).one().skills]
    )
    assert kept == ["java"]
    odd = {"skill_1": "Basket weaving in space", "skill_1_pick": "Nothing that we offered"}
    assert own.post("/me/start/pay", data=odd).status_code == 422


# --- home points ----------------------------------------------------------------------------------


def _homes(app: Flask, user_id: int) -> list[tuple[str, str, HomeKind | None]]:
    def read() -> list[tuple[str, str, HomeKind | None]]:
        query = select(HomePoint).where(HomePoint.user_id == user_id).order_by(HomePoint.id)
        return [(h.place.code, h.label, h.kind) for h in db.session.scalars(query)]

    return look_up(app, read)  # type: ignore[no-any-return]


def test_home_points_are_added_named_and_removed(app: Flask, own: FlaskClient, person: int) -> None:
    data = {
        "home_1": "渋谷区",
        "home_1_kind": "home",
        "home_2": "東京都府中市",
        "home_2_kind": "work",
    }
    assert own.post("/me/start", data=data).status_code == 303
    assert [(code, kind) for code, _, kind in _homes(app, person)] == [
        ("JP-13113", HomeKind.HOME),
        ("JP-13206", HomeKind.WORK),
    ]
    page = own.get("/me/start").text
    assert 'value="Fuchu, Tokyo"' in page
    assert re.search(r'name="home_2_kind">.*?<option selected value="work">', page, re.DOTALL)
    assert (
        own.post(
            "/me/start", data={"home_1": "", "home_2": "東京都府中市", "home_2_kind": ""}
        ).status_code
        == 303
    )
    assert [(code, kind) for code, _, kind in _homes(app, person)] == [("JP-13206", None)]
    assert (
        own.post("/me/start", data={"home_1": "渋谷区", "home_1_kind": "castle"}).status_code == 422
    )


def test_of_an_address_only_the_place_is_kept(app: Flask, own: FlaskClient, person: int) -> None:
    own.post("/me/start", data={"home_1": "東京都渋谷区神南1-2-3 秘密ハイツ203"})
    ((code, label, _),) = _homes(app, person)
    assert code == "JP-13113"
    assert "203" not in label
    assert "神南" not in label


def test_nobody_changes_the_home_points_of_another(
    app: Flask, own: FlaskClient, person: int
) -> None:
    own.post("/me/start", data={"home_1": "渋谷区"})
    home = look_up(app, lambda: db.session.scalars(select(HomePoint.id)).one())
    other = create(app, "other@example.com")
    stranger = browser_of(app, other)
    extra = {"user_id": str(person), "id": str(home), "home_id": str(home)}
    stranger.post("/me/start", data={"home_1": "東京都府中市", **extra})
    stranger.post(f"/me/start?user_id={person}", data=extra)
    assert [code for code, _, _ in _homes(app, person)] == ["JP-13113"]
    assert [code for code, _, _ in _homes(app, other)] == ["JP-13206"]


def test_two_places_that_read_alike_are_told_apart(own: FlaskClient) -> None:
    page = own.post("/me/start", data={"home_1": "Fuchu, Hiroshima"}).text
    assert "Fuchu, Hiroshima (府中市)" in page
    assert "Fuchu, Hiroshima (府中町)" in page
