"""What all pages of imports share: the blueprint, finding an import, the frame of a step."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from jobscore import config
from jobscore.extensions import db
from jobscore.imports import messages, plans, service
from jobscore.imports.models import CsvImport, ImportAttempt, ImportCheck, ImportPlan
from jobscore.imports.pages import people
from jobscore.imports.pages.steps import Step, steps
from jobscore.imports.reading.strict import MAX_COLUMNS

bp = Blueprint("imports", __name__, url_prefix="/admin/imports")

Answer = str | tuple[str, int] | Response
#: What a form with a file is larger than the file itself.
_FORM_BYTES = 1024 * 1024
#: Forms with a field for each column, or for each cell of some rows.
_WIDE_FORMS = frozenset({"imports.save_mapping", "imports.save_mended"})


@bp.url_value_preprocessor
def allow_large_forms(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Raise the limits for admins at the views that receive files or wide forms, and only there."""
    if not is_admin():
        return
    if endpoint == "imports.create":
        limit = config.current().upload_limit_mb * 1024 * 1024
        request.max_content_length = limit + _FORM_BYTES
    if endpoint in _WIDE_FORMS:
        request.max_form_parts = MAX_COLUMNS + 100


def is_admin() -> bool:
    """Tell whether an admin asks."""
    return bool(current_user.is_authenticated and current_user.is_superuser)


def import_or_404(import_id: int) -> CsvImport:
    """Return an import as the database has it now."""
    csv_import = db.session().get(CsvImport, import_id, populate_existing=True)
    if csv_import is None:
        abort(404)
    return csv_import


def attempt_or_404(import_id: int) -> ImportAttempt:
    """Return the newest run of an import."""
    attempt = service.last_attempt(db.session(), import_id)
    if attempt is None:
        abort(404)
    return attempt


def plan_of(import_id: int) -> ImportPlan | None:
    """Return what was decided about a file, as the database has it now."""
    return db.session().get(ImportPlan, import_id, populate_existing=True)


def sent_version() -> int:
    """Return the version of the plan that the form was made from; -1 for none that can be."""
    word = request.form.get("version", "")
    return int(word) if word.isascii() and word.isdigit() and len(word) < 9 else -1


def somebody_was_faster(import_id: int, error: plans.StalePlanError) -> Response:
    """Say who was, and show how the import stands now."""
    flash(people.was_faster(db.session(), error, current_user.id), "warning")
    return redirect(url_for("imports.show", import_id=import_id), 303)


def file_is_gone() -> Response:
    """Say that the bytes are no longer there; the upload page is the way out."""
    flash(messages.failure("file_gone"), "danger")
    return redirect(url_for("imports.new"), 303)


def render_step(template: str, csv_import: CsvImport | None, step: Step, **values: Any) -> str:
    """Render a page of the road with its steps."""
    has_check = has_run = False
    if csv_import is not None:
        session = db.session()
        has_check = bool(session.scalar(_exists(ImportCheck, csv_import.id)))
        has_run = bool(session.scalar(_exists(ImportAttempt, csv_import.id)))
    return render_template(
        template,
        one=csv_import,
        steps=steps(csv_import, has_check=has_check, has_run=has_run),
        step=int(step),
        has_run=has_run,
        **values,
    )


def _exists(model: type[ImportCheck] | type[ImportAttempt], import_id: int) -> Any:
    return select(func.count()).select_from(model).where(model.csv_import_id == import_id)
