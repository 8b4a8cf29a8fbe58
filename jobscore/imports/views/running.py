"""Steps 5 and 6: a run with its progress, and what became of each row."""

from collections.abc import Iterator

from flask import flash, redirect, stream_with_context, url_for
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from jobscore.accounts import audit
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import exports, plans, service
from jobscore.imports.pages import mending, people, run
from jobscore.imports.pages import undo as undo_page
from jobscore.imports.pages.steps import Step, next_page
from jobscore.imports.views.blueprint import (
    Answer,
    attempt_or_404,
    bp,
    import_or_404,
    plan_of,
    render_step,
)
from jobscore.imports.views.uploading import as_csv
from jobscore.web.access import admin_only
from jobscore.web.i18n import current_language, speaking


@bp.get("/<int:import_id>")
@admin_only
def show(import_id: int) -> Answer:
    """Show the newest run of an import; a file without one leads to the step where it stands."""
    csv_import = import_or_404(import_id)
    session = db.session()
    attempt = service.last_attempt(session, import_id)
    goes_on = next_page(csv_import)
    if attempt is None:
        return redirect(url_for(goes_on or "imports.reading", import_id=import_id), 303)
    report = run.report(session, csv_import, attempt)
    plan = plan_of(import_id)
    width = len(service.stored_header(csv_import, attempt))
    is_running = report["state"].is_running
    return render_step(
        "imports/show.html",
        csv_import,
        Step.RUN if is_running else Step.RESULT,
        **{name: value for name, value in report.items() if name != "one"},
        goes_on=None if is_running else goes_on,
        undo=undo_page.undo(session, attempt),
        can_mend=not is_running and mending.can_mend(attempt, width),
        mended_into=plans.mended_into(session, import_id),
        mended_from=plan.mended_from if plan else None,
        started_by=people.name(session, plan.started_by if plan else None),
        comes_next=run.comes_next(session, csv_import, attempt),
    )


@bp.post("/<int:import_id>/cancel")
@admin_only
def cancel(import_id: int) -> Answer:
    """Stop the run after its current batch."""
    try:
        with transaction() as session:
            service.cancel(session, attempt_or_404(import_id))
            audit.record("import.stopped", f"csv_import:{import_id}", actor_id=current_user.id)
    except service.NotRunningError:
        flash(gettext("The import was over already."), "info")
    return redirect(url_for("imports.show", import_id=import_id), 303)


@bp.post("/<int:import_id>/resume")
@admin_only
def resume(import_id: int) -> Answer:
    """Queue a stopped run again, from where it stopped."""
    try:
        with transaction() as session:
            service.resume(session, attempt_or_404(import_id))
            audit.record("import.resumed", f"csv_import:{import_id}", actor_id=current_user.id)
    except service.NotRunningError:
        flash(gettext("The import cannot be continued: it is over or under way."), "info")
    return redirect(url_for("imports.show", import_id=import_id), 303)


@bp.get("/<int:import_id>/rejected.csv")
@admin_only
def rejected(import_id: int) -> Answer:
    """Send the rejected rows as a CSV file: their columns, then line, column and reason."""
    csv_import = import_or_404(import_id)
    attempt = attempt_or_404(import_id)
    header, attempt_id = service.stored_header(csv_import, attempt), attempt.id
    locale = current_language()

    def lines() -> Iterator[str]:
        # written while the answer goes out: by then nobody can be asked for their language
        # any more, and nobody but us gives the connection back
        with speaking(locale), Session(db.engine) as session:
            yield from exports.rejected_csv(header, service.rejected(session, attempt_id))

    return as_csv(stream_with_context(lines()), f"rejected-{import_id}.csv")
