"""Pages for admins: the list of imports, upload, mapping, one import with its progress."""

import re
from collections.abc import Iterator
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import get_locale, gettext
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from jobscore import config
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import exports, messages, pages, service
from jobscore.imports.forms import UploadForm
from jobscore.imports.models import CsvImport, ImportAttempt
from jobscore.imports.reader import FileRefusedError, ReadOptions
from jobscore.web import errors
from jobscore.web.access import admin_only
from jobscore.web.i18n import speaking

bp = Blueprint("imports", __name__, url_prefix="/admin/imports")

Answer = str | tuple[str, int] | BaseResponse
_COLUMN = re.compile(r"column-[0-9]{1,4}")
#: What a form with a file is larger than the file itself.
_FORM_BYTES = 1024 * 1024


@bp.url_value_preprocessor
def _allow_uploads(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Raise the size limit for admins at the one view that receives files, before it is read."""
    is_admin = current_user.is_authenticated and current_user.is_superuser
    if endpoint == "imports.create" and is_admin:
        limit = config.current().upload_limit_mb * 1024 * 1024
        request.max_content_length = limit + _FORM_BYTES


@bp.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> Answer:
    """Show the upload form again and name the limit."""
    if not (current_user.is_authenticated and current_user.is_superuser):
        return errors.page(413)
    return _upload_page(UploadForm(formdata=None), _too_large_text()), 413


@bp.get("")
@admin_only
def index() -> Answer:
    """List the newest imports."""
    imports = service.latest(db.session())
    return render_template("imports/index.html", imports=imports, words=messages)


@bp.get("/new")
@admin_only
def new() -> Answer:
    """Show the upload form."""
    return _upload_page(UploadForm())


@bp.post("")
@admin_only
def create() -> Answer:
    """Receive a file and go on to its mapping."""
    form = UploadForm()
    if not form.validate_on_submit():
        return _upload_page(form), 422
    file = form.file.data
    try:
        with transaction() as session:
            received = service.register_upload(
                session, file.stream, file.filename or "", current_user.id
            )
            import_id = received.id
    except service.DuplicateFileError as error:
        flash(gettext("This very file was uploaded before. Here is its import."), "info")
        return redirect(url_for("imports.show", import_id=error.import_id))
    except service.FileTooLargeError:
        form.file.errors = [_too_large_text()]
    except FileRefusedError as error:
        form.file.errors = list(messages.refusal(error.code, error.params))
    else:
        return redirect(url_for("imports.mapping", import_id=import_id))
    return _upload_page(form), 422


@bp.get("/<int:import_id>/mapping")
@admin_only
def mapping(import_id: int) -> Answer:
    """Show what was understood of the file, and which column becomes what."""
    csv_import = _import_or_404(import_id)
    return _mapping_page(csv_import, _options(request.args.to_dict()), None, "")


@bp.post("/<int:import_id>/start")
@admin_only
def start(import_id: int) -> Answer:
    """Queue the import with the mapping that was sent."""
    csv_import = _import_or_404(import_id)
    options = _options(request.form.to_dict())
    chosen = {
        int(name.removeprefix("column-")): field
        for name, field in request.form.items()
        if _COLUMN.fullmatch(name)
    }
    try:
        columns = service.check_mapping(sorted(chosen.items()))
        with transaction() as session:
            service.start(session, session.get_one(CsvImport, import_id), columns, options)
    except service.RepeatedFieldError as error:
        text = gettext(
            "Two columns are mapped to “%(field)s”. Choose one of them.",
            field=messages.field_label(error.field),
        )
        return make_response(_mapping_page(csv_import, options, chosen, text), 422)
    except service.MissingFieldError:
        text = gettext("No column is mapped to the job title. Without it no row can be imported.")
        return make_response(_mapping_page(csv_import, options, chosen, text), 422)
    except service.NotRunningError:
        flash(gettext("This file is being imported already."), "warning")
    return redirect(url_for("imports.show", import_id=import_id))


@bp.get("/<int:import_id>")
@admin_only
def show(import_id: int) -> Answer:
    """Show one import: its progress while it runs, then what became of each row."""
    csv_import = _import_or_404(import_id)
    attempt = service.last_attempt(db.session(), import_id)
    if attempt is None:
        return redirect(url_for("imports.mapping", import_id=import_id))
    return render_template("imports/show.html", **pages.report(db.session(), csv_import, attempt))


@bp.post("/<int:import_id>/cancel")
@admin_only
def cancel(import_id: int) -> Answer:
    """Stop the run after its current batch."""
    try:
        with transaction() as session:
            service.cancel(session, _attempt_or_404(import_id))
    except service.NotRunningError:
        flash(gettext("The import was over already."), "info")
    return redirect(url_for("imports.show", import_id=import_id))


@bp.post("/<int:import_id>/resume")
@admin_only
def resume(import_id: int) -> Answer:
    """Queue a stopped run again, from where it stopped."""
    try:
        with transaction() as session:
            service.resume(session, _attempt_or_404(import_id))
    except service.NotRunningError:
        flash(gettext("The import cannot be continued: it is over or under way."), "info")
    return redirect(url_for("imports.show", import_id=import_id))


@bp.get("/<int:import_id>/rejected.csv")
@admin_only
def rejected(import_id: int) -> Answer:
    """Send the rejected rows as a CSV file: their columns, then line, column and reason."""
    csv_import = _import_or_404(import_id)
    attempt = _attempt_or_404(import_id)
    header, attempt_id = service.stored_header(csv_import, attempt), attempt.id
    locale = str(get_locale() or "en")[:2]

    def lines() -> Iterator[str]:
        # written while the answer goes out: by then nobody can be asked for their language
        # any more, and nobody but us gives the connection back
        with speaking(locale), Session(db.engine) as session:
            yield from exports.rejected_csv(header, service.rejected(session, attempt_id))

    return _csv(stream_with_context(lines()), f"rejected-{import_id}.csv")


@bp.get("/template.csv")
@admin_only
def template() -> Answer:
    """Send a file to fill in, in the reader's language."""
    language = "ja" if str(get_locale()) == "ja" else "en"
    return _csv(exports.template_csv(language), f"jobs-{language}.csv")


def _csv(body: Any, filename: str) -> Response:
    return Response(
        body,
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def _import_or_404(import_id: int) -> CsvImport:
    csv_import = db.session().get(CsvImport, import_id)
    if csv_import is None:
        abort(404)
    return csv_import


def _attempt_or_404(import_id: int) -> ImportAttempt:
    attempt = service.last_attempt(db.session(), import_id)
    if attempt is None:
        abort(404)
    return attempt


def _options(values: dict[str, str]) -> ReadOptions:
    """Read what a person decided about the file; what is empty or odd is left to the reader."""
    line = values.get("header_line", "")
    encoding, delimiter = values.get("encoding", ""), values.get("delimiter", "")
    return ReadOptions(
        encoding=encoding if encoding in pages.ENCODINGS else None,
        delimiter=delimiter if delimiter in pages.DELIMITERS else None,
        header_line=int(line) if line.isascii() and line.isdigit() and len(line) < 7 else None,
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
    return render_template(
        "imports/new.html",
        form=form,
        problem=problem,
        limit_mb=config.current().upload_limit_mb,
    )


def _mapping_page(
    csv_import: CsvImport, options: ReadOptions, chosen: dict[int, str] | None, problem: str
) -> str | BaseResponse:
    """Render the mapping; a file that cannot be read that way sends back to what we found."""
    path = service.path_of(csv_import)
    try:
        seen = service.preview(path, options)
    except FileNotFoundError:
        flash(messages.failure("file_gone"), "danger")
        return redirect(url_for("imports.new"))
    except FileRefusedError as error:
        seen, options = service.preview(path), ReadOptions()
        problem = " ".join(messages.refusal(error.code, error.params))
    if chosen is None:
        chosen = {column.index: column.field or "" for column in seen.columns}
    columns = {field: index for index, field in chosen.items() if field}
    labels = [f"{column.letter} {column.name}".strip() for column in seen.columns]
    return render_template(
        "imports/mapping.html",
        one=csv_import,
        seen=seen,
        chosen=chosen,
        options=pages.field_options(),
        understood=pages.understood(seen, options),
        first=pages.first_job(seen, columns),
        problem=problem,
        has_title="title" in columns,
        column_labels=labels,
        table_columns=[{"label": label} for label in labels],
    )
