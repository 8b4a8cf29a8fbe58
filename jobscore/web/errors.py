"""Error pages: what happened, what to do, an id to quote."""

from http import HTTPStatus
from typing import Any

from flask import Flask, g, render_template, request
from flask.globals import request_ctx
from flask_babel import gettext
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateNotFound
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError

from jobscore import logs
from jobscore.config import ConfigError
from jobscore.extensions import db
from jobscore.web.pagination import BadCursorError

log = logs.get("jobscore.errors")


def page(status: int, **words: Any) -> tuple[str, int]:
    """Render the error page of ``status``.

    :param words: for a page with the feature's own words: ``title`` and ``text``, optionally
        ``action_label``, ``action_href`` and ``detail``; without them the status's own page.
    """
    if request_ctx.url_adapter is None:  # an untrusted Host: no address can be built for it
        return f"{status} {HTTPStatus(status).phrase}", status
    name = "errors/page.html" if words else f"errors/{status}.html"
    try:
        return render_template(name, code=status, **words), status
    except TemplateNotFound:
        text = gettext("Go back, reload the page and try again.")
        title = gettext("This request could not be answered")
        return render_template("errors/page.html", code=status, title=title, text=text), status


def forget_user() -> None:
    """Have the rest of this request see nobody signed in: the database cannot be asked."""
    g._login_user = AnonymousUserMixin()


def init_app(app: Flask) -> None:
    """Have every error of ``app`` end in a page of its own."""

    @app.errorhandler(CSRFError)
    def expired_form(_error: CSRFError) -> tuple[str, int]:
        return page(
            400,
            title=gettext("This form was open for too long"),
            text=gettext(
                "For your safety it can no longer be sent. Go back, reload the page and send it "
                "again; nothing was changed."
            ),
        )

    @app.errorhandler(HTTPException)
    def expected(error: HTTPException) -> Any:
        if error.response is not None:
            return error.response
        return page(error.code or 500)

    @app.errorhandler(BadCursorError)
    def no_such_page(_error: BadCursorError) -> tuple[str, int]:
        return page(404)

    @app.errorhandler(ConfigError)
    def not_set_up(error: ConfigError) -> tuple[str, int]:
        log.error("not set up", error=str(error))
        forget_user()
        title = gettext("This site is not set up yet")
        text = gettext("The operator has to make a setting; the log names it.")
        return page(503, title=title, text=text)

    @app.errorhandler(OperationalError)
    def database_gone(error: OperationalError) -> tuple[str, int]:
        db.session.rollback()
        forget_user()
        log.error("database unavailable", path=request.path, error=str(error.orig)[:300])
        return page(503)

    @app.errorhandler(InternalServerError)
    def unexpected(_error: InternalServerError) -> tuple[str, int]:
        db.session.rollback()
        forget_user()
        log.error("unexpected error", path=request.path, request_id=g.get("request_id"))
        return page(500)
