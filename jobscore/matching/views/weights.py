"""My weights: try them, see at once what moves and why, keep them or take them back."""

from collections.abc import Mapping
from typing import Any, Final

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore.database.transaction import transaction
from jobscore.emails import rendering
from jobscore.jobs import cards
from jobscore.matching import own_weights, service, weighing, wording
from jobscore.matching.own_weights import Preset
from jobscore.matching.views.blueprint import bp
from jobscore.matching.weighing import Trial
from jobscore.scoring.policy import COMPONENTS
from jobscore.web.access import signed_in

PRESETS: Final[Mapping[Preset, Any]] = {
    Preset.BALANCED: _l("Balanced"),
    Preset.WORK: _l("Work first"),
    Preset.NEAR: _l("Near first"),
    Preset.PAY: _l("Pay first"),
    Preset.EASY_START: _l("Experience first"),
    Preset.STYLE: _l("Work style first"),
}


@bp.get("/me/weights")
@signed_in
def weights() -> str:
    """Try weights, given in the address or those that count now; nothing is kept."""
    trial = weighing.try_weights(current_user.id, _asked(request.args))
    if trial is None or not trial.top:
        return render_template(
            "matching/weights_empty.html", prompts=service.prompts_for(current_user.id)
        )
    return render_template(
        "matching/weights.html",
        trial=trial,
        rows=_rows(trial),
        places={one.job.id: one.job.location or "" for one in trial.top},
        pays={one.job.id: cards.pay_text(one.job) for one in trial.top},
        companies={one.job.id: cards.company(one.job) for one in trial.top},
        presets=[
            (PRESETS[preset], url_for("matching.weights", **_query(found)), found == trial.counted)
            for preset, found in own_weights.presets(trial.policy).items()
        ],
        address=rendering.absolute_url("matching.weights", **_query(trial.counted)),
        total=sum(trial.asked),
    )


def _asked(values: Mapping[str, str]) -> list[int | None]:
    """Return the weights of an address or a form, None where none is given; 0..100 each."""
    found: list[int | None] = []
    for component in COMPONENTS:
        text = values.get(component, "").strip()
        is_number = text.isascii() and text.isdecimal() and len(text) <= 3
        found.append(min(int(text), 100) if is_number else None)
    return found


def _query(found: own_weights.Weights) -> dict[str, Any]:
    return dict(zip(map(str, COMPONENTS), found, strict=True))


def _rows(trial: Trial) -> list[dict[str, Any]]:
    """Return what each slider needs: its name, bounds, what is asked, counted and kept."""
    every = zip(
        COMPONENTS, trial.policy.bounds, trial.asked, trial.counted, trial.kept, strict=True
    )
    return [
        {
            "name": str(component),
            "label": wording.component_label(component),
            "low": low,
            "high": high,
            "asked": asked,
            "counted": counted,
            "kept": kept,
            "is_judged": component in trial.judged,
        }
        for component, (low, high), asked, counted, kept in every
    ]


@bp.post("/me/weights")
@signed_in
def keep_weights() -> Response:
    """Keep the weights; the reader's matches follow at once."""
    service.prepare()
    with transaction():
        own = weighing.keep(current_user.id, _asked(request.form))
        found = service.match_person(current_user.id)
    if own is None:
        flash(gettext("The weights of the rules count for you."), "success")
    else:
        flash(gettext("Your weights are kept."), "success")
    _say_whether_matches_follow(found is not None)
    return redirect(url_for("matching.weights"), 303)


@bp.post("/me/weights/reset")
@signed_in
def reset_weights() -> Response:
    """Let the weights of the rules count again; the reader's matches follow at once."""
    service.prepare()
    with transaction():
        weighing.reset(current_user.id)
        found = service.match_person(current_user.id)
    flash(gettext("The weights of the rules count for you."), "success")
    _say_whether_matches_follow(found is not None)
    return redirect(url_for("matching.weights"), 303)


def _say_whether_matches_follow(have_followed: bool) -> None:
    if have_followed:
        flash(gettext("Your matches of today are chosen by them."), "info")
    else:
        flash(
            gettext("Today's list has been sent to you already; the next one is chosen by them."),
            "info",
        )
