"""The log: filters, figures, many letters decided at once, the same as a file."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, abort, flash, render_template, request, stream_with_context, url_for
from flask_babel import gettext, ngettext
from flask_login import current_user
from sqlalchemy.orm import Session, load_only
from werkzeug.wrappers import Response as AnyResponse

from jobscore import config
from jobscore.accounts import audit
from jobscore.database.transaction import transaction
from jobscore.emails import figures, pausing, searching, service, settling, words
from jobscore.emails.models import EmailLog, EmailStatus
from jobscore.emails.searching import Filters
from jobscore.emails.views.blueprint import bp, options, see_other, today
from jobscore.exports import files, tables
from jobscore.extensions import db
from jobscore.web import pagination
from jobscore.web.access import admin_only
from jobscore.web.jinja import day as format_day
from jobscore.web.jinja import number

PAGE_SIZE = 50
#: Days of the chart.
DAYS = 14
#: Letters that one form may name by their boxes.
MOST_CHOSEN = PAGE_SIZE
#: States by what they mean to whoever looks at the chart, with the kind of their colour.
SERIES: tuple[tuple[Any, str, tuple[EmailStatus, ...]], ...] = (
    (words.CHART_WORDS["sent"], "success", (EmailStatus.SENT,)),
    (words.CHART_WORDS["waiting"], "accent", (EmailStatus.PENDING, EmailStatus.SENDING)),
    (
        words.CHART_WORDS["problems"],
        "danger",
        (EmailStatus.FAILED, EmailStatus.BOUNCED, EmailStatus.IN_DOUBT),
    ),
    (words.CHART_WORDS["unsent"], "neutral", (EmailStatus.SUPPRESSED, EmailStatus.CANCELLED)),
)


@bp.get("/admin/emails")
@admin_only
def index() -> str:
    """Show the log, the newest first, with filters that stand in the address."""
    filters = searching.read(request.args)
    query = searching.query(filters).options(
        load_only(
            EmailLog.id,
            EmailLog.created_at,
            EmailLog.sent_at,
            EmailLog.status,
            EmailLog.email_type,
            EmailLog.recipient_email,
            EmailLog.subject,
            EmailLog.error_message,
            EmailLog.attempts,
            EmailLog.is_held,
        )
    )
    page = pagination.newest_first(
        db.session(), query, EmailLog.id, after=request.args.get("after"), size=PAGE_SIZE
    )
    kept: dict[str, Any] = filters.address()
    counts = service.counts_by_status()
    actions = settling.POSSIBLE.get(filters.status, ()) if filters.status else ()
    return render_template(
        "emails/admin/index.html",
        page=page,
        next_url=url_for(".index", **kept, after=page.next_after) if page.next_after else None,
        first_url=None if page.is_first else url_for(".index", **kept),
        filters=filters,
        kept=kept,
        n_found=searching.count(filters) if kept else None,
        counts=[(status, counts[status]) for status in EmailStatus if status in counts],
        statuses=[("", gettext("Every status")), *options(words.STATUS_WORDS)],
        types=[("", gettext("Every kind")), *options(words.TYPE_WORDS)],
        actions=actions if page.items else (),
        chart=_chart(filters) if counts else None,
        speed=figures.speed(),
        outage=service.current_outage(),
        pause=pausing.current(),
        n_held=service.count_held(),
        missing=config.current().missing_for_mail,
        words=words,
    )


def _chart(filters: Filters) -> dict[str, Any]:
    """Return the letters of the last days, or of those up to the last one that is asked for."""
    days = figures.by_day(min(filters.until or today(), today()), DAYS)
    bars = [
        {
            "label": format_day(day.on, "M/d"),
            "parts": [day.of(*states) for _, _, states in SERIES],
        }
        for day in days
    ]
    total = sum(day.total for day in days)
    bad = sum(day.of(*SERIES[2][2]) for day in days)
    return {
        "bars": bars,
        "series": [{"label": label, "kind": kind} for label, kind, _ in SERIES],
        "summary": gettext(
            "%(total)s letters in %(days)s days, %(bad)s of them with a problem.",
            total=number(total),
            days=DAYS,
            bad=number(bad),
        ),
    }


@bp.post("/admin/emails/many")
@admin_only
def many() -> Any:
    """Decide about the chosen letters, or about all that the filters find; ask once before."""
    action = request.form.get("action", "")
    filters = searching.read(request.form)
    if filters.status is None or action not in settling.POSSIBLE.get(filters.status, ()):
        abort(400)
    ids = None if request.form.get("scope") == "all" else _chosen()
    if ids is not None and not ids:
        flash(gettext("Nothing was changed: choose letters first."), "warning")
        return see_other(".index", **filters.address())
    if request.form.get("confirmed") != "1":
        return _ask(action, filters, ids)
    is_all = ids is None
    result = settling.settle_all(action, filters) if is_all else settling.settle(action, ids or [])
    with transaction():
        audit.record(
            f"email.many_{action.replace('-', '_')}",
            "email_logs",
            actor_id=current_user.id,
            letters=result.done,
            status=filters.status.value,
        )
    flash(words.done(action, result.done), "success")
    if result.refused:
        flash(
            ngettext(
                "%(num)s letter was in another state by then and stayed as it is.",
                "%(num)s letters were in another state by then and stayed as they are.",
                result.refused,
            ),
            "warning",
        )
    return see_other(".index", **filters.address())


def _chosen() -> list[int]:
    """Return the letters whose boxes were ticked, or that the question before named."""
    named = [*request.form.getlist("id"), *request.form.get("ids", "").split(",")]
    numbers = {int(one) for one in named if one.isdecimal() and len(one) <= 18}
    return sorted(numbers)[:MOST_CHOSEN]


def _ask(action: str, filters: Filters, ids: Sequence[int] | None) -> str:
    n = searching.count(filters) if ids is None else len(ids)
    kept: dict[str, Any] = filters.address()
    chosen = {"scope": "all"} if ids is None else {"ids": ",".join(map(str, ids))}
    return render_template(
        "emails/admin/many.html",
        question=words.question(action, n),
        consequence=words.CONSEQUENCES[action],
        label=words.ACTION_WORDS[action],
        kind="danger" if action == "cancel" else "primary",
        fields={**kept, **chosen, "action": action, "confirmed": "1"},
        cancel_href=url_for(".index", **kept),
    )


@bp.post("/admin/emails/export")
@admin_only
def export() -> AnyResponse:
    """Send what the filters find as CSV, formulas guarded; addresses only where asked for."""
    filters = searching.read(request.form)
    with_addresses = request.form.get("addresses") == "1"
    table = tables.table_of(tables.Kind.LOGS, tables.Filters(with_addresses=with_addresses))
    with transaction():
        audit.record(
            "email.exported",
            "email_logs",
            actor_id=current_user.id,
            addresses=with_addresses,
            filters=sorted(filters.address()),
        )
    query = table.query.where(*searching.conditions(filters))

    def pieces() -> Iterator[bytes]:
        # written while the answer goes out: a session of its own gives the connection back
        with Session(db.engine) as session:
            streamed = {"stream_results": True, "yield_per": PAGE_SIZE * 10}
            found = session.execute(query, execution_options=streamed)
            rows = (table.values(row, as_cells=True) for row in found)
            yield from files.csv_file(table.header(), rows, files.Encoding.UTF8)

    name = f"jobscore-letters-{today().isoformat()}.csv"
    return Response(
        stream_with_context(pieces()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
