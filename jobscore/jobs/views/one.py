"""One job."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, render_template, url_for
from flask_login import current_user
from sqlalchemy import select

from jobscore import clock
from jobscore.emails import rendering
from jobscore.extensions import db
from jobscore.jobs import cards, posting, search, wording
from jobscore.jobs.checks import queue as check_queue
from jobscore.jobs.checks import wording as check_words
from jobscore.jobs.models import Job
from jobscore.jobs.views.blueprint import bp, today
from jobscore.matching import explaining
from jobscore.matching.models import MatchingResult
from jobscore.vocabulary import conditions
from jobscore.web.access import public
from jobscore.web.i18n import current_language


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
    language = current_language()
    alike = [cards.card(j, today(), language) for j in search.similar(session, job, now)]
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
        badges=cards.card(job, today(), language).badges,
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
    return url_for("matching.show", match_id=score_card.match_id)


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
