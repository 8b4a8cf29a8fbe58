"""A profile as JSON Resume: valid by the schema, and read back as what it was."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobscore.accounts.lines import clean_line
from jobscore.accounts.resume import reading, writing
from jobscore.accounts.resume.proposals import Kind
from jobscore.vocabulary import gazetteer, tables
from tests.accounts.resume.schema import problems

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
PLACES = [p for p in tables.places() if p.kind != "country"]
TITLES = st.lists(
    st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=40),
    max_size=5,
    unique_by=str.casefold,
).map(lambda titles: list(dict.fromkeys(map(clean_line, titles))))


def person(**values: object) -> writing.Person:
    plain = {
        "name": "Hanako", "email": "h@example.com", "place": None, "wanted": (), "held": (),
        "years": None, "skills": (), "changed_at": NOON,
    }  # fmt: skip
    return writing.Person(**{**plain, **values})  # type: ignore[arg-type]


def test_the_schema_of_the_test_can_refuse() -> None:
    wrong = {"basics": {"email": "nobody", "location": []}, "work": [{"startDate": "soon"}], "x": 1}
    assert len(problems(wrong)) == 4


@settings(max_examples=60, deadline=None)
@given(
    wanted=TITLES,
    held=TITLES,
    years=st.none() | st.integers(1, 60),
    skills=st.lists(
        st.tuples(st.sampled_from(tables.skills()), st.integers(1, 5)),
        max_size=20,
        unique_by=lambda each: each[0].code,
    ),
    language=st.sampled_from(["en", "ja"]),
)
def test_what_is_written_is_valid_and_read_back_unchanged(
    wanted: list[str],
    held: list[str],
    years: int | None,
    skills: list[tuple[tables.SkillEntry, int]],
    language: str,
) -> None:
    def name(skill: tables.SkillEntry) -> str:
        return (skill.name_ja or skill.name_en) if language == "ja" else skill.name_en

    own = [writing.OwnSkill(name(skill), skill.kind, level) for skill, level in skills]
    document = writing.write(person(wanted=wanted, held=held, years=years, skills=own), language)
    assert problems(document) == []
    found = reading.read(json.dumps(document), date(2026, 11, 20))
    assert {p.value: p.level for p in found.of(Kind.SKILL)} == {s.code: n for s, n in skills}
    assert [p.value for p in found.of(Kind.WANTED)] == wanted
    assert [p.value for p in found.of(Kind.HELD)] == held
    assert [p.value for p in found.of(Kind.YEARS)] == ([str(years)] if years else [])
    assert found.unknown == ()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_place_of_japan_and_every_fiftieth_elsewhere_is_understood_again(
    language: str,
) -> None:
    some = [p for n, p in enumerate(PLACES) if p.country == "JP" or n % 50 == 0]
    lost = []
    for place in some:
        document = writing.write(person(place=place), language)
        found = reading.read(json.dumps(document), date(2026, 11, 20)).of(Kind.PLACE)
        if [p.value for p in found] != [place.code]:
            lost.append(place.code)
    assert lost == []


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("code", ["JP-13113", "JP-14104", "JP-13206", "US-MA-boston"])
def test_a_place_is_understood_by_its_words_where_our_code_is_gone(
    code: str, language: str
) -> None:
    document = writing.write(person(place=gazetteer.place_by_code(code)), language)
    document["meta"].pop("jobscore")
    (found,) = reading.read(json.dumps(document), date(2026, 11, 20)).of(Kind.PLACE)
    assert found.value == code
    document["meta"]["jobscore"] = {"placeCode": "JP-01101"}
    (found,) = reading.read(json.dumps(document), date(2026, 11, 20)).of(Kind.PLACE)
    assert found.value == code


def test_a_place_whose_words_fit_two_is_not_proposed() -> None:
    fuchu = gazetteer.place_by_code("JP-34208")  # a town of Hiroshima is called Fuchu, too
    document = writing.write(person(place=fuchu), "en")
    assert [p.value for p in reading.read(json.dumps(document), NOON.date()).proposals] == [
        "JP-34208"
    ]
    document["meta"].pop("jobscore")
    assert reading.read(json.dumps(document), NOON.date()).proposals == ()
