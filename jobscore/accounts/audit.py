"""The audit log: one row for each act of an admin and each event that matters for safety."""

from typing import Any

from jobscore.accounts.models import AuditLog, User
from jobscore.extensions import db


def record(
    action: str, target: User | str | None = None, *, actor_id: int | None = None, **details: Any
) -> None:
    """Write down that ``actor_id`` (None: nobody who is signed in) did ``action``.

    :param action: noun and verb, such as ``import.started``.
    :param target: what it was done to, such as ``csv_import:12``; a person is written by number.
    :param details: plain values; never passwords, links or addresses.
    """
    name = f"user:{target.id}" if isinstance(target, User) else target or ""
    db.session.add(AuditLog(actor_id=actor_id, action=action, target=name, details=details))
