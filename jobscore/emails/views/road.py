"""The road to the inboxes: does it work, since when not, pause and resume, one letter to try it."""

from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app, flash, render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore import config
from jobscore.accounts import audit
from jobscore.accounts.lines import clean_line
from jobscore.config import Config
from jobscore.database.transaction import transaction
from jobscore.emails import figures, outages, pausing, service, trying
from jobscore.emails.views.blueprint import bp, see_other
from jobscore.web.access import admin_only
from jobscore.web.i18n import LOCALES, NATIVE_NAMES, current_language

_IN_DOUBT = {
    "ask": _l("wait for somebody to decide"),
    "send_again": _l("are sent once more"),
    "count_as_sent": _l("count as sent"),
}
#: Characters of the reason for a pause.
LONGEST_REASON = 200


@bp.get("/admin/emails/sending")
@admin_only
def road() -> str:
    """Show whether letters leave: settings, server, pauses, outages, speed."""
    return _page()


def _page(address: str = "", answer: str = "", problem: str = "") -> str:
    settings = config.current()
    return render_template(
        "emails/admin/road.html",
        missing=settings.missing_for_mail,
        outage=service.current_outage(),
        outages=outages.latest(),
        pause=pausing.current(),
        speed=figures.speed(),
        facts=_facts(settings),
        settings=settings,
        language_names=[(code, NATIVE_NAMES[code]) for code in LOCALES],
        language=current_language(),
        address=address or current_user.email,
        answer=answer,
        problem=problem,
    )


def _facts(settings: Config) -> list[tuple[str, str]]:
    """Return how letters leave, in words; never a password."""
    nothing = gettext("not set")
    limit = settings.mail_per_minute
    return [
        (gettext("Mail server"), server_name(settings.mail_url)),
        (gettext("Sender"), settings.mail_from or nothing),
        (gettext("Bounces go to"), settings.mail_bounce_to or nothing),
        (gettext("Operator"), settings.operator_name or nothing),
        (gettext("Address of the operator"), settings.operator_address or nothing),
        (gettext("Contact of the operator"), settings.operator_contact or nothing),
        (gettext("Letters a minute"), str(limit) if limit else gettext("no limit")),
        (gettext("To single domains"), settings.mail_domain_rates or gettext("no limit")),
        (gettext("Letters in doubt"), str(_IN_DOUBT[settings.mail_in_doubt])),
        (
            gettext("Signed by"),
            settings.mail_dkim_selector or gettext("the mail server, if at all"),
        ),
    ]


def server_name(url: str) -> str:
    """Return where letters go, for people: server and port, or a folder; no user, no password."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return str(gettext("the folder %(path)s", path=unquote(parts.netloc + parts.path)))
    port = parts.port or (465 if parts.scheme == "smtps" else 25)
    return f"{parts.hostname}:{port}"


@bp.post("/admin/emails/pause")
@admin_only
def pause() -> Response:
    """Keep letters from leaving: all, or those to many."""
    is_only_many = request.form.get("which") == "many"
    reason = clean_line(request.form.get("reason", ""))[:LONGEST_REASON]
    with transaction():
        pausing.pause(is_only_many=is_only_many, reason=reason)
        audit.record("email.paused", actor_id=current_user.id, only_many=is_only_many)
    flash(gettext("Letters are paused. What is written waits."), "success")
    return see_other(".road")


@bp.post("/admin/emails/resume")
@admin_only
def resume() -> Response:
    """Let letters leave again."""
    with transaction():
        if pausing.resume():
            audit.record("email.resumed", actor_id=current_user.id)
    flash(gettext("Letters leave again."), "success")
    return see_other(".road")


@bp.post("/admin/emails/try-server")
@admin_only
def try_server() -> Response:
    """End the pause after an outage, so that the sender tries the server at once."""
    with transaction():
        service.end_pause()
        audit.record("email.server_tried", actor_id=current_user.id)
    flash(gettext("The sender will try the mail server again now."), "success")
    return see_other(".road")


@bp.post("/admin/emails/test")
@admin_only
def send_test() -> Any:
    """Send one letter at once, past the log, and show the server's answer."""
    address = clean_line(request.form.get("address", ""))[:255]
    language = request.form.get("language", "")
    if not address:
        return _page(problem=gettext("Please enter an e-mail address.")), 422
    with transaction():
        audit.record("email.tried", actor_id=current_user.id)
    try:
        answer = trying.send_test(
            address,
            language if language in LOCALES else current_language(),
            is_test=current_app.testing,
        )
    except trying.TrialError as error:
        return _page(address, problem=str(error)), 422
    return _page(address, answer=answer)
