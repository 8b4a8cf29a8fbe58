"""Which language a reader gets: their choice, their profile, their browser, the default."""

from collections.abc import Iterator
from contextlib import contextmanager

import flask_babel
from babel.support import Translations
from flask import Flask, Response, current_app, g, has_request_context, request
from flask_login import current_user

from jobscore import config, paths
from jobscore.extensions import babel

LOCALES = ("en", "ja")
#: What each language calls itself.
NATIVE_NAMES = {"en": "English", "ja": "日本語"}
COOKIE = "locale"
YEAR = 31_536_000
_catalogues: dict[str, Translations] = {}


def select_locale() -> str:
    """Return the language of the current request (or of the current :func:`speaking` block)."""
    forced = g.get("forced_locale")
    if forced in LOCALES:
        return str(forced)
    if not has_request_context():
        return config.current().default_locale
    chosen = request.args.get("lang") or request.cookies.get(COOKIE)
    if chosen in LOCALES:
        return str(chosen)
    if current_user and current_user.is_authenticated and current_user.profile:
        return str(current_user.profile.locale)
    return request.accept_languages.best_match(LOCALES) or config.current().default_locale


def current_language() -> str:
    """Return the reader's language as two letters, one of :data:`LOCALES`."""
    return str(flask_babel.get_locale() or "en")[:2]


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Have every message inside the block be in ``locale`` (for letters and commands)."""
    before = g.get("forced_locale")
    g.forced_locale = locale
    flask_babel.refresh()
    try:
        yield
    finally:
        g.forced_locale = before
        flask_babel.refresh()


def _catalogue() -> Translations:
    """Return the reader's catalogue."""
    locale = flask_babel.get_locale()
    language = "en" if locale is None else locale.language
    found = _catalogues.get(language)
    if found is None:
        found = _catalogues[language] = flask_babel.get_translations()
    return found


def remember(response: Response, locale: str) -> Response:
    """Keep the choice of a language in a cookie of its own."""
    settings = config.current()
    response.set_cookie(
        COOKIE, locale, max_age=YEAR, secure=settings.is_https, httponly=True, samesite="Lax"
    )
    return response


def init_app(app: Flask) -> None:
    """Bind Flask-Babel to ``app`` with our catalogue and selectors."""
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(paths.TRANSLATIONS)
    babel.init_app(
        app,
        locale_selector=select_locale,
        timezone_selector=lambda: config.current(current_app).timezone,
    )
    # pages ask hundreds of times: a catalogue is looked up by language alone, three times as fast
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined] # by jinja2.ext.i18n
        gettext=lambda text: _catalogue().ugettext(text),
        ngettext=lambda one, many, n: _catalogue().ungettext(one, many, n),
        newstyle=True,
    )
    app.jinja_env.globals["get_locale"] = lambda: str(flask_babel.get_locale() or "en")
