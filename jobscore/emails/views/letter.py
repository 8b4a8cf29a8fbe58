"""One letter: both bodies, headers, jobs with the scores of that day, what happened to it."""

from flask import Response, abort, flash, render_template
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from jobscore.accounts import audit
from jobscore.database.transaction import transaction
from jobscore.digests import service as digests
from jobscore.emails import framed, queue, service, settling, words
from jobscore.emails.bounces import service as bounces
from jobscore.emails.bounces import words as return_words
from jobscore.emails.models import EmailLog
from jobscore.emails.views.blueprint import bp, see_other
from jobscore.extensions import db
from jobscore.web.access import admin_only


@bp.get("/admin/emails/<int:log_id>")
@admin_only
def show(log_id: int) -> str:
    """Show one letter: both bodies, headers, jobs with their scores, what happened to it."""
    letter = _letter(log_id)
    return render_template(
        "emails/admin/show.html",
        letter=letter,
        text=service.text_of(letter),
        digest=digests.letter_of(log_id),
        is_readable=framed.is_readable(letter),
        headers=_headers(letter),
        most_attempts=len(queue.BACK_OFF) + 1,
        attempts=service.attempts_of(log_id),
        returns=bounces.returns_of(log_id),
        return_words=return_words,
        words=words,
        actions=settling.POSSIBLE.get(letter.status, ()),
    )


@bp.get("/admin/emails/<int:log_id>/html")
@admin_only
def html(log_id: int) -> Response:
    """Answer with the HTML body alone, for the frame on the letter's page."""
    return framed.framed_html(_letter(log_id))


@bp.post("/admin/emails/<int:log_id>/<any('retry','cancel','send-again','count-as-sent'):action>")
@admin_only
def act(log_id: int, action: str) -> AnyResponse:
    """Retry, cancel, send again or count as sent; say so when somebody else was faster."""
    _letter(log_id)
    try:
        with transaction():
            settling.ACTIONS[action](log_id)
            name = "email." + action.replace("-", "_")
            audit.record(name, f"email_log:{log_id}", actor_id=current_user.id)
    except service.OvertakenError:
        text = gettext(
            "Nothing was changed: a job of this letter has left in another letter since, and no "
            "job is sent twice."
        )
        flash(text, "warning")
    except service.EmailStateError:
        text = gettext("Nothing was changed: the letter is in another state by now.")
        flash(text, "warning")
    else:
        flash(_done(action), "success")
    return see_other(".show", log_id=log_id)


def _letter(log_id: int) -> EmailLog:
    letter = db.session.get(EmailLog, log_id)
    if letter is None:
        abort(404)
    return letter


def _headers(letter: EmailLog) -> list[tuple[str, str]]:
    """Return the headers that the log keeps; what is made at sending is not among them."""
    own = [
        ("To", letter.recipient_email),
        ("Subject", letter.subject),
        ("Message-ID", f"<{letter.message_id}>"),
        ("Content-Language", letter.locale),
    ]
    # whoever reads the log must not be able to unsubscribe somebody by a click
    hidden = {"List-Unsubscribe": gettext("(a personal link, not shown)")}
    return own + [(name, hidden.get(name, str(value))) for name, value in letter.headers.items()]


def _done(action: str) -> str:
    said: dict[str, str] = {
        "retry": gettext("The letter is back in the queue."),
        "cancel": gettext("The letter was stopped and will not be sent."),
        "send-again": gettext("The letter will be sent again, with the same Message-ID."),
        "count-as-sent": gettext("The letter counts as sent."),
    }
    return said[action]
