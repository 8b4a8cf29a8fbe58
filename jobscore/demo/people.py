"""Seekers for the demo: plain people with plain wishes, in both languages."""

from dataclasses import dataclass, replace
from typing import Literal

from jobscore.demo import names
from jobscore.demo.catalogue import Language, Occupation, Town, occupations, towns
from jobscore.demo.dice import Dice, Weighted

#: Part of the people who read Japanese.
JAPANESE_SHARE = 0.65
#: Every so many-th person has told nothing yet.
EMPTY_EVERY = 20

_LEVELS = ((1, "none"), (3, "junior"), (7, "mid"), (12, "senior"), (99, "lead"))
_HALF_KM = Weighted((5, 10, 20, 30, 50), (1, 3, 5, 2, 1))
_REMOTE: Weighted[Literal["no", "ok", "only"] | None] = Weighted(
    (None, "no", "ok", "only"), (4, 2, 3, 1)
)
_TICKS = Weighted(
    (
        "no_experience_needed",
        "free_shifts",
        "daily_weekly_pay",
        "travel_paid",
        "remote",
        "homemakers",
        "students",
        "weekends_only",
        "second_job",
        "flexible_hours",
        "weekends_off",
        "quiet_work",
        "start_at_once",
        "seniors",
    ),
    (6, 5, 3, 6, 4, 3, 2, 2, 2, 2, 4, 3, 2, 1),
)

#: Conditions of postings, each with the share of people who meet it.
_MET = (
    ("nights_required", 0.3),
    ("weekends_required", 0.6),
    ("work_permit_required", 0.9),
    ("adults_only", 0.95),
    ("licence:drivers-licence", 0.7),
    ("licence:forklift-licence", 0.1),
)


@dataclass(frozen=True, slots=True)
class Seeker:
    """What one person told; empty or None means not answered."""

    name: str
    email: str
    locale: Language
    #: As the person would type it: ``東京都新宿区``, ``Austin, TX``.
    home: str
    #: Distance at which a job is worth half to them, in kilometres.
    half_km: int
    remote: Literal["no", "ok", "only"] | None
    wanted_titles: tuple[str, ...]
    held_titles: tuple[str, ...]
    #: Name and level 1..5.
    skills: tuple[tuple[str, int], ...]
    pay_min: int | None
    #: hour, month or year.
    pay_period: str | None
    pay_currency: str | None
    years: int | None
    #: none, junior, mid, senior or lead.
    level: str | None
    #: schema.org words.
    employment_types: tuple[str, ...]
    #: Work-style features that the person ticked, by the sample's own keys.
    features: tuple[str, ...]
    #: Conditions of postings that they meet or do not, by code.
    answers: tuple[tuple[str, bool], ...] = ()


def people(n: int, seed: int) -> list[Seeker]:
    """Return ``n`` seekers; every twentieth has told nothing but name and address."""
    dice, second = Dice(seed * 2 + 1_000_003), Dice(seed * 2 + 2_000_003)
    return [
        _empty(dice, i)
        if i % EMPTY_EVERY == EMPTY_EVERY - 1
        else replace(_one(dice, i), answers=_answers(second))
        for i in range(n)
    ]


def _answers(dice: Dice) -> tuple[tuple[str, bool], ...]:
    """Return what a person says to conditions; half say nothing to each."""
    said = [(code, dice.chance(0.5), dice.chance(share)) for code, share in _MET]
    return tuple((code, is_met) for code, is_said, is_met in said if is_said)


def _language(dice: Dice) -> Language:
    return "ja" if dice.chance(JAPANESE_SHARE) else "en"


def _address(language: Language, index: int) -> str:
    return f"seeker{index + 1}@{'example.jp' if language == 'ja' else 'example.com'}"


def _empty(dice: Dice, index: int) -> Seeker:
    language = _language(dice)
    return Seeker(
        name=names.person(dice, language),
        email=_address(language, index),
        locale=language,
        home="",
        half_km=20,
        remote=None,
        wanted_titles=(),
        held_titles=(),
        skills=(),
        pay_min=None,
        pay_period=None,
        pay_currency=None,
        years=None,
        level=None,
        employment_types=(),
        features=(),
    )


def _one(dice: Dice, index: int) -> Seeker:
    language = _language(dice)
    work, town = dice.heavy(occupations()), dice.heavy(towns(language))
    is_part = dice.chance(work.part)
    words = work.words[language]
    years = dice.pick((0, 0, 1, 2)) if dice.chance(work.part) else dice.whole(0, 18)
    pay_min, period = _wish(dice, work, town, is_part=is_part)
    has_pay = dice.chance(0.8)
    held = words.titles if years else ()
    tick_count = dice.whole(0, 5)
    ticks = dict.fromkeys(dice.heavy(_TICKS) for _ in range(tick_count))
    return Seeker(
        name=names.person(dice, language),
        email=_address(language, index),
        locale=language,
        home=town.name,
        half_km=dice.heavy(_HALF_KM),
        remote=dice.heavy(_REMOTE),
        wanted_titles=tuple(dice.some(words.titles, dice.whole(1, 2))),
        held_titles=tuple(dice.some(held, dice.whole(0, 2))),
        skills=tuple(
            (skill, min(5, 1 + years // 3 + dice.whole(0, 2)))
            for skill in dice.some(words.skills, dice.whole(1, 5))
        )
        if dice.chance(0.9)
        else (),
        pay_min=pay_min if has_pay else None,
        pay_period=period if has_pay else None,
        pay_currency=town.currency if has_pay else None,
        years=years if dice.chance(0.9) else None,
        level=next(level for limit, level in _LEVELS if years < limit)
        if dice.chance(0.7)
        else None,
        employment_types=_types(dice, is_part=is_part),
        features=tuple(key for key in ticks if key not in work.denies),
    )


def _wish(dice: Dice, work: Occupation, town: Town, *, is_part: bool) -> tuple[int, str]:
    """Return the least pay wished and its unit, near what the work usually pays."""
    if town.prefecture:
        if is_part:
            return int(dice.between(*work.yen_hour)) // 50 * 50, "hour"
        month = dice.between(work.yen_month[0], sum(work.yen_month) / 2)
        if dice.chance(0.3):
            return int(month * 13) * 10_000, "year"
        return int(month) * 10_000, "month"
    rate = 110.0 if town.currency == "JPY" else 1.0
    if is_part:
        return int(dice.between(*work.usd_hour) * rate), "hour"
    return int(dice.between(work.usd_year[0], sum(work.usd_year) / 2) * rate) * 1000, "year"


def _types(dice: Dice, *, is_part: bool) -> tuple[str, ...]:
    """Return the wanted employment types; one in ten says none."""
    if dice.chance(0.1):
        return ()
    kinds = ["PART_TIME"] if is_part else ["FULL_TIME"]
    if dice.chance(0.25):
        kinds.append(
            dice.pick(("TEMPORARY", "CONTRACTOR", "FULL_TIME" if is_part else "PART_TIME"))
        )
    return tuple(kinds)
