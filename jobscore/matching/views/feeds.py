"""The private feed of my matches, and the page on which it is made and taken back."""

from flask import abort, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from jobscore import config
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.emails import rendering
from jobscore.jobs.feeds import entries
from jobscore.jobs.feeds.answering import answer
from jobscore.jobs.feeds.documents import ATOM, Entry, Feed, as_atom
from jobscore.matching import feeds as tokens
from jobscore.matching import service
from jobscore.matching.models import MatchingResult, MatchStatus
from jobscore.matching.reasons import shown_total
from jobscore.matching.views.blueprint import bp
from jobscore.scoring import service as scores
from jobscore.web.access import public, signed_in
from jobscore.web.i18n import current_language, speaking


@bp.get("/me/feeds")
@signed_in
def feeds() -> str:
    """Say what the private feed is, and whether there is one."""
    return render_template("matching/feeds.html", row=tokens.get(current_user.id), address=None)


@bp.post("/me/feeds")
@signed_in
def make_feed() -> Response:
    """Make a new address; it is shown now and never again, so the page is not kept anywhere."""
    with transaction():
        token = tokens.make(current_user.id)
    response = make_response(
        render_template(
            "matching/feeds.html",
            row=tokens.get(current_user.id),
            address=rendering.absolute_url("matching.feed", token=token),
        )
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/me/feeds/revoke")
@signed_in
def revoke_feed() -> Response:
    """Take the feed back: its address answers 404 from now on."""
    with transaction():
        tokens.revoke(current_user.id)
    flash(gettext("Your feed is gone. Its address no longer works."), "success")
    return redirect(url_for("matching.feeds"), 303)


@bp.get("/feeds/matches/<token>.atom")
@public
def feed(token: str) -> Response:
    """Answer with today's matches of whoever made this address: titles, scores, links."""
    person = tokens.owner(token)
    if person is None:
        abort(404)
    with speaking(person.profile.locale):
        document = _feed(person, token)
    response = answer(as_atom(document), ATOM, document.updated, is_private=True)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _feed(person: User, token: str) -> Feed:
    sections = service.today_matches(person.id)
    matches = [match for section in sections for match in section.matches]
    shown = [match for match in matches if match.match_status is not MatchStatus.DISMISSED]
    found = tuple(_entry(match) for match in shown)
    return Feed(
        key=entries.tag("matches"),
        url=rendering.absolute_url("matching.feed", token=token),
        page_url=rendering.absolute_url("matching.index"),
        title=gettext("My matches"),
        subtitle=gettext("The jobs that suit you best today, with their scores."),
        author=config.current().operator_name or "jobscore",
        updated=max((one.updated for one in found), default=entries.midnight(scores.today())),
        language=current_language(),
        entries=found,
    )


def _entry(match: MatchingResult) -> Entry:
    """Return a match as an entry: the job and its score, nothing that tells of the person."""
    score = shown_total(scores.total_units(match.job_score))
    return entries.entry(
        match.job,
        note=gettext("Score %(score)s", score=score),
        key=f"matches/{match.match_on.isoformat()}/{match.job_id}",
        updated=match.matched_at,
    )
