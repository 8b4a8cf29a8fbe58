"""Admin pages: the queue of findings, one posting with hold and release, the minimum wages."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from jobscore import clock, config
from jobscore.accounts import audit
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs import cards, search
from jobscore.jobs.checks import holding, minimum_wages, queue, wage_pages, wording
from jobscore.jobs.checks.forms import AmountForm, HoldForm
from jobscore.jobs.checks.models import MinimumWage
from jobscore.jobs.checks.rules import Rule, rule_of
from jobscore.jobs.models import Job
from jobscore.web import pagination
from jobscore.web.access import admin_only
from jobscore.web.forms import next_path
from jobscore.web.i18n import current_language

bp = Blueprint("checks", __name__, url_prefix="/admin/postings")

Answer = str | tuple[str, int] | Response
PAGE = 25
LONGEST_TEXT = 200


@bp.get("")
@admin_only
def index() -> Answer:
    """Show the postings that a rule has something to say of, and those that are held."""
    session, now = db.session(), clock.now()
    filters = _filters()
    page = pagination.newest_first(
        session, queue.jobs(filters, now), Job.id, after=request.args.get("after"), size=PAGE
    )
    found = queue.findings(session, [job.id for job in page.items])
    address = _address(filters)
    return render_template(
        "checks/index.html",
        rows=[_row(job, found[job.id], filters) for job in page.items],
        filters=filters,
        counts=[
            {"rule": rule, "name": wording.name(rule), "n": n}
            for rule, n in queue.counts(session, now).items()
        ],
        n_held=queue.count_held(session),
        rules=[("", gettext("All rules")), *((str(r), wording.name(r)) for r in Rule)],
        states=_states(),
        sources=[("", gettext("All sources")), *((s, s) for s in _sources())],
        is_filtered=bool(_address(filters)),
        next_url=url_for(".index", **address, after=page.next_after) if page.next_after else None,
        first_url=None if page.is_first else url_for(".index", **address),
    )


def _filters() -> queue.Filters:
    """Read what the address asks for; what is odd asks for nothing."""
    state, rule = request.args.get("state", ""), request.args.get("rule", "")
    number = request.args.get("import", "")
    return queue.Filters(
        state=state if state in queue.STATES else "open",
        rule=rule if rule_of(rule) else "",
        source=request.args.get("source", "")[:100],
        import_id=int(number)
        if number.isascii() and number.isdigit() and len(number) < 18
        else None,
        text=request.args.get("q", "")[:LONGEST_TEXT],
    )


def _address(filters: queue.Filters) -> dict[str, Any]:
    """Return the filters as they stand in an address."""
    values = {
        "state": "" if filters.state == "open" else filters.state,
        "rule": filters.rule,
        "source": filters.source,
        "import": filters.import_id,
        "q": filters.text,
    }
    return {name: value for name, value in values.items() if value}


def _states() -> list[tuple[str, str]]:
    return [
        ("open", gettext("To be looked at")),
        ("settled", gettext("Let stand")),
        ("held", gettext("Held")),
    ]


def _sources() -> list[str]:
    return list(db.session().scalars(select(Job.source).distinct().order_by(Job.source)))


def _row(job: Job, found: list[Any], filters: queue.Filters) -> dict[str, Any]:
    shown = [wording.shown(one, current_language()) for one in found]
    if filters.rule:
        shown.sort(key=lambda one: one.rule != filters.rule)
    return {"job": job, "company": cards.company(job), "findings": shown}


@bp.get("/<int:job_id>")
@admin_only
def show(job_id: int) -> Answer:
    """Show one posting with what was found in it; hold it or let it stand."""
    return _posting_page(_job_or_404(job_id), HoldForm())


def _posting_page(job: Job, form: HoldForm) -> str:
    session = db.session()
    holder = session.get(User, job.held_by) if job.held_by else None
    return render_template(
        "checks/show.html",
        job=job,
        company=cards.company(job),
        facts=cards.facts(job),
        findings=[
            wording.shown(f, current_language()) for f in queue.findings(session, [job.id])[job.id]
        ],
        holder=holder,
        form=form,
        is_open=search.is_open_at(job, clock.now()),
    )


@bp.post("/<int:job_id>/hold")
@admin_only
def hold(job_id: int) -> Answer:
    """Take the job from everybody's sight."""
    form = HoldForm()
    job = _job_or_404(job_id)
    if not form.validate_on_submit():
        return _posting_page(job, form), 422
    try:
        with transaction() as session:
            holding.hold(
                session, session.get_one(Job, job_id), form.reason.data, actor_id=current_user.id
            )
    except holding.AlreadyHeldError:
        flash(gettext("Somebody holds this job already."), "info")
    else:
        flash(gettext("Held. Nobody sees the job any more; imports leave it so."), "success")
    return redirect(url_for(".show", job_id=job_id))


@bp.post("/<int:job_id>/release")
@admin_only
def release(job_id: int) -> Answer:
    """Show a held job again."""
    _job_or_404(job_id)
    try:
        with transaction() as session:
            job = session.get_one(Job, job_id)
            holding.release(session, job, actor_id=current_user.id)
            is_open = job.is_active
    except holding.NotHeldError:
        flash(gettext("Nobody holds this job."), "info")
    else:
        if is_open:
            flash(gettext("Released. The job is shown again."), "success")
        else:
            flash(gettext("Released. The job has ended meanwhile and stays closed."), "info")
    return redirect(url_for(".show", job_id=job_id))


@bp.post("/<int:job_id>/settle")
@admin_only
def settle(job_id: int) -> Answer:
    """Let a finding stand, or take that back."""
    rule, is_settled = request.form.get("rule", ""), request.form.get("settled") != "0"
    with transaction() as session:
        if not queue.settle(session, job_id, rule, current_user.id, is_settled=is_settled):
            abort(404)
        action = "finding.settled" if is_settled else "finding.reopened"
        audit.record(action, f"job:{job_id}", actor_id=current_user.id, rule=rule)
    return redirect(next_path(url_for(".show", job_id=job_id)))


def _job_or_404(job_id: int) -> Job:
    job = db.session().get(Job, job_id)
    if job is None:
        abort(404)
    return job


# -- minimum wages ---------------------------------------------------------------------------


@bp.get("/minimum-wages")
@admin_only
def wages() -> Answer:
    """Show the minimum wages: in force, to come, and those before."""
    return _wages_page(AmountForm())


@bp.post("/minimum-wages")
@admin_only
def add_wage() -> Answer:
    """Add an amount; postings are compared with it from its day on."""
    form = AmountForm()
    form.prefecture_code.choices = wage_pages.prefecture_choices(current_language())
    if not form.validate_on_submit():
        return _wages_page(form), 422
    try:
        amount = minimum_wages.checked(
            form.prefecture_code.data,
            str(form.hourly_yen.data),
            form.valid_from.data.isoformat(),
            form.source_url.data,
            _today(),
        )
        with transaction() as session:
            minimum_wages.add_one(session, amount, actor_id=current_user.id)
            audit.record(
                "minimum_wage.added",
                amount.prefecture_code,
                actor_id=current_user.id,
                hourly_yen=amount.hourly_yen,
                valid_from=amount.valid_from.isoformat(),
            )
    except minimum_wages.BadAmountError as error:
        form[error.column].errors = [wage_pages.problem(error.column)]
    except minimum_wages.AmountTakenError:
        form.valid_from.errors = [
            gettext("The prefecture has an amount from that day on already. Remove that one first.")
        ]
    else:
        flash(gettext("Added. Postings are compared with it from its day on."), "success")
        return redirect(url_for(".wages"))
    return _wages_page(form), 422


@bp.post("/minimum-wages/<int:wage_id>/remove")
@admin_only
def remove_wage(wage_id: int) -> Answer:
    """Take an amount away; postings of the prefecture are compared again."""
    with transaction() as session:
        wage = session.get(MinimumWage, wage_id)
        if wage is None:
            abort(404)
        audit.record(
            "minimum_wage.removed",
            wage.prefecture_code,
            actor_id=current_user.id,
            hourly_yen=wage.hourly_yen,
            valid_from=wage.valid_from.isoformat(),
        )
        minimum_wages.remove(session, wage)
    flash(gettext("Removed. The postings of the prefecture are compared again."), "success")
    return redirect(url_for(".wages"))


def _today() -> Any:
    return clock.today(config.current().timezone)


def _wages_page(form: AmountForm) -> str:
    form.prefecture_code.choices = wage_pages.prefecture_choices(current_language())
    today = _today()
    everything = minimum_wages.everything(db.session())
    prefectures = wage_pages.prefectures(everything, today, current_language())
    late = [one for one in prefectures if one.is_overdue]
    warning = ngettext(
        "%(num)s amount has been in force for more than a year: a newer one is likely. Add it "
        "below, or import a file.",
        "%(num)s amounts have been in force for more than a year: newer ones are likely. Add them "
        "below, or import a file.",
        len(late),
    )
    return render_template(
        "checks/wages.html", prefectures=prefectures, form=form, warning=warning if late else ""
    )
