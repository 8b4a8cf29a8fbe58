"""Load the shipped tables into the database, and tell ids by code."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from jobscore.database.bulk import upsert
from jobscore.extensions import db
from jobscore.vocabulary import tables
from jobscore.vocabulary.models import Place, PlaceKind, Skill, SkillAlias, SkillKind

_TO_KATAKANA = {n: n + 0x60 for n in range(ord("ぁ"), ord("ゖ") + 1)}
_TO_HIRAGANA = {katakana: hiragana for hiragana, katakana in _TO_KATAKANA.items()}


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """How many rows of each table one load wrote anew and found, and what it left alone.

    ``kept`` counts skills and places that the shipped tables no longer name: they stay, because
    people and jobs may refer to them.
    """

    skills: int
    new_skills: int
    aliases: int
    removed_aliases: int
    places: int
    new_places: int
    kept: int


def load() -> LoadCounts:
    """Write the shipped skills, aliases and places into their tables.

    May run again at any time: rows are known by their code and keep their ids, equal rows are
    left alone. Flushes, never commits.
    """
    session = cast(Session, db.session())
    before = skill_ids()
    skills = tables.skills()
    _upsert_skills(session, skills)
    ids = skill_ids()
    _set_parents(session, skills, ids)
    aliases, removed = _write_aliases(session, skills, ids)
    places_before = place_ids()
    places = tables.places()
    _upsert_places(session, places)
    session.flush()
    session.expire_all()
    return LoadCounts(
        skills=len(skills),
        new_skills=len(ids) - len(before),
        aliases=aliases,
        removed_aliases=removed,
        places=len(places),
        new_places=len(place_ids()) - len(places_before),
        kept=len(ids) - len(skills) + len(places_before.keys() - {p.code for p in places}),
    )


def skill_ids() -> dict[str, int]:
    """Return the id of every skill by its code, as the database has them now."""
    return dict(db.session.execute(select(Skill.code, Skill.id)).all())


def place_ids() -> dict[str, int]:
    """Return the id of every place by its code, as the database has them now.

    About 20,000 rows in some 30 ms: read them once a batch, not once a row.
    """
    return dict(db.session.execute(select(Place.code, Place.id)).all())


def find_skill(name: str) -> Skill | None:
    """Return the skill of this code, name or alias in any language, case and kana, or None."""
    wanted = spellings(name)
    if not wanted:
        return None
    by_code = db.session.execute(select(Skill).where(Skill.code == wanted[0])).scalar()
    if by_code is not None:
        return by_code
    return db.session.execute(
        select(Skill)
        .join(SkillAlias)
        .where(SkillAlias.alias.in_(wanted))
        .order_by(Skill.id)
        .limit(1)
    ).scalar()


def suggest_skills(typed: str, limit: int = 10) -> Sequence[Skill]:
    """Return the skills one of whose names begins with what was typed, then those that hold it.

    The shortest name first: what was typed whole stands at the top. Kana of both kinds are the
    same: ぱい finds パイソン.
    """
    keys = spellings(typed)
    if not keys or limit < 1:
        return ()
    # An index range, not LIKE: its wildcards would be the user's to type.
    ranges = [and_(SkillAlias.alias >= key, SkillAlias.alias < _after(key)) for key in keys]
    found = list(_by_length(or_(*ranges), limit))
    if len(found) < limit and len(keys[0]) > 1:
        holding = or_(*(SkillAlias.alias.contains(key, autoescape=True) for key in keys))
        known = [skill.id for skill in found]
        found += _by_length(and_(holding, SkillAlias.skill_id.not_in(known)), limit - len(found))
    return found


def _by_length(condition: ColumnElement[bool], limit: int) -> Sequence[Skill]:
    """Return the skills with an alias of which this is true, those with the shortest first."""
    shortest = (
        select(SkillAlias.skill_id, func.min(func.length(SkillAlias.alias)).label("length"))
        .where(condition)
        .group_by(SkillAlias.skill_id)
        .subquery()
    )
    statement = (
        select(Skill)
        .join(shortest, shortest.c.skill_id == Skill.id)
        .order_by(shortest.c.length, Skill.name_en, Skill.id)
        .limit(limit)
    )
    return db.session.execute(statement).scalars().all()


def _after(key: str) -> str:
    """Return the first text that no longer begins with ``key``."""
    following = min(ord(key[-1]) + 1, 0x10FFFF)
    return key[:-1] + chr(0xE000 if 0xD800 <= following <= 0xDFFF else following)


def spellings(name: str) -> list[str]:
    """Return how a name may stand among the aliases: as typed, in katakana, in hiragana."""
    key = alias_key(name)
    ways = (key, key.translate(_TO_KATAKANA), key.translate(_TO_HIRAGANA))
    return [way for way in dict.fromkeys(ways) if way]


def alias_key(name: str) -> str:
    """Return the name as ``skill_aliases.alias`` keeps it: usual widths, lower case, one space."""
    return " ".join(tables.fold_name(name).split())[:255]


def _upsert_skills(session: Session, skills: Sequence[tables.SkillEntry]) -> None:
    rows = [
        {
            "code": skill.code,
            "kind": SkillKind(skill.kind),
            "name_en": skill.name_en,
            "name_ja": skill.name_ja,
            "family": skill.family,
            "is_ambiguous": bool(skill.ambiguous),
        }
        for skill in skills
    ]
    upsert(session, cast(Table, Skill.__table__), rows, key=["code"])


def _set_parents(
    session: Session, skills: Sequence[tables.SkillEntry], ids: dict[str, int]
) -> None:
    now = dict(session.execute(select(Skill.id, Skill.parent_id)).all())
    changed = []
    for skill in skills:
        parent = ids[skill.parent_code] if skill.parent_code else None
        if now[ids[skill.code]] != parent:
            changed.append({"id": ids[skill.code], "parent_id": parent})
    if changed:
        session.execute(update(Skill), changed)


def _write_aliases(
    session: Session, skills: Sequence[tables.SkillEntry], ids: dict[str, int]
) -> tuple[int, int]:
    """Write every name and alias; return how many there are and how many old ones went."""
    wanted: dict[tuple[str, str], int] = {}
    for skill in skills:
        for language, names in (
            ("en", (skill.name_en, *skill.aliases_en)),
            ("ja", (skill.name_ja or "", *skill.aliases_ja)),
        ):
            for name in names:
                if key := alias_key(name):
                    wanted.setdefault((key, language), ids[skill.code])
    table = cast(Table, SkillAlias.__table__)
    known = session.execute(select(SkillAlias.id, SkillAlias.alias, SkillAlias.language))
    stale = [row_id for row_id, alias, language in known if (alias, language) not in wanted]
    for start in range(0, len(stale), 500):
        session.execute(delete(SkillAlias).where(SkillAlias.id.in_(stale[start : start + 500])))
    rows: list[dict[str, Any]] = [
        {"alias": alias, "language": language, "skill_id": skill_id}
        for (alias, language), skill_id in wanted.items()
    ]
    upsert(session, table, rows, key=["alias", "language"])
    return len(rows), len(stale)


def _upsert_places(session: Session, places: Sequence[tables.Place]) -> None:
    rows = [
        {
            "code": place.code,
            "kind": PlaceKind(place.kind),
            "name_en": place.name_en,
            "name_ja": place.name_ja,
            "aliases": "|".join(place.aliases),
            "parent_code": place.parent_code,
            "region_code": place.region_code,
            "country": place.country,
            "latitude": place.latitude,
            "longitude": place.longitude,
            "population": place.population,
        }
        for place in places
    ]
    upsert(session, cast(Table, Place.__table__), rows, key=["code"])
