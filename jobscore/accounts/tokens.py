"""Links in letters: signed, for one purpose, one state of one account, one time.

A token names the person and carries a keyed digest of what the link is about to change. Using the
link changes that, so the same link never works twice; so does any other change of the password.
"""

import hashlib
import hmac
from datetime import timedelta
from enum import StrEnum

from flask import current_app
from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from jobscore import clock
from jobscore.accounts.models import User
from jobscore.extensions import db


class Purpose(StrEnum):
    """What a link is for. A link for one is worthless for the other."""

    VERIFY = "verify"
    RESET = "reset"
    EMAIL = "email"


#: How long each kind of link works.
LIFETIMES = {
    Purpose.VERIFY: timedelta(days=3),
    Purpose.RESET: timedelta(hours=1),
    Purpose.EMAIL: timedelta(days=1),
}


class StaleLinkError(Exception):
    """The link was forged, cut off, used before, too old, or the account has changed since."""


class TokenSigner(TimestampSigner):
    """A signer that takes the time from our clock."""

    def get_timestamp(self) -> int:
        """Return the seconds of the epoch now."""
        return int(clock.now().timestamp())


def make(purpose: Purpose, user: User, extra: str = "") -> str:
    """Return the token of a link for ``user``; it is URL-safe.

    :param extra: what the link is to bring along, such as the new address.
    """
    return str(_serializer(purpose).dumps([user.id, fingerprint(purpose, user), extra]))


def read(purpose: Purpose, token: str) -> tuple[User, str]:
    """Return the active person whose account is still as it was when ``token`` was made.

    With them comes what the link brought along.

    :raises StaleLinkError: in every other case, without saying which.
    """
    try:
        seconds = LIFETIMES[purpose].total_seconds()
        user_id, state, extra = _serializer(purpose).loads(token, max_age=int(seconds))
    except (BadData, TypeError, ValueError) as error:
        raise StaleLinkError(purpose) from error
    user = db.session.get(User, user_id)
    if user is None or not user.is_active:
        raise StaleLinkError(purpose)
    if not hmac.compare_digest(state, fingerprint(purpose, user)):
        raise StaleLinkError(purpose)
    return user, extra


def fingerprint(purpose: Purpose, user: User) -> str:
    """Return a keyed digest of the account's state that a link of this purpose ends."""
    verified = user.email_verified_at.isoformat() if user.email_verified_at else ""
    state = "|".join((purpose, str(user.id), user.email, user.hashed_password, verified))
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"link:{state}".encode(), hashlib.sha256).hexdigest()[:32]


def _serializer(purpose: Purpose) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        str(current_app.config["SECRET_KEY"]), salt=f"accounts.{purpose}", signer=TokenSigner
    )
