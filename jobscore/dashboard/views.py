"""The home page, the admin's first page, and readiness for load balancers."""

from datetime import timedelta

from flask import Blueprint, Flask, current_app, render_template, request, url_for

from jobscore import clock, config
from jobscore.dashboard import schema as schema_service
from jobscore.dashboard import schema_words, service
from jobscore.database.validation import SchemaState, schema_report
from jobscore.extensions import db
from jobscore.jobs import cards, search
from jobscore.web.access import admin_only, public
from jobscore.web.i18n import current_language

bp = Blueprint("dashboard", __name__)

#: How many of the newest jobs the home page shows, and what counts as lately.
NEWEST = 6
LATELY = timedelta(days=7)


@bp.get("/")
@public
def index() -> str:
    """Show the home page: the search box, what there is, the newest jobs, the way on."""
    now = clock.now()
    today = clock.today(config.current().timezone)
    language = current_language()
    latest = search.find(db.session(), search.Criteria(), now, size=NEWEST * 10).items
    own_language_first = sorted(latest, key=lambda hit: hit.job.language != language)
    return render_template(
        "dashboard/index.html",
        counts=search.counts(db.session(), now, today - LATELY),
        newest=[cards.card(hit.job, today, language) for hit in own_language_first[:NEWEST]],
        matches_url=_known("matching.index"),
        start_url=_known("accounts.start"),
        admin_url=_known("dashboard.admin"),
    )


def _known(endpoint: str) -> str | None:
    """Return the address of a page, or None while the feature that brings it is not there."""
    return url_for(endpoint) if endpoint in current_app.view_functions else None


@bp.get("/admin")
@admin_only
def admin() -> str:
    """Show today: the four legs, what needs a hand, what is still to set up."""
    return render_template(
        "dashboard/admin.html", overview=service.overview(db.session(), config.current())
    )


@bp.get("/admin/schema")
@admin_only
def schema() -> str:
    """Show the database: revisions, drift, sizes, use of indexes, slow statements."""
    by = schema_service.sort_key(request.args.get("by"))
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # the app itself
    return render_template(
        "dashboard/schema.html",
        page=schema_service.page(app, by),
        words=schema_words,
        few=schema_service.FEW,
        sort_keys=schema_service.SORT_KEYS,
    )


@bp.get("/readyz")
@public
def readyz() -> tuple[dict[str, str | None], int]:
    """Answer 200 when requests can be served: database reachable, schema at head."""
    config.current().check_can_serve()
    report = schema_report(db.engine)
    ready = report.state is SchemaState.CURRENT
    return {
        "status": "ready" if ready else "not ready",
        "schema": report.state.value,
        "current": report.current,
        "head": report.head,
    }, (200 if ready else 503)
