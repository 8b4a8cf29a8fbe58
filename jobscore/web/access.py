"""Who may call a route. Every view carries exactly one of these decorators (tested)."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from flask import abort, current_app
from flask_login import current_user

P = ParamSpec("P")
R = TypeVar("R")


class Access(StrEnum):
    """The three kinds of callers."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    ADMIN = "admin"


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Let everybody call the view."""
    return _mark(view, Access.PUBLIC)


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Let people call the view who are signed in; send others to the sign-in page."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not current_user.is_authenticated:
            return cast(R, current_app.login_manager.unauthorized())  # type: ignore[attr-defined]
        return view(*args, **kwargs)

    return _mark(guarded, Access.SIGNED_IN)


def admin_only(view: Callable[P, R]) -> Callable[P, R]:
    """Let admins call the view; others learn that they may not (403)."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not current_user.is_authenticated:
            return cast(R, current_app.login_manager.unauthorized())  # type: ignore[attr-defined]
        if not current_user.is_superuser:
            abort(403)
        return view(*args, **kwargs)

    return _mark(guarded, Access.ADMIN)


def access_of(view: Callable[..., object]) -> Access | None:
    """Return who may call ``view``, or None where nobody said so."""
    return getattr(view, "access", None)


def _mark(view: Callable[P, R], access: Access) -> Callable[P, R]:
    view.access = access  # type: ignore[attr-defined] # functions carry attributes
    return view
