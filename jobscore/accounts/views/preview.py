"""The preview beside the start's questions: what the answers on the screen allow. Saves nothing."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from flask import abort, render_template
from flask_babel import gettext

from jobscore.accounts.models import Profile as OwnProfile
from jobscore.accounts.models import RemoteWish
from jobscore.accounts.profile_forms import PayStep, PlaceStep, Step, WorkStep, with_skills
from jobscore.accounts.profiles import PayAnswers, PlaceAnswers, WorkAnswers
from jobscore.accounts.views.blueprint import bp, me
from jobscore.jobs.pay import YEARLY
from jobscore.matching import previewing
from jobscore.matching import service as matching
from jobscore.scoring import columns, frames
from jobscore.scoring import service as scores
from jobscore.vocabulary import gazetteer
from jobscore.web.access import signed_in
from jobscore.web.jinja import pay as pay_words

#: What may be half typed while the preview is asked for; any other error ends it.
_TYPED = ("home_", "wanted_", "held_", "skill_", "years", "pay_min")
_COARSE = frozenset({"prefecture", "state", "country"})


def of_profile(form: Step | None = None) -> dict[str, Any]:
    """Return what the page shows of the answers kept, changed by those of ``form``."""
    policy = scores.active_policy()
    profile = matching.profile_of(me().id, policy) or frames.Profile(user_id=me().id)
    if form is not None:
        profile = _with(profile, form)
    found = previewing.preview(
        profile, columns.job_frame(policy), policy, scores.today().toordinal()
    )
    lines = pay_lines(profile.pay_wish, profile.pay_period, profile.pay_currency)
    return {"preview": found, "pay_told": lines, "pay_assumption": _pay_assumption()}


def pay_told(profile: OwnProfile) -> dict[str, Any]:
    """Return what the page of the profile says of the pay wish in other units."""
    lines = pay_lines(profile.pay_min, profile.pay_period, profile.pay_currency)
    return {"pay_lines": lines, "pay_assumption": _pay_assumption()}


def pay_lines(amount: Decimal | int | None, period: str | None, currency: str | None) -> list[str]:
    """Return a wish of pay in the other units that people think in, rounded to three digits."""
    if not amount or period is None or period not in YEARLY:
        return []
    yearly = Decimal(amount) * YEARLY[period]
    lines = []
    for unit in ("hour", "day", "month", "year"):
        if unit != period:
            value = yearly / YEARLY[unit]
            step = Decimal(10) ** max(0, value.adjusted() - 2)
            rounded = (value / step).to_integral_value() * step
            lines.append(pay_words(rounded, rounded, currency, unit))
    return lines


def _pay_assumption() -> str:
    """Return in the reader's language by which hours and days pay is made comparable."""
    words: str = gettext(
        "We count %(hours)s hours a day, %(days)s days a month and 12 months a year.",
        hours=YEARLY["hour"] // YEARLY["day"],
        days=YEARLY["day"] // YEARLY["month"],
    )
    return words


def _with(profile: frames.Profile, form: Step) -> frames.Profile:
    """Return the profile with the answers of a form that need not be whole."""
    form.validate()
    chosen = ("_level", "_kind")
    if any(not name.startswith(_TYPED) or name.endswith(chosen) for name in form.errors):
        return profile
    if isinstance(form, PlaceStep):
        profile = _placed(profile, form.place_answers())
    if isinstance(form, WorkStep):
        profile = _working(profile, form.work_answers())
    if isinstance(form, PayStep):
        profile = _paid(profile, form.pay_answers())
    return profile


def _placed(profile: frames.Profile, answers: PlaceAnswers) -> frames.Profile:
    homes = tuple(_point(home.code) for home in answers.homes)
    wish = answers.remote_wish or (RemoteWish.OK if homes else RemoteWish.NO)
    return replace(
        profile,
        homes=homes,
        half_distance_km=answers.half_distance_km or None,
        remote=frames.RemoteWish(wish.value),
        move_to=profile.move_to if answers.move_to is None else frozenset(answers.move_to),
    )


def _point(code: str) -> frames.Point:
    place = gazetteer.place_by_code(code)
    if place is None:
        return frames.NOWHERE
    if place.kind in _COARSE:
        return frames.Point(None, None, None, place.region_code)
    return frames.Point(place.latitude, place.longitude, place.code, place.region_code)


def _working(profile: frames.Profile, answers: WorkAnswers) -> frames.Profile:
    return replace(
        profile,
        wanted_titles=answers.wanted,
        held_titles=answers.held,
        employment_types=frozenset(answers.employment_types),
        features=frozenset(answers.features),
        years=answers.years,
        level=frames.Level[answers.level.upper()] if answers.level else None,
    )


def _paid(profile: frames.Profile, answers: PayAnswers) -> frames.Profile:
    has_wish = answers.pay_min is not None
    return replace(
        profile,
        pay_wish=answers.pay_min,
        pay_period=answers.pay_period if has_wish else None,
        pay_currency=answers.pay_currency if has_wish else None,
        skills={**answers.skills},
    )


def form_of(step: str, profile: OwnProfile) -> Step:
    """Return the form of a step: place, work or pay.

    :raises LookupError: when there is no such step.
    """
    if step == "pay":
        return with_skills(PayStep, profile, spare=5)(profile)
    return {"place": PlaceStep, "work": WorkStep}[step](profile)


@bp.post("/me/start/preview/<step>")
@signed_in
def start_preview(step: str) -> Any:
    """Show what the answers on the screen would allow, before they are saved."""
    try:
        form = form_of(step, me().profile)
    except LookupError:
        abort(404)
    return render_template("accounts/_preview.html", **of_profile(form))
