"""Keep letters from leaving for a while, by hand: all of them, or those to many only.

A pause is a row, so that every sender on every machine sees it with its next letter; a letter that
is on its way when the pause begins still leaves. Nothing here commits.
"""

from sqlalchemy import ColumnElement, or_, select

from jobscore import clock
from jobscore.emails.models import EmailLog, MailPause
from jobscore.emails.suppression import BULK_TYPES
from jobscore.extensions import db


def current() -> MailPause | None:
    """Return the pause that lasts; None while letters may leave."""
    return db.session.scalars(
        select(MailPause).where(MailPause.ended_at.is_(None)).order_by(MailPause.id).limit(1)
    ).one_or_none()


def pause(*, is_only_many: bool = False, reason: str = "") -> MailPause:
    """Keep letters from leaving until :func:`resume`; a pause that lasts already is changed.

    :param is_only_many: letters that answer somebody (a new password, a confirmed address) go on.
    """
    found = current()
    if found is None:
        found = MailPause(started_at=clock.now())
        db.session.add(found)
    found.is_only_many, found.reason = is_only_many, reason.strip() or None
    db.session.flush()
    return found


def resume() -> bool:
    """Let letters leave again; tell whether they were paused. Flushes only."""
    found = current()
    if found is None:
        return False
    found.ended_at = clock.now()
    db.session.flush()
    return True


def lets_through() -> ColumnElement[bool]:
    """Return the condition that no pause keeps a letter of the log from leaving."""
    holds = select(MailPause.id).where(
        MailPause.ended_at.is_(None),
        or_(MailPause.is_only_many.is_(False), EmailLog.email_type.in_(BULK_TYPES)),
    )
    return ~holds.correlate(EmailLog).exists()
