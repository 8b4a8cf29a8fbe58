"""Read a JSON Resume by its fields. Pure.

What is there must be of the kind that the schema says; what is missing, null or unknown is fine.
Names, addresses of any kind, schooling and references are not looked at.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from jobscore.accounts.lines import clean_line
from jobscore.accounts.resume import spans
from jobscore.accounts.resume.cv_text import place_of, skills_in
from jobscore.accounts.resume.levels import level_in
from jobscore.accounts.resume.proposals import (
    MOST_YEARS,
    Kind,
    Problem,
    Proposal,
    Quote,
    Reading,
    UnreadableResumeError,
    gather,
    sound,
    whole,
)
from jobscore.vocabulary import gazetteer, tables

#: A title that a profile holds.
_LONGEST_TITLE = 255
#: Our own part of ``meta``, where the schema leaves room for tools.
OURS = "jobscore"
_ISO_COUNTRY = 2


def read(document: Any, today: date) -> Reading:
    """Return what a JSON Resume proposes.

    :raises UnreadableResumeError: when it is none; of a field of the wrong kind with its path.
    """
    known = {"basics", "work", "skills", "languages", "certificates", "projects", "meta"}
    if not isinstance(document, dict) or not known & document.keys():
        raise UnreadableResumeError(Problem.NOT_RESUME)
    unknown: list[str] = []
    found = [
        *_basics(document),
        *_work(document, today),
        *_skills(document, unknown),
        *_languages(document, unknown),
        *_certificates(document, unknown),
        *_projects(document),
    ]
    return gather(found, unknown)


# --- fields by their kind -------------------------------------------------------------------------


def _object(holder: dict[str, Any], name: str, path: str) -> dict[str, Any]:
    value = holder.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnreadableResumeError(Problem.NOT_OBJECT, path=path)
    return value


def _objects(holder: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for n, value in enumerate(_list(holder, name, name)):
        if not isinstance(value, dict):
            raise UnreadableResumeError(Problem.NOT_OBJECT, path=f"{name}[{n}]")
        yield f"{name}[{n}]", value


def _list(holder: dict[str, Any], name: str, path: str) -> list[Any]:
    value = holder.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise UnreadableResumeError(Problem.NOT_LIST, path=path)
    return value


def _words(holder: dict[str, Any], name: str, path: str) -> str:
    value = holder.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnreadableResumeError(Problem.NOT_WORDS, path=f"{path}.{name}")
    return sound(value)


def _texts(holder: dict[str, Any], name: str, path: str) -> Iterator[tuple[str, str]]:
    for n, value in enumerate(_list(holder, name, f"{path}.{name}")):
        if not isinstance(value, str):
            raise UnreadableResumeError(Problem.NOT_WORDS, path=f"{path}.{name}[{n}]")
        yield f"{path}.{name}[{n}]", sound(value)


# --- the parts of a résumé ------------------------------------------------------------------------


def _basics(document: dict[str, Any]) -> Iterator[Proposal]:
    basics = _object(document, "basics", "basics")
    ours = _object(_object(document, "meta", "meta"), OURS, f"meta.{OURS}")
    wanted = [("basics.label", _words(basics, "label", "basics"))]
    wanted += _texts(ours, "wantedTitles", f"meta.{OURS}")
    for path, title in wanted:
        yield from _title(Kind.WANTED, title, path)
    years = _words(ours, "yearsOfExperience", f"meta.{OURS}").strip()
    if years.isascii() and years.isdigit() and len(years) <= 2 and int(years) <= MOST_YEARS:
        path = f"meta.{OURS}.yearsOfExperience"
        yield Proposal(Kind.YEARS, str(int(years)), whole(years), path=path)
    yield from _text(_words(basics, "summary", "basics"), "basics.summary")
    yield from _location(basics, _words(ours, "placeCode", f"meta.{OURS}"))


def _location(basics: dict[str, Any], own_code: str) -> Iterator[Proposal]:
    """Yield the place; our own code of it counts while the city still has its name."""
    path = "basics.location"
    location = _object(basics, "location", path)
    city, region, code, address = (
        clean_line(_words(location, name, path))[:200]
        for name in ("city", "region", "countryCode", "address")
    )
    known = gazetteer.place_by_code(own_code)
    if known is not None and any(n and n in city for n in (known.name_en, known.name_ja)):
        yield Proposal(Kind.PLACE, known.code, whole(city), path=path)
        return
    country = gazetteer.place_by_code(code.upper()) if len(code) == _ISO_COUNTRY else None
    name = country.name_en if country is not None else ""
    ways = ((city, region, name), (city, region), (city, name), (address, city, region))
    tries = [", ".join(filter(None, parts)) for parts in ways if parts[0]]
    if not city.isascii():
        tries.insert(0, f"{region}{city}")  # 東京都 and 渋谷区 are written without a gap
    for text in tries:
        guess = gazetteer.resolve_place(text)
        if guess is not None and guess.place is not None and not guess.is_sure:
            return  # with fewer words it would seem sure
        place = place_of(text)
        if place is not None and (country is None or place.country == country.code):
            words = ", ".join(filter(None, (city, region, code)))
            yield Proposal(Kind.PLACE, place.code, whole(words), path=path)
            return


def _work(document: dict[str, Any], today: date) -> Iterator[Proposal]:
    months: list[tuple[int, int]] = []
    dates: list[str] = []
    for path, job in _objects(document, "work"):
        yield from _title(Kind.HELD, _words(job, "position", path), f"{path}.position")
        begin, end = _words(job, "startDate", path), _words(job, "endDate", path)
        first, last = spans.month_of(begin), spans.month_of(end)
        latest = spans.this_month(today) + 1
        if first is not None and (last is not None or not end.strip()):
            is_month = "-" in end
            until = latest if last is None else min(latest, last + is_month)
            if first < until:
                months.append((first, until))
                dates.append(f"{begin} – {end}".rstrip(" –") if end else f"{begin} –")
        for name in ("summary", "description"):
            yield from _text(_words(job, name, path), f"{path}.{name}")
        for where, text in _texts(job, "highlights", path):
            yield from _text(text, where)
    years = min(MOST_YEARS, spans.years(months))
    if years:
        shown = Quote("", clean_line(", ".join(dates))[:200], "")
        yield Proposal(Kind.YEARS, str(years), shown, path="work")


def _skills(document: dict[str, Any], unknown: list[str]) -> Iterator[Proposal]:
    for path, skill in _objects(document, "skills"):
        level = level_in(_words(skill, "level", path)[:100])
        name = _words(skill, "name", path)
        keywords = list(_texts(skill, "keywords", path))
        of_name = list(_named(name, f"{path}.name", level))
        of_keywords = [(text, list(_named(text, where, level))) for where, text in keywords]
        yield from of_name
        for text, found in of_keywords:
            yield from found
            if text.strip() and not found:
                unknown.append(text)
        # "Frontend" over its keywords is the name of a group
        if name.strip() and not of_name and not any(found for _, found in of_keywords):
            unknown.append(name)


def _languages(document: dict[str, Any], unknown: list[str]) -> Iterator[Proposal]:
    for path, language in _objects(document, "languages"):
        level = level_in(_words(language, "fluency", path)[:100])
        name = _words(language, "language", path)
        found = list(_named(name, f"{path}.language", level))
        yield from found
        if name.strip() and not found:
            unknown.append(name)


def _certificates(document: dict[str, Any], unknown: list[str]) -> Iterator[Proposal]:
    for path, certificate in _objects(document, "certificates"):
        name = _words(certificate, "name", path)
        level = level_in(_words(certificate, "level", path)[:100])
        found = list(_named(name, f"{path}.name", level))
        yield from found
        if name.strip() and not found:
            unknown.append(name)


def _projects(document: dict[str, Any]) -> Iterator[Proposal]:
    for path, project in _objects(document, "projects"):
        yield from _text(_words(project, "description", path), f"{path}.description")
        for name in ("highlights", "keywords"):
            for where, text in _texts(project, name, path):
                yield from _text(text, where)


def _title(kind: Kind, text: str, path: str) -> Iterator[Proposal]:
    title = clean_line(text)
    if title and len(title) <= _LONGEST_TITLE:
        yield Proposal(kind, title, whole(title), path=path)


def _named(text: str, path: str, level: int) -> Iterator[Proposal]:
    """Yield the skill of exactly this name, else those that the words name."""
    name = clean_line(text)[:200]
    code = tables.skill_code(name)
    if code is not None:
        yield Proposal(Kind.SKILL, code, whole(name), level, path)
        return
    for found in skills_in(name, path):
        yield Proposal(found.kind, found.value, found.quote, level or found.level, path)


def _text(text: str, path: str) -> Iterator[Proposal]:
    for line in text.splitlines():
        yield from skills_in(line, path)
