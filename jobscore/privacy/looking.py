"""Who looked at a person's data: every page of the admin that shows one person is noted here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from flask import request
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from jobscore.accounts import audit
from jobscore.accounts.models import AuditLog, User
from jobscore.emails.models import EmailLog
from jobscore.extensions import db

ACTION: Final = "person.looked_at"
#: Entries that the person's page shows.
MOST = 100


def _recipient(args: Mapping[str, Any]) -> int | None:
    return db.session.scalar(select(EmailLog.user_id).where(EmailLog.id == args["log_id"]))


def _asked_by_address(_args: Mapping[str, Any]) -> int | None:
    email = request.args.get("email", "").strip().lower()[:255]
    return db.session.scalar(select(User.id).where(User.email == email)) if email else None


def _complainant(args: Mapping[str, Any]) -> int | None:
    table = db.metadata.tables.get("score_complaints")
    row_id = next(iter(args.values()), None)
    if table is None or row_id is None:
        return None
    found = db.session.scalar(select(table.c.user_id).where(table.c.id == row_id))
    return None if found is None else int(found)


def _by_number(args: Mapping[str, Any]) -> int | None:
    return db.session.scalar(select(User.id).where(User.id == args["user_id"]))


#: Pages about one person: endpoint -> (what is looked at, whose it is).
LOOKS: Final[dict[str, tuple[str, Callable[[Mapping[str, Any]], int | None]]]] = {
    "emails.show": ("letter", _recipient),
    "emails.preview": ("preview", _by_number),
    "scoring.admin_scores": ("score", _asked_by_address),
    "matching.complaint": ("complaint", _complainant),
}
#: Admin pages with a number in their address that show nobody's data; and why.
NOBODYS: Final[dict[str, str]] = {
    "emails.html": "the frame inside emails.show, which is noted",
    "emails.preview_html": "the frame inside emails.preview, which is noted",
    "people.letter": "the letter that all people of a file get, before they have an account",
}


def note(endpoint: str, args: Mapping[str, Any], actor_id: int) -> None:
    """Write down that an administrator was shown a page about somebody else. Flushes."""
    look = LOOKS.get(endpoint)
    if look is None:
        return
    what, whose = look
    user_id = whose(args)
    if user_id is not None and user_id != actor_id:
        record(user_id, what, actor_id=actor_id)


def record(user_id: int, what: str, *, actor_id: int | None) -> None:
    """Write down a look at a person's data; without an actor it was done by command. Flushes."""
    audit.record(ACTION, f"user:{user_id}", actor_id=actor_id, what=what)
    db.session.flush()


def looks_at(user_id: int, most: int = MOST) -> Sequence[Any]:
    """Return who looked at a person's data, the last first: instant, what, number and name."""
    return db.session.execute(
        select(AuditLog.created_at, AuditLog.details, AuditLog.actor_id, User.full_name)
        .outerjoin(User, User.id == AuditLog.actor_id)
        .where(AuditLog.target == f"user:{user_id}", AuditLog.action == ACTION)
        .order_by(AuditLog.created_at.desc(), AuditLog.id.desc())
        .limit(most)
    ).all()


def forget(session: Session, user_id: int) -> None:
    """Drop who looked at a person who is erased."""
    session.execute(
        delete(AuditLog).where(AuditLog.target == f"user:{user_id}", AuditLog.action == ACTION)
    )
