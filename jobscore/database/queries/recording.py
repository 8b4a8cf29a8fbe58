"""Tell :mod:`jobscore.database.queries` who sends a statement: which page, which command."""

from typing import Any

import click
from flask import Flask, g, has_request_context, request
from flask.signals import appcontext_pushed

from jobscore import config
from jobscore.database import queries

#: Folder of the statistics inside the instance folder.
FOLDER = "statistics"
#: Methods that may stand in a name; whatever else a client sends does not.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def init_app(app: Flask) -> None:
    """Count the statements of the app's requests and commands; keep them in its instance folder."""
    queries.listen()
    queries.keep_in(config.current(app).instance / FOLDER)
    app.before_request(_begin_request)
    app.teardown_request(_end_request)
    appcontext_pushed.connect(_begin_command, app)
    app.teardown_appcontext(_end_command)


def request_name() -> str:
    """Return the unit of the current request: method and endpoint, never the address asked for."""
    method = request.method if request.method in _METHODS else "OTHER"
    return f"{'GET' if method == 'HEAD' else method} {request.endpoint or '(no page)'}"


def command_name(context: click.Context) -> str:
    """Return a command as people type it (``flask runs day``), however it was started."""
    names: list[str] = []
    while context.parent is not None:
        names.insert(0, context.info_name or "?")
        context = context.parent
    return " ".join(["flask", *names])


def _command_name() -> str:
    context = click.get_current_context(silent=True)
    return "flask" if context is None else command_name(context)


def _begin_request() -> None:
    g.query_unit_of_request = queries.begin(request_name())


def _end_request(_error: BaseException | None) -> None:
    opened = g.pop("query_unit_of_request", None)
    if opened is not None:
        queries.end(opened)


def _begin_command(_app: Flask, **_signal: Any) -> None:
    """Open a unit when a command pushes the application context (every ``with_appcontext``)."""
    is_command = click.get_current_context(silent=True) is not None
    if is_command and not queries.is_open() and not has_request_context():
        # The context is pushed before the command's own name is known: ask when it runs.
        g.query_unit_of_command = queries.begin(_command_name, is_batch=True)


def _end_command(_error: BaseException | None) -> None:
    opened = g.pop("query_unit_of_command", None)
    if opened is not None:
        queries.end(opened)
