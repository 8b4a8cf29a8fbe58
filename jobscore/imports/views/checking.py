"""Step 4: the dry run of the whole file, and the start of the run."""

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user

from jobscore import clock
from jobscore.accounts import audit
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import checks, plans, service
from jobscore.imports.checking import KEPT_DIFFERENCES
from jobscore.imports.models import CsvImport, ImportCheck, ImportDifference
from jobscore.imports.pages import check as page
from jobscore.imports.pages import people
from jobscore.imports.pages.steps import Step
from jobscore.imports.reader import FileRefusedError, open_table
from jobscore.imports.sources.models import FeedMode as Mode
from jobscore.imports.views.blueprint import (
    Answer,
    bp,
    import_or_404,
    plan_of,
    render_step,
    sent_version,
    somebody_was_faster,
)
from jobscore.web import pagination
from jobscore.web.access import admin_only

#: Jobs with their differences on one page.
PAGE_SIZE = 20


@bp.get("/<int:import_id>/check")
@admin_only
def check(import_id: int) -> Answer:
    """Show the newest check of a file: its progress, then what an import would do."""
    csv_import = import_or_404(import_id)
    session = db.session()
    found = checks.last_check(session, import_id)
    if found is None:
        return redirect(url_for("imports.mapping", import_id=import_id), 303)
    text = request.args.get("q", "").strip()[:200]
    try:
        differences = _differences(found, text)
    except pagination.BadCursorError:
        abort(404)
    plan = plan_of(import_id)
    people_named = [user_id for user_id, *_ in (found.effect or {}).get("most", [])]
    names = people.names(session, [*people_named, found.requested_by])
    state, effect = page.state(found), page.effect(found, names)
    kept: dict[str, Any] = {"q": text} if text else {}
    after: dict[str, Any] = {"after": request.args["after"]} if request.args.get("after") else {}
    return render_step(
        "imports/check.html",
        csv_import,
        Step.CHECK,
        found=found,
        state=state,
        effect=effect,
        is_live=state.is_running or bool(effect and effect.is_waiting),
        is_stale=found.plan_version != plans.version_of(plan),
        is_full_feed=found.mode == Mode.FULL_FEED,
        version=plans.version_of(plan),
        groups=page.groups(found, _header(csv_import, found)) if state.is_done else [],
        changed=page.changed_jobs(differences.items),
        kept_differences=KEPT_DIFFERENCES,
        q=text,
        here=url_for(".check", import_id=import_id, **kept, **after),
        next_url=_page_url(import_id, differences.next_after, kept),
        first_url=None if differences.is_first else _page_url(import_id, "", kept),
        who=names.get(found.requested_by or 0, ""),
        now=clock.now(),
    )


def _page_url(import_id: int, after: str | None, kept: dict[str, Any]) -> str | None:
    """Return the address of a page of differences; None where there is no page."""
    if after is None:
        return None
    values = kept | ({"after": after} if after else {})
    return url_for(".check", import_id=import_id, **values, _anchor="differences")


def _differences(found: ImportCheck, text: str) -> pagination.Page[ImportDifference]:
    """Return a page of differences in file order."""
    query = checks.find_differences(found.id, text).order_by(ImportDifference.id)
    after = request.args.get("after")
    if after:
        (last,) = pagination.decode(after, 1)
        if type(last) is not int:
            raise pagination.BadCursorError("not a row id")
        query = query.where(ImportDifference.id > last)
    rows = db.session().scalars(query.limit(PAGE_SIZE + 1)).all()
    items = rows[:PAGE_SIZE]
    next_after = pagination.encode([items[-1].id]) if len(rows) > PAGE_SIZE else None
    return pagination.Page(items, next_after, not after)


def _header(csv_import: CsvImport, found: ImportCheck) -> list[str]:
    """Return the names of the file's columns; empty when it is no longer there."""
    try:
        table = open_table(service.path_of(csv_import), service.options_of(found.dialect))
    except (OSError, FileRefusedError):
        return []
    return table.header or []


@bp.post("/<int:import_id>/check")
@admin_only
def check_again(import_id: int) -> Answer:
    """Have the file checked again, as the plan stands now."""
    import_or_404(import_id)
    try:
        with transaction() as session:
            checks.request(session, session.get_one(CsvImport, import_id), current_user.id)
    except checks.NothingToCheckError:
        flash(gettext("Nothing can be checked now: choose the columns first."), "warning")
        return redirect(url_for("imports.show", import_id=import_id), 303)
    return redirect(url_for("imports.check", import_id=import_id), 303)


@bp.post("/<int:import_id>/check/stop")
@admin_only
def stop_check(import_id: int) -> Answer:
    """Stop the check and go back to the columns."""
    import_or_404(import_id)
    with transaction() as session:
        checks.cancel(session, import_id)
    flash(gettext("The check was stopped. Nothing was written."), "info")
    return redirect(url_for("imports.mapping", import_id=import_id), 303)


@bp.post("/<int:import_id>/start")
@admin_only
def start(import_id: int) -> Answer:
    """Queue the run that was checked (or that somebody does not want to have checked first)."""
    import_or_404(import_id)
    session = db.session()
    found = checks.last_check(session, import_id)
    must_agree = found is not None and checks.asks_about_closing(found)
    if must_agree and "closing" not in request.form:
        flash(gettext("Please tick that the missing jobs are to be closed, then start."), "danger")
        return redirect(url_for("imports.check", import_id=import_id, _anchor="start"), 303)
    try:
        with transaction() as own:
            csv_import = own.get_one(CsvImport, import_id)
            version, who = sent_version(), current_user.id
            plans.start(own, csv_import, version, who, may_close="closing" in request.form)
            checks.cancel(own, import_id)
            audit.record("import.started", f"csv_import:{import_id}", actor_id=current_user.id)
    except plans.StalePlanError as error:
        return somebody_was_faster(import_id, error)
    return redirect(url_for("imports.show", import_id=import_id), 303)
