"""The log is the outbox: put letters in, decide about them, and tell the state of the road.

Nothing here commits. How letters leave the outbox is in ``queue`` and ``tasks``.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Row,
    Select,
    String,
    Table,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import cast as as_type

from jobscore import clock, config
from jobscore.emails import dkim, suppression
from jobscore.emails.compose import LONGEST_SUBJECT, Sender, cut, mail_host, one_line
from jobscore.emails.models import EmailLog, EmailStatus, EmailType, MailOutage
from jobscore.extensions import db

#: How long senders leave a server alone that is down.
OUTAGE_PAUSE = timedelta(minutes=1)
#: Half the time of level 6 for an eighth more bytes (measured on digests).
_ZLIB_LEVEL = 3
_LOGS = cast(Table, EmailLog.__table__)
#: Values of a row whose text is no longer kept.
NO_BODIES: Mapping[str, Any] = MappingProxyType({"body": "", "text_z": None, "html_z": None})


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
    #: Both bodies: words, or what :func:`pack` made of them (in another process, perhaps).
    text: str | bytes
    html: str | bytes
    locale: str
    user_id: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Built, and waiting for somebody to release it.
    is_held: bool = False


class Logged(NamedTuple):
    """What became of a draft: its row in the log."""

    id: int
    #: Pending or suppressed.
    status: EmailStatus


def pack(text: str) -> bytes:
    """Return a body as the log keeps it: UTF-8, zlib."""
    return zlib.compress(text.encode("utf-8", "replace"), _ZLIB_LEVEL)


def _unpack(packed: bytes) -> str:
    return zlib.decompress(packed).decode("utf-8")


def text_of(row: EmailLog | Row[*tuple[Any, ...]]) -> str:
    """Return a letter's text part; empty where it is no longer kept.

    :param row: a letter, or any row with its columns ``body`` and ``text_z``.
    """
    return str(row.body) if row.text_z is None else _unpack(row.text_z)


def html_of(row: EmailLog | Row[*tuple[Any, ...]]) -> str | None:
    """Return a letter's HTML part; None where there is none, or it is no longer kept.

    :param row: a letter, or any row with its column ``html_z``.
    """
    return None if row.html_z is None else _unpack(row.html_z)


def has_bodies() -> ColumnElement[bool]:
    """Return the condition that a letter's text is still kept: without it nothing can be sent."""
    return or_(EmailLog.text_z.is_not(None), EmailLog.html_z.is_not(None), EmailLog.body != "")


def enqueue(draft: Draft) -> EmailLog:
    """Put one letter into the outbox and return its row: pending, or suppressed. Flushes only."""
    return db.session.get_one(EmailLog, enqueue_all([draft])[0].id)


def enqueue_all(drafts: Sequence[Draft]) -> list[Logged]:
    """Put letters into the outbox, in order, and leave the commit to the caller.

    A letter to a suppressed address is logged as ``suppressed`` and never sent. Two statements for
    many letters; no objects are made of them.
    """
    if not drafts:
        return []
    now = clock.now()
    by_type: dict[EmailType, set[str]] = {}
    for draft in drafts:
        by_type.setdefault(draft.email_type, set()).add(draft.recipient)
    closed = {kind: suppression.suppressed(who, kind) for kind, who in by_type.items()}
    rows = [_row(draft, draft.recipient in closed[draft.email_type], now) for draft in drafts]
    db.session.flush()  # people whom the rows name
    ids = db.session.scalars(
        insert(_LOGS).returning(_LOGS.c.id, sort_by_parameter_order=True), rows
    ).all()
    # the id is in the Message-ID, the instant keeps it unique when a database starts again from 1
    tail = f".{now:%Y%m%d%H%M%S}@{mail_host(config.current().public_url)}"
    for start in range(0, len(ids), 500):
        db.session.execute(
            update(_LOGS)
            .where(_LOGS.c.id.in_(ids[start : start + 500]))
            .values(message_id=literal("letter.") + as_type(_LOGS.c.id, String) + tail)
        )
    return [Logged(log_id, row["status"]) for log_id, row in zip(ids, rows, strict=True)]


def _row(draft: Draft, is_suppressed: bool, now: datetime) -> dict[str, Any]:
    waits = draft.is_held or is_suppressed
    text, html = (
        body if isinstance(body, bytes) else pack(body) for body in (draft.text, draft.html)
    )
    return {
        "user_id": draft.user_id,
        "email_type": draft.email_type,
        "recipient_email": draft.recipient,
        "subject": cut(one_line(draft.subject), LONGEST_SUBJECT),
        "body": "",
        "text_z": text,
        "html_z": html,
        "headers": dict(draft.headers),
        "locale": draft.locale,
        "status": EmailStatus.SUPPRESSED if is_suppressed else EmailStatus.PENDING,
        "is_held": draft.is_held,
        "next_attempt_at": None if waits else now,
        "created_at": now,
    }


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
        unsubscribe_to=settings.mail_unsubscribe_to,
        sign=dkim.signer(settings),
    )


# --- what an admin decides ------------------------------------------------------------------------


def _move(
    log_id: int, allowed: set[EmailStatus], *conditions: ColumnElement[bool], **values: Any
) -> None:
    """Change a letter's state if it is in one of ``allowed`` and the conditions hold.

    :raises EmailStateError: when it is not.
    """
    result = db.session.execute(
        update(EmailLog)
        .where(EmailLog.id == log_id, EmailLog.status.in_(allowed), *conditions)
        .values(claimed_by=None, lease_until=None, **values)
        .execution_options(synchronize_session="fetch")
    )
    if cast("CursorResult[Any]", result).rowcount != 1:
        raise EmailStateError(f"letter {log_id} is in another state by now")


def retry(log_id: int) -> None:
    """Put a failed, cancelled or waiting letter at the front of the queue, with all its tries.

    :raises EmailStateError: when it is in another state, or its text is no longer kept.
    """
    _move(
        log_id,
        {EmailStatus.FAILED, EmailStatus.CANCELLED, EmailStatus.PENDING},
        has_bodies(),
        status=EmailStatus.PENDING,
        attempts=0,
        next_attempt_at=clock.now(),
        is_held=False,
    )


def send_again(log_id: int) -> None:
    """Send a letter in doubt once more, with the same Message-ID: a repeat can be recognised.

    :raises EmailStateError: when it is not in doubt, or its text is no longer kept.
    """
    _move(
        log_id,
        {EmailStatus.IN_DOUBT},
        has_bodies(),
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


def suppress_waiting(user_id: int, types: Sequence[EmailType]) -> int:
    """Stop for good a person's letters of these types that were not sent; return how many.

    They become suppressed, which nobody can retry: the person said no.
    """
    result = db.session.execute(
        update(EmailLog)
        .where(
            EmailLog.user_id == user_id,
            EmailLog.status.in_([EmailStatus.PENDING, EmailStatus.FAILED, EmailStatus.CANCELLED]),
            EmailLog.email_type.in_(types),
        )
        .values(status=EmailStatus.SUPPRESSED, next_attempt_at=None)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount


def forget(user_ids: Sequence[int]) -> int:
    """Take address, subject and text out of people's letters; return how many letters there were.

    What waits is cancelled. The rows stay and say that a letter of their kind was written, when,
    and what became of it.
    """
    touched = 0
    for start in range(0, len(user_ids), 500):
        touched += _forget(EmailLog.user_id.in_(user_ids[start : start + 500]))
    return touched


def _forget(which: ColumnElement[bool]) -> int:
    db.session.execute(
        update(EmailLog)
        .where(which, EmailLog.status.in_([EmailStatus.PENDING, EmailStatus.FAILED]))
        .values(status=EmailStatus.CANCELLED, next_attempt_at=None)
        .execution_options(synchronize_session=False)
    )
    result = db.session.execute(
        update(EmailLog)
        .where(which)
        .values(recipient_email="", subject="", headers={}, **NO_BODIES)
        .values(error_message=None, smtp_reply=None)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount


def forget_address(address: str) -> int:
    """Take address, subject and text out of every letter to an address; return how many."""
    ids = list(db.session.scalars(select(EmailLog.id).where(EmailLog.recipient_email == address)))
    return _forget(EmailLog.id.in_(ids)) if ids else 0


def retry_failed() -> int:
    """Put every failed letter whose text is kept back into the queue; return how many."""
    result = db.session.execute(
        update(EmailLog)
        .where(EmailLog.status == EmailStatus.FAILED, has_bodies())
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


def filtered(status: str | None, email_type: str | None, recipient: str | None) -> Select[EmailLog]:
    """Return the query of the log by status, type and a part of the address, unordered.

    None, empty and unknown words filter nothing.
    """
    query = select(EmailLog)
    if status in set(EmailStatus):
        query = query.where(EmailLog.status == EmailStatus(status))
    if email_type in set(EmailType):
        query = query.where(EmailLog.email_type == EmailType(email_type))
    if recipient and recipient.strip():
        query = query.where(EmailLog.recipient_email.icontains(recipient.strip(), autoescape=True))
    return query


def end_pause() -> None:
    """Let senders try a server that is down at once. Flushes only."""
    db.session.execute(
        update(MailOutage)
        .where(MailOutage.ended_at.is_(None))
        .values(next_try_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def count_held() -> int:
    """Return how many letters wait to be released."""
    query = select(func.count(EmailLog.id)).where(
        EmailLog.status == EmailStatus.PENDING, EmailLog.is_held.is_(True)
    )
    return db.session.scalar(query) or 0


def counts_by_status() -> dict[EmailStatus, int]:
    """Return how many letters of the log are in each state; states without any are left out."""
    rows = db.session.execute(select(EmailLog.status, func.count()).group_by(EmailLog.status))
    return {row[0]: row[1] for row in rows}
