"""Last letters to erased people: their address goes from the log as soon as they have left."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.database.engine import truncate_log
from jobscore.database.transaction import after_commit
from jobscore.emails import service as outbox
from jobscore.emails import suppression
from jobscore.emails.models import EmailLog, EmailStatus, EmailType, Suppression
from jobscore.extensions import db

#: So long a last letter may wait for a mail server; then it is given up and its address goes.
LONGEST: Final = timedelta(days=3)
#: Letters before that are not looked at any more.
_SEARCHED: Final = timedelta(days=14)


def finished(session: Session) -> list[str]:
    """Return addresses whose last letter has left, or has waited too long. Writes nothing.

    Known by belonging to no account, and by an address that is on the suppression list.
    """
    now = clock.now()
    is_on_its_way = EmailLog.status.in_([EmailStatus.PENDING, EmailStatus.SENDING])
    is_too_old = and_(EmailLog.created_at < now - LONGEST, EmailLog.status == EmailStatus.PENDING)
    found = session.scalars(
        select(EmailLog.recipient_email).where(
            EmailLog.user_id.is_(None),
            EmailLog.created_at > now - _SEARCHED,
            EmailLog.email_type == EmailType.NOTICE,
            EmailLog.recipient_email != "",
            or_(~is_on_its_way, is_too_old),
        )
    )
    addresses = {suppression.address_hash(address): address for address in found}
    if not addresses:
        return []
    listed = select(Suppression.address_hash).where(Suppression.address_hash.in_(list(addresses)))
    return [addresses[hashed] for hashed in session.scalars(listed)]


def forget(addresses: Collection[str]) -> None:
    """Take addresses, subjects and texts out of the log, and out of SQLite's own. Flushes."""
    for address in addresses:
        outbox.forget_address(address)
    after_commit(lambda: truncate_log(db.engine))
