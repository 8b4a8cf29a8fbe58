"""The admin's e-mail log: what was sent to whom, what went wrong, and what to do about it."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import load_only
from werkzeug.wrappers import Response as AnyResponse

from jobscore import config
from jobscore.accounts import audit
from jobscore.database.transaction import transaction
from jobscore.digests import service as digests
from jobscore.emails import framed, queue, service, words
from jobscore.emails.bounces import service as bounces
from jobscore.emails.bounces import words as return_words
from jobscore.emails.models import EmailLog, EmailStatus
from jobscore.extensions import db
from jobscore.web import pagination
from jobscore.web.access import admin_only

bp = Blueprint("emails", __name__)

PAGE_SIZE = 50
#: What an admin may do to a letter, by the word in the address.
ACTIONS = {
    "retry": service.retry,
    "cancel": service.cancel,
    "send-again": service.send_again,
    "count-as-sent": service.count_as_sent,
}


@bp.get("/admin/emails")
@admin_only
def index() -> str:
    """Show the log, the newest first, with filters that stand in the address."""
    chosen = {name: request.args.get(name, "") for name in ("status", "type", "to")}
    query = service.filtered(chosen["status"], chosen["type"], chosen["to"]).options(
        load_only(
            EmailLog.id,
            EmailLog.created_at,
            EmailLog.sent_at,
            EmailLog.status,
            EmailLog.email_type,
            EmailLog.recipient_email,
            EmailLog.subject,
            EmailLog.error_message,
            EmailLog.attempts,
            EmailLog.is_held,
        )
    )
    page = pagination.newest_first(
        db.session(), query, EmailLog.id, after=request.args.get("after"), size=PAGE_SIZE
    )
    counts = service.counts_by_status()
    kept: dict[str, Any] = {name: value for name, value in chosen.items() if value}
    next_url = url_for(".index", **kept, after=page.next_after) if page.next_after else None
    return render_template(
        "emails/admin/index.html",
        page=page,
        next_url=next_url,
        first_url=None if page.is_first else url_for(".index", **kept),
        chosen=chosen,
        is_filtered=bool(kept),
        counts=[(status, counts[status]) for status in EmailStatus if status in counts],
        statuses=[("", gettext("Every status")), *_options(words.STATUS_WORDS)],
        types=[("", gettext("Every kind")), *_options(words.TYPE_WORDS)],
        outage=service.current_outage(),
        n_held=service.count_held(),
        missing=config.current().missing_for_mail,
        words=words,
    )


@bp.get("/admin/emails/<int:log_id>")
@admin_only
def show(log_id: int) -> str:
    """Show one letter: both bodies, headers, jobs with their scores, what happened to it."""
    letter = _letter(log_id)
    return render_template(
        "emails/admin/show.html",
        letter=letter,
        digest=digests.letter_of(log_id),
        is_readable=framed.is_readable(letter),
        headers=_headers(letter),
        most_attempts=len(queue.BACK_OFF) + 1,
        words=words,
        returns=bounces.returns_of(log_id),
        return_words=return_words,
        actions=_actions(letter),
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
            ACTIONS[action](log_id)
            name = "email." + action.replace("-", "_")
            audit.record(name, f"email_log:{log_id}", actor_id=current_user.id)
    except service.EmailStateError:
        text = gettext("Nothing was changed: the letter is in another state by now.")
        flash(text, "warning")
    else:
        flash(_done(action), "success")
    return redirect(url_for(".show", log_id=log_id), 303)


@bp.post("/admin/emails/try-server")
@admin_only
def try_server() -> AnyResponse:
    """End the pause after an outage, so that the sender tries the server at once."""
    with transaction():
        service.end_pause()
        audit.record("email.server_tried", actor_id=current_user.id)
    flash(gettext("The sender will try the mail server again now."), "success")
    return redirect(url_for(".index"), 303)


def _letter(log_id: int) -> EmailLog:
    letter = db.session.get(EmailLog, log_id)
    if letter is None:
        abort(404)
    return letter


def _options(named: dict[Any, Any]) -> list[tuple[str, Any]]:
    return [(member.value, word) for member, word in named.items()]


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


def _actions(letter: EmailLog) -> list[str]:
    """Return what can be done to the letter in its state."""
    return {
        EmailStatus.PENDING: ["retry", "cancel"],
        EmailStatus.FAILED: ["retry"],
        EmailStatus.CANCELLED: ["retry"],
        EmailStatus.IN_DOUBT: ["send-again", "count-as-sent"],
    }.get(letter.status, [])


def _done(action: str) -> str:
    said: dict[str, str] = {
        "retry": gettext("The letter is back in the queue."),
        "cancel": gettext("The letter was stopped and will not be sent."),
        "send-again": gettext("The letter will be sent again, with the same Message-ID."),
        "count-as-sent": gettext("The letter counts as sent."),
    }
    return said[action]
