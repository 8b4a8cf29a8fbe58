"""What the sample is made of: occupations, ways to state work style, and places."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from jobscore.demo.dice import Weighted

Language = Literal["ja", "en"]
FAMILIES = ("food", "shop", "goods", "care", "office", "digital", "farm")
_DATA = files("jobscore.demo") / "data"


@dataclass(frozen=True, slots=True)
class Words:
    """What postings of one occupation say in one language."""

    industry: str
    #: About the workplace and about a working day; shared by the family.
    places: tuple[str, ...]
    days: tuple[str, ...]
    titles: tuple[str, ...]
    duties: tuple[str, ...]
    needs: tuple[str, ...]
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Occupation:
    """One kind of work."""

    key: str
    family: str
    #: How often it is wanted, against the others.
    weight: float
    #: Share of part-time postings, 0..1.
    part: float
    #: Lowest and highest usual pay: yen an hour, 10,000 yen a month, dollars an hour,
    #: 1,000 dollars a year.
    yen_hour: tuple[float, float]
    yen_month: tuple[float, float]
    usd_hour: tuple[float, float]
    usd_year: tuple[float, float]
    words: Mapping[Language, Words]
    #: Keys of work-style features that its postings often state, and that they deny.
    says: tuple[str, ...]
    denies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feature:
    """One work-style feature: how a posting states it and how it denies it."""

    key: str
    stated: Mapping[Language, tuple[str, ...]]
    denied: Mapping[Language, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Town:
    """A place of work or a home."""

    #: As a posting writes it: ``東京都新宿区`` or ``Austin, TX``.
    name: str
    #: Prefecture of a Japanese town, else empty.
    prefecture: str
    #: The part after the prefecture: ``新宿区``; the whole name elsewhere.
    city: str
    #: ISO 4217.
    currency: str


def _read(name: str) -> str:
    return (_DATA / name).read_text(encoding="utf-8")


def _pair(entry: Mapping[str, Any], name: str) -> tuple[float, float]:
    low, high = entry[name]
    return float(low), float(high)


@cache
def occupations() -> Weighted[Occupation]:
    """Return all kinds of work, the common ones heavier."""
    found = []
    for family in FAMILIES:
        data = tomllib.loads(_read(f"{family}.toml"))
        shared = data.pop("family")
        for key, entry in data.items():
            words: dict[Language, Words] = {}
            for number, language in enumerate(("ja", "en")):
                words[language] = Words(  # type: ignore[index]  # mypy widens the tuple's literals
                    industry=shared["industry"][number],
                    places=tuple(shared[f"{language}_places"]),
                    days=tuple(shared[f"{language}_days"]),
                    titles=tuple(entry[f"{language}_titles"]),
                    duties=tuple(entry[f"{language}_duties"]),
                    needs=tuple(entry[f"{language}_needs"]),
                    skills=tuple(entry[f"{language}_skills"]),
                )
            found.append(
                Occupation(
                    key=key,
                    family=family,
                    weight=float(entry.get("weight", 1)),
                    part=float(entry["part"]),
                    yen_hour=_pair(entry, "yen_hour"),
                    yen_month=_pair(entry, "yen_month"),
                    usd_hour=_pair(entry, "usd_hour"),
                    usd_year=_pair(entry, "usd_year"),
                    words=words,
                    says=tuple(entry["says"]),
                    denies=tuple(entry["denies"]),
                )
            )
    return Weighted(found, [occupation.weight for occupation in found])


@cache
def features() -> Mapping[str, Feature]:
    """Return the work-style features by key."""
    data = tomllib.loads(_read("features.toml"))
    return {
        key: Feature(
            key=key,
            stated={"ja": tuple(entry["ja"]), "en": tuple(entry["en"])},
            denied={"ja": tuple(entry.get("ja_not", ())), "en": tuple(entry.get("en_not", ()))},
        )
        for key, entry in data.items()
    }


@cache
def towns(language: Language) -> Weighted[Town]:
    """Return places of work, weighted by how many people live or work there."""
    found, weights = [], []
    for line in _read(f"places_{language}.tsv").splitlines():
        first, second, weight = line.split("\t")
        if language == "ja":
            found.append(Town(first + second, first, second, "JPY"))
        else:
            found.append(Town(first, "", first, second))
        weights.append(float(weight))
    return Weighted(found, weights)
