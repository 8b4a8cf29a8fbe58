"""A CV in the browser: proposed, taken only as ticked, kept nowhere; and the profile as a file."""

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select

from jobscore.accounts.models import HomePoint, Profile, UserSkill
from jobscore.accounts.profile_forms import SKILL_LEVELS
from jobscore.accounts.resume.levels import WORDS
from jobscore.database import queries
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.vocabulary import gazetteer, service, tables
from jobscore.vocabulary.models import Place, PlaceKind, Skill, SkillKind
from tests.accounts.people import browser_of, create, look_up
from tests.accounts.resume.schema import problems

SECRET_WORD = "Zyxwomboid"
CV = f"""Hanako {SECRET_WORD}
東京都府中市 〒183-0055 東京都府中市府中町1-1
希望職種：データアナリスト
職歴
2018年4月〜2021年3月 {SECRET_WORD}株式会社 一般事務
スキル
Python（上級）、SQL
<script>alert(1)</script> HTML
"""
SKILLS = ("python", "sql", "html", "japanese", "toeic")


@pytest.fixture
def person(app: Flask) -> int:
    """A person, with a small vocabulary in the database."""
    with app.app_context(), transaction() as session:
        for code in SKILLS:
            known = tables.skill_of(code)
            kind = SkillKind(known.kind)
            session.add(
                Skill(
                    code=code, kind=kind, name_en=known.name_en, name_ja=known.name_ja, family="x"
                )
            )
        for code in ("JP-13206", "JP-34208", "JP-13113"):
            place = gazetteer.place_by_code(code)
            assert place is not None
            session.add(
                Place(
                    code=code, kind=PlaceKind(place.kind), name_en=place.name_en,
                    name_ja=place.name_ja, country="JP", region_code=place.region_code,
                    latitude=place.latitude, longitude=place.longitude,
                )
            )  # fmt: skip
    return create(app)


@pytest.fixture
def own(app: Flask, person: int) -> FlaskClient:
    """The person's browser."""
    return browser_of(app, person)


def kept(app: Flask, user_id: int) -> dict[str, Any]:
    def read() -> dict[str, Any]:
        profile = db.session.get(Profile, user_id)
        assert profile is not None
        return {
            "skills": {one.skill.code: one.level for one in profile.skills},
            "wanted": [t.title for t in profile.titles if t.is_wanted],
            "held": [t.title for t in profile.titles if not t.is_wanted],
            "years": profile.years_experience,
            "homes": [home.place.code for home in profile.homes],
        }

    return look_up(app, read)  # type: ignore[no-any-return]


NOTHING: dict[str, Any] = {"skills": {}, "wanted": [], "held": [], "years": None, "homes": []}


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_a_pasted_cv_is_proposed_with_its_words_and_nothing_is_taken(
    app: Flask, own: FlaskClient, person: int, locale: str
) -> None:
    own.set_cookie("locale", locale)
    page = own.post("/me/import", data={"text": CV})
    assert page.status_code == 200
    for value in (
        'value="python"',
        'value="データアナリスト"',
        'value="一般事務"',
        'value="JP-13206"',
    ):
        assert value in page.text
    assert "<mark>Python</mark>" in page.text
    assert "<script>alert" not in page.text
    assert not [line for line in page.text.splitlines() if "checkbox" in line and "checked" in line]
    assert kept(app, person) == NOTHING


def test_only_what_is_ticked_is_taken_and_what_was_there_stays(
    app: Flask, own: FlaskClient, person: int
) -> None:
    own.post("/me/start", data={"home_1": "渋谷区"})
    data = {
        "skill": ["python"], "level-python": "4", "level-sql": "5", "wanted": "データアナリスト",
        "all_skill": ["python", "sql"], "years": "3", "place": "JP-13206",
    }  # fmt: skip
    assert own.post("/me/import/take", data=data).location == "/me"
    assert kept(app, person) == {
        "skills": {"python": 4}, "wanted": ["データアナリスト"], "held": [], "years": 3,
        "homes": ["JP-13113", "JP-13206"],
    }  # fmt: skip
    page = own.post("/me/import", data={"text": CV}).text
    assert 'name="skill" type="checkbox" value="python"' not in page.replace("\n", " ")
    assert "Already in your profile" in page


def test_everything_is_taken_by_a_button_that_says_so(
    app: Flask, own: FlaskClient, person: int
) -> None:
    data = {"everything": "1", "all_skill": ["python", "sql"], "level-sql": "2", "all_held": "事務",
            "all_place": "JP-13206"}  # fmt: skip
    own.post("/me/import/take", data=data)
    assert kept(app, person) == {
        "skills": {"python": 3, "sql": 2}, "wanted": [], "held": ["事務"], "years": None,
        "homes": ["JP-13206"],
    }  # fmt: skip


def test_nothing_ticked_takes_nothing(app: Flask, own: FlaskClient, person: int) -> None:
    answer = own.post("/me/import/take", data={"all_skill": "python"})
    assert answer.location == "/me/import"
    assert kept(app, person) == NOTHING


def test_garbage_and_others_fields_are_left_out(app: Flask, own: FlaskClient, person: int) -> None:
    other = create(app, "other@example.com")
    data = {
        "skill": ["python", "no-such-skill", "Python", "'; DROP TABLE users", "rust"],
        "level-python": "99", "years": "-4", "place": "JP", "user_id": str(other),
        "is_superuser": "1", "held": ["\x00\u202e", "x" * 999, "\r\nBcc: x", *"abcdefgh"],
    }  # fmt: skip
    own.post("/me/import/take", data=data)
    found = kept(app, person)
    assert found["skills"] == {"python": 3}
    assert (found["years"], found["homes"]) == (None, [])
    assert len(found["held"]) <= 5
    assert all(len(title) <= 255 and "\n" not in title for title in found["held"])
    assert kept(app, other) == NOTHING


def test_a_profile_that_is_full_says_what_found_no_room(app: Flask, own: FlaskClient) -> None:
    own.post("/me/import/take", data={"held": list("abcde")})
    page = own.post("/me/import/take", data={"held": ["f", "g"]}, follow_redirects=True).text
    assert "no room for 2 more" in page


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"text": ""}, "Choose a file, or paste"),
        ({"text": "x" * 200_001}, "200 kB at most"),
        ({"text": "a\nb\x07"}, "Line 2, column 2"),
        ({"text": '{"work": [{]}'}, "line 1, column 12"),
        ({"text": '{"work": [{"position": 1}]}'}, "work[0].position"),
        ({"file": b"%PDF-1.4"}, "cannot read PDF"),
        ({"file": b"x" * 200_001}, "200 kB at most"),
    ],
)
def test_what_cannot_be_read_is_said_and_the_text_is_kept_in_the_form(
    own: FlaskClient, data: dict[str, Any], words: str
) -> None:
    if "file" in data:
        data = {"file": (io.BytesIO(data["file"]), "cv")}
    answer = own.post("/me/import", data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert words in answer.text
    assert 'role="alert"' in answer.text


def test_the_text_of_a_cv_is_kept_in_no_table_no_file_and_no_log(
    app: Flask, own: FlaskClient, capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    with caplog.at_level(logging.DEBUG):
        page = own.post("/me/import", data={"text": CV})
        upload = {"file": (io.BytesIO(CV.encode()), f"{SECRET_WORD}.txt")}
        own.post("/me/import", data=upload, content_type="multipart/form-data")
        own.post("/me/import", data={"text": CV + "\x07"})
    assert "一般事務" in page.text
    own.post("/me/import/take", data={"skill": "python", "text": CV})
    with app.app_context():
        rows = [
            repr(row)
            for table in db.metadata.sorted_tables
            for row in db.session.execute(select(table))
        ]
        statements = repr(queries.own().statements)
    assert any("hanako@example.com" in row for row in rows), "the search itself works"
    assert not [row for row in rows if SECRET_WORD in row]
    assert SECRET_WORD not in statements
    output = capfd.readouterr()
    assert SECRET_WORD not in output.out + output.err + caplog.text
    folder = Path(app.config["JOBSCORE"].instance_dir)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET_WORD.encode() in path.read_bytes()]
    assert not [path for path in files if SECRET_WORD in path.name]
    with own.session_transaction() as cookie:
        assert SECRET_WORD not in repr(dict(cookie))


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_what_is_exported_is_valid_and_comes_in_again_unchanged(
    app: Flask, own: FlaskClient, person: int, locale: str
) -> None:
    everything = {
        "skill": list(SKILLS), **{f"level-{code}": str(n) for n, code in enumerate(SKILLS, 1)},
        "wanted": ["看護師", "Nurse"], "held": ["Cook", "事務"], "years": "7", "place": "JP-34208",
    }  # fmt: skip
    own.post("/me/import/take", data=everything)
    own.set_cookie("locale", locale)
    answer = own.get("/me/resume.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    document = json.loads(answer.text)
    assert problems(document) == []
    assert (
        "Nothing new" in own.post("/me/import", data={"text": answer.text}).text or locale == "ja"
    )
    second = create(app, "second@example.com")
    other = browser_of(app, second)
    other.set_cookie("locale", locale)
    page = other.post("/me/import", data={"text": answer.text}).text
    for kind in ("skill", "wanted", "held", "years", "place"):
        for value in everything[kind] if isinstance(everything[kind], list) else [everything[kind]]:
            assert f'name="all_{kind}" value="{value}"' in page
    other.post("/me/import/take", data=everything)
    again = json.loads(other.get("/me/resume.json").text)
    assert again["basics"].pop("email") != document["basics"].pop("email")
    assert again["meta"].pop("lastModified")
    assert document["meta"].pop("lastModified")
    assert again == document


def test_strangers_see_neither(app: Flask) -> None:
    client = app.test_client()
    for path in ("/me/import", "/me/resume.json"):
        assert client.get(path).status_code == 302
    assert client.post("/me/import/take", data={"skill": "python"}).status_code == 302
    with app.app_context():
        assert db.session.scalars(select(UserSkill)).all() == []
        assert db.session.scalars(select(HomePoint)).all() == []
        assert service.skill_ids() == {}


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_levels_are_exported_in_the_words_of_the_pages(app: Flask, locale: str) -> None:
    with app.test_request_context(), force_locale(locale):
        assert tuple(str(words) for _, words in SKILL_LEVELS) == WORDS[locale]
