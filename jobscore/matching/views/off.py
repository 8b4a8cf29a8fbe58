"""Who does not want to be scored sees that on the pages of matches, and where the jobs are."""

from flask import redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore.matching.views.blueprint import bp

#: Pages that have nothing to show without scores.
SCORED = frozenset({"matching.index", "matching.skills", "matching.weights"})


@bp.before_request
def tell() -> str | Response | None:
    """Answer instead of a page of scores for who switched scoring off."""
    if not current_user.is_authenticated or not current_user.profile.no_profiling:
        return None
    if request.endpoint == "matching.refresh":
        return redirect(url_for("matching.index"), 303)
    return render_template("matching/off.html") if request.endpoint in SCORED else None
