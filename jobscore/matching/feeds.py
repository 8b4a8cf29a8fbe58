"""A person's private feed: the secret in its address, made, replaced and taken back.

Only the hash of the secret is kept: who reads the database cannot read the feed.
"""

import hashlib
import secrets
from typing import cast

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts.models import User
from jobscore.extensions import db
from jobscore.matching.models import FeedToken

_BYTES = 32
#: Characters of a token: none of ours is longer.
_LONGEST = 100


def _session() -> Session:
    return cast(Session, db.session())


def get(user_id: int) -> FeedToken | None:
    """Return what is kept of a person's feed, or None where they have none."""
    return _session().get(FeedToken, user_id)


def make(user_id: int) -> str:
    """Give a person a feed with a new secret; an address of before no longer works. Flushes.

    :returns: the secret. It cannot be had again.
    """
    token = secrets.token_urlsafe(_BYTES)
    row = get(user_id)
    if row is None:
        row = FeedToken(user_id=user_id)
        _session().add(row)
    row.token_hash, row.created_at = _hash(token), clock.now()
    _session().flush()
    return token


def revoke(user_id: int) -> None:
    """Take a person's feed away. Flushes."""
    _session().execute(delete(FeedToken).where(FeedToken.user_id == user_id))


def owner(token: str) -> User | None:
    """Return the active person whose feed it is, or None."""
    if len(token) > _LONGEST:
        return None
    query = (
        select(User)
        .join(FeedToken, FeedToken.user_id == User.id)
        .where(FeedToken.token_hash == _hash(token), User.is_active.is_(True))
    )
    return _session().scalars(query).first()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
