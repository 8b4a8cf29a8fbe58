"""Keys that outlive the secret key: of the suppression list, of unsubscribe links, of the erased.

A secret key may change at any time: it signs what lasts for days. A person's no lasts for good, so
the keys under which it is kept stand in the database. Each is first derived from the secret key in
force, exactly as it was before the table existed: hashes and links made earlier stay good. The
first letter or suppression writes it down; from then on a new secret key changes nothing.
"""

import hashlib
from collections.abc import Callable
from enum import StrEnum
from typing import cast

from flask import current_app
from itsdangerous import URLSafeSerializer
from sqlalchemy import Table, select

from jobscore import clock, config
from jobscore.database import bulk
from jobscore.emails.models import KeptKey
from jobscore.extensions import db

#: The salt of unsubscribe links: part of their key.
UNSUBSCRIBE_SALT = "jobscore.digests.unsubscribe"
_CACHE = "jobscore.kept_keys"


class Purpose(StrEnum):
    """What a key signs. A signature for one is worthless for another."""

    SUPPRESSION = "suppression"
    ERASED = "erased"
    UNSUBSCRIBE = "unsubscribe"


def _hashed(salt: bytes) -> Callable[[str], bytes]:
    return lambda secret: hashlib.sha256(salt + b"\0" + secret.encode()).digest()


def _unsubscribe(secret: str) -> bytes:
    """Return the key that itsdangerous makes of a secret: links that were sent go on working."""
    signer = URLSafeSerializer(secret, salt=UNSUBSCRIBE_SALT).make_signer(UNSUBSCRIBE_SALT)
    return bytes(signer.derive_key())


_DERIVE: dict[Purpose, Callable[[str], bytes]] = {
    Purpose.SUPPRESSION: _hashed(b"jobscore.suppression"),
    Purpose.ERASED: _hashed(b"jobscore.erased"),
    Purpose.UNSUBSCRIBE: _unsubscribe,
}


def signing(purpose: Purpose) -> bytes:
    """Return the key that signs now: the kept one, or until there is one, the secret's.

    :raises config.ConfigError: when none is kept and there is no secret key.
    """
    kept = _kept(purpose)
    if kept is not None:
        return kept
    secret = config.current().secret_key
    if not secret and purpose is Purpose.UNSUBSCRIBE:
        # a preview by a command without a key: its link leads nowhere, and nothing is sent
        secret = str(current_app.secret_key or "")
    if not secret:
        raise config.ConfigError("JOBSCORE_SECRET_KEY is missing: addresses cannot be compared")
    return _DERIVE[purpose](secret)


def accepted(purpose: Purpose) -> list[bytes]:
    """Return every key whose signatures count, the signing one first.

    Those of former secret keys that the settings name are among them, and today's secret's.

    :raises config.ConfigError: when none is kept and there is no secret key.
    """
    settings = config.current()
    secrets = [settings.secret_key, *settings.former_secrets]
    derived = [_DERIVE[purpose](secret) for secret in secrets if secret]
    return list(dict.fromkeys([signing(purpose), *derived]))


def keep() -> None:
    """Write down the keys that are not kept yet. Flushes; call it inside a transaction.

    Commands without a secret key write none down.
    """
    secret = config.current().secret_key
    if not secret:
        return
    session = db.session()
    kept = set(session.scalars(select(KeptKey.purpose)))
    now = clock.now()
    rows = [
        {"purpose": purpose.value, "key": derive(secret).hex(), "created_at": now}
        for purpose, derive in _DERIVE.items()
        if purpose.value not in kept
    ]
    # of two processes that do this at once both have derived the same
    bulk.upsert(session, cast(Table, KeptKey.__table__), rows, key=["purpose"], update=())


def _kept(purpose: Purpose) -> bytes | None:
    """Return the key of the database; it never changes, so a process reads it once."""
    cache: dict[str, bytes] = current_app.extensions.setdefault(_CACHE, {})
    found = cache.get(purpose)
    if found is None:
        kept = db.session.scalar(select(KeptKey.key).where(KeptKey.purpose == purpose.value))
        if kept is None:
            return None
        found = cache[purpose] = bytes.fromhex(kept)
    return found
