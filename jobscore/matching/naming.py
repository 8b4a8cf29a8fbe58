"""Names of skills, features and regions in the reader's language, for reasons."""

from flask import g
from flask_babel import get_locale
from sqlalchemy import select

from jobscore.extensions import db
from jobscore.vocabulary import gazetteer, tables
from jobscore.vocabulary.models import Skill


def _is_japanese() -> bool:
    return str(get_locale() or "en").startswith("ja")


def skill(skill_id: int) -> str:
    """Return the name of a skill; an id that is gone reads as a number sign and its number."""
    names: dict[int, tuple[str, str | None]] | None = g.get("skill_names")
    if names is None:
        rows = db.session.execute(select(Skill.id, Skill.name_en, Skill.name_ja))
        names = g.skill_names = {number: (en, ja) for number, en, ja in rows}
    english, japanese = names.get(skill_id, (f"#{skill_id}", None))
    return (japanese or english) if _is_japanese() else english


def feature(code: str) -> str:
    """Return the name of a work-style feature; a code that no table knows stays as it is."""
    for entry in tables.features():
        if entry.code == code:
            return entry.name_ja if _is_japanese() else entry.name_en
    return code


def region(code: str) -> str:
    """Return the name of a prefecture or state; a code that no table knows stays as it is."""
    place = gazetteer.place_by_code(code)
    return place.label("ja" if _is_japanese() else "en") if place else code
