"""Two to four of my matches side by side."""

from flask import abort, render_template, request
from flask_login import current_user

from jobscore.matching import comparison
from jobscore.matching.views.blueprint import bp
from jobscore.web.access import signed_in
from jobscore.web.i18n import current_language

#: More digits than an id has.
LONGEST_ID = 18


@bp.get("/matches/compare")
@signed_in
def compare() -> str:
    """Compare the chosen matches; with fewer than two, say how to choose; of more, the first."""
    asked = [word for word in request.args.getlist("id") if word]
    if not all(w.isascii() and w.isdigit() and len(w) <= LONGEST_ID for w in asked):
        abort(404)
    ids = list(dict.fromkeys(int(word) for word in asked))
    chosen = ids[: comparison.MOST]
    matches = comparison.own_matches(current_user.id, chosen) if chosen else []
    if matches is None:
        abort(404)
    is_enough = len(matches) >= comparison.FEWEST
    return render_template(
        "matching/compare.html",
        sides=comparison.sides(matches) if is_enough else [],
        lines=comparison.compare(current_user.id, matches, current_language()) if is_enough else [],
        chosen=chosen,
        left_out=len(ids) - len(chosen),
    )
