"""The job search, one job, and the admin's list of jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, url_for
from flask_babel import get_locale
from flask_login import current_user
from sqlalchemy import Subquery, select

from jobscore import clock, config
from jobscore.emails import rendering
from jobscore.extensions import db
from jobscore.jobs import cards, forms, posting, search, wording
from jobscore.jobs.checks import queue as check_queue
from jobscore.jobs.checks import wording as check_words
from jobscore.jobs.models import Job
from jobscore.matching import explaining
from jobscore.matching.models import MatchingResult
from jobscore.scoring.models import JobScore
from jobscore.vocabulary import conditions
from jobscore.web import pagination
from jobscore.web.access import admin_only, public

bp = Blueprint("jobs", __name__)

ADMIN_STATES = ("", "open", "closed")


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """What a signed-in person sees of their score for one job; whole numbers 0..100 or None."""

    total: int | None
    #: Percent of the weight that could be judged.
    judged: int
    parts: list[dict[str, Any]]
    #: The answers that would help most, asked for.
    prompts: Sequence[str]
    match_id: int | None


def _language() -> str:
    return str(get_locale() or "en")[:2]


def _known(endpoint: str, **values: Any) -> str | None:
    """Return the address of a page, or None while the feature that brings it is not there."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def _today() -> date:
    return clock.today(config.current().timezone)


@bp.get("/jobs")
@public
def index() -> str:
    """Show open jobs, with the filters that stand in the address."""
    now = clock.now()
    language = _language()
    filters = forms.read(request.args, "JPY-hour" if language == "ja" else "USD-year")
    criteria = filters.criteria(_today())
    scores = _own_scores() if filters.sort != "new" else None
    page = search.find(db.session(), criteria, now, after=request.args.get("after"), scores=scores)
    next_url = None
    if page.next_after:
        next_url = url_for("jobs.index", **filters.address(after=page.next_after))
    return render_template(
        "jobs/index.html",
        hits=[(cards.card(hit.job, _today(), language), hit.score) for hit in page.items],
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
    if not current_user.is_authenticated:
        return None
    return (
        select(JobScore.job_id, JobScore.rank_points, JobScore.total_score)
        .where(JobScore.id.in_(_current_score_ids(current_user.id)))
        .subquery()
    )


def _current_score_ids(user_id: int) -> Any:
    """Return the ids of the scores behind a person's matches: one a job, of the policy in force."""
    return select(MatchingResult.job_score_id).where(MatchingResult.user_id == user_id)


@bp.get("/jobs/<int:job_id>")
@public
def show(job_id: int) -> Any:
    """Show one job; a closed one answers 410 with open jobs like it."""
    session = db.session()
    job = session.get(Job, job_id, options=search.LOADED)
    if job is None:
        abort(404)
    if job.held_at is not None:
        return render_template("jobs/held.html", job=job), 410
    now = clock.now()
    language = _language()
    alike = [cards.card(j, _today(), language) for j in search.similar(session, job, now)]
    if not search.is_open_at(job, now):
        return render_template(
            "jobs/closed.html", job=job, company=cards.company(job), alike=alike
        ), 410
    score_card = _score_card(job)
    return render_template(
        "jobs/show.html",
        job=job,
        alike=alike,
        company=cards.company(job),
        badges=cards.card(job, _today(), language).badges,
        facts=cards.facts(job),
        source_url=cards.source_url(job),
        required=cards.skills([s for s in job.skills if s.is_required], language),
        welcome=cards.skills([s for s in job.skills if not s.is_required], language),
        features=[
            (wording.feature(f.feature, language), f)
            for f in job.features
            if not conditions.is_condition(f.feature)
        ],
        conditions=[
            (wording.feature(f.feature, language), f)
            for f in job.features
            if f.is_stated and conditions.is_condition(f.feature)
        ],
        findings=_findings(job, language),
        score_card=score_card,
        explanation_url=_explanation_url(score_card),
        json_ld=posting.json_ld(job, rendering.absolute_url("jobs.show", job_id=job.id)),
    )


def _findings(job: Job, language: str) -> list[check_words.Shown]:
    """Return what the posting checks found, for admins; nobody else sees it."""
    if not (current_user.is_authenticated and current_user.is_superuser):
        return []
    found = check_queue.findings(db.session(), [job.id])[job.id]
    return [check_words.shown(one, language) for one in found]


def _explanation_url(score_card: ScoreCard | None) -> str | None:
    if score_card is None or score_card.match_id is None:
        return None
    return _known("matching.show", match_id=score_card.match_id)


def _score_card(job: Job) -> ScoreCard | None:
    """Return the reader's score for ``job``: the one their list shows, else one made now."""
    if not current_user.is_authenticated:
        return None
    match = db.session.scalar(
        select(MatchingResult).where(
            MatchingResult.user_id == current_user.id, MatchingResult.job_id == job.id
        )
    )
    if match is None:
        found = explaining.explain_job(current_user.id, job.id, suggests=False)
    else:
        found = explaining.explain_match(match, suggests=False)
    if found is None:
        return None
    parts = [{"label": r.label, "score": r.points, "note": r.note} for r in found.rows]
    return ScoreCard(found.total, found.judged, parts, found.prompts, match.id if match else None)


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
        imports_url=_known("imports.index"),
        next_url=next_url,
        first_url=None if page.is_first else url_for("jobs.admin_index", **address),
    )
