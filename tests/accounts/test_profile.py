"""The start, the profile, the account and the admin's list of people, as browsers use them."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts.models import AuditLog, Consent, Profile, User, UserSession
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.scoring import loading
from jobscore.scoring.components import location
from jobscore.scoring.policy import LATEST
from jobscore.vocabulary import gazetteer
from jobscore.vocabulary.models import Place, PlaceKind, Skill, SkillAlias
from tests.accounts.people import (
    NOON,
    PASSWORD,
    browser_of,
    create,
    letters,
    link_in,
    look_up,
    sign_in,
)

PLACES = ("JP-13113", "JP-13206", "JP-34208")
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def person(app: Flask) -> int:
    """A person, with a small vocabulary in the database."""
    with app.app_context(), transaction() as session:
        for code in PLACES:
            _add_place(session, code)
        for code, name_ja in (("python", None), ("nursing", "看護")):
            skill = Skill(code=code, name_en=code.title(), name_ja=name_ja, family="x")
            skill.aliases = [SkillAlias(alias=a, language="en") for a in (code, name_ja) if a]
            session.add(skill)
    return create(app)


def _add_place(session: Session, code: str) -> None:
    known = gazetteer.place_by_code(code)
    assert known is not None
    session.add(
        Place(
            code=code,
            kind=PlaceKind(known.kind),
            name_en=known.name_en,
            name_ja=known.name_ja,
            country=known.country,
            region_code=known.region_code,
            latitude=known.latitude,
            longitude=known.longitude,
        )
    )


@pytest.fixture
def own(app: Flask, person: int) -> FlaskClient:
    """The person's browser."""
    return browser_of(app, person)


def _profile(app: Flask) -> dict[str, Any]:
    def read() -> dict[str, Any]:
        kept = db.session.scalars(select(Profile)).first()
        assert kept is not None
        return {
            "homes": [home.place.code for home in kept.homes],
            "titles": [(t.is_wanted, t.title) for t in kept.titles],
            "skills": {own.skill.code: own.level for own in kept.skills},
            **{c.key: getattr(kept, c.key) for c in Profile.__table__.columns},
        }

    return look_up(app, read)  # type: ignore[no-any-return]


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_the_start_is_three_short_steps_and_an_honest_preview(
    app: Flask, own: FlaskClient, locale: str
) -> None:
    own.set_cookie("locale", locale)
    page = own.get("/me/start")
    assert f'lang="{locale}"' in page.text
    home = "渋谷区" if locale == "ja" else "Shibuya, Tokyo"
    answer = own.post("/me/start", data={"home_1": home, "remote_wish": "ok"})
    assert answer.location == "/me/start/work"
    work = {"wanted_1": "看護師", "years": "５", "level": "mid", "features": ["free_shifts"]}
    assert own.post("/me/start/work", data=work).location == "/me/start/pay"
    pay = {"pay_min": "1,500円", "pay_period": "hour", "pay_currency": "JPY"}
    skills = {"skill_1": "看護", "skill_1_level": "4", "skill_2": "PYTHON", "skill_2_level": "2"}
    assert own.post("/me/start/pay", data={**pay, **skills}).location == "/me/start/done"
    assert "100" in own.get("/me/start/done").text
    kept = _profile(app)
    assert kept["homes"] == ["JP-13113"]
    assert kept["titles"] == [(True, "看護師")]
    assert kept["skills"] == {"nursing": 4, "python": 2}
    assert (kept["pay_min"], kept["pay_period"], kept["years_experience"]) == (1500, "hour", 5)
    assert kept["features"] == ["free_shifts"]
    assert 'value="看護師"' in own.get("/me").text


def test_every_step_may_be_skipped_and_nothing_is_invented(app: Flask, own: FlaskClient) -> None:
    for path in ("/me/start", "/me/start/work", "/me/start/pay"):
        assert own.post(path, data={}).status_code == 303
    kept = _profile(app)
    assert (kept["homes"], kept["titles"], kept["skills"]) == ([], [], {})
    assert kept["pay_min"] is kept["level"] is kept["years_experience"] is None
    page = own.get("/me/start/done").text
    assert "about 0 %" in page
    assert "+35 % of the score" in page


def test_a_name_of_several_places_is_asked_back(app: Flask, own: FlaskClient) -> None:
    answer = own.post("/me/start", data={"home_1": "府中市"})
    assert answer.status_code == 422
    assert 'value="府中市"' in answer.text
    assert 'value="JP-13206"' in answer.text
    assert 'value="JP-34208"' in answer.text
    assert _profile(app)["homes"] == []
    answer = own.post("/me/start", data={"home_1": "府中市", "home_1_pick": "JP-34208"})
    assert answer.status_code == 303
    assert _profile(app)["homes"] == ["JP-34208"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/me/start", "home_1", "Xyzzyville on the Moon"),
        ("/me/start", "home_1", "x" * 300),
        ("/me/start", "half_distance_km", "-1"),
        ("/me/start", "half_distance_km", "20; DROP TABLE users"),
        ("/me/start", "remote_wish", "perhaps"),
        ("/me/start/work", "wanted_1", "あ" * 256),
        ("/me/start/work", "years", "many"),
        ("/me/start/work", "years", "-3"),
        ("/me/start/work", "years", "99999999999999999999"),
        ("/me/start/work", "level", "emperor"),
        ("/me/start/work", "employment_types", "SLAVERY"),
        ("/me/start/work", "features", "no_such_feature"),
        ("/me/start/pay", "pay_min", "a lot"),
        ("/me/start/pay", "pay_min", "-5"),
        ("/me/start/pay", "pay_min", "1e400"),
        ("/me/start/pay", "pay_min", "NaN"),
        ("/me/start/pay", "pay_min", "9" * 40),
        ("/me/start/pay", "pay_period", "century"),
        ("/me/start/pay", "pay_currency", "XXX"),
        ("/me/start/pay", "skill_1", "Basket weaving in space"),
        ("/me/start/pay", "skill_1", "%_\\"),
    ],
)
def test_garbage_is_refused_and_kept_in_the_form(
    own: FlaskClient, path: str, field: str, value: str
) -> None:
    for at in (path, "/me"):
        answer = own.post(at, data={field: value, "skill_1_level": "3"})
        assert answer.status_code == 422, at
        assert 'role="alert"' in answer.text
        if field.startswith(("home", "wanted", "years", "pay_min", "skill")):
            assert value.replace("\\", "\\") in answer.text


def test_control_characters_never_reach_the_database(app: Flask, own: FlaskClient) -> None:
    title = "\x00Sales\r\nstaff\x1b[31m\u202e "
    assert own.post("/me/start/work", data={"wanted_1": title}).status_code == 303
    (kept,) = _profile(app)["titles"]
    assert "\x00" not in kept[1]
    assert "\n" not in kept[1]
    assert own.get("/me/suggest/skills", query_string={"q": "\x00%"}).status_code == 200


def test_what_people_type_is_text_and_nothing_else(app: Flask, own: FlaskClient) -> None:
    own.post("/me/start/work", data={"wanted_1": EVIL})
    own.post("/me/account", data={"full_name": EVIL, "locale": "en"})
    admin = browser_of(app, create(app, "admin@example.com", is_superuser=True))
    for page in (own.get("/me"), own.get("/me/account"), admin.get("/admin/users")):
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        assert "&lt;script&gt;" in page.text


def test_an_hours_pay_of_a_year_is_asked_back(own: FlaskClient) -> None:
    wish = {"pay_min": "450万", "pay_period": "hour", "pay_currency": "JPY"}
    assert own.post("/me/start/pay", data=wish).status_code == 422
    assert own.post("/me/start/pay", data={**wish, "pay_period": "year"}).status_code == 303


def test_saving_the_profile_replaces_what_was_there(app: Flask, own: FlaskClient) -> None:
    data = {"home_1": "渋谷区", "wanted_1": "A", "skill_1": "python", "skill_1_level": "5"}
    assert own.post("/me", data=data).status_code == 303
    data = {"home_1": "東京都府中市", "wanted_1": "A", "held_1": "B", "skill_1": ""}
    assert own.post("/me", data={**data, "move_to": ["JP-34"]}).status_code == 303
    kept = _profile(app)
    assert kept["homes"] == ["JP-13206"]
    assert kept["titles"] == [(True, "A"), (False, "B")]
    assert (kept["skills"], kept["move_to"]) == ({}, ["JP-34"])


def test_conditions_are_answered_left_open_and_taken_back(app: Flask, own: FlaskClient) -> None:
    answers = {"condition_nights_required": "no", "condition_adults_only": "yes"}
    assert own.post("/me", data={**answers, "condition_weekends_required": ""}).status_code == 303
    kept = _profile(app)
    assert (kept["conditions"], kept["is_adult"]) == ({"nights_required": False}, True)
    page = own.get("/me").text
    assert re.search(
        r'name="condition_nights_required">(?:(?!</select>).)*selected value="no"', page
    )
    assert own.post("/me", data={"condition_nights_required": "yes"}).status_code == 303
    kept = _profile(app)
    assert (kept["conditions"], kept["is_adult"]) == ({"nights_required": True}, True)
    taken_back = dict.fromkeys(answers, "")
    assert own.post("/me", data=taken_back).status_code == 303
    kept = _profile(app)
    assert (kept["conditions"], kept["is_adult"]) == ({}, None)


def test_a_licence_that_a_job_needs_is_asked_on_demand(app: Flask, own: FlaskClient) -> None:
    name = "condition_licence_pharmacist"
    assert name not in own.get("/me").text
    assert name in own.get("/me?ask=licence:pharmacist").text
    assert "<script>" not in own.get("/me?ask=licence:<script>").text
    assert own.post("/me", data={name: "no"}).status_code == 303
    assert _profile(app)["conditions"] == {"licence:pharmacist": False}
    assert name in own.get("/me").text


def test_an_answer_that_is_none_is_refused(app: Flask, own: FlaskClient) -> None:
    assert own.post("/me", data={"condition_nights_required": "maybe"}).status_code == 422
    assert _profile(app)["conditions"] == {}


def test_the_profile_gives_no_rights(app: Flask, own: FlaskClient, person: int) -> None:
    extra = {"is_superuser": "1", "user_id": "1", "email": "x@example.com", "weights": "{}"}
    for path in ("/me", "/me/start", "/me/account", "/me/letters"):
        own.post(path, data={**extra, "locale": "en"})
    user = look_up(app, lambda: db.session.get(User, person))
    assert (user.is_superuser, user.email) == (False, "hanako@example.com")


def test_letters_are_agreed_to_and_ended_with_the_text_that_was_shown(
    app: Flask, own: FlaskClient
) -> None:
    wish = {"wants": "y", "frequency": "weekly", "min_score": "65"}
    own.set_cookie("locale", "ja")
    assert own.post("/me/letters", data=wish).status_code == 303
    kept = _profile(app)
    assert (kept["digest_frequency"].value, kept["digest_min_score"]) == ("weekly", 65)
    entry = look_up(app, lambda: db.session.scalars(select(Consent)).one())
    assert (entry.locale, entry.withdrawn_at) == ("ja", None)
    assert "メール" in entry.text
    own.post("/me/letters", data={"frequency": "weekly"})
    assert _profile(app)["digest_frequency"].value == "off"
    entry = look_up(app, lambda: db.session.scalars(select(Consent)).one())
    assert entry.withdrawn_at is not None
    assert own.post("/me/letters", data={**wish, "frequency": "hourly"}).status_code == 422


def test_suggestions_speak_both_languages(own: FlaskClient) -> None:
    def ask(kind: str, text: str) -> Any:
        return own.get(f"/me/suggest/{kind}", query_string={"q": text}).json

    assert ask("skills", "pyth") == ["Python"]
    assert any("Shibuya" in name for name in ask("places", "shibu"))
    assert ask("anything", "x") == []
    assert ask("places", "") == []


def test_changing_the_password_ends_the_other_sessions(app: Flask, person: int) -> None:
    this, other = browser_of(app, person), browser_of(app, person)
    data = {"password-present": "not the password", "password-password": "green hills far away"}
    assert this.post("/me/account/password", data=data).status_code == 422
    data["password-present"] = PASSWORD
    weak = {**data, "password-password": "password123"}
    assert this.post("/me/account/password", data=weak).status_code == 422
    assert other.get("/me").status_code == 200
    assert this.post("/me/account/password", data=data).status_code == 303
    assert this.get("/me").status_code == 200
    assert other.get("/me").status_code == 302
    assert sign_in(app.test_client()).status_code == 422
    assert sign_in(app.test_client(), password="green hills far away").status_code == 303
    assert letters(app)[-1].subject == "Your password was changed"


def test_a_reset_link_works_once_for_an_hour_and_for_nothing_else(app: Flask, person: int) -> None:
    other = browser_of(app, person)
    client = app.test_client()
    with clock.set_to(NOON):
        client.post("/password/forgot", data={"email": "hanako@example.com"})
        link = link_in(letters(app)[0])
        token = link.rsplit("/", 1)[1]
        assert client.get(link).status_code == 200
        assert client.get(link).status_code == 200, "a scanner that follows it does no harm"
        assert client.post(f"/verify/{token}").status_code == 410
        assert other.post(f"/me/email/{token}").status_code == 410
        assert client.get(link[:-2] + "xx").status_code == 410
        assert client.post(link, data={"password": "short"}).status_code == 422
    with clock.set_to(NOON + timedelta(minutes=61)):
        assert client.get(link).status_code == 410
    with clock.set_to(NOON + timedelta(minutes=59)):
        assert client.post(link, data={"password": "green hills far away"}).status_code == 303
        assert client.post(link, data={"password": "green hills far away"}).status_code == 410
        assert other.get("/me").status_code == 302


def test_a_new_address_holds_when_its_letter_is_answered(app: Flask, own: FlaskClient) -> None:
    data = {"email-email": "new@example.com", "email-present": PASSWORD}
    assert own.post("/me/account/email", data={**data, "email-present": "x"}).status_code == 422
    assert own.post("/me/account/email", data=data).status_code == 303
    (letter,) = letters(app)
    assert letter.recipient_email == "new@example.com"
    assert own.post(link_in(letter)).status_code == 303
    assert [x.recipient_email for x in letters(app)][1:] == ["hanako@example.com"]
    assert sign_in(app.test_client(), "new@example.com").status_code == 303
    assert own.post(link_in(letter)).status_code == 410


def test_people_end_their_own_sessions_and_nobody_elses(app: Flask, person: int) -> None:
    this, other = browser_of(app, person), browser_of(app, person)
    stranger = browser_of(app, create(app, "jiro@example.com"))

    def ids() -> list[int]:
        return look_up(app, lambda: list(db.session.scalars(select(UserSession.id).order_by("id"))))

    assert "Where you are signed in" in this.get("/me/account").text
    first, second, third = ids()
    assert stranger.post(f"/me/account/sessions/{first}/end").status_code == 404
    assert this.post(f"/me/account/sessions/{9**15}/end").status_code == 404
    assert this.post(f"/me/account/sessions/{second}/end").status_code == 303
    assert other.get("/me").status_code == 302
    assert ids() == [first, third]


def test_the_disabled_are_out_at_once(app: Flask, person: int) -> None:
    client = browser_of(app, person)
    admin = browser_of(app, create(app, "admin@example.com", is_superuser=True))
    assert client.post(f"/admin/users/{person}/active", data={"value": "0"}).status_code == 403
    assert admin.post(f"/admin/users/{person}/active", data={"value": "0"}).status_code == 303
    assert client.get("/me").status_code == 302
    assert sign_in(app.test_client()).status_code == 422
    client.post("/password/forgot", data={"email": "hanako@example.com"})
    assert letters(app) == []
    admin.post(f"/admin/users/{person}/active", data={"value": "1"})
    assert sign_in(app.test_client()).status_code == 303


def test_admins_make_admins_and_it_is_written_down(app: Flask, person: int) -> None:
    chief = create(app, "admin@example.com", is_superuser=True)
    admin = browser_of(app, chief)
    assert admin.get("/admin/users?q=HANAKO").text.count("hanako@example.com") >= 1
    assert "Nobody found" in admin.get("/admin/users?q=%25").text
    assert admin.get("/admin/users?after=rubbish").status_code == 404
    assert admin.post(f"/admin/users/{person}/admin", data={"value": "1"}).status_code == 303
    assert look_up(app, lambda: db.session.get(User, person)).is_superuser
    entry = look_up(
        app,
        lambda: db.session.scalars(select(AuditLog).filter_by(action="account.made_admin")).one(),
    )
    assert (entry.actor_id, entry.target) == (chief, f"user:{person}")
    assert admin.post(f"/admin/users/{chief}/admin", data={"value": "0"}).status_code == 409
    assert admin.post(f"/admin/users/{chief}/active", data={"value": "0"}).status_code == 409
    assert admin.post(f"/admin/users/{9**15}/active", data={"value": "0"}).status_code == 404
    assert admin.post(f"/admin/users/{person}/active", data={"value": "x"}).status_code == 400


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_accounts_by_command(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    made = ["users", "create", "Boss@Example.com", "--admin", "--name", "Boss", "--password-stdin"]
    assert "administrator" in run(args=made, input=f"{PASSWORD}\n").output
    assert run(args=made, input=f"{PASSWORD}\n").exit_code == 1
    weak = run(args=["users", "create", "x@example.com", "--password-stdin"], input="password1\n")
    assert (weak.exit_code, "common" in weak.output) == (1, True)
    (row,) = json.loads(run(args=["users", "list", "--json"]).output)
    assert (row["email"], row["is_admin"], row["is_active"]) == ("boss@example.com", True, True)
    assert run(args=["users", "disable", "boss@example.com"]).exit_code == 0
    assert "disabled" in run(args=["users", "list"]).output
    assert run(args=["users", "enable", "boss@example.com"]).exit_code == 0
    assert run(args=["users", "disable", "nobody@example.com"]).exit_code == 1


def test_who_does_not_choose_a_distance_gets_that_of_the_live_policy(app, person):
    with app.app_context():
        kept = db.session.get(Profile, person)
        assert kept.half_distance_km == 0
        (read,) = loading.load_profiles([person], LATEST)
        assert location.half_distance(read, LATEST) == LATEST.parameters.half_distance_km
    page = browser_of(app, person).get("/me").text
    assert re.search(r'<option[^>]*selected[^>]*value="0"|<option value="0" selected', page)
    assert re.search(r'<option[^>]*selected[^>]*value="20"', page) is None
