"""The letter of any person as it would be; noted, and shown to that person."""

from datetime import timedelta

from flask import Response, abort, render_template

from jobscore.digests import difference_words, previewing, service
from jobscore.emails import framed
from jobscore.emails.views.blueprint import asked_day, bp, today
from jobscore.web.access import admin_only
from jobscore.web.i18n import NATIVE_NAMES

DAY = timedelta(days=1)


@bp.get("/admin/people/<int:user_id>/letter")
@admin_only
def preview(user_id: int) -> str:
    """Show the letter that a person's matches of a day make, and how it differs from before."""
    on = asked_day()
    found = previewing.preview_of(user_id, on)
    if found is None:
        abort(404)
    return render_template(
        "emails/admin/preview.html",
        preview=found,
        on=on,
        day_before=on - DAY,
        day_after=on + DAY if on < today() else None,
        language_names=NATIVE_NAMES,
        difference_words=difference_words,
    )


@bp.get("/admin/people/<int:user_id>/letter/html")
@admin_only
def preview_html(user_id: int) -> Response:
    """Answer with the HTML body alone, for the frame on the page."""
    letter = service.preview(user_id, asked_day())
    if letter is None:
        abort(404)
    return framed.framed(letter.html)
