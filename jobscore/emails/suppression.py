"""Addresses that must not be written to, kept as keyed hashes only.

The key is kept in the database (``keys``): a new secret key forgets nobody.
"""

import hashlib
import hmac
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import Table, delete, func, select, update

from jobscore import clock
from jobscore.database import bulk
from jobscore.emails import keys
from jobscore.emails.models import EmailType, Suppression
from jobscore.extensions import db

#: Letters to many; the others answer something that the person just did.
BULK_TYPES = frozenset({EmailType.DIGEST, EmailType.ALERT, EmailType.INVITATION})
#: Longest note of an entry, in characters.
LONGEST_NOTE = 500
_ADDRESS = re.compile(r"[^\s<>@,;:]+@[^\s<>@,;:]+|<[^<>]{0,320}@[^<>]{0,320}>")


class Reason(StrEnum):
    """Why an address is not written to."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    ERASED = "erased"
    ADMIN = "admin"


#: A no to what nobody asked for: who signs up or wants a new password still gets that letter.
_NO_TO_MANY = (Reason.UNSUBSCRIBE.value, Reason.ERASED.value)


class NotListedError(Exception):
    """The address does not stand on the list."""


class ErasedError(Exception):
    """The owner had everything erased: only they can come back, by signing up."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list, without the address, which nobody knows."""

    id: int
    #: A :class:`Reason`; another word where an older version wrote one.
    reason: str
    #: Without addresses.
    note: str | None
    created_at: datetime

    @property
    def can_be_lifted(self) -> bool:
        """Whether an admin may take it from the list."""
        return self.reason != Reason.ERASED


def address_hash(address: str) -> str:
    """Return the HMAC-SHA256 of the lower-case address, as hex, by the key that signs now.

    :raises config.ConfigError: when there is neither a kept nor a secret key.
    """
    return _hash(keys.signing(keys.Purpose.SUPPRESSION), address)


def address_hashes(address: str) -> list[str]:
    """Return the hashes under which an address may stand on the list, today's first."""
    return [_hash(key, address) for key in keys.accepted(keys.Purpose.SUPPRESSION)]


def _hash(key: bytes, address: str) -> str:
    return hmac.new(key, address.strip().lower().encode(), hashlib.sha256).hexdigest()


def without_addresses(text: str | None, limit: int = LONGEST_NOTE) -> str | None:
    """Return what a server or a person wrote, on one line, without the addresses in it."""
    if text is None:
        return None
    # what is not shown anyway is cut first: a hostile reply may be megabytes long
    plain = "".join(c if c.isprintable() else " " for c in text[: 4 * limit])
    return " ".join(_ADDRESS.sub("…@…", plain).split())[:limit] or None


def suppress(address: str, reason: Reason, note: str | None = None) -> bool:
    """Put an address on the list; one that stands there keeps its first reason. Flushes only.

    Addresses in the note are taken out. Tells whether the address is new on the list.
    """
    keys.keep()
    if find(address) is not None:
        return False
    entry = {
        "address_hash": address_hash(address),
        "reason": reason.value,
        "note": without_addresses(note),
        "created_at": clock.now(),
    }
    # two processes may learn it at the same moment
    table = cast(Table, Suppression.__table__)
    bulk.upsert(db.session(), table, [entry], key=["address_hash"], update=())
    return True


def find(address: str) -> Entry | None:
    """Return the entry of an address, or None when it may be written to."""
    row = db.session.scalar(
        select(Suppression)
        .where(Suppression.address_hash.in_(address_hashes(address)))
        .order_by(Suppression.id)
        .limit(1)
    )
    return None if row is None else _entry(row)


def lift(address: str) -> list[Entry]:
    """Take an address from the list and return what stood there. Flushes only.

    :raises NotListedError: when it did not stand there.
    :raises ErasedError: when its owner had everything erased; nothing is changed.
    """
    standing = Suppression.address_hash.in_(address_hashes(address))
    entries = [_entry(row) for row in db.session.scalars(select(Suppression).where(standing))]
    if not entries:
        raise NotListedError
    if not all(entry.can_be_lifted for entry in entries):
        raise ErasedError
    db.session.execute(delete(Suppression).where(standing))
    return entries


def newest(most: int, *, reason: Reason | None = None) -> Sequence[Entry]:
    """Return the newest entries; none says whose address it is."""
    query = select(Suppression).order_by(Suppression.id.desc()).limit(most)
    if reason is not None:
        query = query.where(Suppression.reason == reason.value)
    return [_entry(row) for row in db.session.scalars(query)]


def counts() -> dict[str, int]:
    """Return how many addresses are on the list, by reason."""
    rows = db.session.execute(select(Suppression.reason, func.count()).group_by(Suppression.reason))
    return {reason: int(n) for reason, n in rows}


def lift_erased(address: str) -> None:
    """Forget that the owner of an address had everything erased: they came of themselves.

    Other reasons stay. Flushes only.
    """
    db.session.execute(
        delete(Suppression).where(
            Suppression.address_hash.in_(address_hashes(address)),
            Suppression.reason == Reason.ERASED.value,
        )
    )


def forget_notes(address: str) -> None:
    """Take away what a server said about an address; that it is on the list stays. Flushes only."""
    db.session.execute(
        update(Suppression)
        .where(Suppression.address_hash.in_(address_hashes(address)))
        .values(note=None)
    )


def suppressed(addresses: Collection[str], email_type: EmailType) -> set[str]:
    """Return those of ``addresses`` that a letter of this type must not go to.

    Who unsubscribed or had everything erased still gets what they ask for (a new password, the
    link of a sign-up of their own); all other reasons stop all.
    """
    accepted = keys.accepted(keys.Purpose.SUPPRESSION) if addresses else []
    by_hash: dict[str, list[str]] = {}
    for address in addresses:
        for key in accepted:
            by_hash.setdefault(_hash(key, address), []).append(address)
    hashes = list(by_hash)
    found: set[str] = set()
    for start in range(0, len(hashes), 500):
        wanted = select(Suppression.address_hash).where(
            Suppression.address_hash.in_(hashes[start : start + 500])
        )
        if email_type not in BULK_TYPES:
            wanted = wanted.where(Suppression.reason.not_in(_NO_TO_MANY))
        for hashed in db.session.scalars(wanted):
            found.update(by_hash[hashed])
    return found


def _entry(row: Suppression) -> Entry:
    return Entry(row.id, row.reason, without_addresses(row.note), row.created_at)
