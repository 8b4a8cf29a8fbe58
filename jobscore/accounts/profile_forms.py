"""Forms of the profile: the three short steps of the start, and all of it on one page."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from jobscore.accounts import profiles
from jobscore.accounts.consents import reader_locale
from jobscore.accounts.fields import (
    AmountField,
    LineField,
    ManyCheckboxField,
    RadioField,
    SelectField,
    WholeNumberField,
    options,
)
from jobscore.accounts.models import HomeKind, Profile, RemoteWish
from jobscore.accounts.profiles import Home, PayAnswers, PlaceAnswers, WorkAnswers
from jobscore.vocabulary import gazetteer, tables
from jobscore.vocabulary import service as vocabulary
from jobscore.web.forms import Form

DISTANCES = (3, 5, 10, 20, 30, 50, 80)
#: Stands for the distance that the live policy takes.
AS_THE_RULES = "0"
PERIODS = (
    ("hour", _l("an hour")),
    ("day", _l("a day")),
    ("week", _l("a week")),
    ("month", _l("a month")),
    ("year", _l("a year")),
)
CURRENCIES = ("JPY", "USD", "EUR", "GBP", "AUD", "CAD", "SGD", "INR", "KRW", "TWD", "CNY")
#: Most that anybody is paid by the hour, day …, in units of the currency: beyond it, the unit is
#: most likely another one than meant (rounded up generously; yen and won have small units).
_CEILING = {"hour": 2_000, "day": 20_000, "week": 100_000, "month": 500_000, "year": 5_000_000}
_SMALL_UNITS = {"JPY": 100, "KRW": 1_000, "INR": 100, "TWD": 30}
EMPLOYMENT_TYPES = (
    ("FULL_TIME", _l("Full-time")),
    ("PART_TIME", _l("Part-time")),
    ("CONTRACTOR", _l("Contract")),
    ("TEMPORARY", _l("Temporary staff")),
    ("INTERN", _l("Internship")),
    ("PER_DIEM", _l("By the day")),
)
LEVELS = (
    ("", _l("Not said")),
    ("none", _l("No experience yet")),
    ("junior", _l("Junior")),
    ("mid", _l("Experienced")),
    ("senior", _l("Senior")),
    ("lead", _l("Leading others")),
)
SKILL_LEVELS = (
    ("1", _l("Learning")),
    ("2", _l("Basic")),
    ("3", _l("Good")),
    ("4", _l("Very good")),
    ("5", _l("Expert")),
)
HOME_KINDS = (
    ("", _l("Not said")),
    (HomeKind.HOME.value, _l("My home")),
    (HomeKind.WORK.value, _l("My workplace")),
    (HomeKind.SCHOOL.value, _l("My school")),
)
#: Picked instead of a skill: none of those offered.
LEAVE_OUT = "-"
HOMES = range(1, profiles.MOST_HOMES + 1)
TITLES = range(1, profiles.MOST_TITLES + 1)
_SUGGEST = {"data-suggest-label": _l("Suggestions"), "autocomplete": "off"}
SUGGEST_PLACES = {"data-suggest": "places", **_SUGGEST}
SUGGEST_SKILLS = {"data-suggest": "skills", **_SUGGEST}


class Step(Form):
    """Base of the profile's forms."""

    def __init__(self, profile: Profile | None = None, **kwargs: Any) -> None:
        data = self.data_of(profile) if profile is not None else {}
        super().__init__(data=data, **kwargs)

    @classmethod
    def data_of(cls, profile: Profile) -> dict[str, Any]:
        """Return what the form shows for a person as kept; each part adds its own."""
        return {}


class PlaceStep(Step):
    """Where a person lives and would work."""

    home_1 = LineField(_l("Where you live"), render_kw=SUGGEST_PLACES)
    home_1_pick = RadioField(_l("Which one do you mean?"), validate_choice=False)
    home_1_kind = SelectField(_l("What it is (place %(n)s)", n=1), choices=HOME_KINDS)
    home_2 = LineField(_l("A second place to start from"), render_kw=SUGGEST_PLACES)
    home_2_pick = RadioField(_l("Which one do you mean?"), validate_choice=False)
    home_2_kind = SelectField(_l("What it is (place %(n)s)", n=2), choices=HOME_KINDS)
    home_3 = LineField(_l("A third place to start from"), render_kw=SUGGEST_PLACES)
    home_3_pick = RadioField(_l("Which one do you mean?"), validate_choice=False)
    home_3_kind = SelectField(_l("What it is (place %(n)s)", n=3), choices=HOME_KINDS)
    half_distance_km = SelectField(
        _l("A workplace this far away is worth half to me"),
        choices=[
            (AS_THE_RULES, _l("Not sure: as the rules of scores say")),
            *((str(km), _l("%(km)s km", km=km)) for km in DISTANCES),
        ],
        default=AS_THE_RULES,
    )
    remote_wish = RadioField(
        _l("Working from home"),
        choices=[
            (RemoteWish.NO.value, _l("No, I want to go to work")),
            (RemoteWish.OK.value, _l("Fine with me")),
            (RemoteWish.ONLY.value, _l("Only from home")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._codes: dict[int, str] = {}
        for n in HOMES:
            self[f"home_{n}_pick"].choices = []
        kept = str(self.half_distance_km.object_data or AS_THE_RULES)
        if kept not in {AS_THE_RULES, *map(str, DISTANCES)}:
            further = options([(kept, gettext("%(km)s km", km=kept))])
            self.half_distance_km.choices = [*self.half_distance_km.choices, *further]

    @classmethod
    def data_of(cls, profile: Profile) -> dict[str, Any]:
        """Return what the form shows for a person as kept."""
        locale = reader_locale()
        homes = {
            f"home_{n}": profiles.place_name(home.place, locale)
            for n, home in zip(HOMES, profile.homes, strict=False)
        }
        kinds = {
            f"home_{n}_kind": home.kind.value if home.kind else None
            for n, home in zip(HOMES, profile.homes, strict=False)
        }
        wish = profile.remote_wish.value if profile.remote_wish else None
        return {
            **super().data_of(profile),
            **homes,
            **kinds,
            "half_distance_km": str(profile.half_distance_km),
            "remote_wish": wish,
        }

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the answers, then ask back which place is meant where that is not sure."""
        is_fine = bool(super().validate(extra_validators))
        for n in HOMES:
            is_fine = self._understand(n) and is_fine
        return is_fine

    @property
    def home_rows(self) -> list[tuple[Any, Any, Any]]:
        """The fields of each home point: the place, what it is, and which of several is meant."""
        names = (f"home_{n}" for n in HOMES)
        return [(self[name], self[f"{name}_kind"], self[f"{name}_pick"]) for name in names]

    def _understand(self, n: int) -> bool:
        text, pick = self[f"home_{n}"], self[f"home_{n}_pick"]
        if not text.data or text.errors:
            return not text.errors
        choice = profiles.understand_place(text.data)
        codes = [place.code for place in choice.others]
        if choice.place is not None:
            self._codes[n] = choice.place.code
            return True
        if pick.data in codes:
            self._codes[n] = str(pick.data)
            text.data = _label(str(pick.data))
            return True
        pick.choices = options(_apart(codes))
        if codes:
            message = gettext("There are several places that this can mean. Choose one below.")
        else:
            message = gettext(
                "We do not know this place. Write a city or ward, such as Shibuya, Tokyo."
            )
        text.errors = [*text.errors, message]
        pick.errors = []
        return False

    def place_answers(self) -> PlaceAnswers:
        """Return the answers, once validated."""
        homes = tuple(
            Home(
                _label(code),
                code,
                HomeKind(kind) if (kind := self[f"home_{n}_kind"].data) else None,
            )
            for n, code in self._codes.items()
        )
        wish = self.remote_wish.data
        return PlaceAnswers(
            homes=homes,
            half_distance_km=int(self.half_distance_km.data),
            remote_wish=RemoteWish(wish) if wish else None,
            move_to=self._regions(),
        )

    def _regions(self) -> tuple[str, ...] | None:
        return None


class WorkStep(Step):
    """What a person has done and wants to do."""

    wanted_1 = LineField(_l("Work that you want"))
    wanted_2 = LineField(_l("Or this work"))
    wanted_3 = LineField(_l("Or this work"))
    wanted_4 = LineField(_l("Or this work"))
    wanted_5 = LineField(_l("Or this work"))
    held_1 = LineField(_l("Work that you do or did"))
    held_2 = LineField(_l("Work that you did before"))
    held_3 = LineField(_l("Work that you did before"))
    held_4 = LineField(_l("Work that you did before"))
    held_5 = LineField(_l("Work that you did before"))
    years = WholeNumberField(_l("Years of experience"), most=70)
    level = SelectField(_l("How experienced you are"), choices=LEVELS)
    employment_types = ManyCheckboxField(
        _l("Kinds of employment (none ticked: any)"), choices=EMPLOYMENT_TYPES
    )
    features = ManyCheckboxField(_l("What matters to you at work"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_ja = reader_locale() == "ja"
        self.features.choices = options(
            (f.code, f.name_ja if is_ja else f.name_en) for f in tables.features()
        )

    @classmethod
    def data_of(cls, profile: Profile) -> dict[str, Any]:
        """Return what the form shows for a person as kept."""
        wanted = [t.title for t in profile.titles if t.is_wanted]
        held = [t.title for t in profile.titles if not t.is_wanted]
        return {
            **super().data_of(profile),
            **{f"wanted_{n}": title for n, title in enumerate(wanted, 1)},
            **{f"held_{n}": title for n, title in enumerate(held, 1)},
            "years": profile.years_experience,
            "level": profile.level,
            "employment_types": profile.employment_types,
            "features": profile.features,
        }

    @property
    def further_titles(self) -> list[Any]:
        """The fields of titles beyond the first two of each kind."""
        return [self[f"{kind}_{n}"] for kind in ("wanted", "held") for n in TITLES if n > 2]

    def work_answers(self) -> WorkAnswers:
        """Return the answers, once validated."""
        return WorkAnswers(
            wanted=_filled(self[f"wanted_{n}"] for n in TITLES),
            held=_filled(self[f"held_{n}"] for n in TITLES),
            employment_types=tuple(self.employment_types.data or ()),
            features=tuple(self.features.data or ()),
            level=self.level.data,
            years=self.years.data,
        )


class PayStep(Step):
    """What a person wants to earn and can do. Made by :func:`with_skills`."""

    n_skills = 0
    pay_min = AmountField(_l("I want to earn at least"), render_kw={"autocomplete": "off"})
    pay_period = SelectField(_l("Paid by"), choices=PERIODS)
    pay_currency = SelectField(_l("Currency"), choices=[(c, c) for c in CURRENCIES])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._skills: dict[int, int] = {}

    @classmethod
    def data_of(cls, profile: Profile) -> dict[str, Any]:
        """Return what the form shows for a person as kept."""
        locale = reader_locale()
        data = super().data_of(profile)
        for n, own in enumerate(profile.skills, 1):
            data[f"skill_{n}"] = profiles.skill_name(own.skill, locale)
            data[f"skill_{n}_level"] = str(own.level)
        is_ja = locale == "ja"
        return {
            **data,
            "pay_min": profile.pay_min,
            "pay_period": profile.pay_period or ("hour" if is_ja else "year"),
            "pay_currency": profile.pay_currency or ("JPY" if is_ja else "USD"),
        }

    @property
    def skill_rows(self) -> list[tuple[Any, Any, Any]]:
        """The fields of each skill: its name, its level, and which of several is meant."""
        names = (f"skill_{n}" for n in range(1, self.n_skills + 1))
        return [(self[name], self[f"{name}_level"], self[f"{name}_pick"]) for name in names]

    def propose_skill(self, text: str) -> str:
        """Write a skill into the first empty line; return it, or nothing where there is no need."""
        if not text or any(name.data == text for name, _, _ in self.skill_rows):
            return ""
        for name, _level, _pick in self.skill_rows:
            if not name.data:
                name.data = text
                return text
        return ""

    def validate_pay_min(self, field: Any) -> None:
        """Refuse a wish that fits another unit than the one chosen."""
        period, currency = self.pay_period.data, self.pay_currency.data
        ceiling = _CEILING.get(str(period), 0) * _SMALL_UNITS.get(str(currency), 1)
        if field.data is not None and ceiling and field.data > ceiling:
            raise ValidationError(
                gettext("That is very much for this unit. Check what it is paid by.")
            )

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the answers, then find each skill in the vocabulary, or ask which is meant."""
        is_fine = bool(super().validate(extra_validators))
        for name, level, pick in self.skill_rows:
            if not name.data or name.errors or level.errors:
                continue
            skill = vocabulary.find_skill(name.data)
            if skill is None and pick.data and pick.data != LEAVE_OUT:
                skill = vocabulary.find_skill(str(pick.data)[:255])
            if skill is not None:
                self._skills[skill.id] = int(level.data or 3)
            elif pick.data != LEAVE_OUT:
                is_fine = False
                self._ask_back(name, pick)
        return is_fine

    def _ask_back(self, name: Any, pick: Any) -> None:
        """Say that a skill is not known, and offer those that look like it, or none."""
        near: Sequence[str] = profiles.close_skills(name.data, reader_locale())
        name.errors = [*name.errors, _unknown_skill(near)]
        none = gettext("None of these: go on without it")
        pick.choices = options([*((one, one) for one in near), (LEAVE_OUT, none)])
        pick.errors = []

    def pay_answers(self) -> PayAnswers:
        """Return the answers, once validated."""
        return PayAnswers(
            pay_min=self.pay_min.data,
            pay_period=self.pay_period.data,
            pay_currency=self.pay_currency.data,
            skills=dict(self._skills),
        )


class ProfileForm(PlaceStep, WorkStep, PayStep):
    """All of the profile."""

    move_to = ManyCheckboxField(_l("I would move to"))

    def __init__(self, *args: Any, countries: Iterable[str] = ("JP",), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_ja = reader_locale() == "ja"
        self.move_to.choices = options(
            (p.code, (p.name_ja if is_ja else None) or p.name_en)
            for p in profiles.regions(tuple(countries))
        )

    @classmethod
    def data_of(cls, profile: Profile) -> dict[str, Any]:
        """Return what the form shows for a person as kept."""
        return {**super().data_of(profile), "move_to": profile.move_to}

    def _regions(self) -> tuple[str, ...] | None:
        return tuple(self.move_to.data or ())


def with_skills(base: type[PayStep], profile: Profile, *, spare: int) -> type[PayStep]:
    """Return the form ``base`` with a row for each skill kept or sent, and ``spare`` empty ones."""
    sent = sum(1 for n in range(1, profiles.MOST_SKILLS + 1) if f"skill_{n}" in request.form)
    rows = min(max(len(profile.skills) + spare, sent), profiles.MOST_SKILLS)
    fields: dict[str, Any] = {"n_skills": rows}
    for n in range(1, rows + 1):
        fields[f"skill_{n}"] = LineField(_l("Skill %(n)s", n=n), render_kw=SUGGEST_SKILLS)
        fields[f"skill_{n}_level"] = SelectField(
            _l("How well (skill %(n)s)", n=n), choices=SKILL_LEVELS, default="3"
        )
        fields[f"skill_{n}_pick"] = RadioField(
            _l("Which one do you mean?"), validate_choice=False, choices=()
        )
    return type(base.__name__, (base,), fields)


def _filled(fields: Iterable[Any]) -> tuple[str, ...]:
    return tuple(field.data for field in fields if field.data)


def _label(code: str) -> str:
    place = gazetteer.place_by_code(code)
    return place.label(reader_locale()) if place else code


def _apart(codes: Sequence[str]) -> list[tuple[str, str]]:
    """Return places with their labels; where two read alike, with the local name behind."""
    labels = {code: _label(code) for code in codes}
    shared = {label for label in labels.values() if list(labels.values()).count(label) > 1}
    found = []
    for code, label in labels.items():
        place = gazetteer.place_by_code(code)
        if label in shared and place is not None and place.name_ja:
            label = gettext("%(label)s (%(name)s)", label=label, name=place.name_ja)
        found.append((code, label))
    return found


def _unknown_skill(near: Sequence[str]) -> str:
    if near:
        names = gettext(", ").join(near)
        sentence = gettext("We do not know this skill. Do you mean: %(names)s?", names=names)
    else:
        sentence = gettext(
            "No posting is searched for this skill, so it could not count. Try a more common name."
        )
    return str(sentence)
