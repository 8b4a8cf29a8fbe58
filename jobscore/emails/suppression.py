"""Addresses that must not be written to, kept as keyed hashes only."""

import hashlib
import hmac
from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import delete, select

from jobscore import config
from jobscore.emails.models import EmailType, Suppression
from jobscore.extensions import db

#: Letters to many; the others answer something that the person just did.
BULK_TYPES = frozenset({EmailType.DIGEST, EmailType.ALERT, EmailType.INVITATION})


class Reason(StrEnum):
    """Why an address is not written to."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    ERASED = "erased"
    ADMIN = "admin"


#: A no to what nobody asked for: who signs up or wants a new password still gets that letter.
_NO_TO_MANY = (Reason.UNSUBSCRIBE.value, Reason.ERASED.value)


def address_hash(address: str) -> str:
    """Return the HMAC-SHA256 of the lower-case address, as hex.

    The key is derived from the secret key: the list cannot be turned back into addresses, and does
    not survive a change of that key.

    :raises config.ConfigError: when there is no secret key.
    """
    secret = config.current().secret_key
    if not secret:
        raise config.ConfigError("JOBSCORE_SECRET_KEY is missing: addresses cannot be compared")
    key = hashlib.sha256(b"jobscore.suppression\0" + secret.encode()).digest()
    return hmac.new(key, address.strip().lower().encode(), hashlib.sha256).hexdigest()


def suppress(address: str, reason: Reason, note: str | None = None) -> None:
    """Put an address on the list; one that stands there keeps its first reason. Flushes only."""
    hashed = address_hash(address)
    if db.session.scalar(select(Suppression.id).filter_by(address_hash=hashed)) is None:
        db.session.add(Suppression(address_hash=hashed, reason=reason.value, note=note))
        db.session.flush()


def lift_erased(address: str) -> None:
    """Forget that the owner of an address had everything erased: they came of themselves.

    Other reasons stay. Flushes only.
    """
    db.session.execute(
        delete(Suppression).where(
            Suppression.address_hash == address_hash(address),
            Suppression.reason == Reason.ERASED.value,
        )
    )


def suppressed(addresses: Collection[str], email_type: EmailType) -> set[str]:
    """Return those of ``addresses`` that a letter of this type must not go to.

    Who unsubscribed or had everything erased still gets what they ask for (a new password, the
    link of a sign-up of their own); all other reasons stop all.
    """
    by_hash = {address_hash(address): address for address in addresses}
    hashes = list(by_hash)
    found: set[str] = set()
    for start in range(0, len(hashes), 500):
        wanted = select(Suppression.address_hash).where(
            Suppression.address_hash.in_(hashes[start : start + 500])
        )
        if email_type not in BULK_TYPES:
            wanted = wanted.where(Suppression.reason.not_in(_NO_TO_MANY))
        found.update(by_hash[hashed] for hashed in db.session.scalars(wanted))
    return found
