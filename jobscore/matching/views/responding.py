"""What people answer to a match."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from flask import abort, flash, redirect, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from jobscore.database.transaction import transaction
from jobscore.matching import answers
from jobscore.matching.models import MatchingResult
from jobscore.matching.views.blueprint import bp, own
from jobscore.web.access import signed_in
from jobscore.web.forms import next_path

ANSWERS: Final[Mapping[str, tuple[Callable[[MatchingResult], None], Any]]] = MappingProxyType(
    {
        "save": (answers.save, _l("Saved.")),
        "unsave": (answers.unsave, _l("No longer saved.")),
        "hide": (answers.hide, _l("Hidden. It will not be chosen for you again.")),
        "unhide": (answers.unhide, _l("Shown again.")),
        "applied": (answers.mark_applied, _l("Noted that you applied.")),
        "not-applied": (answers.unmark_applied, _l("Noted that you did not apply.")),
        "block-company": (answers.block_company, _l("Jobs of this company will not be chosen.")),
        "unblock-company": (answers.unblock_company, _l("Jobs of this company may come again.")),
    }
)
"""By the last word of the address: what is done, and what is said."""


@bp.post("/matches/<int:match_id>/<answer>")
@signed_in
def respond(match_id: int, answer: str) -> Response:
    """Save, hide, mark as applied, block the company, or undo one of these."""
    if answer not in ANSWERS:
        abort(404)
    act, said = ANSWERS[answer]
    with transaction():
        act(own(match_id))
    flash(str(said), "success")
    return redirect(next_path(url_for("matching.index")), 303)
