"""The admin's queue of reported postings."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs import cards, search
from jobscore.jobs.models import Job
from jobscore.jobs.reports import service, wording
from jobscore.jobs.reports.forms import SettleForm
from jobscore.jobs.reports.models import JobReport
from jobscore.jobs.views.blueprint import bp
from jobscore.web import pagination
from jobscore.web.access import admin_only

PAGE = 25


@bp.get("/admin/reports")
@admin_only
def reports() -> str:
    """List the reports that wait, newest first, or those that were settled."""
    session = db.session()
    state = request.args.get("state", "")
    state = state if state in service.STATES else "open"
    page = pagination.newest_first(
        session, service.queue(state), JobReport.id, after=request.args.get("after"), size=PAGE
    )
    shown: dict[str, Any] = {} if state == "open" else {"state": state}
    return render_template(
        "reports/index.html",
        rows=[
            {
                "report": report,
                "reason": wording.REASONS[report.reason],
                "company": cards.company(report.job),
            }
            for report in page.items
        ],
        state=state,
        n_open=service.count_open(session),
        next_url=url_for(".reports", **shown, after=page.next_after) if page.next_after else None,
        first_url=None if page.is_first else url_for(".reports", **shown),
    )


@bp.get("/admin/reports/jobs/<int:job_id>")
@admin_only
def reported(job_id: int) -> str:
    """Show one posting with all that was reported of it."""
    return _page(_job(job_id), SettleForm())


@bp.post("/admin/reports/jobs/<int:job_id>")
@admin_only
def settle_reports(job_id: int) -> str | tuple[str, int] | Response:
    """Settle all reports of the posting that wait, with a note."""
    form = SettleForm()
    job = _job(job_id)
    if not form.validate_on_submit():
        return _page(job, form), 422
    try:
        with transaction() as session:
            n = service.settle(session, job_id, form.note.data, actor_id=current_user.id)
    except service.NothingToSettleError:
        flash(gettext("Nothing waits here any more: somebody settled it already."), "info")
    else:
        flash(ngettext("%(num)s report settled.", "%(num)s reports settled.", n), "success")
    return redirect(url_for(".reports"), 303)


def _job(job_id: int) -> Job:
    job = db.session().get(Job, job_id)
    if job is None:
        abort(404)
    return job


def _page(job: Job, form: SettleForm) -> str:
    found = service.of_job(db.session(), job.id)
    return render_template(
        "reports/show.html",
        job=job,
        company=cards.company(job),
        facts=cards.facts(job),
        source_url=cards.source_url(job),
        reports=[{"report": one, "reason": wording.REASONS[one.reason]} for one in found],
        n_open=sum(one.settled_at is None for one in found),
        is_open=search.is_open_at(job, clock.now()),
        form=form,
    )
