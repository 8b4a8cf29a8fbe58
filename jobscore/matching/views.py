"""My matches, one match explained, what people answer; and the admin's runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.jobs import cards
from jobscore.matching import answers, explaining, opening, runs, service, wording
from jobscore.matching.models import MatchingResult, MatchRun, MatchStatus, RunKind, RunStatus
from jobscore.matching.reasons import shown_points, shown_total
from jobscore.matching.run_words import KIND_WORDS, RUN_WORDS
from jobscore.scoring import service as scores
from jobscore.scoring.policy import COMPONENTS
from jobscore.web.access import admin_only, signed_in
from jobscore.web.forms import next_path

bp = Blueprint("matching", __name__)

ANSWERS: Final[Mapping[str, tuple[Callable[[MatchingResult], None], Any]]] = MappingProxyType(
    {
        "save": (answers.save, _l("Saved.")),
        "unsave": (answers.unsave, _l("No longer saved.")),
        "hide": (answers.hide, _l("Hidden. It will not be chosen for you again.")),
        "unhide": (answers.unhide, _l("Shown again.")),
        "applied": (answers.mark_applied, _l("Noted that you applied.")),
        "not-applied": (answers.unmark_applied, _l("Noted that you did not apply.")),
        "block-company": (answers.block_company, _l("Jobs of this company will not be chosen.")),
        "unblock-company": (answers.unblock_company, _l("Jobs of this company may come again.")),
    }
)
"""By the last word of the address: what is done, and what is said."""


@dataclass(frozen=True, slots=True)
class MatchCard:
    """One match in the list: the job's card, its score, and what may be answered."""

    match_id: int
    card: cards.Card
    badges: list[tuple[str, str]]
    score: int
    parts: list[dict[str, Any]]
    note: str
    reason: str
    is_hidden: bool
    is_saved: bool
    is_applied: bool


def _language() -> str:
    return str(get_locale() or "en")[:2]


def _card(match: MatchingResult) -> MatchCard:
    score = match.job_score
    card = cards.card(match.job, scores.today(), _language())
    badges = list(card.badges)
    if match.is_applied:
        badges.append((gettext("Applied"), "success"))
    elif match.is_viewed:
        badges.append((gettext("Seen"), "neutral"))
    if match.is_fill_up:
        badges.append((gettext("Next best overall"), "neutral"))
    points = zip(COMPONENTS, scores.basis_points(score), strict=True)
    judged = round(score.coverage * 100)
    return MatchCard(
        match_id=match.id,
        card=card,
        badges=badges,
        score=shown_total(scores.total_units(score)),
        parts=[
            {
                "label": wording.component_label(component),
                "score": shown_points(value),
                "note": wording.unjudged_note(component),
            }
            for component, value in points
        ],
        note=gettext("%(percent)s%% judged", percent=judged) if judged < 100 else "",
        reason=wording.reason_text(match.recommendation_reason),
        is_hidden=match.match_status is MatchStatus.DISMISSED,
        is_saved=match.saved_at is not None,
        is_applied=match.is_applied,
    )


def _known(endpoint: str) -> str | None:
    """Return the address of a page, or None while the feature that brings it is not there."""
    return url_for(endpoint) if endpoint in current_app.view_functions else None


@bp.get("/matches")
@signed_in
def index() -> str:
    """Show today's list in its sections; where it is empty, what to do."""
    sections = service.today_matches(current_user.id)
    shown = [(section, [_card(match) for match in section.matches]) for section in sections]
    every = [card for _, section_cards in shown for card in section_cards]
    return render_template(
        "matching/index.html",
        sections=shown,
        count=sum(not card.is_hidden for card in every),
        average=round(sum(card.score for card in every) / len(every)) if every else None,
        applied=sum(card.is_applied for card in every),
        prompts=[] if every else service.prompts_for(current_user.id),
        profile_url=_known("accounts.profile"),
        held=service.held_today(current_user.id),
        today=scores.today(),
    )


@bp.post("/matches/refresh")
@signed_in
def refresh() -> Response:
    """Score and choose anew for the reader, now."""
    service.prepare()
    with transaction():
        found = service.match_person(current_user.id)
    if found is None:
        flash(gettext("Today's list has been sent to you already; it stays as it is."), "info")
    elif found.chosen:
        flash(gettext("Your matches are up to date."), "success")
    return redirect(url_for("matching.index"), 303)


@bp.get("/me/skills")
@signed_in
def skills() -> str:
    """Show which skills would open most jobs for the reader."""
    return render_template("matching/skills.html", found=opening.skill_openings(current_user.id))


def _own(match_id: int) -> MatchingResult:
    try:
        return answers.get_match(current_user.id, match_id)
    except answers.MatchNotFoundError:
        abort(404)


@bp.get("/matches/<int:match_id>")
@signed_in
def show(match_id: int) -> str | tuple[str, int]:
    """Explain one match: parts that add up, evidence, what would change it. Marks it as viewed."""
    match = _own(match_id)
    if match.job.held_at is not None:
        return render_template("jobs/held.html", job=match.job), 410
    if not match.is_viewed:
        with transaction():
            answers.note_viewed(_own(match_id))
        match = _own(match_id)
    return render_template(
        "matching/show.html",
        match=match,
        one=explaining.explain_match(match),
        card=_card(match),
        is_blocked=answers.is_company_blocked(match),
        company=cards.company(match.job),
    )


@bp.post("/matches/<int:match_id>/<answer>")
@signed_in
def respond(match_id: int, answer: str) -> Response:
    """Save, hide, mark as applied, block the company, or undo one of these."""
    if answer not in ANSWERS:
        abort(404)
    act, said = ANSWERS[answer]
    with transaction():
        act(_own(match_id))
    flash(str(said), "success")
    return redirect(next_path(url_for("matching.index")), 303)


# ---- the admin's runs ------------------------------------------------------------------------


@bp.get("/admin/runs", endpoint="runs")
@admin_only
def runs_list() -> str:
    """List the newest runs of all kinds, and start one."""
    return render_template("matching/runs.html", rows=[_run_row(r) for r in runs.list_runs()])


def _run_row(run: MatchRun) -> dict[str, Any]:
    word, kind = RUN_WORDS[run.status]
    return {
        "run": run,
        "kind": KIND_WORDS[run.kind],
        "status": word,
        "badge_kind": kind,
        "seconds": _seconds(run),
        "is_running": run.status in {RunStatus.QUEUED, RunStatus.RUNNING},
    }


def _seconds(run: MatchRun) -> float | None:
    if run.started_at is None:
        return None
    return ((run.completed_at or clock.now()) - run.started_at).total_seconds()


@bp.post("/admin/runs")
@admin_only
def start_run() -> Response:
    """Queue a matching run for today; a worker takes it. With `everybody`, all lists anew."""
    with transaction():
        asked = runs.request_run(
            requested_by=current_user.id, is_full=request.form.get("everybody") == "1"
        )
        run_id = asked.id
    flash(gettext("The run waits for a worker (flask work)."), "info")
    return redirect(url_for("matching.run", run_id=run_id), 303)


@bp.get("/admin/runs/<int:run_id>")
@admin_only
def run(run_id: int) -> str | Response:
    """Show one run live: progress, counts, seconds of each stage, why people got fewer."""
    try:
        found = runs.get_run(run_id)
    except runs.RunNotFoundError:
        abort(404)
    if found.kind is RunKind.BACKTEST:
        return redirect(url_for("scoring.backtest", run_id=run_id))
    return render_template(
        "matching/run.html",
        **_run_row(found),
        now=clock.now(),
        shortage=_shortage(found.counts),
        stages=_stages(found.timings),
        counts=_counts(found.counts),
    )


def _shortage(counts: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = {
        name.removeprefix("short:"): int(number)
        for name, number in counts.items()
        if name.startswith("short:")
    }
    order: Sequence[str] = sorted(found, key=lambda name: (-found[name], name))
    return [{"label": wording.gate_label(name), "value": found[name]} for name in order]


def _counts(counts: Mapping[str, Any]) -> list[tuple[str, int]]:
    labels = {
        "jobs": gettext("Open jobs"),
        "matches": gettext("Matches chosen"),
        "short": gettext("People with fewer than forty"),
        "without_any": gettext("People without any"),
        "unconcerned": gettext("People whom no change concerns"),
        "expired": gettext("Older matches that expired"),
    }
    return [(label, int(counts[name])) for name, label in labels.items() if name in counts]


def _stages(timings: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return the seconds of each stage in the order of the work."""
    labels: dict[str, str] = {
        "load": gettext("Load jobs"),
        "read": gettext("Read people"),
        "score": gettext("Score jobs"),
        "select": gettext("Choose jobs"),
        "explain": gettext("Give reasons"),
        "write": gettext("Write"),
        "total": gettext("Altogether"),
    }
    order = [*labels, *sorted(set(timings) - set(labels))]
    return [(labels.get(name, name), timings[name]) for name in order if name in timings]
