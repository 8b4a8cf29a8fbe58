"""Agreeing to letters: at once, with the address, or by a letter that asks once more.

Who ended letters and wants them again confirms it from the mailbox that said no: whoever sits at a
browser that is signed in need not be its owner. Flushes only.
"""

from datetime import timedelta
from typing import Final

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from jobscore import clock
from jobscore.accounts import audit, consents, emails, limits, service, tokens
from jobscore.accounts.models import Consent, ConsentKind, User
from jobscore.extensions import db

#: How long the link of the letter works.
LIFETIME: Final = timedelta(days=14)
_SALT: Final = "jobscore.accounts.optin"


class StaleConsentError(Exception):
    """The link was forged, cut off or too old, or what it confirms has been ended since."""


def agree(user: User, kind: ConsentKind, *, locale: str, how: str) -> Consent:
    """Write down that the person agrees, and have them confirm it in the way that is needed.

    Their address not confirmed yet: with it. Ended by them before: by a letter with a link, and
    nothing is sent until then. Otherwise at once, by being signed in.
    """
    standing = consents.current(user.id, kind)
    must_ask = standing is None and consents.was_ended_by_will(user.id, kind)
    waits = consents.is_waiting(standing)
    entry = consents.give(user.id, kind, locale=locale, how=how)
    if entry is standing:
        if not waits:
            service.ask_for_confirmation(user)
        return entry
    if must_ask or waits:
        ask(entry, user)
    elif user.email_verified_at is not None:
        consents.confirm(entry, "session")
    else:
        service.ask_for_confirmation(user)
    return entry


def propose(user: User, kind: ConsentKind) -> bool:
    """Ask somebody by letter whether they want letters, on behalf of an admin; it counts as no yes.

    False where they agreed already, or the mailbox had enough letters.
    """
    standing = consents.current(user.id, kind)
    if standing is not None and not consents.is_waiting(standing):
        return False
    entry = consents.give(user.id, kind, locale=user.profile.locale, how="asked")
    audit.record("letters.proposed", user, kind=kind.value)
    return ask(entry, user)


def ask(entry: Consent, user: User) -> bool:
    """Write the letter that asks to confirm ``entry``; False when the mailbox had enough letters.

    From now on the entry waits for the answer.
    """
    if entry.asked_at is None:
        entry.asked_at = clock.now()
        db.session.flush()
    if not limits.may_write_to(user.email):
        return False
    emails.confirm_letters(user, entry, make_token(entry), LIFETIME.days)
    return True


def make_token(entry: Consent) -> str:
    """Return the token of the link that confirms an entry; it is URL-safe."""
    return str(_serializer().dumps([entry.id, entry.user_id]))


def read(token: str) -> Consent:
    """Return the standing entry that a link confirms; it may be confirmed already.

    :raises StaleConsentError: when the link is not good (any more).
    """
    try:
        entry_id, user_id = _serializer().loads(token, max_age=int(LIFETIME.total_seconds()))
    except (BadData, TypeError, ValueError) as error:
        raise StaleConsentError from error
    entry = db.session.get(Consent, entry_id)
    if entry is None or entry.user_id != user_id or entry.withdrawn_at is not None:
        raise StaleConsentError
    return entry


def confirm(token: str) -> Consent:
    """Take the yes of the letter's link and return the entry, which holds from now on.

    :raises StaleConsentError: when the link is not good (any more).
    """
    entry = read(token)
    if entry.confirmed_at is None:
        consents.confirm(entry, "letter")
        audit.record("letters.confirmed", f"user:{entry.user_id}", kind=entry.kind.value)
    return entry


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        str(current_app.config["SECRET_KEY"]), salt=_SALT, signer=tokens.TokenSigner
    )
