"""The start: three short steps, each saved, each may be skipped; then an honest preview."""

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from jobscore.accounts import completeness, profiles
from jobscore.accounts.forms import DigestForm
from jobscore.accounts.profile_forms import PayStep, PlaceStep, Step, WorkStep, with_skills
from jobscore.accounts.views import preview
from jobscore.accounts.views.blueprint import bp, me, see_other
from jobscore.accounts.views.following import (
    digest_data,
    matches_follow,
    matches_url,
    save_digest,
    weights,
)
from jobscore.database.transaction import transaction
from jobscore.web.access import signed_in


def _show(number: int, form: Step) -> tuple[str, int]:
    """Render step ``number`` (1 to 3)."""
    names = [("place", "start"), ("work", "start_work"), ("pay", "start_pay"), ("", "start_done")]
    titles = (gettext("Home and way to work"), gettext("Work"), gettext("Pay and skills"))
    steps = [
        {"label": title, "href": url_for(f"accounts.{view}")}
        for title, (_, view) in zip(titles, names, strict=False)
    ]
    page = render_template(
        f"accounts/start_{names[number - 1][0]}.html",
        form=form,
        steps=steps,
        number=number,
        action=url_for(f"accounts.{names[number - 1][1]}"),
        skip_url=url_for(f"accounts.{names[number][1]}"),
        preview_url=url_for("accounts.start_preview", step=names[number - 1][0]),
        **preview.of_profile(form if form.is_submitted() else None),
    )
    return page, form.status()


@bp.route("/me/start", methods=["GET", "POST"])
@signed_in
def start() -> Any:
    """Ask where the person lives and would work."""
    form = PlaceStep(me().profile)
    if not form.validate_on_submit():
        return _show(1, form)
    with transaction():
        profiles.save_place(me(), form.place_answers())
    return _go_on("accounts.start_work")


@bp.route("/me/start/work", methods=["GET", "POST"])
@signed_in
def start_work() -> Any:
    """Ask what the person has done and wants to do."""
    form = WorkStep(me().profile)
    if not form.validate_on_submit():
        return _show(2, form)
    with transaction():
        profiles.save_work(me(), form.work_answers())
    return _go_on("accounts.start_pay")


@bp.route("/me/start/pay", methods=["GET", "POST"])
@signed_in
def start_pay() -> Any:
    """Ask what the person wants to earn and can do."""
    form = with_skills(PayStep, me().profile, spare=5)(me().profile)
    if not form.validate_on_submit():
        return _show(3, form)
    with transaction():
        profiles.save_pay(me(), form.pay_answers())
    return _go_on("accounts.start_done")


@bp.route("/me/start/done", methods=["GET", "POST"])
@signed_in
def start_done() -> Any:
    """Tell how much can be judged now, and ask whether letters are wanted."""
    user = me()
    form = DigestForm(data=digest_data(user))
    if form.validate_on_submit():
        with transaction():
            save_digest(user, form)
        return see_other(matches_url())
    shares = weights(user.profile)
    page = render_template(
        "accounts/start_done.html",
        form=form,
        percent=completeness.judged_percent(user.profile, shares),
        missing=completeness.missing(user.profile, shares),
        **preview.of_profile(),
        matches_url=matches_url(),
    )
    return page, form.status()


def _go_on(endpoint: str) -> Response:
    matches_follow(me().id)
    return see_other(url_for(endpoint))
