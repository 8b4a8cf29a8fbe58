"""What a person decides about letters and was sent, and the admin's buttons for the day's."""

from datetime import timedelta
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from jobscore import clock, config
from jobscore.accounts import audit, consents, optin, visits
from jobscore.accounts.forms import ActForm
from jobscore.accounts.models import ConsentKind, User
from jobscore.database.transaction import transaction
from jobscore.digests import day, links, pace, service, standing, wishes
from jobscore.digests import words as digest_words
from jobscore.digests.forms import MailForm, PauseForm
from jobscore.emails import framed, words
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailLog
from jobscore.extensions import csrf, db
from jobscore.privacy import looking
from jobscore.privacy import words as privacy_words
from jobscore.web import errors, i18n, pagination
from jobscore.web.access import admin_only, public, signed_in

bp = Blueprint("digests", __name__)

PAGE_SIZE = 30


#: Pauses that one button makes, in days.
PAUSES = (7, 14, 30)
#: What of "who looked" belongs to letters.
LOOKS = frozenset({"letter", "preview"})


@bp.after_request
def keep_secret(response: Response) -> Response:
    """Keep links of letters out of other sites' logs and of shared caches."""
    if "token" in (request.view_args or {}):
        response.headers["Referrer-Policy"] = "strict-origin"
        response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/me/mail")
@signed_in
def mine() -> Any:
    """Show how my letters stand, what I can change, and every letter that I was sent."""
    return _mine()


def _mine(changed: MailForm | None = None, paused: PauseForm | None = None) -> tuple[str, int]:
    """Render the page; a form that was refused keeps what was typed."""
    user_id, profile = current_user.id, current_user.profile
    now = standing.of(current_user)
    today = clock.today(config.current().timezone)
    page = pagination.newest_first(
        db.session(),
        service.letters_to(user_id),
        EmailLog.id,
        after=request.args.get("after"),
        size=PAGE_SIZE,
    )
    looks = [row for row in looking.looks_at(user_id) if row.details.get("what") in LOOKS]
    form = changed or MailForm(formdata=None, data=MailForm.data_of(now, profile.locale))
    pause_form = paused or PauseForm(formdata=None)
    html = render_template(
        "digests/mine.html",
        now=now,
        form=form,
        pause_form=pause_form,
        pauses=[(n, today + timedelta(days=n)) for n in PAUSES],
        pace_words=pace.words(now.pace) if now.pace else "",
        consent_text=consents.TEXTS[ConsentKind.DIGEST].text,
        rules=digest_words.pace_rules(now.chosen),
        ledger=consents.ledger(user_id),
        looks=[privacy_words.look(row) for row in looks],
        page=page,
        counts=standing.job_counts([row.id for row in page.items]),
        next_url=url_for(".mine", after=page.next_after) if page.next_after else None,
        first_url=None if page.is_first else url_for(".mine"),
        words=words,
        own=digest_words,
    )
    return html, max(form.status(), pause_form.status())


@bp.post("/me/mail")
@signed_in
def change() -> Any:
    """Keep how I want my letters, with the consent or its end."""
    form = MailForm()
    if not form.validate_on_submit():
        return _mine(changed=form)
    with transaction() as session:
        user = session.get_one(User, current_user.id)
        user.profile.locale = form.locale.data
        wishes.keep(user, form.wish, locale=consents.reader_locale())
        visits.set_steady(user.id, bool(form.is_steady.data))
        state = standing.of(user).state
    locale = str(form.locale.data)
    with i18n.speaking(locale):
        flash(gettext("Your choice of letters is saved."), "success")
        if note := digest_words.first_step(state):
            flash(note, "info")
    return i18n.remember(make_response(redirect(url_for(".mine"), 303)), locale)


@bp.post("/me/mail/pause")
@signed_in
def pause() -> Any:
    """Let no letter come before a day."""
    form = PauseForm()
    if not form.validate_on_submit():
        return _mine(paused=form)
    with transaction() as session:
        wishes.pause(session.get_one(User, current_user.id), form.until.data)
    flash(gettext("Your letters are paused."), "success")
    return redirect(url_for(".mine"), 303)


@bp.post("/me/mail/go-on")
@signed_in
def go_on() -> AnyResponse:
    """End the pause."""
    with transaction() as session:
        wishes.pause(session.get_one(User, current_user.id), None)
    flash(gettext("The pause has ended."), "success")
    return redirect(url_for(".mine"), 303)


@bp.post("/me/mail/ask")
@signed_in
def ask() -> AnyResponse:
    """Send the letter again that asks whether I want letters; a few an hour at most."""
    with transaction() as session:
        entry = consents.current(current_user.id, ConsentKind.DIGEST)
        if entry is None or not consents.is_waiting(entry):
            return redirect(url_for(".mine"), 303)
        is_written = optin.ask(entry, session.get_one(User, current_user.id))
    if is_written:
        flash(
            gettext("The letter is on its way. Open the link in it and say yes there."), "success"
        )
    else:
        flash(gettext("There were enough letters for now. Try again in an hour."), "warning")
    return redirect(url_for(".mine"), 303)


@bp.get("/me/mail/next")
@signed_in
def next_letter() -> str:
    """Show the letter that would be sent if it were written now."""
    return render_template(
        "digests/next.html",
        found=standing.next_letter(current_user.id),
        now=standing.of(current_user),
    )


@bp.get("/me/mail/next/html")
@signed_in
def next_letter_html() -> Response:
    """Answer with the HTML of the next letter alone, for the frame on its page."""
    found = standing.next_letter(current_user.id)
    if found.letter is None:
        abort(404)
    return framed.framed(found.letter.html)


@bp.get("/me/mail/<int:log_id>")
@signed_in
def letter(log_id: int) -> str:
    """Show one of my letters with the scores of that day."""
    own = _own(log_id)
    return render_template(
        "digests/letter.html",
        letter=own,
        text=outbox.text_of(own),
        digest=service.letter_of(log_id),
        is_readable=framed.is_readable(own),
        words=words,
    )


@bp.get("/me/mail/<int:log_id>/html")
@signed_in
def letter_html(log_id: int) -> Response:
    """Answer with the HTML body alone, for the frame on the letter's page."""
    return framed.framed_html(_own(log_id))


def _own(log_id: int) -> EmailLog:
    """Return my letter, or 404: another's does not exist for me."""
    found = db.session.scalar(
        service.letters_to(current_user.id).where(EmailLog.id == log_id).limit(1)
    )
    if found is None:
        abort(404)
    return found


@bp.get("/u/<token>")
@public
def unsubscribe_page(token: str) -> Any:
    """Ask whether letters should end, or be fewer; scanners follow links: nothing happens yet."""
    user_id = _reader_of(token)
    if user_id is None:
        return _bad_link()
    user = db.session.get(User, user_id)
    offers = wishes.offers(user) if user is not None else []
    return render_template("digests/unsubscribe.html", token=token, offers=offers, own=digest_words)


@bp.post("/u/<token>")
@public
def unsubscribe(token: str) -> Any:
    """End the letters at once (RFC 8058: no cookie, no token in the form, no redirect)."""
    user_id = _reader_of(token)
    if user_id is None:
        return _bad_link()
    is_one_click = request.form.get("List-Unsubscribe") == "One-Click"
    with transaction():
        service.withdraw_consent(user_id, how="one-click" if is_one_click else "link")
    if is_one_click:
        # a mail program asks, not a browser: a page would set a session cookie for its forms
        return Response("unsubscribed\n", mimetype="text/plain")
    return render_template("digests/unsubscribed.html", token=token)


csrf.exempt(unsubscribe)


@bp.post("/u/<token>/fewer")
@public
def fewer(token: str) -> Any:
    """Make the letters fewer instead: by the same link, without signing in."""
    user_id = _reader_of(token)
    if user_id is None:
        return _bad_link()
    try:
        choice = wishes.Fewer(request.form.get("choice", ""))
    except ValueError:
        abort(400)
    with transaction() as session:
        wishes.choose_fewer(user_id, choice)
        user = session.get(User, user_id)
        until = user.profile.snoozed_until if user is not None else None
    return render_template("digests/fewer.html", choice=choice, until=until, own=digest_words)


@bp.post("/u/<token>/again")
@public
def again(token: str) -> Any:
    """Ask by letter whether letters that were just ended are wanted after all, but fewer."""
    user_id = _reader_of(token)
    if user_id is None:
        return _bad_link()
    with transaction():
        wishes.ask_for_them_again(user_id, consents.reader_locale())
    return render_template("digests/asked_again.html")


@bp.route("/letters/confirm/<token>", methods=["GET", "POST"])
@public
def confirm(token: str) -> Any:
    """Take the yes, or the no, to letters from the link of the letter that asked. GET shows."""
    try:
        entry = optin.read(token)
    except optin.StaleConsentError:
        return _stale()
    if entry.confirmed_at is not None:
        return render_template("digests/confirmed.html", entry=entry)
    form = ActForm()
    if not form.validate_on_submit():
        page = render_template("digests/confirm.html", entry=entry, token=token, own=digest_words)
        return page, form.status()
    try:
        with transaction():
            entry = optin.read(token)
            if request.form.get("answer") == "no":
                wishes.refuse(entry)
            else:
                optin.confirm(token)
    except optin.StaleConsentError:
        return _stale()
    if entry.withdrawn_at is not None:
        return render_template("digests/unsubscribed.html", token=None)
    return render_template("digests/confirmed.html", entry=entry)


def _reader_of(token: str) -> int | None:
    try:
        return links.read_token(token)
    except links.BadLinkError:
        return None


def _bad_link() -> tuple[str, int]:
    return render_template("digests/unsubscribe_bad.html"), 404


def _stale() -> Any:
    return errors.page(
        410,
        title=gettext("This link no longer works"),
        text=gettext(
            "It is too old, was cut off on its way, or the letters were ended since. On the page "
            "about your letters you can ask for them again."
        ),
        action_label=gettext("My mail"),
        action_href=url_for(".mine"),
    )


@bp.post("/admin/day")
@admin_only
def start_day() -> AnyResponse:
    """Queue the whole day for the workers: score and match, write the letters, send them."""
    on = clock.today(config.current().timezone)
    with transaction():
        day.request_day(on, requested_by=current_user.id)
        audit.record("day.started", on.isoformat(), actor_id=current_user.id)
    flash(gettext("The day has been queued; a worker does it now."), "success")
    return redirect(url_for("matching.runs"), 303)


@bp.post("/admin/digests")
@admin_only
def build() -> AnyResponse:
    """Queue the writing of today's letters; with ``hold`` they wait to be looked at."""
    on = clock.today(config.current().timezone)
    is_held = request.form.get("hold") == "1"
    with transaction():
        run = service.request_build(on, requested_by=current_user.id, is_held=is_held)
        audit.record("digests.started", f"match_run:{run.id}", actor_id=current_user.id)
    if is_held:
        flash(gettext("The letters have been queued; a worker writes them and holds them."))
        return redirect(url_for("emails.held"), 303)
    flash(gettext("The letters have been queued; a worker writes and sends them now."), "success")
    return redirect(url_for("matching.runs"), 303)


@bp.post("/admin/digests/release")
@admin_only
def release() -> AnyResponse:
    """Let every held letter go."""
    with transaction():
        n = service.release_held()
        audit.record("digests.released", str(n), actor_id=current_user.id)
    flash(gettext("%(n)s letters were released.", n=n), "success")
    return redirect(url_for("emails.index"), 303)
