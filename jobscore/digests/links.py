"""The link that ends the letters: signed, for one purpose and one person, valid for good.

It must work years later and without signing in (CAN-SPAM asks for 30 days, RFC 8058 for no
further step), so it does one harmless thing only: it turns the letters off. Its key is kept in the
database: a new secret key ends no link.
"""

from itsdangerous import BadData, URLSafeSerializer

from jobscore import config
from jobscore.emails import keys, rendering


class BadLinkError(Exception):
    """The link was cut off, changed, or made for something else."""


def _serializer(signing: list[bytes]) -> URLSafeSerializer:
    """Return what signs with the last of the keys and accepts them all.

    The keys are derived already, so itsdangerous takes them as they are.
    """
    return URLSafeSerializer(
        signing, salt=keys.UNSUBSCRIBE_SALT, signer_kwargs={"key_derivation": "none"}
    )


def unsubscribe_token(user_id: int) -> str:
    """Return the token of the person's unsubscribe link."""
    return str(_serializer([keys.signing(keys.Purpose.UNSUBSCRIBE)]).dumps([user_id]))


def unsubscribe_url(user_id: int) -> str:
    """Return the person's unsubscribe link on the public URL."""
    return rendering.absolute_url("digests.unsubscribe", token=unsubscribe_token(user_id))


def read_token(token: str) -> int:
    """Return the person whom an unsubscribe link belongs to.

    :raises BadLinkError: when we did not make it.
    """
    try:
        # the newest stands last, as itsdangerous wants it
        accepted = keys.accepted(keys.Purpose.UNSUBSCRIBE)[::-1]
        values = _serializer(accepted).loads(token)
    except (BadData, config.ConfigError) as error:
        raise BadLinkError from error
    if not (isinstance(values, list) and len(values) == 1 and isinstance(values[0], int)):
        raise BadLinkError
    return values[0]
