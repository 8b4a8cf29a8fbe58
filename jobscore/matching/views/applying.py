"""Applying: the way to the posting's own page, the question afterwards, what I note of it."""

from urllib.parse import quote, urlsplit

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.emails import rendering
from jobscore.jobs import cards
from jobscore.matching import answer_words, answers, applications, kept
from jobscore.matching.forms import ApplicationForm
from jobscore.matching.models import MatchingResult, Outcome
from jobscore.matching.reminder import Reminder, calendar
from jobscore.matching.views.blueprint import bp, own
from jobscore.matching.views.match_cards import card
from jobscore.scoring import service as scores
from jobscore.web.access import signed_in
from jobscore.web.i18n import current_language

PAGE_SIZE = 20


@bp.post("/matches/<int:match_id>/apply")
@signed_in
def apply(match_id: int) -> AnyResponse:
    """Note that the reader goes to apply, and lead them there."""
    with transaction():
        answers.note_apply_click(own(match_id))
    return redirect(url_for("matching.apply_page", match_id=match_id, go="1"), 303)


@bp.get("/matches/<int:match_id>/apply")
@signed_in
def apply_page(match_id: int) -> Response:
    """Lead to the posting's own page; without one, say how to apply. Asks whether it was done.

    The way out is a `Refresh` of this page and not a redirect of the POST: what a form is sent to
    may by our policy be this site alone, and browsers hold the redirects of a form to it, too.
    """
    match = own(match_id)
    if match.job.held_at is not None:
        return Response(render_template("jobs/held.html", job=match.job), 410)
    url = cards.source_url(match.job)
    response = Response(
        render_template(
            "matching/apply.html",
            match=match,
            company=cards.company(match.job),
            source_url=url,
            host=urlsplit(url).hostname if url else None,
            is_going=url is not None and request.args.get("go") == "1",
        )
    )
    if url and request.args.get("go") == "1":
        response.headers["Refresh"] = f"0; url={_header_safe(url)}"
    return response


def _header_safe(url: str) -> str:
    """Return an address in ASCII without what would end a header or begin another value."""
    return "".join(
        c if c.isascii() and c.isprintable() and c not in ' "<>\\' else quote(c) for c in url
    )


@bp.get("/me/applied")
@signed_in
def applied() -> str:
    """Show to what I applied, by next step."""
    page = kept.applied(current_user.id, after=request.args.get("after"), size=PAGE_SIZE)
    following = page.next_after
    return render_template(
        "matching/applied.html",
        rows=[(match, card(match), *_outcome(match)) for match in page.items],
        today=scores.today(),
        is_first=page.is_first,
        next_url=url_for("matching.applied", after=following) if following else None,
        first_url=None if page.is_first else url_for("matching.applied"),
    )


def _outcome(match: MatchingResult) -> tuple[str, str]:
    words, kind = answer_words.OUTCOMES[match.application_outcome or Outcome.WAITING]
    return str(words), kind


@bp.route("/me/applied/<int:match_id>", methods=["GET", "POST"])
@signed_in
def application(match_id: int) -> AnyResponse | tuple[str, int]:
    """Note when I applied, what became of it, what comes next."""
    match = own(match_id)
    form = ApplicationForm.of(match)
    if form.validate_on_submit():
        with transaction():
            applications.note(own(match_id), form.application())
        flash(gettext("Saved."), "success")
        return redirect(url_for("matching.applied") + f"#match-{match_id}", 303)
    return render_template(
        "matching/application.html", form=form, match=match, company=cards.company(match.job)
    ), form.status()


@bp.get("/me/applied/<int:match_id>/reminder.ics")
@signed_in
def reminder(match_id: int) -> Response:
    """Give a calendar file with the day of the next step; 404 where none is set."""
    match = own(match_id)
    if match.next_step_on is None:
        abort(404)
    job, company = match.job, cards.company(match.job)
    url = rendering.absolute_url("matching.application", match_id=match_id)
    host = urlsplit(url).hostname or "jobscore"
    body = calendar(
        Reminder(
            uid=f"match-{match_id}@{host}",
            on=match.next_step_on,
            title=gettext("Next step: %(title)s (%(company)s)", title=job.title, company=company),
            text=gettext("What you noted of this application: %(url)s", url=url),
            url=url,
            made_at=clock.now(),
            language=current_language(),
        )
    )
    return Response(
        body,
        mimetype="text/calendar",
        headers={"Content-Disposition": f'attachment; filename="next-step-{match_id}.ics"'},
    )
