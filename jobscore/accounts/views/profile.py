"""The profile in full, the letters, and suggestions while typing."""

from collections.abc import Mapping
from typing import Any

from flask import flash, jsonify, render_template, request, url_for
from flask_babel import gettext

from jobscore.accounts import completeness, consents, profiles
from jobscore.accounts.condition_forms import FullForm, full_form
from jobscore.accounts.forms import DigestForm
from jobscore.accounts.lines import clean_line
from jobscore.accounts.views import preview
from jobscore.accounts.views.blueprint import bp, me, say, see_other
from jobscore.accounts.views.following import digest_data, matches_follow, save_digest, weights
from jobscore.database.transaction import transaction
from jobscore.digests import standing, words
from jobscore.vocabulary import gazetteer
from jobscore.vocabulary import service as vocabulary
from jobscore.web.access import signed_in


def _profile_form(**kwargs: Any) -> FullForm:
    profile = me().profile
    kind = full_form(profile, spare=4, asked=request.args.getlist("ask"))
    countries = {"JP", *(home.place.country for home in profile.homes)}
    return kind(profile, countries=sorted(countries), **kwargs)


def _show(form: FullForm, digest: DigestForm, proposed: str = "") -> tuple[str, int]:
    profile = me().profile
    shares = weights(profile)
    page = render_template(
        "accounts/profile.html",
        form=form,
        digest=digest,
        percent=completeness.judged_percent(profile, shares),
        missing=completeness.missing(profile, shares),
        proposed=proposed,
        **preview.pay_told(profile),
        is_confirmed=me().email_verified_at is not None,
    )
    return page, max(form.status(), digest.status())


@bp.get("/me")
@signed_in
def profile() -> Any:
    """Show all answers, and what each missing one would add.

    With ``?skill=`` a name stands in the first empty line of the skills; only saving keeps it.
    """
    form = _profile_form()
    proposed = form.propose_skill(clean_line(request.args.get("skill", ""))[:60])
    return _show(form, DigestForm(formdata=None, data=digest_data(me())), proposed)


@bp.post("/me")
@signed_in
def update_profile() -> Any:
    """Save all answers; the matches follow."""
    form = _profile_form()
    if not form.validate_on_submit():
        return _show(form, DigestForm(formdata=None, data=digest_data(me())))
    with transaction():
        profiles.save_place(me(), form.place_answers())
        profiles.save_work(me(), form.work_answers())
        profiles.save_pay(me(), form.pay_answers())
        profiles.save_conditions(me(), form.condition_answers())
    matches_follow(me().id)
    say(gettext("Your profile is saved."))
    return see_other(url_for("accounts.profile"))


@bp.post("/me/letters")
@signed_in
def update_letters() -> Any:
    """Save whether and how often letters are wanted, with the consent or its end."""
    digest = DigestForm(data=digest_data(me()))
    if not digest.validate_on_submit():
        return _show(_profile_form(formdata=None), digest)
    with transaction():
        save_digest(me(), digest)
        state = standing.of(me()).state
    say(gettext("Your choice of letters is saved."))
    if note := words.first_step(state):
        flash(note, "info")
    return see_other(url_for("accounts.profile") + "#letters")


@bp.get("/me/suggest/<kind>")
@signed_in
def suggest(kind: str) -> Any:
    """Return up to ten names of places or skills for what was typed (``q``), as JSON.

    Skills that begin with it, then that hold it; where there is none, those that look like it.
    """
    text, locale = clean_line(request.args.get("q", ""))[:60], consents.reader_locale()
    found: Mapping[str, Any] = {
        "places": lambda: [p.label(locale) for p in gazetteer.suggest_places(text, 10)],
        "skills": lambda: (
            [profiles.skill_name(s, locale) for s in vocabulary.suggest_skills(text, 10)]
            or profiles.close_skills(text, locale)
        ),
    }
    names = found[kind]() if kind in found else []
    return jsonify(list(dict.fromkeys(names)))
