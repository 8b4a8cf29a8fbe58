"""Write a profile as JSON Resume (https://jsonresume.org/schema, version 1). Pure.

It holds what one shows to others: titles, skills, years, where one lives. Wishes of pay, distance
and conditions stay out of it. What is written is read back as the same by `reading.read`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobscore.accounts.resume.json_resume import OURS
from jobscore.accounts.resume.levels import WORDS
from jobscore.vocabulary import gazetteer
from jobscore.vocabulary.tables import Place

SCHEMA = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"
VERSION = "v1.0.0"


@dataclass(frozen=True, slots=True)
class OwnSkill:
    """A skill as it is written: its name, its kind (skill, licence, language), level 1..5."""

    name: str
    kind: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a résumé says of somebody."""

    name: str
    email: str
    place: Place | None
    wanted: Sequence[str]
    held: Sequence[str]
    years: int | None
    skills: Sequence[OwnSkill]
    changed_at: datetime


def write(person: Person, language: str) -> dict[str, Any]:
    """Return the document; level words and places are in ``language`` (en or ja)."""
    words = WORDS.get(language, WORDS["en"])

    def of(kind: str) -> list[tuple[str, str]]:
        return [(s.name, words[s.level - 1]) for s in person.skills if s.kind == kind]

    ours: dict[str, Any] = {}
    if person.wanted:
        ours["wantedTitles"] = list(person.wanted)
    if person.years is not None:
        ours["yearsOfExperience"] = str(person.years)
    if person.place is not None:
        ours["placeCode"] = person.place.code
    document = {
        "$schema": SCHEMA,
        "basics": _basics(person, language),
        "work": [{"position": title} for title in person.held],
        "skills": [{"name": name, "level": level} for name, level in of("skill")],
        "languages": [{"language": name, "fluency": level} for name, level in of("language")],
        "certificates": [{"name": name, "level": level} for name, level in of("licence")],
        "meta": {
            "version": VERSION,
            "lastModified": person.changed_at.strftime("%Y-%m-%dT%H:%M:%S"),
            OURS: ours,
        },
    }
    return {name: part for name, part in document.items() if part}


def _basics(person: Person, language: str) -> dict[str, Any]:
    basics: dict[str, Any] = {"name": person.name} if person.name else {}
    if person.wanted:
        basics["label"] = person.wanted[0]
    basics["email"] = person.email
    if person.place is not None:
        basics["location"] = _location(person.place, language)
    return basics


def _location(place: Place, language: str) -> dict[str, str]:
    """Return city, region and country; together they are understood as this place again."""
    label = place.label(language)
    location = {"city": label}
    region = gazetteer.place_by_code(place.region_code or "")
    if region is not None and region.code != place.code:
        wide = region.label(language)
        for narrow in (label.removesuffix(wide), label.removeprefix(wide)):
            if narrow != label and narrow.strip(", 、"):
                location = {"city": narrow.strip(", 、"), "region": _own_name(region, language)}
                break
    return {**location, "countryCode": place.country}


def _own_name(place: Place, language: str) -> str:
    return (place.name_ja or place.name_en) if language == "ja" else place.name_en
