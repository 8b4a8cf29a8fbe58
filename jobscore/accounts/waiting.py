"""Accounts that somebody else opened and whose owner has not said yes yet.

They have no password and are closed; only their owner's yes, by the link of an invitation, opens
them. Who signs up with such an address, or asks for a password, gets the invitation again: the
feature that invites brings the letter, because it stands on a higher floor.
"""

from collections.abc import Callable

from jobscore.accounts.models import User

_writers: list[Callable[[User], None]] = []


def writes_invitation(function: Callable[[User], None]) -> Callable[[User], None]:
    """Register the function that writes an invitation (again) to who asks for it."""
    _writers[:] = [function]
    return function


def write_to(user: User) -> None:
    """Write the invitation again to ``user``, whose account waits for their yes. Flushes only."""
    for write in _writers:
        write(user)
