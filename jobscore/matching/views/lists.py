"""My matches, and making them anew."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore.database.transaction import transaction
from jobscore.matching import service
from jobscore.matching.views.blueprint import bp
from jobscore.matching.views.match_cards import card
from jobscore.scoring import service as scores
from jobscore.web.access import signed_in


@bp.get("/matches")
@signed_in
def index() -> str:
    """Show today's list in its sections; where it is empty, what to do."""
    sections = service.today_matches(current_user.id)
    shown = [(section, [card(match) for match in section.matches]) for section in sections]
    every = [one for _, section_cards in shown for one in section_cards]
    return render_template(
        "matching/index.html",
        sections=shown,
        count=sum(not one.is_hidden for one in every),
        average=round(sum(one.score for one in every) / len(every)) if every else None,
        applied=sum(one.is_applied for one in every),
        prompts=[] if every else service.prompts_for(current_user.id),
        held=service.held_today(current_user.id),
        today=scores.today(),
    )


@bp.post("/matches/refresh")
@signed_in
def refresh() -> Response:
    """Score and choose anew for the reader, now."""
    service.prepare()
    with transaction():
        found = service.match_person(current_user.id)
    if found is None:
        flash(gettext("Today's list has been sent to you already; it stays as it is."), "info")
    elif found.chosen:
        flash(gettext("Your matches are up to date."), "success")
    return redirect(url_for("matching.index"), 303)
