"""What people answer to a match; each answer says how to take it back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from flask import abort, flash, get_template_attribute, redirect, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore.accounts.lines import clean_line
from jobscore.database.transaction import transaction
from jobscore.matching import answers
from jobscore.matching.models import HideReason, MatchingResult
from jobscore.matching.views.blueprint import bp, own
from jobscore.matching.views.match_cards import cards_of
from jobscore.web.access import signed_in
from jobscore.web.forms import next_path
from jobscore.web.messages import flash_with_undo


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: what is done, what is said, and which answer takes it back."""

    act: Callable[[MatchingResult], object]
    said: Any
    undo: str


ANSWERS: Final[Mapping[str, Answer]] = MappingProxyType(
    {
        "save": Answer(answers.save, _l("Saved."), "unsave"),
        "unsave": Answer(answers.unsave, _l("No longer saved."), "save"),
        "hide": Answer(answers.hide, _l("Hidden. It will not be chosen for you again."), "unhide"),
        "unhide": Answer(answers.unhide, _l("Shown again."), "hide"),
        "applied": Answer(answers.mark_applied, _l("Noted that you applied."), "not-applied"),
        "not-applied": Answer(
            answers.unmark_applied, _l("Noted that you did not apply."), "applied"
        ),
        "block-company": Answer(
            answers.block_company, _l("Jobs of this company will not be chosen."), "unblock-company"
        ),
        "unblock-company": Answer(
            answers.unblock_company, _l("Jobs of this company may come again."), "block-company"
        ),
        "no": Answer(answers.ask_no_more, _l("Noted. We will not ask again."), "ask"),
        "not-yet": Answer(answers.ask_later, _l("All right, we will ask again tomorrow."), "ask"),
        "ask": Answer(answers.ask_again, _l("We will ask again."), "no"),
    }
)
"""By the last word of the address."""


@bp.post("/matches/<int:match_id>/<answer>")
@signed_in
def respond(match_id: int, answer: str) -> Response | str:
    """Save, hide, mark as applied, block the company, or undo one of these.

    Scripts get the card as it is now; everybody else goes back, to a message with an undo.
    """
    if answer not in ANSWERS:
        abort(404)
    chosen = ANSWERS[answer]
    back = next_path(url_for("matching.index"))
    with transaction():
        match = own(match_id)
        try:
            answers.hide(match, *_reason()) if answer == "hide" else chosen.act(match)
        except answers.NoteTooLongError:
            text = gettext("Use at most %(count)s characters.", count=answers.LONGEST_NOTE)
            flash(text, "danger")
            return redirect(back, 303)
    if request.headers.get("HX-Request") == "true":
        return _card_now(match_id, back)
    undo = url_for("matching.respond", match_id=match_id, answer=chosen.undo)
    flash_with_undo(str(chosen.said), undo, {"next": back})
    return redirect(back, 303)


def _reason() -> tuple[HideReason | None, str | None]:
    """Return why the reader hides a job, and what they wrote beside it."""
    told = request.form.get("reason", "")
    if told and told not in set(HideReason):
        abort(400)
    note = clean_line(request.form.get("note", ""))
    reason = HideReason(told) if told else HideReason.OTHER if note else None
    return reason, note or None


def _card_now(match_id: int, back: str) -> str:
    (shown,) = cards_of(current_user.id, [own(match_id)])
    macro = get_template_attribute("matching/_card.html", "match_card")
    return str(macro(shown, back, moved=True))
