"""Admin pages about duplicates: the review queue, one pair, decisions, the group of one job."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs import cards, search
from jobscore.jobs.duplicates import pages, passes, service
from jobscore.jobs.duplicates.models import Decision, DuplicatePair, DuplicatePass, PassStatus
from jobscore.jobs.models import Job
from jobscore.web.access import admin_only

bp = Blueprint("duplicates", __name__, url_prefix="/admin/duplicates")

Answer = str | tuple[str, int] | Response
#: Pairs on one page, and how far the queue is counted.
PAGE, COUNTED = 50, 1_000


@bp.get("")
@admin_only
def index() -> Answer:
    """List the pairs that wait for a decision, most alike first."""
    session = db.session()
    last = session.scalar(select(DuplicatePass).order_by(DuplicatePass.id.desc()).limit(1))
    return render_template(
        "duplicates/index.html",
        entries=[pages.entry(row) for row in service.waiting(session, PAGE)],
        waiting=service.count_waiting(session, COUNTED + 1),
        counted=COUNTED,
        last=last,
        is_searching=last is not None and last.status in {PassStatus.QUEUED, PassStatus.RUNNING},
        decided=_decided_before(),
    )


@bp.post("/search")
@admin_only
def search_now() -> Answer:
    """Ask the workers for a search among all new and changed postings."""
    with transaction() as session:
        passes.request(session)
    flash(gettext("A worker looks for duplicates now. This can take a minute."), "info")
    return redirect(url_for("duplicates.index"), 303)


@bp.get("/decided")
@admin_only
def decided() -> Answer:
    """List the newest decisions, each with its undo."""
    entries = [pages.entry(row) for row in service.decided(db.session(), PAGE)]
    return render_template("duplicates/decided.html", entries=entries)


@bp.get("/<int:pair_id>")
@admin_only
def show(pair_id: int) -> Answer:
    """Show two postings side by side, with what differs marked."""
    pair, one, other = _pair_or_404(pair_id)
    after = service.waiting(db.session(), 1, after=pair)
    return render_template(
        "duplicates/show.html",
        entry=pages.entry((pair, one, other)),
        lines=pages.side_by_side(one, other),
        later=after[0][0].id if after else None,
        decided=_decided_before(),
    )


@bp.post("/<int:pair_id>/decide")
@admin_only
def decide(pair_id: int) -> Answer:
    """Remember a decision and go on to the next pair."""
    pair, _, _ = _pair_or_404(pair_id)
    word = request.form.get("decision", "")
    if word not in set(Decision):
        abort(400)
    after = service.waiting(db.session(), 1, after=pair)
    next_id = after[0][0].id if after else None
    db.session().rollback()
    with transaction() as session:
        pair = session.get_one(DuplicatePair, pair_id)
        service.decide(session, pair, Decision(word), decided_by=current_user.id)
    if next_id is None:
        return redirect(url_for("duplicates.index", decided=pair_id), 303)
    return redirect(url_for("duplicates.show", pair_id=next_id, decided=pair_id), 303)


@bp.post("/<int:pair_id>/undo")
@admin_only
def undo(pair_id: int) -> Answer:
    """Take a decision back."""
    _pair_or_404(pair_id)
    db.session().rollback()
    try:
        with transaction() as session:
            pair = session.get_one(DuplicatePair, pair_id)
            is_found = pair.found is not None
            service.undo(session, pair, undone_by=current_user.id)
    except service.NotDecidedError:
        flash(gettext("That decision was taken back already."), "info")
        return redirect(url_for("duplicates.decided"), 303)
    flash(gettext("The decision was taken back."), "success")
    if is_found:
        return redirect(url_for("duplicates.show", pair_id=pair_id), 303)
    return redirect(url_for("duplicates.decided"), 303)


@bp.get("/jobs/<int:job_id>")
@admin_only
def group(job_id: int) -> Answer:
    """Show the group of a job: which postings are taken for the same job."""
    return _group_page(_job_or_404(job_id))


@bp.post("/jobs/<int:job_id>/split")
@admin_only
def split(job_id: int) -> Answer:
    """Take a job out of its group."""
    _job_or_404(job_id)
    db.session().rollback()
    with transaction() as session:
        job = session.get_one(Job, job_id)
        n = service.split(session, job, decided_by=current_user.id)
    flash(
        ngettext(
            "The job stands alone now; it was parted from %(num)s other posting.",
            "The job stands alone now; it was parted from %(num)s other postings.",
            n,
        ),
        "success",
    )
    return redirect(url_for("duplicates.group", job_id=job_id), 303)


@bp.post("/jobs/<int:job_id>/merge")
@admin_only
def merge(job_id: int) -> Answer:
    """Put another job into this one's group."""
    job = _job_or_404(job_id)
    text = request.form.get("other", "").strip().removeprefix("#")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return _group_page(job, text, gettext("Please write the number of a job.")), 422
    db.session().rollback()
    try:
        with transaction() as session:
            job = session.get_one(Job, job_id)
            service.merge(session, job, int(text), decided_by=current_user.id)
    except service.SameJobError:
        return _group_page(
            _job_or_404(job_id), text, gettext("That is this very job. Please name another one.")
        ), 422
    except service.NoSuchJobError:
        return _group_page(
            _job_or_404(job_id), text, gettext("There is no job with this number.")
        ), 422
    flash(gettext("The two jobs are one group now."), "success")
    return redirect(url_for("duplicates.group", job_id=job_id), 303)


def _group_page(job: Job, other: str = "", problem: str = "") -> str:
    session = db.session()
    members = service.group_of(session, job)
    shown = service.shown_of(session, job, clock.now())
    rows: list[dict[str, Any]] = [
        {
            "job": one,
            "company": cards.company(one),
            "pay": cards.pay_text(one),
            "is_open": search.is_open_at(one, clock.now()),
            "is_shown": one.id == shown,
            "is_this": one.id == job.id,
        }
        for one in members
    ]
    return render_template(
        "duplicates/group.html",
        job=job,
        company=cards.company(job),
        rows=rows,
        other=other,
        problem=problem,
    )


def _decided_before() -> DuplicatePair | None:
    """Return the pair that was decided on the page before, to offer its undo."""
    text = request.args.get("decided", "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    pair = db.session().get(DuplicatePair, int(text))
    return pair if pair is not None and pair.decision is not None else None


def _pair_or_404(pair_id: int) -> tuple[DuplicatePair, Job, Job]:
    session = db.session()
    pair = session.get(DuplicatePair, pair_id)
    if pair is None:
        abort(404)
    jobs = {
        j.id: j for j in session.scalars(select(Job).where(Job.id.in_([pair.job_a, pair.job_b])))
    }
    return pair, jobs[pair.job_a], jobs[pair.job_b]


def _job_or_404(job_id: int) -> Job:
    job = db.session().get(Job, job_id)
    if job is None:
        abort(404)
    return job
