"""What is wrong with a score: the reader's form; the admin's queue, beside the score's inputs."""

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore.database.transaction import transaction
from jobscore.jobs import cards
from jobscore.matching import complaint_inputs, complaint_words, complaints, service
from jobscore.matching.complaints import Problem
from jobscore.matching.forms import AnswerForm, ComplaintForm
from jobscore.matching.models import ComplaintStatus, ScoreComplaint
from jobscore.matching.views.blueprint import bp, own
from jobscore.web.access import admin_only, signed_in
from jobscore.web.pagination import BadCursorError

Answer = str | tuple[str, int] | Response


@dataclass(frozen=True, slots=True)
class Shown:
    """A complaint in words."""

    one: ScoreComplaint
    part: str
    problem: str
    state: str
    kind: str
    """Of the badge."""


def shown(complaint: ScoreComplaint) -> Shown:
    """Return a complaint with its codes in words."""
    state, kind = complaint_words.STATES[complaint.status]
    return Shown(
        complaint,
        complaint_words.part_label(complaint.part),
        complaint_words.problem_label(complaint.problem),
        str(state),
        kind,
    )


@bp.route("/matches/<int:match_id>/wrong", methods=["GET", "POST"])
@signed_in
def complain(match_id: int) -> Answer:
    """Ask what is wrong with a score, and keep it for the admin with what went into the score."""
    match = own(match_id)
    if match.job.held_at is not None:
        return render_template("jobs/held.html", job=match.job), 410
    form = ComplaintForm(data={"part": request.args.get("part", complaints.WHOLE)})
    form.offer_parts()
    if form.validate_on_submit() and _keep(match_id, form):
        flash(gettext("Thank you. An administrator will look at it; the answer comes here."))
        return redirect(url_for("matching.show", match_id=match_id) + "#wrong", 303)
    page = render_template(
        "matching/wrong.html", form=form, match=own(match_id), company=cards.company(match.job)
    )
    return page, form.status()


def _keep(match_id: int, form: ComplaintForm) -> bool:
    service.prepare()
    try:
        with transaction():
            complaints.complain(
                own(match_id),
                part=str(form.part.data),
                problem=Problem(str(form.problem.data)),
                text=form.text.data or "",
            )
    except complaints.AlreadyWaitingError:
        form.form_errors.append(
            gettext("You have told us already, and it still waits for an answer.")
        )
    except complaints.TooManyWaitingError:
        form.form_errors.append(
            gettext("Several of your messages wait for an answer. Please wait for these first.")
        )
    return not form.form_errors


@bp.get("/admin/complaints", endpoint="complaints")
@admin_only
def complaints_list() -> str:
    """List what people say is wrong: what waits longest first, then what was answered."""
    try:
        answered = complaints.answered_ones(request.args.get("after"))
    except BadCursorError:
        abort(404)
    return render_template(
        "matching/complaints.html",
        waiting=[shown(one) for one in complaints.open_ones()] if answered.is_first else [],
        count=complaints.waiting(),
        answered=[shown(one) for one in answered.items],
        page=answered,
    )


@bp.route("/admin/complaints/<int:complaint_id>", methods=["GET", "POST"])
@admin_only
def complaint(complaint_id: int) -> Answer:
    """Show one complaint: what went into the score then and now, side by side; answer it."""
    form = AnswerForm()
    try:
        found = complaints.get(complaint_id)
        if form.validate_on_submit():
            with transaction():
                complaints.answer(
                    complaint_id,
                    status=ComplaintStatus(str(form.outcome.data)),
                    text=form.answer.data,
                    actor_id=current_user.id,
                )
            flash(gettext("Answered. The person reads it on the page of the score."), "success")
            return redirect(url_for("matching.complaints"), 303)
    except complaints.ComplaintNotFoundError:
        abort(404)
    except complaints.AlreadyAnsweredError:
        flash(gettext("Somebody else has answered meanwhile."), "warning")
        return redirect(url_for("matching.complaint", complaint_id=complaint_id), 303)
    now = complaints.inputs_now(found)
    page = render_template(
        "matching/complaint.html",
        form=form,
        shown=shown(found),
        complaint=found,
        groups=_groups(found, now),
        then=found.inputs.get("score", {}).get("total"),
        now=now["score"]["total"],
        company=cards.company(found.job),
    )
    return page, form.status()


def _groups(complaint: ScoreComplaint, now: complaint_inputs.Inputs) -> list[dict[str, Any]]:
    """Return the inputs in groups of rows: field, then, now, and whether they differ."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for group, name, old, new in complaint_inputs.differences(complaint.inputs, now):
        groups.setdefault(group, []).append(
            {
                "label": complaint_words.field_label(group, name),
                "then": complaint_words.value_text(group, name, old),
                "now": complaint_words.value_text(group, name, new),
                "differs": old != new,
            }
        )
    return [
        {"label": complaint_words.group_label(group), "rows": rows}
        for group, rows in groups.items()
    ]
