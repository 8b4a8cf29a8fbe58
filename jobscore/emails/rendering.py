"""Letters from templates: ``templates/emails/<name>/{subject.txt,body.txt,body.html}``.

Every letter goes through :func:`render`, whoever writes it, so that all have the same frame, the
operator's identity, and a text part that says all that the HTML says.
"""

from dataclasses import dataclass
from typing import Any

import flask_babel
from flask import current_app
from werkzeug.routing import MapAdapter

from jobscore import config
from jobscore.emails.compose import clean_subject
from jobscore.web.i18n import speaking


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a template made: a clean subject and two complete bodies."""

    subject: str
    text: str
    html: str


def absolute_url(endpoint: str, **values: Any) -> str:
    """Return the address of a page on the configured public URL, with or without a request.

    Never looks at the request's Host header: a forged one must not come into a letter.
    """
    return config.current().public_url + path(endpoint, **values)


def path(endpoint: str, **values: Any) -> str:
    """Return the path of a page, with or without a request."""
    urls: MapAdapter = current_app.url_map.bind("localhost")
    return urls.build(endpoint, values)


def frame() -> dict[str, Any]:
    """Return what every letter's frame shows: who writes, and where."""
    settings = config.current()
    return {
        "site_name": settings.mail_from_name,
        "public_url": settings.public_url,
        "operator_name": settings.operator_name,
        "operator_address": settings.operator_address,
        "operator_contact": settings.operator_contact,
        "mail_locale": str(flask_babel.get_locale() or "en"),
    }


def render(name: str, locale: str, **values: Any) -> Rendered:
    """Render the three templates of the letter ``name`` in ``locale``.

    :param values: what the templates use, beside :func:`frame`.
    """
    with speaking(locale):
        return render_here(name, locale, **values)


def render_here(name: str, locale: str, **values: Any) -> Rendered:
    """Do the same inside a block that speaks ``locale`` already (many letters in a row)."""
    context = {**frame(), **values}
    env = current_app.jinja_env
    subject = clean_subject(env.get_template(f"emails/{name}/subject.txt").render(context), locale)
    text, html = (
        env.get_template(f"emails/{name}/{part}").render(context, subject=subject)
        for part in ("body.txt", "body.html")
    )
    return Rendered(subject, tidy_text(text), html.strip() + "\n")


def tidy_text(text: str) -> str:
    """Return a text body without spaces at line ends and with one empty line at most in a row."""
    lines = "\n".join([line.rstrip() for line in text.replace("\r", "").split("\n")])
    while "\n\n\n" in lines:
        lines = lines.replace("\n\n\n", "\n\n")
    return lines.strip() + "\n"
