"""The home page, the admin's first page, and readiness for load balancers."""

from flask import Blueprint, render_template

from jobscore import config
from jobscore.dashboard import service
from jobscore.database.validation import SchemaState, schema_report
from jobscore.extensions import db
from jobscore.web.access import admin_only, public

bp = Blueprint("dashboard", __name__)


@bp.get("/admin")
@admin_only
def admin() -> str:
    """Show today: the four legs, what needs a hand, what is still to set up."""
    return render_template(
        "dashboard/admin.html", overview=service.overview(db.session(), config.current())
    )


@bp.get("/readyz")
@public
def readyz() -> tuple[dict[str, str | None], int]:
    """Answer 200 when requests can be served: database reachable, schema at head."""
    report = schema_report(db.engine)
    ready = report.state is SchemaState.CURRENT
    return {
        "status": "ready" if ready else "not ready",
        "schema": report.state.value,
        "current": report.current,
        "head": report.head,
    }, (200 if ready else 503)
