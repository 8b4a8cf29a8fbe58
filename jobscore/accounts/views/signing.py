"""Signing up, in and out."""

from typing import Any

import flask
from flask import render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from jobscore.accounts import consents, limits, passwords, service, sessions
from jobscore.accounts.forms import LoginForm, RegisterForm
from jobscore.accounts.models import ConsentKind, User
from jobscore.accounts.views.blueprint import (
    address,
    bp,
    first_page,
    is_signed_in,
    me,
    see_other,
)
from jobscore.database.transaction import transaction
from jobscore.web.access import public
from jobscore.web.forms import next_path, own_path

#: Where the browser keeps that it signed up (see `service.SignUp.proof`), and for which address.
PROOF, PROVEN = "sign_up", "sign_up_email"


@bp.route("/register", methods=["GET", "POST"])
@public
def register() -> Any:
    """Show the sign-up form; open an account, or write to the owner of a known address."""
    if is_signed_in():
        return see_other(first_page(me()))
    form = RegisterForm()
    if not form.validate_on_submit():
        terms = consents.TEXTS[ConsentKind.TERMS].text
        return render_template("accounts/register.html", form=form, terms=terms), form.status()
    with transaction():
        limits.count_sign_up(address())
    new = service.NewAccount(
        email=form.email.address,
        hashed_password=passwords.hash_password(form.password.data),
        full_name=form.full_name.data,
        locale=consents.reader_locale(),
    )
    try:
        with transaction():
            result = service.register(new)
    except service.EmailTakenError:  # two sign-ups at one moment: now the address is known
        with transaction():
            result = service.register(new)
    if result.person is not None:
        enter(result.person, None)
        return see_other(url_for("accounts.start"))
    flask.session[PROOF] = result.proof
    flask.session[PROVEN] = form.email.address
    return see_other(url_for("accounts.registered"))


@bp.get("/register/sent")
@public
def registered() -> Any:
    """Say that a letter is on its way."""
    return render_template(
        "accounts/registered.html",
        email=flask.session.get(PROVEN, ""),
    )


@bp.route("/login", methods=["GET", "POST"])
@public
def login() -> Any:
    """Show the sign-in form; sign in."""
    if is_signed_in():
        return see_other(next_path(first_page(me())))
    form = LoginForm()
    if request.method == "GET":
        form.next.data = own_path(request.args.get("next"), "")
    if form.validate_on_submit():
        user = check_password(form.email.address, form.password.data)
        if user is not None:
            enter(user, form.password.data)
            return see_other(next_path(first_page(user)))
        form.form_errors.append(
            gettext(
                "That did not work. Check the address and the password. If you have just signed "
                "up, open the link in our letter first."
            )
        )
    return render_template("accounts/login.html", form=form), form.status()


@bp.post("/logout")
@public
def logout() -> Response:
    """End this session, in the database and in the browser."""
    token = sessions.current_token()
    if token is not None:
        with transaction():
            sessions.end(token)
    sessions.take_from_browser()
    return see_other(url_for("accounts.login"))


def check_password(email: str, password: str) -> User | None:
    """Return who may sign in with these within the limits, or None. Commits on its own.

    The try is counted and committed before it is judged, and the slow hash runs outside of any
    transaction: on SQLite it would hold up every writer.

    :raises TooManyTriesError: when the account or the address has used up its tries.
    """
    with transaction():
        reservation = limits.reserve_sign_in(email, address())
    user = service.by_password(email, password)
    with transaction():
        if user is None:
            service.note_failed_sign_in(email)
        else:
            limits.release(reservation)
    return user


def enter(user: User, password: str | None) -> None:
    """Sign ``user`` in: a new session in the database and in this browser. Commits on its own."""
    before = sessions.current_token()
    with transaction():
        if before is not None:
            sessions.end(before)
        limits.forget_old()
        agent = request.user_agent.string
        token = service.sign_in(user, password, user_agent=agent, address=address())
    sessions.put_in_browser(token)
