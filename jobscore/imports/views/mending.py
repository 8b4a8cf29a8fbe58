"""Mend the rejected rows of a run in the page: they are imported as a file of their own."""

import io

from flask import flash, make_response, redirect, request, url_for
from flask_babel import gettext, ngettext
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from jobscore.accounts import audit
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import plans, service
from jobscore.imports.models import CsvImport, ImportAttempt, ImportMessage
from jobscore.imports.pages import mending as page
from jobscore.imports.pages.run import number
from jobscore.imports.pages.steps import Step
from jobscore.imports.reader import ReadOptions
from jobscore.imports.views.blueprint import (
    Answer,
    attempt_or_404,
    bp,
    import_or_404,
    render_step,
)
from jobscore.web.access import admin_only

#: How the file of mended rows is written, so that nothing has to be found out.
_OPTIONS = ReadOptions(encoding="utf-8", delimiter=",", quote='"', header_line=1)


@bp.get("/<int:import_id>/mend")
@admin_only
def mend(import_id: int) -> Answer:
    """Show the rejected rows as a form."""
    csv_import, attempt, header = _few_rejected(import_id)
    if not header:
        return redirect(url_for("imports.show", import_id=import_id), 303)
    rows = page.torn_rows(_rows(attempt), header, attempt.mapping)
    return _mend_page(csv_import, page.Mended(rows))


@bp.post("/<int:import_id>/mend")
@admin_only
def save_mended(import_id: int) -> Answer:
    """Import the mended rows as a file of their own, with the columns of the first."""
    csv_import, attempt, header = _few_rejected(import_id)
    if not header:
        return redirect(url_for("imports.show", import_id=import_id), 303)
    mended = page.judge(_rows(attempt), header, attempt.mapping, request.form.to_dict())
    if mended.n_wrong or not mended.good:
        return make_response(_mend_page(csv_import, mended, is_sent=True), 422)
    try:
        with transaction() as session:
            new_id = _import(session, csv_import, attempt, page.file_of(header, mended.good))
    except service.DuplicateFileError as error:
        flash(gettext("These very rows were sent before. Here is their import."), "info")
        return redirect(url_for("imports.show", import_id=error.import_id), 303)
    flash(
        ngettext(
            "%(n)s mended row is being imported.",
            "%(n)s mended rows are being imported.",
            len(mended.good),
            n=number(len(mended.good)),
        ),
        "success",
    )
    return redirect(url_for("imports.show", import_id=new_id), 303)


def _import(session: Session, old: CsvImport, attempt: ImportAttempt, data: bytes) -> int:
    """Register the rows as a file, plan it as its origin was, and queue its run."""
    name = gettext("mended rows of %(name)s", name=old.filename)
    new = service.register_upload(session, io.BytesIO(data), name, current_user.id)
    who = current_user.id
    plans.save_reading(session, new.id, 0, _OPTIONS, who)
    plans.save_mapping(
        session, new.id, 1, dict(attempt.mapping), who, header=None, source=attempt.source
    )
    plan = plans.get(session, new.id)
    if plan is not None:
        session.refresh(plan)
        plan.mended_from = old.id
    plans.start(session, new, 2, who)
    audit.record("import.mended", f"csv_import:{old.id}", actor_id=who, into=new.id)
    return new.id


def _few_rejected(import_id: int) -> tuple[CsvImport, ImportAttempt, list[str]]:
    """Return the import, its newest run, and the names of its columns if a form can hold them."""
    csv_import = import_or_404(import_id)
    attempt = attempt_or_404(import_id)
    header = service.stored_header(csv_import, attempt)
    is_over = attempt.status in service.FINISHED
    if is_over and page.can_mend(attempt, len(header)):
        return csv_import, attempt, header
    flash(gettext("These rows cannot be mended here. Download them instead."), "info")
    return csv_import, attempt, []


def _rows(attempt: ImportAttempt) -> list[ImportMessage]:
    return list(service.rejected(db.session(), attempt.id))


def _mend_page(csv_import: CsvImport, mended: page.Mended, is_sent: bool = False) -> str | Response:
    return render_step(
        "imports/mend.html",
        csv_import,
        Step.RESULT,
        mended=mended,
        is_sent=is_sent,
    )
