"""Admin pages of the sources: the list, one source, its settings, and a full feed's question."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore import clock, config
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import full_feed, messages
from jobscore.imports.columns import COLUMNS
from jobscore.imports.models import ImportAttempt
from jobscore.imports.sources import folders, pages, service
from jobscore.imports.sources.forms import SourceForm
from jobscore.imports.sources.models import ClosingState, FeedClosing, Source
from jobscore.web.access import admin_only

bp = Blueprint("sources", __name__, url_prefix="/admin/sources")

Answer = str | tuple[str, int] | Response


@bp.get("")
@admin_only
def index() -> Answer:
    """List the sources with their last and next run."""
    session = db.session()
    return render_template(
        "sources/index.html",
        rows=[pages.row(view) for view in service.overviews(session)],
        asked=full_feed.asked(session),
        share=pages.share,
    )


@bp.get("/new")
@admin_only
def new() -> Answer:
    """Show the form of a new source."""
    return _form_page(SourceForm.blank(), None)


@bp.post("")
@admin_only
def create() -> Answer:
    """Add a source."""
    form = SourceForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                source_id = service.create(session, form.settings(), created_by=current_user.id).id
        except service.BadSourceError as error:
            form.show(error)
        except service.SourceNameTakenError:
            form.show(service.BadSourceError("name", "taken"))
        else:
            flash(gettext("The source was added."), "success")
            return redirect(url_for("sources.show", source_id=source_id), 303)
    return _form_page(form, None), 422


@bp.get("/<int:source_id>")
@admin_only
def show(source_id: int) -> Answer:
    """Show one source: settings, runs, imports, files that could not be taken."""
    session = db.session()
    source = _source_or_404(source_id)
    attempts = service.attempts(session, source.name)
    closings = service.closings(session, [attempt.id for attempt, _ in attempts])
    return render_template(
        "sources/show.html",
        source=source,
        words=messages,
        pages=pages,
        attempts=[
            (attempt, file, pages.closing_sentence(closings.get(attempt.id)))
            for attempt, file in attempts
        ],
        waiting=[c for c in closings.values() if c.state is ClosingState.ASKED],
        bad=service.bad_files(session, source_id),
        facts=pages.facts(source),
        is_due=source.is_active
        and source.next_run_at is not None
        and source.next_run_at <= clock.now(),
    )


@bp.get("/<int:source_id>/edit")
@admin_only
def edit(source_id: int) -> Answer:
    """Show the settings of a source to change them."""
    source = _source_or_404(source_id)
    return _form_page(SourceForm.of(source), source)


@bp.post("/<int:source_id>")
@admin_only
def update(source_id: int) -> Answer:
    """Keep new settings of a source."""
    source = _source_or_404(source_id)
    form = SourceForm()
    form.name.data = source.name
    if form.validate_on_submit():
        db.session().rollback()
        try:
            with transaction() as session:
                service.change(
                    session,
                    session.get_one(Source, source_id),
                    form.settings(),
                    changed_by=current_user.id,
                )
        except service.BadSourceError as error:
            form.show(error)
        else:
            flash(gettext("The settings were saved."), "success")
            return redirect(url_for("sources.show", source_id=source_id), 303)
    return _form_page(form, _source_or_404(source_id)), 422


@bp.post("/<int:source_id>/run")
@admin_only
def run(source_id: int) -> Answer:
    """Have a worker look into the source's folder at once."""
    _source_or_404(source_id)
    db.session().rollback()
    try:
        with transaction() as session:
            source = session.get_one(Source, source_id)
            service.request_run(source, requested_by=current_user.id)
    except service.BadSourceError as error:
        flash(pages.refusal(error), "warning")
    else:
        flash(gettext("A worker looks into the folder now."), "info")
    return redirect(url_for("sources.show", source_id=source_id), 303)


@bp.post("/<int:source_id>/switch")
@admin_only
def switch(source_id: int) -> Answer:
    """Switch a source on or off."""
    _source_or_404(source_id)
    is_active = request.form.get("is_active") == "1"
    db.session().rollback()
    with transaction() as session:
        source = session.get_one(Source, source_id)
        service.switch(source, is_active=is_active, changed_by=current_user.id)
    text = gettext("The source is on.") if is_active else gettext("The source is off.")
    flash(text, "success")
    return redirect(url_for("sources.show", source_id=source_id), 303)


@bp.get("/closings/<int:attempt_id>")
@admin_only
def closing(attempt_id: int) -> Answer:
    """Ask whether the jobs that a full feed no longer has shall be closed."""
    session = db.session()
    found = session.get(FeedClosing, attempt_id)
    attempt = session.get(ImportAttempt, attempt_id)
    if found is None or attempt is None:
        abort(404)
    return render_template(
        "sources/closing.html",
        closing=found,
        attempt=attempt,
        why=pages.why(found),
        share=pages.share(found),
        said=pages.closing_sentence(found),
        is_asked=found.state is ClosingState.ASKED,
        is_outdated=full_feed.is_outdated(session, attempt_id),
    )


@bp.post("/closings/<int:attempt_id>")
@admin_only
def answer(attempt_id: int) -> Answer:
    """Take the answer: yes closes the missing jobs, no ends the run without."""
    word = request.form.get("answer", "")
    if word not in {"yes", "no"}:
        abort(400)
    db.session().rollback()
    try:
        with transaction() as session:
            full_feed.answer(
                session, attempt_id, is_allowed=word == "yes", decided_by=current_user.id
            )
    except full_feed.NotAskedError:
        flash(gettext("That question was answered already, or a newer feed has come."), "info")
    else:
        flash(
            gettext("A worker closes the missing jobs now.")
            if word == "yes"
            else gettext("Nothing is closed."),
            "success",
        )
    return redirect(url_for("sources.closing", attempt_id=attempt_id), 303)


def _form_page(form: SourceForm, source: Source | None) -> str:
    fields: list[dict[str, Any]] = [
        {"name": column.field, "label": messages.field_label(column.field)} for column in COLUMNS
    ]
    return render_template(
        "sources/form.html",
        form=form,
        source=source,
        folders=folders.known(config.current().feeds),
        fields=fields,
    )


def _source_or_404(source_id: int) -> Source:
    source = db.session().get(Source, source_id)
    if source is None:
        abort(404)
    return source
