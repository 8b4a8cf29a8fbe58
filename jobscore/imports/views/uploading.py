"""Step 1: a file is received, or refused with a reason; the same bytes lead to their import."""

from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import get_locale, gettext
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge

from jobscore import config
from jobscore.accounts import audit
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import exports, messages, plans, service
from jobscore.imports.forms import UploadForm
from jobscore.imports.pages import people
from jobscore.imports.pages.steps import Step, next_page
from jobscore.imports.reader import FileRefusedError
from jobscore.imports.sources import service as sources
from jobscore.imports.views.blueprint import (
    Answer,
    bp,
    import_or_404,
    is_admin,
    render_step,
)
from jobscore.web import errors
from jobscore.web.access import admin_only


@bp.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> Answer:
    """Show the upload form again and name the limit."""
    if not is_admin():
        return errors.page(413)
    form = UploadForm(formdata=None)
    form.offer(sources.choices(db.session()))
    return _upload_page(form, _too_large_text()), 413


@bp.get("/new")
@admin_only
def new() -> Answer:
    """Show the upload form."""
    form = UploadForm()
    form.offer(sources.choices(db.session()), request.args.get("source", ""))
    return _upload_page(form)


@bp.post("")
@admin_only
def create() -> Answer:
    """Receive a file and go on to what we understood of it."""
    form = UploadForm()
    form.offer(sources.choices(db.session()))
    db.session().rollback()
    if not form.validate_on_submit():
        return _upload_page(form), 422
    file = form.file.data
    try:
        with transaction() as session:
            received = service.register_upload(
                session, file.stream, file.filename or "", current_user.id
            )
            import_id = received.id
            plans.begin(session, import_id, form.source.data, current_user.id)
            audit.record("import.uploaded", f"csv_import:{import_id}", actor_id=current_user.id)
    except service.DuplicateFileError as error:
        return redirect(url_for("imports.again", import_id=error.import_id), 303)
    except service.FileTooLargeError:
        form.file.errors = [_too_large_text()]
    except FileRefusedError as error:
        form.file.errors = list(messages.refusal(error.code, error.params))
    else:
        return redirect(url_for("imports.reading", import_id=import_id), 303)
    return _upload_page(form), 422


@bp.get("/<int:import_id>/again")
@admin_only
def again(import_id: int) -> Answer:
    """Offer what can be done with a file whose bytes were received before."""
    csv_import = import_or_404(import_id)
    session = db.session()
    attempt = service.last_attempt(session, import_id)
    if not service.path_of(csv_import).exists():
        flash(messages.failure("file_gone"), "danger")
    return render_step(
        "imports/again.html",
        csv_import,
        Step.UPLOAD,
        attempt=attempt,
        can_resume=attempt is not None and attempt.status in service.RESUMABLE,
        goes_on=next_page(csv_import),
        who=people.name(session, csv_import.uploaded_by),
        words=messages,
    )


@bp.get("/template.csv")
@admin_only
def template() -> Answer:
    """Send a file to fill in, in the reader's language."""
    language = "ja" if str(get_locale()) == "ja" else "en"
    return as_csv(exports.template_csv(language), f"jobs-{language}.csv")


def as_csv(body: Any, filename: str) -> Response:
    """Return an answer that the browser saves as a CSV file."""
    return Response(
        body,
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def _too_large_text() -> str:
    return str(
        gettext(
            "The file is larger than %(limit)s MB. Split it and upload the parts one after "
            "another, or ask the operator to raise the limit.",
            limit=config.current().upload_limit_mb,
        )
    )


def _upload_page(form: UploadForm, problem: str = "") -> str:
    return render_step(
        "imports/new.html",
        None,
        Step.UPLOAD,
        form=form,
        problem=problem,
        limit_mb=config.current().upload_limit_mb,
    )
