"""One job."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, render_template, url_for
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy import func, select

from jobscore import clock
from jobscore.emails import rendering
from jobscore.extensions import db
from jobscore.jobs import cards, posting, search, wording
from jobscore.jobs.checks import queue as check_queue
from jobscore.jobs.checks import wording as check_words
from jobscore.jobs.companies import names
from jobscore.jobs.models import Job, JobSource
from jobscore.jobs.views.blueprint import bp, today
from jobscore.matching import explaining
from jobscore.matching.models import MatchingResult
from jobscore.vocabulary import conditions, tables
from jobscore.web.access import public
from jobscore.web.i18n import current_language
from jobscore.web.jinja import day


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
    frame = {
        "job": job,
        "company": cards.company(job),
        "company_url": company_url(job),
        "trail": _trail(job, language),
        "alike": alike,
    }
    if not search.is_open_at(job, now):
        return render_template("jobs/closed.html", **frame), 410
    match = _match(job)
    score_card = _score_card(job, match)
    url = rendering.absolute_url("jobs.show", job_id=job.id)
    return render_template(
        "jobs/show.html",
        **frame,
        badges=cards.card(job, today(), language).badges,
        facts=cards.facts(job, is_short=True),
        other_pay=cards.pay_in_other_units(job),
        as_of=_as_of(job),
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
        address=url,
        json_ld=posting.json_ld(job, url),
        trail_ld=posting.breadcrumb_ld(_absolute(_trail(job, language), job.title, url)),
        preview_title=f"{job.title} – {cards.company(job)}",
        summary=posting.summary(job),
        og_locale=posting.og_locale(language),
        og_image=rendering.absolute_url("static", filename="img/icon-512.png"),
    )


def company_url(job: Job) -> str | None:
    """Return the address of the page of the job's company, or None where it has none."""
    key = names.key_of(job.company_name)
    return url_for("jobs.company", key=key) if key else None


def _trail(job: Job, language: str) -> list[tuple[str, str]]:
    """Return the way to the job as (name, path): all jobs, those of its region, of its place."""
    found = [(gettext("Jobs"), url_for("jobs.index"))]
    known = tables.places_by_code()
    place = known.get(job.place.code) if job.place else None
    region = known.get(place.region_code) if place and place.region_code else None
    for one in dict.fromkeys((region, place)):
        if one is not None and one.kind != "country":
            name = (one.name_ja or one.name_en) if language == "ja" else one.name_en
            found.append((name, url_for("jobs.index", place=one.label(language))))
    return found


def _absolute(trail: list[tuple[str, str]], title: str, url: str) -> list[tuple[str, str]]:
    root = rendering.absolute_url("jobs.index").removesuffix("/jobs")
    return [*((name, root + path) for name, path in trail), (title, url)]


def _as_of(job: Job) -> str:
    """Return when and where the posting was seen last, and since when it is here."""
    seen = db.session.execute(
        select(JobSource.source, func.max(JobSource.last_seen_at))
        .where(JobSource.job_id == job.id, JobSource.gone_at.is_(None))
        .group_by(JobSource.source)
        .order_by(func.max(JobSource.last_seen_at).desc(), JobSource.source)
        .limit(1)
    ).first()
    came = day(job.created_at)
    if seen is None:
        return str(
            gettext("As of %(day)s; here since %(came)s.", day=day(job.updated_at), came=came)
        )
    said = gettext(
        "Last seen in the source “%(source)s” on %(day)s; here since %(came)s, last changed on "
        "%(changed)s.",
        source=seen[0],
        day=day(seen[1]),
        came=came,
        changed=day(job.updated_at),
    )
    return str(said)


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


def _match(job: Job) -> MatchingResult | None:
    """Return the reader's match with ``job``."""
    if not current_user.is_authenticated:
        return None
    return db.session.scalar(
        select(MatchingResult).where(
            MatchingResult.user_id == current_user.id, MatchingResult.job_id == job.id
        )
    )


def _score_card(job: Job, match: MatchingResult | None) -> ScoreCard | None:
    """Return the reader's score for ``job``: the one their list shows, else one made now."""
    if not current_user.is_authenticated:
        return None
    if match is None:
        found = explaining.explain_job(current_user.id, job.id, suggests=False)
    else:
        found = explaining.explain_match(match, suggests=False)
    if found is None:
        return None
    parts = [{"label": r.label, "score": r.points, "note": r.note} for r in found.rows]
    return ScoreCard(found.total, found.judged, parts, found.prompts, match.id if match else None)
