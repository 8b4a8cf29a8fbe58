"""The demo's mailbox: every letter that left, as it stands on disk. Nowhere but in the demo."""

from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, send_file, url_for
from sqlalchemy import select

from jobscore import config
from jobscore.demo import mailbox
from jobscore.emails import framed
from jobscore.emails.models import EmailLog
from jobscore.extensions import db
from jobscore.web.access import public

bp = Blueprint("demo", __name__)

#: Letters of one search; a demo has a few for each person.
MOST = 500
LONGEST = 100


@bp.before_request
def only_in_the_demo() -> None:
    """Answer that there is no such page everywhere else: letters hold personal links."""
    if not config.current().demo:
        abort(404)


def _folder() -> Path:
    return config.current().instance / "outbox"


@bp.get("/demo/outbox")
@public
def outbox() -> str:
    """List the letters that left, the newest first."""
    to = request.args.get("to", "").strip()[:LONGEST]
    page = min(int(word), 10_000) if (word := request.args.get("page", "0")).isdecimal() else 0
    found = mailbox.letters(_folder(), page=page, among=_files_to(to) if to else None)
    kept: dict[str, Any] = {"to": to} if to else {}
    return render_template(
        "demo/outbox.html",
        found=found,
        to=to,
        next_url=url_for(".outbox", page=page + 1, **kept) if found.has_more else None,
        first_url=url_for(".outbox", **kept) if page else None,
    )


def _files_to(recipient: str) -> set[str]:
    """Return the names of files with letters to an address; the log knows them."""
    query = (
        select(EmailLog.message_id)
        .where(EmailLog.recipient_email.icontains(recipient, autoescape=True))
        .order_by(EmailLog.id.desc())
        .limit(MOST)
    )
    return {mailbox.file_of(message_id) for message_id in db.session.scalars(query) if message_id}


@bp.get("/demo/outbox/<filename>")
@public
def letter(filename: str) -> str:
    """Show one letter as a mailbox does, with its headers and both parts."""
    found = mailbox.letter(_folder(), filename)
    if found is None:
        abort(404)
    return render_template("demo/letter.html", letter=found)


@bp.get("/demo/outbox/<filename>/html")
@public
def letter_html(filename: str) -> Response:
    """Answer with the HTML part alone, for the frame on the letter's page."""
    found = mailbox.letter(_folder(), filename)
    if found is None or not found.html:
        abort(404)
    return framed.framed(found.html)


@bp.get("/demo/outbox/<filename>/raw")
@public
def raw(filename: str) -> Response:
    """Send the letter's bytes, to be opened in a mail program."""
    path = mailbox.path_of(_folder(), filename)
    if path is None:
        abort(404)
    return send_file(path, mimetype="message/rfc822", as_attachment=True)
