"""The admin's page of exports: choose, count, download."""

from collections.abc import Iterator
from typing import Any

from flask import (
    Blueprint,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from jobscore import clock, config
from jobscore.accounts import audit
from jobscore.database.transaction import transaction
from jobscore.exports import forms, service
from jobscore.exports.files import Encoding, Format
from jobscore.exports.tables import Kind
from jobscore.extensions import db
from jobscore.web.access import admin_only
from jobscore.web.i18n import current_language, speaking

bp = Blueprint("exports", __name__, url_prefix="/admin/exports")

_TYPES = {Format.CSV: "text/csv", Format.JSONL: "application/x-ndjson"}


@bp.get("")
@admin_only
def index() -> str:
    """Show what can be exported, with filters and the number of rows."""
    session = db.session()
    choice = forms.read(request.args)
    return render_template(
        "exports/index.html",
        choice=choice,
        filters=choice.filters,
        kinds=_kinds(),
        hint=_hints()[choice.kind],
        n_rows=service.count(session, choice.kind, choice.filters),
        sources=[("", gettext("All sources")), *((s, s) for s in service.sources(session))],
        policies=[("", gettext("All policies")), *((v, v) for v in service.policies(session))],
        is_of_jobs=choice.kind in (Kind.JOBS, Kind.MATCHES, Kind.SCORES),
        is_scored=choice.kind in (Kind.MATCHES, Kind.SCORES),
        has_source=choice.kind is not Kind.LOGS,
        has_people=choice.kind is Kind.LOGS,
    )


def _kinds() -> list[tuple[str, str]]:
    return [
        (Kind.JOBS, gettext("Jobs")),
        (Kind.MATCHES, gettext("Matches")),
        (Kind.SCORES, gettext("Scores")),
        (Kind.LOGS, gettext("E-mail log")),
        (Kind.REJECTED, gettext("Rejected rows")),
    ]


def _hints() -> dict[str, str]:
    """Say of each kind what its days mean, and what is left out."""
    return {
        Kind.JOBS: gettext(
            "Days are posting days. Imported again under its source, a file changes nothing."
        ),
        Kind.MATCHES: gettext("Days are those of the lists. People stand there by their number."),
        Kind.SCORES: gettext("Days are those of scoring. People stand there by their number."),
        Kind.LOGS: gettext(
            "Days are those of writing. Addresses and texts are left out unless you ask for them."
        ),
        Kind.REJECTED: gettext("Days are those of the imports. Each row has its cells and reason."),
    }


@bp.post("/download")
@admin_only
def download() -> Response:
    """Send the file while it is read from the database, and note who took what.

    The button that only counts leads back to the page, whose address then holds the choice.
    """
    choice = forms.read(request.form)
    format = choice.format
    if format is None:
        return redirect(url_for(".index", **choice.address()))
    with transaction():
        audit.record(
            "export.downloaded",
            str(choice.kind),
            actor_id=current_user.id,
            **(choice.address() | {"format": str(format)}),
        )
    locale = current_language()
    day = clock.today(config.current().timezone).isoformat()

    def pieces() -> Iterator[bytes]:
        # written while the answer goes out: a session of its own gives the connection back
        with speaking(locale), Session(db.engine) as session:
            yield from service.stream(session, choice.kind, choice.filters, format, choice.encoding)

    name = service.filename(choice.kind, format, day)
    charset = choice.encoding if format is Format.CSV else Encoding.UTF8
    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{name}"'}
    kind = f"{_TYPES[format]}; charset={'shift_jis' if charset == 'cp932' else 'utf-8'}"
    return Response(stream_with_context(pieces()), content_type=kind, headers=headers)
