"""The queue in the log: claim letters one by one, and record what became of each.

Nothing here commits. A sender commits between claiming a letter and its first byte, and again
when it knows the outcome (``tasks.send_batch``), so that a killed sender leaves at most one letter
of which nobody knows whether it left; that letter is shown as ``in_doubt`` and settled by hand.
"""

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, case, null, select, update

from jobscore import clock, config
from jobscore.emails import pausing, suppression
from jobscore.emails.compose import Letter, mail_host
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.emails.service import html_of, text_of
from jobscore.extensions import db

#: A letter is refused for now: try again after these; then it has failed.
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
#: Longer than one letter can take: a conversation has five answers of a minute at most.
LEASE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that this sender alone may deliver until its lease runs out."""

    id: int
    worker: str
    attempts: int
    email_type: EmailType
    letter: Letter


def worker_name() -> str:
    """Return a name for this sender that no other sender has."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"


def _due(email_type: EmailType | None) -> list[ColumnElement[bool]]:
    conditions = [
        EmailLog.status == EmailStatus.PENDING,
        EmailLog.next_attempt_at <= clock.now(),
        EmailLog.is_held.is_(False),
        pausing.lets_through(),
    ]
    if email_type is not None:
        conditions.append(EmailLog.email_type == email_type)
    return conditions


def has_due(email_type: EmailType | None = None) -> bool:
    """Tell whether a letter could be claimed now."""
    wanted = select(EmailLog.id).where(*_due(email_type)).limit(1)
    return db.session.scalar(wanted) is not None


def claim_next(worker: str, *, email_type: EmailType | None = None) -> Claimed | None:
    """Claim the letter that waits longest; None when none is due. The caller commits at once.

    One conditional UPDATE: two senders cannot claim the same row (on PostgreSQL the second skips
    it, on SQLite it waits for the first and then finds another).
    """
    now = clock.now()
    due = select(EmailLog.id).where(*_due(email_type))
    due = due.order_by(EmailLog.next_attempt_at, EmailLog.id).limit(1)
    claim = (
        update(EmailLog)
        .where(
            EmailLog.id == due.with_for_update(skip_locked=True).scalar_subquery(),
            EmailLog.status == EmailStatus.PENDING,
        )
        .values(
            status=EmailStatus.SENDING,
            claimed_by=worker,
            lease_until=now + LEASE,
            attempts=EmailLog.attempts + 1,
        )
        .returning(
            EmailLog.id,
            EmailLog.attempts,
            EmailLog.email_type,
            EmailLog.recipient_email,
            EmailLog.subject,
            EmailLog.body,
            EmailLog.text_z,
            EmailLog.html_z,
            EmailLog.locale,
            EmailLog.message_id,
            EmailLog.headers,
        )
        .execution_options(synchronize_session=False)
    )
    row = db.session.execute(claim).one_or_none()
    if row is None:
        return None
    letter = Letter(
        recipient=row.recipient_email,
        subject=row.subject,
        text=text_of(row),
        html=html_of(row),
        locale=row.locale,
        message_id=row.message_id or f"letter.{row.id}@{mail_host(config.current().public_url)}",
        headers=cast(dict[str, str], row.headers),
    )
    return Claimed(row.id, worker, row.attempts, row.email_type, letter)


def _settle(claimed: Claimed, **values: Any) -> bool:
    """Write the outcome, if the letter is still ours; tell whether it was."""
    values = {"claimed_by": None, "lease_until": None, **values}
    for name in {"smtp_reply", "error_message"} & values.keys():
        # servers repeat the address: of somebody who was erased meanwhile it is not kept
        said = values[name]
        values[name] = case((EmailLog.recipient_email == "", null()), else_=said)
    result = db.session.execute(
        update(EmailLog)
        .where(EmailLog.id == claimed.id, EmailLog.claimed_by == claimed.worker)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount == 1


def record_sent(claimed: Claimed, reply: str) -> bool:
    """Record that the server took the letter."""
    return _settle(
        claimed,
        status=EmailStatus.SENT,
        sent_at=clock.now(),
        smtp_reply=reply,
        error_message=None,
        next_attempt_at=None,
    )


def record_temporary(claimed: Claimed, reply: str) -> None:
    """Record a refusal for now: try again later, or failed after the last back-off."""
    step = claimed.attempts - 1
    if step >= len(BACK_OFF):
        record_failed(claimed, reply)
        return
    _settle(
        claimed,
        status=EmailStatus.PENDING,
        next_attempt_at=clock.now() + BACK_OFF[step],
        error_message=reply,
        smtp_reply=reply,
    )


def record_failed(claimed: Claimed, reply: str, *, is_bad_address: bool = False) -> None:
    """Record a refusal for good; an address that does not exist is never written to again."""
    _settle(
        claimed,
        status=EmailStatus.FAILED,
        error_message=reply,
        smtp_reply=reply,
        next_attempt_at=None,
    )
    if is_bad_address:
        suppression.suppress(claimed.letter.recipient, suppression.Reason.BOUNCE, reply)


def record_in_doubt(claimed: Claimed, reply: str) -> None:
    """Record that nobody knows whether the letter arrived."""
    _settle(
        claimed,
        status=EmailStatus.IN_DOUBT,
        error_message=reply,
        smtp_reply=reply,
        next_attempt_at=None,
    )


def record_suppressed(claimed: Claimed) -> None:
    """Record that the address was put on the suppression list since; nothing left."""
    _settle(claimed, status=EmailStatus.SUPPRESSED, next_attempt_at=None)


def give_back(claimed: Claimed) -> None:
    """Return a letter that was never tried to the queue, as if it had not been claimed."""
    _settle(
        claimed,
        status=EmailStatus.PENDING,
        attempts=claimed.attempts - 1,
        next_attempt_at=clock.now(),
    )


def doubt_abandoned() -> int:
    """Mark letters whose sender vanished as in doubt; return how many there were."""
    result = db.session.execute(
        update(EmailLog)
        .where(EmailLog.status == EmailStatus.SENDING, EmailLog.lease_until < clock.now())
        .values(
            status=EmailStatus.IN_DOUBT,
            error_message="The sender stopped while this letter was on its way.",
            next_attempt_at=None,
        )
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount
