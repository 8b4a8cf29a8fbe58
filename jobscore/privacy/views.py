"""My data: everything on one page, the export, erasing, the switch, and who looked at it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from jobscore import clock, config
from jobscore.accounts import audit, limits, passwords, sessions
from jobscore.accounts.models import User
from jobscore.accounts.service import letters_can_leave
from jobscore.database.transaction import transaction
from jobscore.exports import files
from jobscore.extensions import db
from jobscore.matching import service as matching
from jobscore.privacy import emails, erasing, exporting, looking, profiling, registry, words
from jobscore.privacy.forms import EraseForm
from jobscore.web.access import Access, access_of, public, signed_in
from jobscore.web.i18n import current_language, speaking
from jobscore.web.jinja import instant

bp = Blueprint("privacy", __name__)
#: Rows that a table's page shows; the export has all.
MOST_ROWS = 50
#: Characters of a cell on a table's page.
LONGEST_CELL = 300
#: Columns that a table's page leaves out.
UNSHOWN = frozenset({"html", "user_id", "headers", "message_id"})


@bp.after_app_request
def note_look(response: Response) -> Response:
    """Note every page of the admin that shows one person, whoever's view it is."""
    view = current_app.view_functions.get(request.endpoint or "")
    is_look = request.method == "GET" and request.endpoint in looking.LOOKS
    if is_look and response.status_code == 200 and view and access_of(view) is Access.ADMIN:
        with transaction():
            looking.note(str(request.endpoint), request.view_args or {}, current_user.id)
    return response


@bp.get("/me/data")
@signed_in
def index() -> str:
    """Show everything that is kept about me: how much of what, and who looked at it."""
    session = db.session()
    counts = exporting.counts(session, current_user.id)
    tables = _tables(counts)
    return render_template(
        "privacy/index.html",
        tables=[one for one in tables if one["count"]],
        empty=gettext(", ").join(str(one["label"]) for one in tables if not one["count"]),
        total=sum(counts.values()),
        looks=[words.look(row) for row in looking.looks_at(current_user.id)],
        retention=words.RETENTION,
        is_unprofiled=current_user.profile.no_profiling,
    )


def _tables(counts: dict[str, int]) -> list[dict[str, Any]]:
    """Return the tables in the order of their groups, in words."""
    found: dict[str, list[dict[str, Any]]] = {group: [] for group in words.GROUPS}
    for name, n in counts.items():
        group, label, endpoint = words.TABLES.get(name, ("other", name, None))
        is_there = endpoint in current_app.view_functions
        found[group].append(
            {
                "name": name,
                "group": words.GROUPS[group],
                "label": label,
                "count": n,
                "page": url_for(endpoint) if endpoint and is_there else None,
            }
        )
    return [row for rows in found.values() for row in rows]


@bp.get("/me/data/<table>")
@signed_in
def rows(table: str) -> str:
    """Show my newest rows of one table, as the export has them."""
    held = registry.by_name(table)
    if held is None:
        abort(404)
    header, found = exporting.newest(db.session(), current_user.id, held, MOST_ROWS)
    return render_template(
        "privacy/rows.html",
        label=words.TABLES.get(table, ("", table, None))[1],
        header=header,
        rows=[_facts(header, row) for row in found],
        most=MOST_ROWS,
    )


def _facts(header: list[str], row: list[Any]) -> list[tuple[str, Any]]:
    """Return what a row says, as (column, value); empty ones left out."""
    return [
        (name, _cell(value))
        for name, value in zip(header, row, strict=True)
        if name not in UNSHOWN and value not in (None, "", [], {})
    ]


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime):
        return instant(value)
    text = files.text_of(value)
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…"


@bp.post("/me/data/export")
@signed_in
def export() -> Response:
    """Send everything about me as one ZIP, while it is read from the database."""
    user_id, locale = current_user.id, current_language()
    with transaction() as session:
        emails.data_downloaded(session.get_one(User, user_id))
        audit.record(emails.EXPORTED, f"user:{user_id}", actor_id=user_id)

    def pieces() -> Iterator[bytes]:
        # written while the answer goes out: a session of its own gives the connection back
        with speaking(locale), Session(db.engine) as session:
            yield from exporting.stream(session, user_id)

    name = exporting.filename(clock.today(config.current().timezone))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(stream_with_context(pieces()), content_type="application/zip", headers=headers)


@bp.post("/me/data/profiling")
@signed_in
def profile_me() -> AnyResponse:
    """Have what I looked at not count (``value=off``), or count again; my matches follow."""
    value = request.form.get("value")
    if value not in {"on", "off"}:
        abort(400)
    matching.prepare()
    with transaction() as session:
        user = session.get_one(User, current_user.id)
        profiling.switch(user, is_off=value == "off")
        matching.match_person(user.id)
    flash(
        gettext("Only what you told us counts now.")
        if value == "off"
        else gettext("What you look at counts again."),
        "success",
    )
    return redirect(url_for(".index") + "#profiling", 303)


@bp.get("/me/data/erase")
@signed_in
def ask_erase() -> Any:
    """Ask before everything is erased."""
    return _erase_page(EraseForm(current_user.email, formdata=None))


def _erase_page(form: EraseForm) -> Any:
    return render_template(
        "privacy/erase.html",
        form=form,
        has_letters=letters_can_leave() and current_user.email_verified_at is not None,
        is_last_admin=erasing.is_last_admin(db.session(), current_user),
    ), form.status()


@bp.post("/me/data/erase")
@signed_in
def erase() -> Any:
    """Erase me, now."""
    form = EraseForm(current_user.email)
    if not form.validate_on_submit() or not _password_fits(form.present):
        return _erase_page(form)
    try:
        with transaction() as session:
            erasing.erase(
                session,
                session.get_one(User, current_user.id),
                by="person",
                is_confirmed_by_letter=bool(form.letter.data),
            )
    except erasing.LastAdminError:
        form.email.errors = [gettext("You are the only administrator. Name another one first.")]
        return _erase_page(form)
    sessions.take_from_browser()
    return redirect(url_for(".erased"), 303)


def _password_fits(field: Any) -> bool:
    """Check the password within the limits; commits the count. On False the field says why."""
    try:
        with transaction():
            reservation = limits.reserve_password_check(current_user.email)
    except limits.TooManyTriesError:
        field.errors = [gettext("Too many tries. Come back in a quarter of an hour.")]
        return False
    if not passwords.verify(current_user.hashed_password, field.data or ""):
        field.errors = [gettext("This is not your present password.")]
        return False
    with transaction():
        limits.release(reservation)
    return True


@bp.get("/erased")
@public
def erased() -> str:
    """Say that everything is gone, and what is not."""
    return render_template("privacy/erased.html")
