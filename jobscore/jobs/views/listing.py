"""The job search."""

from datetime import datetime
from typing import Any

from flask import render_template, request, url_for
from flask_login import current_user
from sqlalchemy import Subquery, select

from jobscore import clock
from jobscore.extensions import db
from jobscore.jobs import cards, forms, search, wording
from jobscore.jobs.views.blueprint import bp, today
from jobscore.matching.models import MatchingResult
from jobscore.scoring.models import JobScore
from jobscore.web import pagination
from jobscore.web.access import public
from jobscore.web.i18n import current_language


@bp.get("/jobs")
@public
def index() -> str:
    """Show open jobs, with the filters that stand in the address."""
    now = clock.now()
    language = current_language()
    filters = forms.read(request.args, "JPY-hour" if language == "ja" else "USD-year")
    criteria = filters.criteria(today())
    scores = _own_scores() if filters.sort != "new" else None
    page = search.find(db.session(), criteria, now, after=request.args.get("after"), scores=scores)
    next_url = None
    if page.next_after:
        next_url = url_for("jobs.index", **filters.address(after=page.next_after))
    return render_template(
        "jobs/index.html",
        hits=[(cards.card(hit.job, today(), language), hit.score) for hit in page.items],
        total=_total(page, criteria, now),
        count_limit=search.COUNT_LIMIT,
        filters=filters,
        active=forms.active(filters, language),
        choices=_choices(language),
        is_best_first=scores is not None,
        next_url=next_url,
        first_url=None if page.is_first else url_for("jobs.index", **filters.address()),
    )


def _total(page: pagination.Page[search.Hit], criteria: search.Criteria, now: datetime) -> int:
    """Return how many jobs are found; where the first page holds them all, without asking again."""
    if page.is_first and page.next_after is None:
        return len(page.items)
    return search.count(db.session(), criteria, now)


def _choices(language: str) -> dict[str, Any]:
    """Return what the filters offer, as (value, words)."""
    return {
        "types": list(wording.EMPLOYMENT.items()),
        "remote": forms.remote_choices(),
        "pay_units": forms.pay_unit_choices(),
        "days": forms.day_choices(),
        "features": forms.feature_choices(language),
        "places": forms.place_choices(language),
    }


def _own_scores() -> Subquery | None:
    """Return the reader's scores as rows to join, or None for nobody."""
    if not current_user.is_authenticated or current_user.profile.no_profiling:
        return None
    return (
        select(JobScore.job_id, JobScore.rank_points, JobScore.total_score)
        .where(JobScore.id.in_(_current_score_ids(current_user.id)))
        .subquery()
    )


def _current_score_ids(user_id: int) -> Any:
    """Return the ids of the scores behind a person's matches: one a job, of the policy in force."""
    return select(MatchingResult.job_score_id).where(MatchingResult.user_id == user_id)
