"""Report a posting: for everybody, without signing in."""

import math

from flask import abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from jobscore import clock
from jobscore.accounts import limits
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs import cards, search
from jobscore.jobs.models import Job
from jobscore.jobs.reports import service
from jobscore.jobs.reports.forms import ReportForm
from jobscore.jobs.reports.models import ReportReason
from jobscore.jobs.views.blueprint import bp
from jobscore.web import errors
from jobscore.web.access import public

Answer = str | tuple[str, int] | Response


@bp.get("/jobs/<int:job_id>/report")
@public
def report(job_id: int) -> Answer:
    """Ask what is wrong with the posting."""
    job = _open_job(job_id)
    return _page(job, ReportForm()) if job else _to_the_job(job_id)


@bp.post("/jobs/<int:job_id>/report")
@public
def send_report(job_id: int) -> Answer:
    """Take the report and thank for it; so many an hour from one address."""
    form = ReportForm()
    job = _open_job(job_id)
    if job is None:
        return _to_the_job(job_id)
    if not form.validate_on_submit():
        return _page(job, form), 422
    try:
        with transaction() as session:
            service.take(
                session,
                session.get_one(Job, job_id),
                ReportReason(form.reason.data),
                form.text.data or "",
                address=request.remote_addr,
            )
    except limits.TooManyTriesError as error:
        return _too_many(error)
    return redirect(url_for("jobs.thanks", job_id=job_id), 303)


@bp.get("/jobs/<int:job_id>/report/thanks")
@public
def thanks(job_id: int) -> Answer:
    """Thank for a report, and say what happens with it."""
    job = _open_job(job_id)
    return render_template("reports/thanks.html", job=job) if job else _to_the_job(job_id)


def _open_job(job_id: int) -> Job | None:
    """Return the job while it is open; None afterwards; 404 where there never was one."""
    job = db.session().get(Job, job_id)
    if job is None:
        abort(404)
    return job if search.is_open_at(job, clock.now()) else None


def _to_the_job(job_id: int) -> Response:
    """Send the reader to the job's page, which says that it is closed."""
    return redirect(url_for("jobs.show", job_id=job_id), 303)


def _page(job: Job, form: ReportForm) -> str:
    return render_template("reports/new.html", job=job, company=cards.company(job), form=form)


def _too_many(error: limits.TooManyTriesError) -> Response:
    minutes = math.ceil(error.seconds / 60)
    body, status = errors.page(
        429,
        title=gettext("Thank you, that is enough for now"),
        text=ngettext(
            "Many postings were reported from here. You can report more in a minute.",
            "Many postings were reported from here. You can report more in %(num)s minutes.",
            minutes,
        ),
        action_label=gettext("Show all jobs"),
        action_href=url_for("jobs.index"),
    )
    response = make_response(body, status)
    response.headers["Retry-After"] = str(error.seconds)
    return response
