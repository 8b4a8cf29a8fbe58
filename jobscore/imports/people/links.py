"""Links of invitations: signed, for one invitation as long as it is open; nothing of them is kept.

The token names the invitation and carries a keyed digest of its random nonce. It is good while the
invitation is sent and its time is not over: accepting, refusing or withdrawing ends it.
"""

import hashlib
import hmac

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from jobscore import clock
from jobscore.emails import rendering
from jobscore.extensions import db
from jobscore.imports.people.models import Invitation, InvitationStatus


class StaleInvitationError(Exception):
    """The link was forged, cut off, used before, withdrawn, or its time is over."""


def token_of(invitation: Invitation) -> str:
    """Return the token of an invitation's links; it is URL-safe."""
    return str(_serializer().dumps([invitation.id, _fingerprint(invitation)]))


def accept_url(invitation: Invitation) -> str:
    """Return the link that shows what is kept and lets the person accept."""
    return rendering.absolute_url("people.invitation", token=token_of(invitation))


def refuse_url(invitation: Invitation) -> str:
    """Return the link that lets the person have everything deleted."""
    return rendering.absolute_url("people.refuse", token=token_of(invitation))


def read(token: str) -> Invitation:
    """Return the open invitation that a link belongs to.

    :raises StaleInvitationError: in every other case, without saying which.
    """
    try:
        values = _serializer().loads(token)
    except BadData as error:
        raise StaleInvitationError from error
    if not (isinstance(values, list) and len(values) == 2 and isinstance(values[0], int)):
        raise StaleInvitationError
    invitation = db.session.get(Invitation, values[0])
    if invitation is None or invitation.status is not InvitationStatus.SENT:
        raise StaleInvitationError
    if invitation.expires_at <= clock.now():
        raise StaleInvitationError
    if invitation.user is None or not invitation.user.is_awaited:  # opened some other way
        raise StaleInvitationError
    if not hmac.compare_digest(str(values[1]), _fingerprint(invitation)):
        raise StaleInvitationError
    return invitation


def _fingerprint(invitation: Invitation) -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    state = f"invitation:{invitation.id}:{invitation.user_id}:{invitation.nonce}"
    return hmac.new(key, state.encode(), hashlib.sha256).hexdigest()[:32]


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="people.invitation")
