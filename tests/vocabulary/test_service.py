"""Loading the tables: on both databases, again and again, with stable ids."""

from sqlalchemy import delete, func, select, update

from jobscore.vocabulary import service, tables
from jobscore.vocabulary.models import Place, Skill, SkillAlias


def test_loading_twice_changes_nothing_the_second_time(session):
    first = service.load()
    ids, places = service.skill_ids(), service.place_ids()
    second = service.load()
    assert first.new_skills == first.skills == len(tables.skills())
    assert first.new_places == first.places == len(tables.places())
    assert (second.new_skills, second.new_places, second.removed_aliases, second.kept) == (0,) * 4
    assert (service.skill_ids(), service.place_ids()) == (ids, places)


def test_a_changed_table_is_written_back_and_ids_stay(session):
    service.load()
    ids = service.skill_ids()
    session.execute(update(Skill).where(Skill.code == "python").values(name_en="Snake"))
    session.execute(delete(Skill).where(Skill.code == "toeic"))
    session.add(SkillAlias(alias="old name", language="en", skill_id=ids["python"]))
    session.add(Skill(code="own", name_en="Own", family="own"))
    session.flush()
    counts = service.load()
    assert (counts.new_skills, counts.removed_aliases, counts.kept) == (1, 1, 1)
    python = session.execute(select(Skill).where(Skill.code == "python")).scalar_one()
    assert (python.id, python.name_en) == (ids["python"], "Python")


def test_parents_regions_and_aliases_are_linked(session):
    service.load()
    children = session.execute(select(func.count()).where(Skill.parent_id.is_not(None))).scalar()
    assert children == sum(1 for s in tables.skills() if s.parent_code)
    ward = session.execute(select(Place).where(Place.code == "JP-27127")).scalar_one()
    assert (ward.region_code, ward.parent_code) == ("JP-27", "JP-27100")


def test_skills_are_found_and_suggested_by_any_name(session):
    service.load()
    for name, code in (
        ("Postgres", "postgresql"), ("ＥＸＣＥＬ", "microsoft-excel"), ("python", "python"),
        ("レジ打ち", "cash-register"), ("no such", None), ("", None),
    ):  # fmt: skip
        skill = service.find_skill(name)
        assert (skill.code if skill else None) == code
    assert "forklift-licence" in {s.code for s in service.suggest_skills("フォークリフト")}
    assert service.suggest_skills("%") == []
    assert service.suggest_skills("") == ()


def test_the_command_loads_and_says_so(app):
    runner = app.test_cli_runner()
    first = runner.invoke(args=["vocabulary", "load"])
    assert first.exit_code == 0, first.output
    assert f"{len(tables.skills())} skills" in first.output
    again = runner.invoke(args=["vocabulary", "load"])
    assert "(0 new)" in again.output
