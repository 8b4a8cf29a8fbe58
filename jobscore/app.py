"""The application factory: the only module that knows every feature."""

import gc
import secrets
import threading
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click
import structlog
from flask import Flask, Response, g, render_template, request
from sqlalchemy import MetaData
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from jobscore import background, config, logs, paths
from jobscore.config import Config
from jobscore.database import cli as schema_cli
from jobscore.database.engine import engine_options, prepare_folder
from jobscore.database.queries import recording
from jobscore.database.validation import SchemaState, SchemaWatch, wait_until_current
from jobscore.extensions import Base, csrf, db, login_manager, migrate
from jobscore.jobs.search import columns
from jobscore.vocabulary.gazetteer import resolve_place
from jobscore.web import compression, errors, i18n, jinja, robots, security
from jobscore.web import views as web_views

#: Features from the ground up; each may bring models, views, cli and tasks.
FEATURES = (
    "vocabulary",
    "emails",
    "emails.bounces",
    "accounts",
    "jobs",
    "jobs.checks",
    "jobs.companies",
    "jobs.duplicates",
    "jobs.reports",
    "jobs.search",
    "imports",
    "imports.people",
    "imports.sources",
    "scoring",
    "matching",
    "digests",
    "searches",
    "privacy",
    "exports",
    "dashboard",
    "demo",
)


class RowId(IntegerConverter):
    """A number in an address that a database can look up; a longer one is no page of ours."""

    regex = r"\d{1,18}"


#: Routes that answer even when the schema is not the one that the code needs.
ALWAYS_UP = frozenset({"static", "web.healthz", "dashboard.readyz"})
#: Form parts and form bytes outside of uploads.
MOST_FORM_PARTS = 500
MOST_FORM_BYTES = 512 * 1024


def create_app(overrides: Mapping[str, object] | None = None) -> Flask:
    """Build the application from the environment, with ``overrides`` of single settings.

    :raises ConfigError: when a setting is missing or wrong.
    """
    settings = Config.from_environ(overrides=overrides)
    logs.configure(settings.log_format, settings.log_level)
    app = Flask(
        "jobscore",
        root_path=str(paths.PACKAGE),
        instance_path=str(settings.instance),
        template_folder=str(paths.TEMPLATES),
        static_folder=str(paths.STATIC),
    )
    _configure(app, settings)
    app.url_map.converters["int"] = RowId
    prepare_folder(settings.database_url)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(paths.MIGRATIONS))
    login_manager.init_app(app)
    csrf.init_app(app)
    i18n.init_app(app)
    _request_ids(app)
    recording.init_app(app)
    _guard_schema(app)
    _register_features(app)
    errors.init_app(app)
    jinja.init_app(app)
    security.init_app(app)
    robots.init_app(app)
    compression.init_app(app)
    schema_cli.init_app(app)
    app.cli.add_command(background.work)
    if settings.proxy_count:
        n = settings.proxy_count
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    return app


def create_server() -> Flask:
    """Build the application for a server: refuse what cannot serve, wait for an upgrade's end.

    When the schema is not the code's after ``JOBSCORE_SCHEMA_WAIT_SECONDS``, every page answers
    503 and says what helps.

    :raises ConfigError: when a setting is missing or wrong, the secret key included.
    """
    app = create_app()
    settings = config.current(app)
    settings.check_can_serve()
    if settings.schema_wait_seconds:
        with app.app_context():
            wait_until_current(db.engine, settings.schema_wait_seconds)
    if click.get_current_context(silent=True) is None:  # commands search nothing
        threading.Thread(target=_warm, args=(app,), name="warm search", daemon=True).start()
    return app


def _warm(app: Flask) -> None:
    """Read the open jobs into the search's columns before somebody waits for it.

    What stands then stays as long as the process: looking through it for garbage would hold up
    one page in thirty for a fifth of a second at 100,000 jobs.
    """
    with app.app_context():
        try:
            columns.current(db.session())
            resolve_place("東京")  # the gazetteer builds its tables at the first name
        except SQLAlchemyError as error:  # no database, or another schema: pages will say so
            logs.get("jobscore.search").warning("search not warmed", error=type(error).__name__)
        finally:
            db.session.remove()
    gc.collect()
    gc.freeze()


def _configure(app: Flask, settings: Config) -> None:
    """Translate our settings into those of Flask and its extensions."""
    app.config.update(
        JOBSCORE=settings,
        # Commands need no key of the operator's; the server refuses to go on without one.
        SECRET_KEY=settings.secret_key or secrets.token_urlsafe(48),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(
            settings.database_url,
            pool_size=settings.database_pool_size,
            pool_overflow=settings.database_pool_overflow,
        ),
        TRUSTED_HOSTS=settings.hosts,
        MAX_CONTENT_LENGTH=MOST_FORM_BYTES * 2,
        MAX_FORM_MEMORY_SIZE=MOST_FORM_BYTES,
        MAX_FORM_PARTS=MOST_FORM_PARTS,
        SESSION_COOKIE_NAME="__Host-session" if settings.is_https else "session",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_SSL_STRICT=settings.is_https,
        PREFERRED_URL_SCHEME="https" if settings.is_https else "http",
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]


def load_models() -> MetaData:
    """Import every feature's models, without an application; return all tables.

    Migrations are for these tables.
    """
    import_module("jobscore.database.models")
    for feature in FEATURES:
        name = f"jobscore.{feature}.models"
        if find_spec(f"jobscore.{feature}") is not None and find_spec(name) is not None:
            import_module(name)
    return Base.metadata


def _register_features(app: Flask) -> None:
    """Import what each feature brings: models always, then views, commands and tasks."""
    app.register_blueprint(web_views.bp)
    load_models()
    for feature in FEATURES:
        for part in ("views", "cli", "tasks"):
            name = f"jobscore.{feature}.{part}"
            if find_spec(f"jobscore.{feature}") is None or find_spec(name) is None:
                continue
            module: Any = import_module(name)
            if part == "views":
                app.register_blueprint(module.bp)
            if part == "cli":
                module.init_app(app)


def _request_ids(app: Flask) -> None:
    """Give each request an id that stands in its log lines, its answer and its error page."""

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _guard_schema(app: Flask) -> None:
    """Answer 503 with the command that helps while the schema is not the code's."""
    watch = SchemaWatch()

    @app.before_request
    def refuse() -> Response | None:
        if request.endpoint in ALWAYS_UP:
            return None
        config.current(app).check_can_serve(is_debug=app.debug)
        report = watch.report(db.engine)
        if report.state is SchemaState.CURRENT:
            return None
        errors.forget_user()
        logs.get("jobscore.schema").error("schema not ready", sentence=report.sentence)
        page = render_template(
            "errors/schema_behind.html",
            current_revision=report.current,
            head_revision=report.head,
            state=report.state,
            request_id=g.request_id,
        )
        return Response(page, 503, {"Retry-After": "30"})
