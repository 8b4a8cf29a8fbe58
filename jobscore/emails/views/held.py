"""Held letters: batch by batch looked at, released or cancelled."""

from datetime import date

from flask import abort, flash, render_template, request
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore import config
from jobscore.accounts import audit
from jobscore.database.transaction import transaction
from jobscore.digests import held as batches
from jobscore.emails import words
from jobscore.emails.models import EmailType
from jobscore.emails.views.blueprint import bp, see_other
from jobscore.web.access import admin_only
from jobscore.web.i18n import NATIVE_NAMES
from jobscore.web.jinja import number


@bp.get("/admin/emails/held")
@admin_only
def held() -> str:
    """Show what was built and waits for somebody to look, batch by batch."""
    samples = batches.samples()
    return render_template(
        "emails/admin/held.html",
        batches=[
            (batch, samples.get((batch.email_type, batch.on), ())) for batch in batches.batches()
        ],
        is_building=batches.build_waiting(),
        missing=config.current().missing_for_mail,
        language_names=NATIVE_NAMES,
        words=words,
    )


@bp.post("/admin/emails/held/release")
@admin_only
def release_batch() -> Response:
    """Let a batch go: the sender takes it now."""
    kind, on = _batch()
    with transaction():
        n = batches.release(kind, on)
        audit.record("digests.released", str(on or kind), actor_id=current_user.id, letters=n)
    text = ngettext(
        "%(num)s letter was released; the worker sends it now.",
        "%(n)s letters were released; the worker sends them now.",
        n,
        n=number(n),
    )
    flash(text, "success")
    return see_other(".held")


@bp.post("/admin/emails/held/cancel")
@admin_only
def cancel_batch() -> Response:
    """Stop a batch: nobody gets these letters."""
    kind, on = _batch()
    done = batches.cancel(kind, on)
    with transaction():
        audit.record(
            "digests.cancelled", str(on or kind), actor_id=current_user.id, letters=done.done
        )
    text = ngettext(
        "%(num)s letter was cancelled; nobody gets it.",
        "%(n)s letters were cancelled; nobody gets them.",
        done.done,
        n=number(done.done),
    )
    flash(text, "success")
    return see_other(".held")


def _batch() -> tuple[EmailType, date | None]:
    kind, on = request.form.get("type", ""), request.form.get("on", "")
    if kind not in set(EmailType):
        abort(400)
    try:
        return EmailType(kind), date.fromisoformat(on) if on else None
    except ValueError:
        abort(400)
