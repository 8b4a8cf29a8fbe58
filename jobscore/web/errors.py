"""Error pages: what happened, what to do, an id to quote."""

from http import HTTPStatus
from typing import Any

from flask import Flask, g, render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from jobscore import logs
from jobscore.extensions import db

log = logs.get("jobscore.errors")

#: Status -> (title, what to do).
TEXTS: dict[int, tuple[Any, Any]] = {
    400: (
        _l("This request could not be understood"),
        _l("Go back, reload the page and try again."),
    ),
    401: (_l("Please sign in"), _l("This page is for people who are signed in.")),
    403: (_l("You may not see this page"), _l("It is for administrators.")),
    404: (
        _l("There is no such page"),
        _l("The address may be mistyped, or what was here is gone."),
    ),
    405: (_l("That cannot be done here"), _l("Go back and use the buttons of the page.")),
    410: (_l("This is gone"), _l("Here is what is open now.")),
    413: (
        _l("That is too large"),
        _l("Choose a smaller file or split it; the page that you came from states the limit."),
    ),
    422: (_l("Some answers need another look"), _l("Go back; what you typed is still there.")),
    429: (
        _l("Too many tries"),
        _l("Wait a quarter of an hour, then try again."),
    ),
    500: (
        _l("Something went wrong on our side"),
        _l("Nothing that you saved is lost. Try again; if it happens again, quote the id below."),
    ),
    503: (
        _l("The service is not ready"),
        _l("The database cannot be reached or is being brought up to date. Try again in a minute."),
    ),
}


def page(status: int, title: str | None = None, advice: str | None = None) -> tuple[str, int]:
    """Render the error page of ``status``; a feature may give its own words."""
    known = TEXTS.get(status)
    phrase = HTTPStatus(status).phrase
    return (
        render_template(
            "errors/error.html",
            status=status,
            title=title or (known[0] if known else phrase),
            advice=advice or (known[1] if known else gettext("Go back and try again.")),
        ),
        status,
    )


def init_app(app: Flask) -> None:
    """Have every error of ``app`` end in a page of its own."""

    @app.errorhandler(CSRFError)
    def expired_form(_error: CSRFError) -> tuple[str, int]:
        return page(
            400,
            gettext("This form was open for too long"),
            gettext("For your safety it can no longer be sent. Go back, reload and send it again."),
        )

    @app.errorhandler(HTTPException)
    def expected(error: HTTPException) -> Any:
        if error.response is not None:
            return error.response
        return page(error.code or 500)

    @app.errorhandler(OperationalError)
    def database_gone(error: OperationalError) -> tuple[str, int]:
        db.session.rollback()
        log.error("database unavailable", path=request.path, error=str(error.orig)[:300])
        return page(ServiceUnavailable.code)

    @app.errorhandler(InternalServerError)
    def unexpected(_error: InternalServerError) -> tuple[str, int]:
        db.session.rollback()
        log.error("unexpected error", path=request.path, request_id=g.get("request_id"))
        return page(500)
