"""What the pages of this feature share: the blueprint, limits as a page, where to go next."""

import math
from typing import Any, cast

from flask import Blueprint, Response, current_app, flash, make_response, redirect, request, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from jobscore.accounts import limits, passwords, sessions
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.extensions import login_manager
from jobscore.web import errors
from jobscore.web.jinja import instant

bp = Blueprint("accounts", __name__)
#: Pages whose address is a secret: it must not travel on in a Referer header.
SECRET_ADDRESSES = frozenset({"accounts.verify", "accounts.reset", "accounts.new_email"})

login_manager.login_view = "accounts.login"
login_manager.login_message = _l("Please sign in to see this page.")
login_manager.login_message_category = "info"


@bp.before_app_request
def note_presence() -> None:
    """Keep ``last_seen_at`` of the session roughly true."""
    if request.endpoint not in {"static", "web.healthz", None}:
        sessions.mark_seen()


@bp.after_request
def keep_secret(response: Response) -> Response:
    """Keep links of letters out of other sites' logs and of shared caches."""
    if request.endpoint in SECRET_ADDRESSES:
        response.headers["Referrer-Policy"] = "strict-origin"
        response.headers["Cache-Control"] = "no-store"
    return response


@bp.errorhandler(limits.TooManyTriesError)
def too_many_tries(error: limits.TooManyTriesError) -> Response:
    """Say when the next try is welcome, and what can be done meanwhile."""
    minutes = math.ceil(error.seconds / 60)
    body, status = errors.page(
        429,
        title=gettext("Too many tries"),
        text=ngettext(
            "For your safety, this is closed for another minute.",
            "For your safety, this is closed for another %(num)s minutes.",
            minutes,
        ),
        detail=gettext(
            "Come back after %(time)s. A link by e-mail lets you in before that.",
            time=instant(error.until, "short"),
        ),
        action_label=gettext("Set a new password by e-mail"),
        action_href=url_for("accounts.forgot"),
    )
    response = make_response(body, status)
    response.headers["Retry-After"] = str(error.seconds)
    return response


def me() -> User:
    """Return the person who is signed in; only for views that nobody else reaches."""
    return cast(User, current_user._get_current_object())


def is_signed_in() -> bool:
    """Tell whether somebody is signed in."""
    return bool(current_user.is_authenticated)


def address() -> str:
    """Return the visitor's network address, behind a proxy only as configured."""
    return request.remote_addr or ""


def first_page(user: User) -> str:
    """Return where a person goes who has just signed in."""
    wanted = "dashboard.admin" if user.is_superuser else "matching.index"
    profile = user.profile
    is_new = not (profile.homes or profile.titles or profile.skills or user.is_superuser)
    for endpoint in (["accounts.start"] if is_new else []) + [wanted, "accounts.profile"]:
        if endpoint in current_app.view_functions:
            return url_for(endpoint)
    raise LookupError("the profile page is missing")  # it is part of this very blueprint


def see_other(url: str) -> BaseResponse:
    """Send the browser on by GET after a POST."""
    return redirect(url, 303)


def present_password_fits(user: User, field: Any) -> bool:
    """Check the present password of a signed-in person within the limits.

    Commits on its own: the try is counted before it is judged. On False the field says why.

    :raises TooManyTriesError: when there were too many wrong ones.
    """
    with transaction():
        reservation = limits.reserve_password_check(user.email)
    if not passwords.verify(user.hashed_password, field.data or ""):
        field.errors = [*field.errors, gettext("This is not your present password.")]
        return False
    with transaction():
        limits.release(reservation)
    return True


def say(text: str, kind: str = "success") -> None:
    """Show ``text`` at the top of the next page."""
    flash(text, kind)
