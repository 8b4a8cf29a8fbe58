"""What people told about themselves: find places and skills by their words, keep the answers.

Flushes; the edge commits. What was not answered stays None or empty: nothing is guessed.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select

from jobscore.accounts.models import (
    HomeKind,
    HomePoint,
    Profile,
    RemoteWish,
    User,
    UserSkill,
    UserTitle,
)
from jobscore.extensions import db
from jobscore.vocabulary import conditions, gazetteer, tables
from jobscore.vocabulary import service as vocabulary
from jobscore.vocabulary.models import Place, Skill

#: How many of each a person may have.
MOST_HOMES = 3
MOST_TITLES = 5
MOST_SKILLS = 40


@dataclass(frozen=True, slots=True)
class PlaceChoice:
    """What a typed place may mean: one place for sure, or several to choose from, or nothing."""

    place: tables.Place | None
    others: tuple[tables.Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """A home point: its place in words, the place's code, and what it is to the person."""

    label: str
    code: str
    kind: HomeKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceAnswers:
    """Where a person lives and would work."""

    homes: tuple[Home, ...]
    half_distance_km: int
    remote_wish: RemoteWish | None
    move_to: tuple[str, ...] | None = None
    """Region codes; None leaves what is kept as it is (the short step does not ask)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkAnswers:
    """What a person has done and wants to do."""

    wanted: tuple[str, ...]
    held: tuple[str, ...]
    employment_types: tuple[str, ...]
    features: tuple[str, ...]
    level: str | None
    years: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayAnswers:
    """What a person wants to earn and can do."""

    pay_min: Decimal | None
    pay_period: str | None
    pay_currency: str | None
    skills: Mapping[int, int]
    """Skill id to level 1..5."""


def understand_place(text: str) -> PlaceChoice:
    """Return what ``text`` means as a place.

    A name that several places share comes back with all of them, and none of them chosen.
    """
    guess = gazetteer.resolve_place(text)
    if guess is None or guess.place is None:
        return PlaceChoice(None, gazetteer.suggest_places(text, 6))
    if guess.is_sure:
        return PlaceChoice(guess.place)
    likely = [guess.place, *gazetteer.suggest_places(guess.quote or text, 12)]
    names = {guess.place.name_en, guess.place.name_ja}
    same = [p for p in likely if {p.name_en, p.name_ja} & (names - {None})]
    return PlaceChoice(None, tuple(dict.fromkeys(same)))


def close_skills(text: str, locale: str, limit: int = 4) -> list[str]:
    """Return names of skills that look like ``text``, for somebody who mistyped one."""
    wanted = vocabulary.alias_key(text)[:60]
    begun = vocabulary.suggest_skills(wanted, limit)
    if begun or len(wanted) < 3:
        return [skill_name(skill, locale) for skill in begun]
    near = {vocabulary.alias_key(skill_name(s, locale)): s for s in _beginning_with(wanted[0])}
    found = difflib.get_close_matches(wanted, near, limit, 0.6)
    return [skill_name(near[name], locale) for name in found]


def _beginning_with(letter: str) -> Sequence[Skill]:
    return vocabulary.suggest_skills(letter, 400)


def skill_name(skill: Skill, locale: str) -> str:
    """Return a skill's name in the reader's language."""
    return (skill.name_ja or skill.name_en) if locale == "ja" else skill.name_en


def place_name(place: Place, locale: str) -> str:
    """Return a place's full name in the reader's language; it is understood when typed again."""
    known = gazetteer.place_by_code(place.code)
    if known is not None:
        return known.label(locale)
    return (place.name_ja or place.name_en) if locale == "ja" else place.name_en


def regions(countries: Sequence[str]) -> list[tables.Place]:
    """Return the prefectures and states of ``countries``, by code."""
    wide = [p for p in tables.places() if p.kind in {"prefecture", "state"}]
    return sorted((p for p in wide if p.country in countries), key=lambda p: (p.country, p.code))


def save_place(user: User, answers: PlaceAnswers) -> None:
    """Keep where the person lives and would work; replaces the home points."""
    profile = user.profile
    codes = [home.code for home in answers.homes]
    found = {p.code: p for p in db.session.scalars(select(Place).where(Place.code.in_(codes)))}
    told = {home.code: home for home in answers.homes if home.code in found}
    kept = {home.place.code: home for home in profile.homes}
    profile.homes = [
        kept.get(code) or _home_point(user.id, found[code]) for code in list(told)[:MOST_HOMES]
    ]
    for home in profile.homes:
        home.label, home.kind = told[home.place.code].label, told[home.place.code].kind
    profile.half_distance_km = answers.half_distance_km
    profile.remote_wish = answers.remote_wish
    if answers.move_to is not None:
        profile.move_to = sorted(set(answers.move_to))
    db.session.flush()


def _home_point(user_id: int, place: Place) -> HomePoint:
    return HomePoint(
        user_id=user_id,
        place=place,
        latitude=place.latitude or 0.0,
        longitude=place.longitude or 0.0,
    )


def save_work(user: User, answers: WorkAnswers) -> None:
    """Keep what the person has done and wants to do; replaces the titles."""
    profile = user.profile
    kept = {(t.is_wanted, t.title): t for t in profile.titles}
    wanted = dict.fromkeys((True, title) for title in answers.wanted)
    held = dict.fromkeys((False, title) for title in answers.held)
    profile.titles = [
        kept.get(key) or UserTitle(user_id=user.id, is_wanted=key[0], title=key[1])
        for key in [*list(wanted)[:MOST_TITLES], *list(held)[:MOST_TITLES]]
    ]
    profile.employment_types = list(answers.employment_types)
    profile.features = list(answers.features)
    profile.level = answers.level
    profile.years_experience = answers.years
    db.session.flush()


def save_pay(user: User, answers: PayAnswers) -> None:
    """Keep the pay wish and the skills; replaces the skills."""
    profile = user.profile
    has_wish = answers.pay_min is not None
    profile.pay_min = answers.pay_min
    profile.pay_period = answers.pay_period if has_wish else None
    profile.pay_currency = answers.pay_currency if has_wish else None
    kept = {own.skill_id: own for own in profile.skills}
    profile.skills = [
        kept.get(skill_id) or UserSkill(user_id=user.id, skill_id=skill_id)
        for skill_id in list(answers.skills)[:MOST_SKILLS]
    ]
    for own in profile.skills:
        own.level = answers.skills[own.skill_id]
    db.session.flush()


def condition_answers(profile: Profile) -> dict[str, bool]:
    """Return the conditions that a person meets (True) or does not; what is unsaid is not there.

    A licence among the skills counts as held.
    """
    known = conditions.licences()
    skills = (own.skill.code for own in profile.skills)
    held = {conditions.LICENCE + code: True for code in skills if code in known}
    adult = {} if profile.is_adult is None else {conditions.ADULTS_ONLY: profile.is_adult}
    return {**held, **profile.conditions, **adult}


def save_conditions(user: User, answers: Mapping[str, bool | None]) -> None:
    """Keep the answers to conditions; None takes one back, what is not among them stays."""
    profile = user.profile
    if conditions.ADULTS_ONLY in answers:
        profile.is_adult = answers[conditions.ADULTS_ONLY]
    said = {**profile.conditions, **answers}
    said.pop(conditions.ADULTS_ONLY, None)
    profile.conditions = {code: met for code, met in sorted(said.items()) if met is not None}
    db.session.flush()
