"""Pages that belong to no feature: the language switch and health."""

from flask import Blueprint, abort, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore.database.transaction import transaction
from jobscore.web import i18n
from jobscore.web.access import public
from jobscore.web.forms import next_path

bp = Blueprint("web", __name__)


@bp.post("/language")
@public
def language() -> Response:
    """Remember the reader's language and go back to the page they were on."""
    locale = request.form.get("language", "")
    if locale not in i18n.LOCALES:
        abort(400)
    if current_user.is_authenticated:
        with transaction():
            current_user.profile.locale = locale  # letters speak it too
    return i18n.remember(redirect(next_path("/"), 303), locale)  # type: ignore[arg-type]


@bp.get("/healthz")
@public
def healthz() -> tuple[dict[str, str], int]:
    """Answer while the process lives; looks at nothing else."""
    return {"status": "ok"}, 200
