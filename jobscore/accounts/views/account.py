"""The account: name, language, address, password, and where one is signed in."""

from typing import Any

from flask import abort, make_response, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from jobscore.accounts import limits, passwords, service, sessions
from jobscore.accounts.devices import device_name
from jobscore.accounts.forms import AccountForm, ActForm, ChangeEmailForm, ChangePasswordForm
from jobscore.accounts.views.blueprint import (
    address,
    bp,
    me,
    present_password_fits,
    say,
    see_other,
)
from jobscore.database.transaction import transaction
from jobscore.web import i18n
from jobscore.web.access import signed_in


def _show(changed: Any = None) -> tuple[str, int]:
    """Render the page; ``changed`` is the form that was refused, the others are fresh."""
    user = me()
    own = {"full_name": user.full_name, "locale": user.profile.locale}
    forms: dict[str, Any] = {
        "form": AccountForm(formdata=None, data=own),
        "email_form": ChangeEmailForm(formdata=None, prefix="email-"),
        "password_form": ChangePasswordForm(user, formdata=None, prefix="password-"),
    }
    for name, fresh in forms.items():
        if changed is not None and type(changed) is type(fresh):
            forms[name] = changed
    this = _this()
    page = render_template(
        "accounts/account.html",
        **forms,
        user=user,
        sessions=[
            {"row": row, "device": device_name(row.user_agent), "is_this": row.id == this}
            for row in sessions.of_person(user.id)
        ],
        act=ActForm(formdata=None),
    )
    return page, 200 if changed is None else 422


def _this() -> int | None:
    """Return the id of the session that asks."""
    found = sessions.find(sessions.current_token() or "")
    return found.id if found else None


@bp.get("/me/account")
@signed_in
def account() -> Any:
    """Show the account."""
    return _show()


@bp.post("/me/account")
@signed_in
def update_account() -> Any:
    """Save name and language."""
    form = AccountForm()
    if not form.validate_on_submit():
        return _show(form)
    with transaction():
        user = me()
        user.full_name = form.full_name.data
        user.profile.locale = form.locale.data
    with i18n.speaking(form.locale.data):
        say(gettext("Your account is saved."))
    response: Response = make_response(see_other(url_for("accounts.account")))
    return i18n.remember(response, form.locale.data)  # type: ignore[arg-type]


@bp.post("/me/account/email")
@signed_in
def change_email() -> Any:
    """Send a link to the new address; the old one holds until it is used."""
    form = ChangeEmailForm(prefix="email-")
    if not form.validate_on_submit() or not present_password_fits(me(), form.present):
        return _show(form)
    with transaction():
        limits.count_reset(address())
    with transaction():
        service.ask_new_email(me(), form.email.address)
    say(
        gettext(
            "We sent a letter to %(email)s. Your address changes when you open its link.",
            email=form.email.address,
        ),
        "info",
    )
    return see_other(url_for("accounts.account"))


@bp.post("/me/account/password")
@signed_in
def change_password() -> Any:
    """Set a new password; every other session of the person ends."""
    form = ChangePasswordForm(me(), prefix="password-")
    if not form.validate_on_submit() or not present_password_fits(me(), form.present):
        return _show(form)
    hashed = passwords.hash_password(form.password.data)
    with transaction():
        user = me()
        service.change_password(user, hashed, keep=sessions.current_token())
        limits.forget_account(user.email)
    say(gettext("Your password is changed. You were signed out everywhere else."))
    return see_other(url_for("accounts.account"))


@bp.post("/me/account/sessions/<int:session_id>/end")
@signed_in
def end_session(session_id: int) -> Any:
    """End one of the person's own sessions."""
    with transaction():
        is_ended = sessions.end_one(me().id, session_id)
    if not is_ended:
        abort(404)
    say(gettext("That session has ended."))
    return see_other(url_for("accounts.account") + "#sessions")


@bp.post("/me/account/sessions/end-others")
@signed_in
def end_other_sessions() -> Any:
    """End all of the person's sessions but this one."""
    with transaction():
        sessions.end_all(me().id, but=sessions.current_token())
    say(gettext("You were signed out everywhere else."))
    return see_other(url_for("accounts.account") + "#sessions")


@bp.post("/me/account/confirm")
@signed_in
def send_confirmation() -> Any:
    """Send the letter that confirms the address once more."""
    with transaction():
        is_sent = service.ask_for_confirmation(me())
    if is_sent:
        say(gettext("We sent you the letter again."), "info")
    else:
        say(gettext("No letter was sent: there were several already. Try again later."), "warning")
    return see_other(url_for("accounts.account"))
