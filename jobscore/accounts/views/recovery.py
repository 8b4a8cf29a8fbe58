"""Links of letters: confirm an address, set a new password. GET shows, POST acts.

Mail programs and virus scanners follow links: a GET must not use one up.
"""

import hmac
from typing import Any

import flask
from flask import render_template, url_for
from flask_babel import gettext

from jobscore.accounts import limits, passwords, service, tokens
from jobscore.accounts.forms import ActForm, ForgotForm, NewPasswordForm, VerifyForm
from jobscore.accounts.models import User
from jobscore.accounts.views.blueprint import address, bp, is_signed_in, me, say, see_other
from jobscore.accounts.views.signing import PROOF, enter
from jobscore.database.transaction import transaction
from jobscore.web import errors
from jobscore.web.access import public, signed_in


@bp.route("/verify/<token>", methods=["GET", "POST"])
@public
def verify(token: str) -> Any:
    """Confirm an address: by a button where the browser signed up itself, else by password too.

    So nobody can be talked into confirming an account that somebody else opened in their name.
    """
    try:
        user, _ = tokens.read(tokens.Purpose.VERIFY, token)
    except tokens.StaleLinkError:
        return _stale()
    is_own = _signed_up_here(user)
    form = ActForm() if is_own else VerifyForm()
    if not form.validate_on_submit() or not (is_own or _password_fits(user, form)):
        return (
            render_template("accounts/verify.html", form=form, email=user.email, is_own=is_own),
            form.status(),
        )
    try:
        with transaction():
            service.confirm_address(token)
    except tokens.StaleLinkError:  # used twice at one moment
        return _stale()
    if not (is_signed_in() and me().id == user.id):
        enter(user, None)
    say(gettext("Your address is confirmed."))
    return see_other(url_for("accounts.start"))


def _signed_up_here(user: User) -> bool:
    proof = str(flask.session.get(PROOF, ""))
    return hmac.compare_digest(proof, tokens.fingerprint(tokens.Purpose.VERIFY, user))


def _password_fits(user: User, form: VerifyForm) -> bool:
    with transaction():
        reservation = limits.reserve_sign_in(user.email, address())
    if not passwords.verify(user.hashed_password, form.password.data or ""):
        form.password.errors = [gettext("This is not the password that you chose.")]
        return False
    with transaction():
        limits.release(reservation)
    return True


@bp.route("/password/forgot", methods=["GET", "POST"])
@public
def forgot() -> Any:
    """Show the form that asks for a reset link; send one if the address has an account."""
    form = ForgotForm()
    if not form.validate_on_submit():
        return render_template("accounts/forgot.html", form=form), form.status()
    with transaction():
        limits.count_reset(address())
    with transaction():
        service.send_reset(form.email.address)
    return render_template("accounts/forgot_sent.html", email=form.email.address)


@bp.route("/password/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> Any:
    """Set a new password by the link of a letter."""
    try:
        user, _ = tokens.read(tokens.Purpose.RESET, token)
    except tokens.StaleLinkError:
        return _stale()
    form = NewPasswordForm(user)
    if not form.validate_on_submit():
        page = render_template("accounts/reset.html", form=form, email=user.email)
        return page, form.status()
    hashed = passwords.hash_password(form.password.data)
    try:
        with transaction():
            service.reset_password(token, hashed)
    except tokens.StaleLinkError:  # used twice at one moment
        return _stale()
    say(gettext("Your new password is set. Sign in with it."))
    return see_other(url_for("accounts.login"))


@bp.route("/me/email/<token>", methods=["GET", "POST"])
@signed_in
def new_email(token: str) -> Any:
    """Confirm a new address of one's own account: the address's owner must know the account."""
    try:
        user, email = tokens.read(tokens.Purpose.EMAIL, token)
    except tokens.StaleLinkError:
        return _stale()
    if user.id != me().id:
        return _stale()
    form = ActForm()
    if not form.validate_on_submit():
        return render_template("accounts/new_email.html", form=form, email=email), form.status()
    try:
        with transaction():
            service.change_email(token)
    except tokens.StaleLinkError:
        return _stale()
    say(gettext("Your new address is confirmed."))
    return see_other(url_for("accounts.account"))


def _stale() -> Any:
    return errors.page(
        410,
        title=gettext("This link no longer works"),
        text=gettext(
            "It was used already, is too old, was cut off on its way, or your account has changed "
            "since. Ask for a new letter and use the newest link."
        ),
        action_label=gettext("Get a new link"),
        action_href=url_for("accounts.forgot"),
    )
