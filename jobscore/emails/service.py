"""The log is the outbox: put letters in, claim them one by one, record what became of each.

Nothing here commits. A sender commits between claiming a letter and its first byte, and again
when it knows the outcome (``tasks.send_batch``), so that a killed sender leaves at most one letter
of which nobody knows whether it left; that letter is shown as ``in_doubt`` and settled by hand.
"""

import os
import secrets
import socket
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, String, cast as as_type, func, literal, select, update

from jobscore import clock, config
from jobscore.emails import suppression
from jobscore.emails.compose import LONGEST_SUBJECT, Letter, Sender, cut, mail_host, one_line
from jobscore.emails.models import EmailLog, EmailStatus, EmailType, MailOutage
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
#: How long senders leave a server alone that is down.
OUTAGE_PAUSE = timedelta(minutes=1)
_ZLIB_LEVEL = 6


class SendingRefusedError(Exception):
    """Letters may not leave: settings are missing that the law asks for."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__("No letter may leave before these are set: " + ", ".join(missing))
        self.missing = list(missing)


class EmailStateError(Exception):
    """What was asked of a letter does not fit its state (somebody else was faster, perhaps)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter to put into the outbox."""

    email_type: EmailType
    recipient: str
    subject: str
    text: str
    html: str
    locale: str
    user_id: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Built, and waiting for somebody to release it.
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that this sender alone may deliver until its lease runs out."""

    id: int
    worker: str
    attempts: int
    email_type: EmailType
    letter: Letter


def pack_html(html: str) -> bytes:
    """Return an HTML part as the log keeps it."""
    return zlib.compress(html.encode("utf-8"), _ZLIB_LEVEL)


def unpack_html(packed: bytes | None) -> str | None:
    """Return the HTML part of a log row; None where there is none."""
    return None if packed is None else zlib.decompress(packed).decode("utf-8")


def enqueue(draft: Draft) -> EmailLog:
    """Put one letter into the outbox and return its row: pending, or suppressed. Flushes only."""
    return enqueue_all([draft])[0]


def enqueue_all(drafts: Sequence[Draft]) -> list[EmailLog]:
    """Put letters into the outbox, in order. Flushes, and leaves the commit to the caller.

    A letter to a suppressed address is logged as ``suppressed`` and never sent.
    """
    if not drafts:
        return []
    now = clock.now()
    by_type: dict[EmailType, set[str]] = {}
    for draft in drafts:
        by_type.setdefault(draft.email_type, set()).add(draft.recipient)
    closed = {kind: suppression.suppressed(who, kind) for kind, who in by_type.items()}
    rows = [_row(draft, draft.recipient in closed[draft.email_type], now) for draft in drafts]
    db.session.add_all(rows)
    db.session.flush()
    # in one statement for all: the id is in the Message-ID, the instant keeps it unique when a
    # database starts again from 1
    tail = f".{now:%Y%m%d%H%M%S}@{mail_host(config.current().public_url)}"
    ids = [row.id for row in rows]
    for start in range(0, len(ids), 500):
        db.session.execute(
            update(EmailLog)
            .where(EmailLog.id.in_(ids[start : start + 500]))
            .values(message_id=literal("letter.") + as_type(EmailLog.id, String) + tail)
            .execution_options(synchronize_session=False)
        )
    for row in rows:
        db.session.expire(row, ["message_id"])
    return rows


def _row(draft: Draft, is_suppressed: bool, now: datetime) -> EmailLog:
    waits = draft.is_held or is_suppressed
    return EmailLog(
        user_id=draft.user_id,
        email_type=draft.email_type,
        recipient_email=draft.recipient,
        subject=cut(one_line(draft.subject), LONGEST_SUBJECT),
        body=draft.text,
        html_z=pack_html(draft.html),
        headers=dict(draft.headers),
        locale=draft.locale,
        status=EmailStatus.SUPPRESSED if is_suppressed else EmailStatus.PENDING,
        is_held=draft.is_held,
        next_attempt_at=None if waits else now,
        created_at=now,
    )


def sender() -> Sender:
    """Return who writes, from the settings.

    :raises SendingRefusedError: while the operator's name, address, contact or the sender's
        address are missing (特定電子メール法 4条, CAN-SPAM 15 U.S.C. 7704(a)(5)).
    """
    settings = config.current()
    if settings.missing_for_mail:
        raise SendingRefusedError(settings.missing_for_mail)
    return Sender(
        address=settings.mail_from,
        name=settings.mail_from_name,
        operator=settings.operator_name,
        bounce_to=settings.mail_bounce_to,
        public_url=settings.public_url,
    )


def worker_name() -> str:
    """Return a name for this sender that no other sender has."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"


# --- the queue ------------------------------------------------------------------------------------


def claim_next(worker: str, *, email_type: EmailType | None = None) -> Claimed | None:
    """Claim the letter that waits longest; None when none is due. The caller commits at once.

    One conditional UPDATE: two senders cannot claim the same row (on PostgreSQL the second skips
    it, on SQLite it waits for the first and then finds another).
    """
    now = clock.now()
    due = select(EmailLog.id).where(
        EmailLog.status == EmailStatus.PENDING,
        EmailLog.next_attempt_at <= now,
        EmailLog.is_held.is_(False),
    )
    if email_type is not None:
        due = due.where(EmailLog.email_type == email_type)
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
        text=row.body,
        html=unpack_html(row.html_z),
        locale=row.locale,
        message_id=row.message_id or f"letter.{row.id}@{mail_host(config.current().public_url)}",
        headers=cast(dict[str, str], row.headers),
    )
    return Claimed(row.id, worker, row.attempts, row.email_type, letter)


def _settle(claimed: Claimed, **values: Any) -> bool:
    """Write the outcome, if the letter is still ours; tell whether it was."""
    values = {"claimed_by": None, "lease_until": None, **values}
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


def record_temporary(claimed: Claimed, reply: str) -> EmailStatus:
    """Record a refusal for now: try again later, or failed after the last back-off."""
    step = claimed.attempts - 1
    if step >= len(BACK_OFF):
        record_failed(claimed, reply)
        return EmailStatus.FAILED
    _settle(
        claimed,
        status=EmailStatus.PENDING,
        next_attempt_at=clock.now() + BACK_OFF[step],
        error_message=reply,
        smtp_reply=reply,
    )
    return EmailStatus.PENDING


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


# --- what an admin decides ------------------------------------------------------------------------


def _move(log_id: int, allowed: set[EmailStatus], **values: Any) -> None:
    """Change a letter's state if it is in one of ``allowed``.

    :raises EmailStateError: when it is not.
    """
    result = db.session.execute(
        update(EmailLog)
        .where(EmailLog.id == log_id, EmailLog.status.in_(allowed))
        .values(claimed_by=None, lease_until=None, **values)
        .execution_options(synchronize_session="fetch")
    )
    if cast("CursorResult[Any]", result).rowcount != 1:
        raise EmailStateError(f"letter {log_id} is in another state by now")


def retry(log_id: int) -> None:
    """Put a failed, cancelled or waiting letter at the front of the queue, with all its tries.

    :raises EmailStateError: when it is in another state.
    """
    _move(
        log_id,
        {EmailStatus.FAILED, EmailStatus.CANCELLED, EmailStatus.PENDING},
        status=EmailStatus.PENDING,
        attempts=0,
        next_attempt_at=clock.now(),
        is_held=False,
    )


def send_again(log_id: int) -> None:
    """Send a letter in doubt once more, with the same Message-ID: a repeat can be recognised.

    :raises EmailStateError: when it is not in doubt.
    """
    _move(
        log_id,
        {EmailStatus.IN_DOUBT},
        status=EmailStatus.PENDING,
        attempts=0,
        next_attempt_at=clock.now(),
    )


def count_as_sent(log_id: int) -> None:
    """Take a letter in doubt for sent.

    :raises EmailStateError: when it is not in doubt.
    """
    _move(log_id, {EmailStatus.IN_DOUBT}, status=EmailStatus.SENT, sent_at=clock.now())


def cancel(log_id: int) -> None:
    """Take a waiting letter out of the queue.

    :raises EmailStateError: when it is not waiting.
    """
    _move(
        log_id,
        {EmailStatus.PENDING},
        status=EmailStatus.CANCELLED,
        next_attempt_at=None,
    )


def cancel_waiting(user_id: int, types: Sequence[EmailType]) -> int:
    """Cancel a person's waiting letters of these types; return how many there were."""
    result = db.session.execute(
        update(EmailLog)
        .where(
            EmailLog.user_id == user_id,
            EmailLog.status == EmailStatus.PENDING,
            EmailLog.email_type.in_(types),
        )
        .values(status=EmailStatus.CANCELLED, next_attempt_at=None)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount


def retry_failed() -> int:
    """Put every failed letter back into the queue; return how many there were."""
    result = db.session.execute(
        update(EmailLog)
        .where(EmailLog.status == EmailStatus.FAILED)
        .values(status=EmailStatus.PENDING, attempts=0, next_attempt_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount


# --- the state of the road ------------------------------------------------------------------------


def current_outage() -> MailOutage | None:
    """Return the outage that lasts; None when the server was last seen working."""
    return db.session.scalars(
        select(MailOutage)
        .where(MailOutage.ended_at.is_(None))
        .order_by(MailOutage.started_at, MailOutage.id)
        .limit(1)
    ).one_or_none()


def record_outage(error: str) -> MailOutage:
    """Record that the server cannot be used, since now or still. Flushes only."""
    now = clock.now()
    outage = current_outage()
    if outage is None:
        outage = MailOutage(started_at=now, next_try_at=now + OUTAGE_PAUSE, error=error, tries=1)
        db.session.add(outage)
    else:
        outage.error, outage.next_try_at = error, now + OUTAGE_PAUSE
        outage.tries += 1
    db.session.flush()
    return outage


def end_outage() -> None:
    """Record that the server works again. Flushes only."""
    db.session.execute(
        update(MailOutage)
        .where(MailOutage.ended_at.is_(None))
        .values(ended_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def counts_by_status() -> dict[EmailStatus, int]:
    """Return how many letters of the log are in each state; states without any are left out."""
    rows = db.session.execute(select(EmailLog.status, func.count()).group_by(EmailLog.status))
    return {status: count for status, count in rows}
