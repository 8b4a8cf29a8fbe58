"""What a person was sent, how to end it, and the admin's buttons for the day's letters."""

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from jobscore import clock, config
from jobscore.accounts import audit
from jobscore.database.transaction import transaction
from jobscore.digests import day, links, service
from jobscore.emails import framed, words
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailLog
from jobscore.extensions import csrf, db
from jobscore.web import pagination
from jobscore.web.access import admin_only, public, signed_in

bp = Blueprint("digests", __name__)

PAGE_SIZE = 30


@bp.get("/me/mail")
@signed_in
def mine() -> str:
    """Show every letter that I was sent, the newest first."""
    page = pagination.newest_first(
        db.session(),
        service.letters_to(current_user.id),
        EmailLog.id,
        after=request.args.get("after"),
        size=PAGE_SIZE,
    )
    return render_template(
        "digests/mine.html",
        page=page,
        next_url=url_for(".mine", after=page.next_after) if page.next_after else None,
        first_url=None if page.is_first else url_for(".mine"),
        profile=current_user.profile,
        words=words,
    )


@bp.get("/me/mail/<int:log_id>")
@signed_in
def letter(log_id: int) -> str:
    """Show one of my letters with the scores of that day."""
    own = _own(log_id)
    return render_template(
        "digests/letter.html",
        letter=own,
        text=outbox.text_of(own),
        digest=service.letter_of(log_id),
        is_readable=framed.is_readable(own),
        words=words,
    )


@bp.get("/me/mail/<int:log_id>/html")
@signed_in
def letter_html(log_id: int) -> Response:
    """Answer with the HTML body alone, for the frame on the letter's page."""
    return framed.framed_html(_own(log_id))


def _own(log_id: int) -> EmailLog:
    """Return my letter, or 404: another's does not exist for me."""
    found = db.session.scalar(
        service.letters_to(current_user.id).where(EmailLog.id == log_id).limit(1)
    )
    if found is None:
        abort(404)
    return found


@bp.get("/u/<token>")
@public
def unsubscribe_page(token: str) -> Any:
    """Ask whether the letters should end; scanners follow links, so nothing happens yet."""
    try:
        links.read_token(token)
    except links.BadLinkError:
        return render_template("digests/unsubscribe_bad.html"), 404
    return render_template("digests/unsubscribe.html", token=token)


@bp.post("/u/<token>")
@public
def unsubscribe(token: str) -> Any:
    """End the letters at once (RFC 8058: no cookie, no token in the form, no redirect)."""
    try:
        user_id = links.read_token(token)
    except links.BadLinkError:
        return render_template("digests/unsubscribe_bad.html"), 404
    with transaction():
        service.withdraw_consent(user_id)
    if request.form.get("List-Unsubscribe") == "One-Click":
        # a mail program asks, not a browser: a page would set a session cookie for its forms
        return Response("unsubscribed\n", mimetype="text/plain")
    return render_template("digests/unsubscribed.html")


csrf.exempt(unsubscribe)


@bp.post("/admin/day")
@admin_only
def start_day() -> AnyResponse:
    """Queue the whole day for the workers: score and match, write the letters, send them."""
    on = clock.today(config.current().timezone)
    with transaction():
        day.request_day(on, requested_by=current_user.id)
        audit.record("day.started", on.isoformat(), actor_id=current_user.id)
    flash(gettext("The day has been queued; a worker does it now."), "success")
    return redirect(url_for("matching.runs"), 303)


@bp.post("/admin/digests")
@admin_only
def build() -> AnyResponse:
    """Queue the writing of today's letters."""
    on = clock.today(config.current().timezone)
    with transaction():
        run = service.request_build(on, requested_by=current_user.id)
        audit.record("digests.started", f"match_run:{run.id}", actor_id=current_user.id)
    flash(gettext("The letters have been queued; a worker writes and sends them now."), "success")
    return redirect(url_for("matching.runs"), 303)


@bp.post("/admin/digests/release")
@admin_only
def release() -> AnyResponse:
    """Let every held letter go."""
    with transaction():
        n = service.release_held()
        audit.record("digests.released", str(n), actor_id=current_user.id)
    flash(gettext("%(n)s letters were released.", n=n), "success")
    return redirect(url_for("emails.index"), 303)
