"""A letter's HTML inside a page: a frame that can do nothing but be read."""

from flask import Response, abort

from jobscore import config
from jobscore.emails.models import EmailLog, EmailType
from jobscore.emails.service import html_of

#: Letters that hold a link which changes an account: who may read the log must not use it.
PRIVATE_TYPES = frozenset({EmailType.VERIFY, EmailType.RESET, EmailType.INVITATION})
#: Inline styles only: no script, image, form, font or other host; links open outside the frame.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


def is_readable(letter: EmailLog) -> bool:
    """Tell whether the log may show the letter's bodies; the demo shows all."""
    return letter.email_type not in PRIVATE_TYPES or config.current().demo


def framed_html(letter: EmailLog) -> Response:
    """Answer with the letter's HTML under a policy of its own; 404 where there is none to show."""
    html = html_of(letter)
    if html is None or not is_readable(letter):
        abort(404)
    return framed(html)


def framed(html: str) -> Response:
    """Answer with a letter's HTML under a policy of its own."""
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Cache-Control"] = "no-store"
    return response
