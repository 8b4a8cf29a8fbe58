"""Undo: the question with what will happen, then the worker; the report stands on the result."""

from flask import flash, redirect, url_for
from flask_login import current_user

from jobscore.accounts import audit
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import undo_words, undoing
from jobscore.imports.pages import undo as page
from jobscore.imports.pages.steps import Step
from jobscore.imports.undoing import CannotUndoError
from jobscore.imports.views.blueprint import (
    Answer,
    attempt_or_404,
    bp,
    import_or_404,
    render_step,
)
from jobscore.web.access import admin_only


@bp.get("/<int:import_id>/undo")
@admin_only
def undo(import_id: int) -> Answer:
    """Ask before a run is undone, and say what will become of its jobs."""
    csv_import = import_or_404(import_id)
    session = db.session()
    attempt = page.target(session, import_id) or attempt_or_404(import_id)
    reason = undoing.can_undo(session, attempt)
    if reason is not None:
        flash(undo_words.blocked(reason), "info")
        return redirect(url_for("imports.show", import_id=import_id), 303)
    return render_step(
        "imports/undo.html",
        csv_import,
        Step.RESULT,
        attempt=attempt,
        sentences=page.forecast(session, attempt),
    )


@bp.post("/<int:import_id>/undo")
@admin_only
def start_undo(import_id: int) -> Answer:
    """Queue the undoing of the newest run that can be undone."""
    import_or_404(import_id)
    try:
        with transaction() as session:
            attempt = page.target(session, import_id) or attempt_or_404(import_id)
            undoing.request(session, attempt)
            audit.record("import.undone", f"csv_import:{import_id}", actor_id=current_user.id)
    except CannotUndoError as error:
        flash(undo_words.blocked(error.reason), "info")
    return redirect(url_for("imports.show", import_id=import_id), 303)
