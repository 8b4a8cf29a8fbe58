"""What a person answers to the conditions that postings set: yes, no, or nothing at all."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from jobscore.accounts import profiles
from jobscore.accounts.consents import reader_locale
from jobscore.accounts.fields import SelectField
from jobscore.accounts.models import Profile
from jobscore.accounts.profile_forms import ProfileForm, Step, with_skills
from jobscore.vocabulary import conditions

ANSWERS = (("", _l("Prefer not to say")), ("yes", _l("Yes")), ("no", _l("No")))
_MET: Mapping[str, bool | None] = {"yes": True, "no": False}
#: The first fields of the page, before the licences.
GENERAL = (*conditions.HOURS, conditions.WORK_PERMIT, conditions.ADULTS_ONLY)


def field_name(code: str) -> str:
    """Return the name of the field that asks about a condition."""
    return "condition_" + code.replace(":", "_").replace("-", "_")


def question(code: str) -> str:
    """Return a condition as a question to the reader, in their language; a licence by its name."""
    words: dict[str, str] = {
        conditions.NIGHTS: gettext("Can you work night shifts?"),
        conditions.WEEKENDS: gettext("Can you work on weekends?"),
        conditions.OVERTIME: gettext("Can you work overtime?"),
        conditions.WORK_PERMIT: gettext("May you work without an employer sponsoring a visa?"),
        conditions.ADULTS_ONLY: gettext("Are you 18 or over?"),
    }
    if code in words:
        return words[code]
    return conditions.name_of(code, reader_locale())


class ConditionStep(Step):
    """The questions about conditions. Made by :func:`full_form`."""

    condition_codes: tuple[str, ...] = ()

    @classmethod
    def data_of(cls, profile: Profile) -> dict[str, Any]:
        """Return what the form shows for a person as kept."""
        known = profiles.condition_answers(profile)
        shown = {code: "yes" if met else "no" for code, met in known.items()}
        return {
            **super().data_of(profile),
            **{field_name(code): shown.get(code, "") for code in cls.condition_codes},
        }

    @property
    def general_fields(self) -> list[Any]:
        """The questions that everybody is asked."""
        return [self[field_name(code)] for code in self.condition_codes if code in GENERAL]

    @property
    def has_licence_answers(self) -> bool:
        """Is anything said of licences, or one of them asked for by a job?"""
        asked = conditions.LICENCE in request.args.get("ask", "")
        return asked or any(field.data or field.errors for field in self.licence_fields)

    @property
    def licence_fields(self) -> list[Any]:
        """The questions about licences."""
        return [self[field_name(code)] for code in self.condition_codes if code not in GENERAL]

    def condition_answers(self) -> dict[str, bool | None]:
        """Return the answers, once validated; None for what is not said."""
        return {code: _MET.get(self[field_name(code)].data) for code in self.condition_codes}


class FullForm(ProfileForm, ConditionStep):
    """All of the profile, with the conditions."""


def full_form(profile: Profile, *, spare: int, asked: Iterable[str] = ()) -> type[FullForm]:
    """Return the form of the whole profile with a field for each question.

    Asked are the usual licences, those answered before, those of ``asked``, and those sent.
    """
    kind = with_skills(FullForm, profile, spare=spare)
    codes = _codes(profile, asked)
    fields: dict[str, Any] = {
        field_name(code): SelectField(question(code), choices=ANSWERS) for code in codes
    }
    return type(kind.__name__, (kind,), {"condition_codes": codes, **fields})


def _codes(profile: Profile, asked: Iterable[str]) -> tuple[str, ...]:
    wanted = {*asked, *profiles.condition_answers(profile)}
    licences = [
        conditions.LICENCE + licence.code
        for licence in conditions.licences().values()
        if licence.is_asked
        or conditions.LICENCE + licence.code in wanted
        or field_name(conditions.LICENCE + licence.code) in request.form
    ]
    return (*GENERAL, *licences)
