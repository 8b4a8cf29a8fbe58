"""My matches: today's list and what is new in it, the list before, and making it anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.jobs import cards, search
from jobscore.jobs.models import Job
from jobscore.matching import answers, days, kept, service
from jobscore.matching.models import MatchingResult, MatchStatus
from jobscore.matching.views import list_filters
from jobscore.matching.views.blueprint import bp
from jobscore.matching.views.list_filters import ListFilters
from jobscore.matching.views.match_cards import MatchCard, card
from jobscore.scoring import service as scores
from jobscore.web.access import signed_in

#: Width of a bar of the scores' distribution, in points.
BAND = 10


@bp.app_context_processor
def applying() -> dict[str, Any]:
    """Let pages ask whether their reader applied; it costs nothing where no page asks."""
    return {"ask_about_applying": lambda: answers.to_ask(current_user.id), "my_match": _my_match}


@dataclass(frozen=True, slots=True)
class OwnMatch:
    """What the page of a job has to know of its reader's match, to offer answers."""

    match_id: int
    is_saved: bool
    is_applied: bool
    has_url: bool


def _my_match(job: Job) -> OwnMatch | None:
    """Return the reader's match of a job; None where it was never chosen for them."""
    if not current_user.is_authenticated:
        return None
    match = answers.match_of_job(current_user.id, job.id)
    if match is None:
        return None
    has_url = cards.source_url(job) is not None
    return OwnMatch(match.id, match.saved_at is not None, match.is_applied, has_url)


@bp.get("/matches")
@signed_in
def index() -> str:
    """Show today's list in its sections, filtered as the address says; empty: what to do.

    Until today's list is made, the one before stays: nobody's matches vanish at midnight.
    """
    sections, on = service.today_matches(current_user.id), scores.today()
    if not sections and not service.is_today_matched():
        last = days.last_list(current_user.id)
        if last is not None:
            on, sections = last[0], service.in_sections(last[1])
    is_today = on == scores.today()
    matches = [match for section in sections for match in section.matches]
    since = days.since(current_user.id) if is_today else None
    given = answers.given(current_user.id, [match.job_id for match in matches])
    wanted = ListFilters.read(request.args)
    every = {match.id: card(match, given, since) for match in matches}
    shown = [(one, [every[m.id] for m in one.matches]) for one in sections]
    kept_cards = [
        (one, found)
        for one, found in ((s, [c for c in c_s if wanted.keeps(s.section, c)]) for s, c_s in shown)
        if found
    ]
    visible = [one for one in every.values() if not one.is_folded]
    return render_template(
        "matching/index.html",
        has_list=bool(matches),
        sections=kept_cards,
        count=len(visible),
        found=sum(len(found) for _, found in kept_cards),
        average=round(sum(c.score for c in every.values()) / len(every)) if every else None,
        applied=kept.count_applied(current_user.id),
        since=since,
        is_yesterday=since is not None and (scores.today() - since.on).days == 1,
        bars=_distribution(visible),
        filters=wanted,
        options=list_filters,
        here=wanted.address(),
        prompts=[] if every else service.prompts_for(current_user.id),
        held=service.held_today(current_user.id),
        list_day=on,
        is_today=is_today,
    )


def _distribution(shown: Sequence[MatchCard]) -> list[dict[str, Any]]:
    """Return how many cards stand in each band of ten points, lowest used band first."""
    if not shown:
        return []
    lowest = min(one.score for one in shown) // BAND * BAND
    bars = []
    for start in range(min(lowest, 90), 100, BAND):
        end = 100 if start == 90 else start + BAND - 1
        number = sum(start <= one.score <= end for one in shown)
        kind = "success" if start >= 80 else "warning" if start >= 50 else "danger"
        bars.append({"label": f"{start}–{end}", "value": number, "kind": kind})
    return bars


@bp.get("/matches/previous")
@signed_in
def previous() -> str:
    """Show the list before today's, and what became of each job in it."""
    on = days.day_before(current_user.id)
    matches = [] if on is None else days.list_of(current_user.id, on)
    given = answers.given(current_user.id, [match.job_id for match in matches])
    return render_template(
        "matching/previous.html",
        on=on,
        rows=[(card(match, given), _became(match)) for match in matches],
    )


def _became(match: MatchingResult) -> str:
    """Say why a job of an earlier list is not in today's, or that it is."""
    is_listed = match.match_on == scores.today() and match.match_status is not MatchStatus.EXPIRED
    words: list[tuple[bool, str]] = [
        (match.match_status is MatchStatus.DISMISSED, gettext("Hidden by you")),
        (is_listed, gettext("In today's list too")),
        (match.is_applied, gettext("You applied")),
        (match.saved_at is not None, gettext("Saved by you")),
        (not search.is_open_at(match.job, clock.now()), gettext("Closed since")),
        (match.sent_at is not None, gettext("Was in your letter: nothing is sent twice")),
    ]
    return next((said for holds, said in words if holds), gettext("Others suit you better today"))


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
