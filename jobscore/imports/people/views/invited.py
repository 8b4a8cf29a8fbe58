"""Pages of the invited: see what is kept, accept with a password, or have it deleted.

Mail programs and virus scanners follow links: a GET changes nothing.
"""

from typing import Any

import flask_babel
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from jobscore import config
from jobscore.accounts import consents, passwords, service, sessions
from jobscore.accounts.forms import ActForm
from jobscore.accounts.models import ConsentKind
from jobscore.database.transaction import transaction
from jobscore.imports.people import answers, emails, inviting, links
from jobscore.imports.people.forms import AcceptForm
from jobscore.imports.people.models import Invitation
from jobscore.imports.people.views.blueprint import bp
from jobscore.matching import service as matching
from jobscore.web import errors
from jobscore.web.access import public


@bp.route("/invitation/<token>", methods=["GET", "POST"])
@public
def invitation(token: str) -> Any:
    """Show exactly what is kept and by what right; accept with a password."""
    try:
        found = links.read(token)
    except links.StaleInvitationError:
        return _stale()
    user = emails.owner(found)
    form = AcceptForm(user)
    if not form.validate_on_submit():
        page = render_template(
            "people/invitation.html", **_shown(found, token), form=form, terms=_terms()
        )
        return page, form.status()
    hashed = passwords.hash_password(form.password.data)
    locale = consents.reader_locale()
    try:
        with transaction():
            user = inviting.accept(token, hashed, locale=locale, wants_digest=bool(form.wants.data))
            agent, address = request.user_agent.string, request.remote_addr or ""
            session_token = service.sign_in(user, None, user_agent=agent, address=address)
            user_id = user.id
    except links.StaleInvitationError:  # used twice at one moment
        return _stale()
    sessions.put_in_browser(session_token)
    matching.prepare()
    with transaction():
        matching.match_person(user_id)
    flash(gettext("Welcome. Look at what was brought for you, and correct what is wrong."))
    return redirect(url_for("accounts.profile"), 303)


@bp.route("/invitation/<token>/delete", methods=["GET", "POST"])
@public
def refuse(token: str) -> Any:
    """Ask once more, then erase everything and never write to the address again."""
    try:
        found = links.read(token)
    except links.StaleInvitationError:
        return _stale()
    form = ActForm()
    if not form.validate_on_submit():
        return render_template("people/refuse.html", **_shown(found, token)), form.status()
    try:
        with transaction():
            inviting.refuse(token)
    except links.StaleInvitationError:  # used twice at one moment
        return _stale()
    return redirect(url_for("people.refused"), 303)


@bp.get("/invitation/deleted")
@public
def refused() -> Any:
    """Say that nothing is kept any more."""
    operator = config.current().operator_name
    return render_template("people/refused.html", operator=operator)


def _shown(found: Invitation, token: str) -> dict[str, Any]:
    user = emails.owner(found)
    operator = config.current().operator_name
    consent = answers.consent_of(user)
    return {
        "token": token,
        "operator": operator,
        "kept": answers.kept(user, str(flask_babel.get_locale() or "en")),
        "basis": emails.basis(consent, operator),
        "consent": consent,
        "until": found.expires_at,
        "email": user.email,
    }


def _terms() -> Any:
    return consents.TEXTS[ConsentKind.TERMS].text


def _stale() -> Any:
    return errors.page(
        410,
        title=gettext("This link no longer works"),
        text=gettext(
            "The invitation was answered already, taken back, or its time is over, and then "
            "everything was deleted. If you have accepted it, sign in."
        ),
        action_label=gettext("Sign in"),
        action_href=url_for("accounts.login"),
    )
