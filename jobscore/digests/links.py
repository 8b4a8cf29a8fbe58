"""The link that ends the letters: signed, for one purpose and one person, valid for good.

It must work years later and without signing in (CAN-SPAM asks for 30 days, RFC 8058 for no
further step), so it does one harmless thing only: it turns the letters off.
"""

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from jobscore.emails import rendering

_SALT = "jobscore.digests.unsubscribe"


class BadLinkError(Exception):
    """The link was cut off, changed, or made for something else."""


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt=_SALT)


def unsubscribe_token(user_id: int) -> str:
    """Return the token of the person's unsubscribe link."""
    return str(_serializer().dumps([user_id]))


def unsubscribe_url(user_id: int) -> str:
    """Return the person's unsubscribe link on the public URL."""
    return rendering.absolute_url("digests.unsubscribe", token=unsubscribe_token(user_id))


def read_token(token: str) -> int:
    """Return the person whom an unsubscribe link belongs to.

    :raises BadLinkError: when we did not make it.
    """
    try:
        values = _serializer().loads(token)
    except BadData as error:
        raise BadLinkError from error
    if not (isinstance(values, list) and len(values) == 1 and isinstance(values[0], int)):
        raise BadLinkError
    return values[0]
