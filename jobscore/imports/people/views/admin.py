"""Pages for admins: upload people, map and state the consent, watch, invite, undo."""

import re
from collections.abc import Iterator
from typing import Any

from flask import (
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
from flask_babel import get_locale, gettext, ngettext
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as BaseResponse

from jobscore import config
from jobscore.database.transaction import transaction
from jobscore.emails import framed
from jobscore.emails.service import SendingRefusedError
from jobscore.extensions import db
from jobscore.imports import exports, messages
from jobscore.imports import service as imports
from jobscore.imports.models import CsvImport, ImportAttempt, ImportType
from jobscore.imports.pages import reading
from jobscore.imports.people import emails, inviting, pages, service, template, words
from jobscore.imports.people.forms import PeopleUploadForm, StatementForm
from jobscore.imports.people.models import Invitation, InvitationStatus
from jobscore.imports.people.views.blueprint import bp, is_admin
from jobscore.imports.reader import FileRefusedError, ReadOptions
from jobscore.web import errors
from jobscore.web.access import admin_only
from jobscore.web.i18n import LOCALES, NATIVE_NAMES, current_language, speaking

Answer = str | tuple[str, int] | BaseResponse
_COLUMN = re.compile(r"column-[0-9]{1,4}")


@bp.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> Answer:
    """Show the upload form again and name the limit."""
    if not is_admin():
        return errors.page(413)
    return _upload_page(PeopleUploadForm(formdata=None), _too_large_text()), 413


# -- the file --------------------------------------------------------------------------------


@bp.get("/admin/imports/people/new")
@admin_only
def new() -> Answer:
    """Show the upload form."""
    return _upload_page(PeopleUploadForm())


@bp.post("/admin/imports/people")
@admin_only
def create() -> Answer:
    """Receive a file of people and go on to its mapping."""
    form = PeopleUploadForm()
    if not form.validate_on_submit():
        return _upload_page(form), 422
    file = form.file.data
    try:
        with transaction() as session:
            received = service.register(session, file.stream, file.filename or "", current_user.id)
            import_id, has_run = received.id, imports.last_attempt(session, received.id) is not None
    except imports.DuplicateFileError as error:
        flash(gettext("This very file was imported as jobs before. Here is its import."), "info")
        return redirect(url_for("imports.show", import_id=error.import_id), 303)
    except imports.FileTooLargeError:
        form.file.errors = [_too_large_text()]
    except FileRefusedError as error:
        form.file.errors = list(messages.refusal(error.code, error.params))
    except service.PasswordColumnError as error:
        form.file.errors = [pages.refusal(error.columns)]
    else:
        if has_run:
            flash(gettext("This very file was uploaded before. You can run it again."), "info")
        return redirect(url_for("people.mapping", import_id=import_id), 303)
    return _upload_page(form), 422


@bp.get("/admin/imports/people/<int:import_id>/mapping")
@admin_only
def mapping(import_id: int) -> Answer:
    """Show what was understood of the file, which column becomes what, and ask for the consent."""
    csv_import = _import_or_404(import_id)
    options = reading.options_from(request.args.to_dict())
    return _mapping_page(csv_import, options, None, StatementForm(formdata=None), "")


@bp.post("/admin/imports/people/<int:import_id>/start")
@admin_only
def start(import_id: int) -> Answer:
    """Queue the import with the mapping and the statement that were sent."""
    csv_import = _import_or_404(import_id)
    options = reading.options_from(request.form.to_dict())
    chosen = {
        int(name.removeprefix("column-")): field
        for name, field in request.form.items()
        if _COLUMN.fullmatch(name)
    }
    form = StatementForm()
    if not form.validate():
        text = gettext("Please check what is marked below. Your other answers are kept.")
        return make_response(_mapping_page(csv_import, options, chosen, form, text), 422)
    try:
        columns = imports.check_mapping(sorted(chosen.items()), ImportType.PEOPLE)
        service.refuse_passwords(imports.path_of(csv_import), options)
        with transaction() as session:
            one = session.get_one(CsvImport, import_id)
            service.start(session, one, columns, options, form.statement(), current_user.id)
    except imports.NotRunningError:
        flash(gettext("This file is being imported already."), "warning")
    except (imports.MissingFieldError, service.MissingConsentError) as error:
        text = _start_problem(error, has_words=bool((form.text.data or "").strip()))
        return make_response(_mapping_page(csv_import, options, chosen, form, text), 422)
    except (OSError, FileRefusedError, service.PasswordColumnError):
        return _mapping_page(csv_import, options, chosen, form, "")
    return redirect(url_for("people.show", import_id=import_id), 303)


def _start_problem(error: Exception, *, has_words: bool) -> str:
    if isinstance(error, imports.RepeatedFieldError):
        field = str(words.FIELDS[error.field])
        return str(
            gettext("Two columns are mapped to “%(field)s”. Choose one of them.", field=field)
        )
    if isinstance(error, imports.MissingFieldError):
        return str(
            gettext("No column is mapped to the e-mail address. Without it nobody can be invited.")
        )
    if has_words and isinstance(error, service.MissingConsentError):
        return str(
            gettext(
                "Add the day on which these people agreed: words are kept together with a day. "
                "Where a column of the file names a day, that one counts."
            )
        )
    if getattr(error, "part", "") == "date":
        return str(
            gettext("Say when these people agreed: map a column to it, or state one day for all.")
        )
    return str(gettext("Say what these people agreed to: map a column to it, or state it for all."))


# -- one import ------------------------------------------------------------------------------


@bp.get("/admin/imports/people/<int:import_id>")
@admin_only
def show(import_id: int) -> Answer:
    """Show one import: its progress, then who is new, invited, accepted, refused."""
    csv_import = _import_or_404(import_id)
    attempt = imports.last_attempt(db.session(), import_id)
    if attempt is None:
        return redirect(url_for("people.mapping", import_id=import_id))
    shown = pages.report(db.session(), csv_import, attempt, request.args.get("after"))
    facts = pages.statement_facts(shown["statement"]) if shown["statement"] else []
    page = shown["page"]
    first_url = url_for("people.show", import_id=import_id)
    following = url_for("people.show", import_id=import_id, after=page.next_after)
    return render_template(
        "people/show.html",
        **shown,
        statement_facts=facts,
        next_url=following if page.next_after else None,
        first_url=None if page.is_first else first_url,
    )


@bp.get("/admin/imports/people/<int:import_id>/rejected.csv")
@admin_only
def rejected(import_id: int) -> Answer:
    """Send the rejected rows as a CSV file: their columns, then line, column and reason."""
    _import_or_404(import_id)
    attempt = _attempt_or_404(import_id)
    header, attempt_id = service.header_of(attempt), attempt.id
    locale = current_language()

    def lines() -> Iterator[str]:
        # written while the answer goes out, as for jobs
        with speaking(locale), Session(db.engine) as session:
            yield from exports.rejected_csv(header, imports.rejected(session, attempt_id))

    return _csv(stream_with_context(lines()), f"rejected-people-{import_id}.csv")


@bp.get("/admin/imports/people/template.csv")
@admin_only
def template_csv() -> Answer:
    """Send a file to fill in, in the reader's language."""
    language = "ja" if str(get_locale()) == "ja" else "en"
    return _csv(template.csv_text(language), f"people-{language}.csv")


@bp.post("/admin/imports/people/<int:import_id>/undo")
@admin_only
def undo(import_id: int) -> Answer:
    """Take back what the import brought, but for those who have accepted."""
    _import_or_404(import_id)
    try:
        with transaction() as session:
            one = session.get_one(CsvImport, import_id)
            done = service.undo(session, one, current_user.id)
    except imports.NotRunningError:
        flash(gettext("The import is under way. Stop it first."), "warning")
    else:
        flash(_undone(done), "success")
    return redirect(url_for("people.show", import_id=import_id), 303)


def _undone(done: service.Undone) -> str:
    return str(
        gettext(
            "Undone: %(back)s people taken back and erased, %(emptied)s answers emptied, "
            "%(accepted)s kept because they have accepted.",
            back=done.taken_back,
            emptied=done.emptied,
            accepted=done.accepted,
        )
    )


# -- inviting --------------------------------------------------------------------------------


@bp.get("/admin/imports/people/<int:import_id>/invite")
@admin_only
def invite(import_id: int) -> Answer:
    """Show the letter in both languages and how many would get it, and ask."""
    csv_import = _import_or_404(import_id)
    example = inviting.first_waiting(db.session(), import_id)
    if example is None:
        flash(gettext("Nobody waits for an invitation in this import."), "info")
        return redirect(url_for("people.show", import_id=import_id))
    letters = [
        {"code": code, "name": NATIVE_NAMES[code], "letter": emails.preview(example, code)}
        for code in LOCALES
    ]
    settings = config.current()
    return render_template(
        "people/invite.html",
        one=csv_import,
        n=inviting.counts(db.session(), import_id)[InvitationStatus.WAITING],
        letters=letters,
        example=example.user,
        days=settings.invitation_days,
        reminder_days=settings.invitation_reminder_days,
        missing=settings.missing_for_mail,
    )


@bp.get("/admin/imports/people/<int:import_id>/letter/<any('en','ja'):language>")
@admin_only
def letter(import_id: int, language: str) -> Answer:
    """Answer with the HTML of the letter alone, for the frame of the preview."""
    _import_or_404(import_id)
    example = inviting.first_waiting(db.session(), import_id)
    if example is None:
        abort(404)
    return framed.framed(emails.preview(example, language).html)


@bp.post("/admin/imports/people/<int:import_id>/invite")
@admin_only
def send(import_id: int) -> Answer:
    """Queue the letters of all who wait."""
    _import_or_404(import_id)
    try:
        with transaction() as session:
            n = inviting.request_all(session, import_id, current_user.id)
    except SendingRefusedError as error:
        flash(_missing_text(error), "danger")
        return redirect(url_for("people.invite", import_id=import_id), 303)
    text = ngettext("%(num)s invitation is on its way.", "%(num)s invitations are on their way.", n)
    flash(text, "success")
    return redirect(url_for("people.show", import_id=import_id), 303)


@bp.post("/admin/imports/people/invitations/<int:invitation_id>/send")
@admin_only
def send_again(invitation_id: int) -> Answer:
    """Write one invitation (again)."""
    import_id = _invitation_or_404(invitation_id).import_id
    try:
        with transaction() as session:
            inviting.send_again(session.get_one(Invitation, invitation_id), current_user.id)
    except SendingRefusedError as error:
        flash(_missing_text(error), "danger")
    except inviting.TooSoonError:
        flash(gettext("This letter was written moments ago. Wait ten minutes."), "warning")
    except inviting.NotOpenError:
        flash(gettext("This invitation was answered or closed meanwhile."), "info")
    else:
        flash(gettext("The invitation is on its way."), "success")
    return _back(import_id)


@bp.post("/admin/imports/people/invitations/<int:invitation_id>/withdraw")
@admin_only
def withdraw(invitation_id: int) -> Answer:
    """Take one invitation back and erase the person."""
    import_id = _invitation_or_404(invitation_id).import_id
    try:
        with transaction() as session:
            inviting.withdraw(session.get_one(Invitation, invitation_id), current_user.id)
    except inviting.NotOpenError:
        flash(gettext("This invitation was answered or closed meanwhile."), "info")
    else:
        flash(gettext("The invitation is taken back, and the person’s data is erased."), "success")
    return _back(import_id)


# -- shared ----------------------------------------------------------------------------------


def _back(import_id: int | None) -> BaseResponse:
    if import_id is None:
        return redirect(url_for("imports.index"), 303)
    return redirect(url_for("people.show", import_id=import_id), 303)


def _missing_text(error: SendingRefusedError) -> str:
    return str(
        gettext(
            "No letter may leave before the operator has set: %(names)s",
            names=", ".join(error.missing),
        )
    )


def _csv(body: Any, filename: str) -> Response:
    return Response(
        body,
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


def _import_or_404(import_id: int) -> CsvImport:
    found = db.session().get(CsvImport, import_id)
    if found is None or found.import_type is not ImportType.PEOPLE:
        abort(404)
    return found


def _attempt_or_404(import_id: int) -> ImportAttempt:
    attempt = imports.last_attempt(db.session(), import_id)
    if attempt is None:
        abort(404)
    return attempt


def _invitation_or_404(invitation_id: int) -> Invitation:
    found = db.session().get(Invitation, invitation_id)
    if found is None:
        abort(404)
    return found


def _too_large_text() -> str:
    return str(
        gettext(
            "The file is larger than %(limit)s MB. Split it and upload the parts one after "
            "another, or ask the operator to raise the limit.",
            limit=config.current().upload_limit_mb,
        )
    )


def _upload_page(form: PeopleUploadForm, problem: str = "") -> str:
    settings = config.current()
    return render_template(
        "people/new.html",
        form=form,
        problem=problem,
        limit_mb=settings.upload_limit_mb,
        days=settings.invitation_days,
    )


def _mapping_page(
    csv_import: CsvImport,
    options: ReadOptions,
    chosen: dict[int, str] | None,
    form: StatementForm,
    problem: str,
) -> str | BaseResponse:
    """Render the mapping; a file that cannot be read that way sends back to what we found."""
    path = imports.path_of(csv_import)
    try:
        seen = service.preview(path, options)
    except (FileNotFoundError, IsADirectoryError):
        flash(gettext("The file is deleted after its import. Upload it again."), "info")
        return redirect(url_for("people.new"), 303)
    except service.PasswordColumnError as error:
        flash(pages.refusal(error.columns), "danger")
        return redirect(url_for("people.new"), 303)
    except FileRefusedError as error:
        seen, options = service.preview(path), ReadOptions()
        problem = " ".join(messages.refusal(error.code, error.params))
    if chosen is None:
        chosen = {column.index: column.field or "" for column in seen.columns}
    columns = {field: index for index, field in chosen.items() if field}
    labels = [f"{column.letter} {column.name}".strip() for column in seen.columns]
    return render_template(
        "people/mapping.html",
        one=csv_import,
        seen=seen,
        chosen=chosen,
        form=form,
        options=pages.field_options(),
        understood=reading.understood(seen, options),
        first=pages.first_person(seen, columns, form.statement(), current_language()),
        problem=problem,
        has_email="email" in columns,
        has_consent_columns="consent_text" in columns and "consent_on" in columns,
        column_labels=labels,
    )
