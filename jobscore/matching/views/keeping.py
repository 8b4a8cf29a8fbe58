"""What I keep beyond the day: saved, hidden."""

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore.database.transaction import transaction
from jobscore.matching import answer_words, answers, kept
from jobscore.matching.kept import SavedOrder
from jobscore.matching.models import Feedback, FeedbackKind, MatchingResult
from jobscore.matching.views.blueprint import bp
from jobscore.matching.views.match_cards import card
from jobscore.web.access import signed_in
from jobscore.web.forms import next_path
from jobscore.web.messages import flash_with_undo

PAGE_SIZE = 20
HIDDEN_PAGE_SIZE = 40
KINDS = {
    "jobs": (FeedbackKind.HIDE, FeedbackKind.NOT_INTERESTED),
    "companies": (FeedbackKind.BLOCK_COMPANY,),
}
"""What the page of hidden things can be narrowed to."""


@bp.get("/me/saved")
@signed_in
def saved() -> str:
    """Show what I saved, the newest or the best first; closed ones are marked."""
    asked = request.args.get("sort", "")
    order = SavedOrder(asked) if asked in set(SavedOrder) else SavedOrder.SAVED
    page = kept.saved(current_user.id, order, after=request.args.get("after"), size=PAGE_SIZE)
    given = answers.given(current_user.id, [match.job_id for match in page.items])
    following = page.next_after
    return render_template(
        "matching/saved.html",
        rows=[(card(match, given), match.saved_at) for match in page.items],
        order=order,
        orders=[
            (SavedOrder.SAVED, gettext("Newest first")),
            (SavedOrder.SCORE, gettext("Best first")),
        ],
        is_first=page.is_first,
        next_url=url_for("matching.saved", sort=order, after=following) if following else None,
        first_url=None if page.is_first else url_for("matching.saved", sort=order),
        here=url_for("matching.saved", sort=order),
    )


@dataclass(frozen=True, slots=True)
class HiddenLine:
    """One answer that keeps something from my lists."""

    answer: Feedback
    match: MatchingResult | None
    """Of a hidden job; None where it is held or gone from my lists."""
    reason: str

    @property
    def is_company(self) -> bool:
        """Tell whether a whole company is blocked."""
        return self.answer.kind is FeedbackKind.BLOCK_COMPANY


@bp.get("/me/hidden")
@signed_in
def hidden() -> str:
    """Show hidden jobs with their reasons and blocked companies, each with its undo."""
    asked = request.args.get("kind", "")
    kinds = KINDS.get(asked) or tuple(FeedbackKind)
    page = kept.hidden(
        current_user.id, kinds, after=request.args.get("after"), size=HIDDEN_PAGE_SIZE
    )
    jobs = [answer.job_id for answer in page.items if answer.job_id is not None]
    matches = kept.matches_of(current_user.id, jobs)
    following = page.next_after
    kind = asked if asked in KINDS else None
    return render_template(
        "matching/hidden.html",
        lines=[
            HiddenLine(one, matches.get(one.job_id or 0), answer_words.reason_words(one.reason))
            for one in page.items
        ],
        kind=kind,
        is_first=page.is_first,
        next_url=url_for("matching.hidden", kind=kind, after=following) if following else None,
        first_url=None if page.is_first else url_for("matching.hidden", kind=kind),
    )


@bp.post("/me/hidden/<int:feedback_id>/<any(undo, redo):act>")
@signed_in
def change_hidden(feedback_id: int, act: str) -> Response:
    """Take back that something is hidden, or take that back."""
    back = next_path(url_for("matching.hidden"))
    with transaction():
        try:
            answer = answers.get_feedback(current_user.id, feedback_id)
        except answers.FeedbackNotFoundError:
            abort(404)
        if act == "redo":
            answers.redo(answer)
            flash(gettext("Hidden again."), "success")
        else:
            answers.undo(answer)
    if act == "undo":
        again = url_for("matching.change_hidden", feedback_id=feedback_id, act="redo")
        flash_with_undo(gettext("It may be chosen for you again."), again, {"next": back})
    return redirect(back, 303)
