"""The admin's look-up of any score: as stored, and computed anew."""

from typing import Any

from flask import render_template, request
from flask_babel import gettext
from sqlalchemy import select

from jobscore.accounts.models import User
from jobscore.extensions import db
from jobscore.jobs import cards
from jobscore.matching import explaining, reasons, wording
from jobscore.scoring import service
from jobscore.scoring.models import JobScore
from jobscore.scoring.policy import COMPONENTS
from jobscore.scoring.views.blueprint import bp
from jobscore.web.access import admin_only


@bp.get("/admin/scores")
@admin_only
def admin_scores() -> str:
    """Look up the score of any person and job: as stored, and computed anew."""
    email = request.args.get("email", "").strip()[:255]
    job_id = request.args.get("job", "").strip()[:18]
    found: dict[str, Any] = {}
    if email and job_id:
        found = _look_up(email, int(job_id) if job_id.isascii() and job_id.isdecimal() else 0)
    return render_template("scoring/admin_scores.html", email=email, job_id=job_id, **found)


def _look_up(email: str, job_id: int) -> dict[str, Any]:
    """Return a stored score and the one of now, and whether they are equal."""
    user_id = db.session.scalar(select(User.id).where(User.email == email.lower()))
    if user_id is None:
        return {"problem": gettext("Nobody has this address.")}
    stored = service.stored_score(user_id, job_id)
    current = explaining.explain_job(
        user_id, job_id, stored.scored_at if stored else None, suggests=False
    )
    if current is None and stored is None:
        return {"problem": gettext("This job is not open, and no score of it is stored.")}
    return {
        "one": current,
        "company": cards.company(current.job) if current else "",
        "stored": _stored(stored) if stored else None,
        "stored_at": stored.scored_at if stored else None,
        "is_equal": stored is not None
        and current is not None
        and reasons.shown_total(service.total_units(stored)) == current.total,
    }


def _stored(score: JobScore) -> list[tuple[str, Any]]:
    points = zip(COMPONENTS, service.basis_points(score), strict=True)
    rows = [(wording.component_label(c), "–" if p < 0 else f"{p / 100:.2f}") for c, p in points]
    return [
        (gettext("Total"), f"{score.total_score:.4f}"),
        *rows,
        (gettext("Rank points"), score.rank_points),
        (gettext("Judged"), f"{round(score.coverage * 100)} %"),
        (gettext("Policy"), score.scoring_algorithm_version),
    ]
