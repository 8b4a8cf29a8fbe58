"""Read the small tables that ship in ``data/``: skills, work-style features and places.

Pure: plain values out of tab-separated files, read once a process.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

DATA = Path(__file__).with_name("data")

SkillKindName = Literal["skill", "licence", "language"]
PlaceKindName = Literal["country", "state", "prefecture", "city", "ward"]
#: ``""``: any case, anywhere. ``case``: only as written. ``context``: as written and only near
#: other words of its field ("Go", "R", "C").
Ambiguity = Literal["", "case", "context"]


@dataclass(frozen=True, slots=True)
class SkillEntry:
    """One line of ``skills.tsv``; ``parent_code`` is the broader skill or None.

    ``exact`` are those of the English aliases that count only as written ("MOS", "GAS").
    """

    code: str
    kind: SkillKindName
    name_en: str
    name_ja: str | None
    family: str
    parent_code: str | None
    ambiguous: Ambiguity
    aliases_en: tuple[str, ...]
    aliases_ja: tuple[str, ...]
    exact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureEntry:
    """One line of ``features.tsv`` or ``conditions.tsv``: words that prove or deny it."""

    code: str
    name_en: str
    name_ja: str
    proves: tuple[str, ...]
    denies: tuple[str, ...]

    def words(self) -> Iterator[tuple[str, bool]]:
        """Yield all words, each with whether it proves (True) or denies."""
        yield from ((word, True) for word in self.proves)
        yield from ((word, False) for word in self.denies)


@dataclass(frozen=True, slots=True)
class Place:
    """One line of ``places.tsv``.

    ``region_code`` is the prefecture or state that holds it (itself for one); latitude and
    longitude are degrees (WGS 84) of its centre, for a prefecture of its capital.
    """

    code: str
    kind: PlaceKindName
    name_en: str
    name_ja: str | None
    aliases: tuple[str, ...]
    parent_code: str | None
    region_code: str | None
    country: str
    latitude: float
    longitude: float
    population: int | None

    def label(self, language: str) -> str:
        """Return the name with what holds it, as people of that language write it.

        ``東京都新宿区`` or ``Shinjuku, Tokyo``; every label resolves back to this place.
        """
        chain = [self]
        while (code := chain[-1].parent_code) and code in (known := places_by_code()):
            chain.append(known[code])
        if len(chain) > 1 and chain[-1].country == "JP" and chain[-1].kind == "country":
            chain.pop()
        if language == "ja" and self.country == "JP":
            return "".join(p.name_ja or p.name_en for p in reversed(chain))
        if language == "ja":
            return "、".join(p.name_ja or p.name_en for p in chain)
        return ", ".join(p.name_en for p in chain)


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the lines of one table as dictionaries; its first line names the columns."""
    with (DATA / name).open(encoding="utf-8") as file:
        head = next(file).rstrip("\n").split("\t")
        for line in file:
            yield dict(zip(head, line.rstrip("\n").split("\t"), strict=True))


def _several(cell: str) -> tuple[str, ...]:
    return tuple(part for part in cell.split("|") if part)


@cache
def skills() -> tuple[SkillEntry, ...]:
    """Return all skills in the order of the table."""
    return tuple(
        SkillEntry(
            code=row["code"],
            kind=row["kind"],  # type: ignore[arg-type]  # the data test checks the words
            name_en=row["name_en"],
            name_ja=row["name_ja"] or None,
            family=row["family"],
            parent_code=row["parent_code"] or None,
            ambiguous=row["ambiguous"],  # type: ignore[arg-type]  # the data test checks the words
            aliases_en=tuple(a.removesuffix("!") for a in _several(row["aliases_en"])),
            aliases_ja=_several(row["aliases_ja"]),
            exact=tuple(a[:-1] for a in _several(row["aliases_en"]) if a.endswith("!")),
        )
        for row in rows("skills.tsv")
    )


@cache
def features() -> tuple[FeatureEntry, ...]:
    """Return all work-style features in the order of the table."""
    return _statements("features.tsv")


@cache
def conditions() -> tuple[FeatureEntry, ...]:
    """Return what postings make a condition, licences apart, in the order of the table."""
    return _statements("conditions.tsv")


def _statements(name: str) -> tuple[FeatureEntry, ...]:
    return tuple(
        FeatureEntry(
            code=row["code"],
            name_en=row["name_en"],
            name_ja=row["name_ja"],
            proves=_several(row["proves_en"]) + _several(row["proves_ja"]),
            denies=_several(row["denies_en"]) + _several(row["denies_ja"]),
        )
        for row in rows(name)
    )


@cache
def places() -> tuple[Place, ...]:
    """Return all places in the order of the table."""
    lines = list(rows("places.tsv"))
    parents = {row["code"]: row["parent_code"] for row in lines}
    kinds = {row["code"]: row["kind"] for row in lines}

    def region(code: str) -> str | None:
        while code and kinds[code] not in {"state", "prefecture"}:
            code = parents[code]
        return code or None

    return tuple(
        Place(
            code=row["code"],
            kind=row["kind"],  # type: ignore[arg-type]  # the data test checks the words
            name_en=row["name_en"],
            name_ja=row["name_ja"] or None,
            aliases=_several(row["aliases"]),
            parent_code=row["parent_code"] or None,
            region_code=region(row["code"]),
            country=row["country"],
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
            population=int(row["population"]) if row["population"] else None,
        )
        for row in lines
    )


@cache
def places_by_code() -> dict[str, Place]:
    """Return all places by their code."""
    return {place.code: place for place in places()}


@cache
def _skills_by_code() -> dict[str, SkillEntry]:
    return {skill.code: skill for skill in skills()}


def skill_of(code: str) -> SkillEntry:
    """Return the skill of a code.

    :raises KeyError: when no skill has it.
    """
    return _skills_by_code()[code]


@cache
def _codes_by_name() -> dict[str, str]:
    codes: dict[str, str] = {}
    for skill in skills():
        names = (skill.name_en, skill.name_ja or "", *skill.aliases_en, *skill.aliases_ja)
        for name in (skill.code, *names):
            codes.setdefault(name_key(name), skill.code)
    return codes


def skill_code(name: str) -> str | None:
    """Return the code of the skill that has exactly this name or alias, in any case or width."""
    return _codes_by_name().get(name_key(name)) if name.strip() else None


def name_key(name: str) -> str:
    """Return a name in usual widths and lower case with single spaces."""
    return " ".join(fold_name(name).split())


def fold_name(name: str) -> str:
    """Return a name in usual widths and lower case, for comparing names only."""
    return unicodedata.normalize("NFKC", name).lower()
