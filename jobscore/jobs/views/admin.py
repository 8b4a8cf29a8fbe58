"""The admin's list of jobs."""

from typing import Any

from flask import render_template, request, url_for

from jobscore import clock
from jobscore.extensions import db
from jobscore.jobs import cards, forms, search
from jobscore.jobs.models import Job
from jobscore.jobs.views.blueprint import bp
from jobscore.web import pagination
from jobscore.web.access import admin_only

ADMIN_STATES = ("", "open", "closed")


@bp.get("/admin/jobs")
@admin_only
def admin_index() -> str:
    """List all jobs for the admin, newest first, open and closed."""
    now = clock.now()
    text = request.args.get("q", "")[: forms.LONGEST_TEXT]
    state = request.args.get("state", "")
    state = state if state in ADMIN_STATES else ""
    page = pagination.newest_first(
        db.session(),
        search.admin_list(text, state, now),
        Job.id,
        after=request.args.get("after"),
        size=50,
    )
    address: dict[str, Any] = {
        name: value for name, value in (("q", text), ("state", state)) if value
    }
    next_url = None
    if page.next_after:
        next_url = url_for("jobs.admin_index", **address, after=page.next_after)
    return render_template(
        "jobs/admin_index.html",
        rows=[
            {
                "job": job,
                "company": cards.company(job),
                "pay": cards.pay_text(job),
                "is_open": search.is_open_at(job, now),
            }
            for job in page.items
        ],
        text=text,
        state=state,
        imports_url=url_for("imports.index"),
        next_url=next_url,
        first_url=None if page.is_first else url_for("jobs.admin_index", **address),
    )
