"""The log is the outbox: put letters in, decide about them, and tell the state of the road.

Nothing here commits. How letters leave the outbox is in ``queue`` and ``tasks``.
"""

import secrets
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
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from jobscore import clock, config
from jobscore.emails import dkim, endings, keys, suppression
from jobscore.emails.compose import LONGEST_SUBJECT, Sender, cut, mail_host, one_line
from jobscore.emails.models import (
    EmailAttempt,
    EmailLog,
    EmailStatus,
    EmailType,
    MailOutage,
)
from jobscore.extensions import db

#: How long senders leave a server alone that is down: after the first try, the second, …; then
#: always as long as at last.
OUTAGE_PAUSES = tuple(timedelta(minutes=m) for m in (1, 2, 4, 8, 15))
#: Packing takes half as long as by the usual 6, and gives a seventh more bytes.
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


class OvertakenError(EmailStateError):
    """A letter cannot leave any more: what it carries has been sent in another one since."""


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
    keys.keep()
    host = mail_host(config.current().public_url)
    rows = [_row(draft, draft.recipient in closed[draft.email_type], now) for draft in drafts]
    for row in rows:
        row["message_id"] = new_message_id(now, host)
    db.session.flush()  # people whom the rows name
    ids = db.session.scalars(
        insert(_LOGS).returning(_LOGS.c.id, sort_by_parameter_order=True), rows
    ).all()
    return [Logged(log_id, row["status"]) for log_id, row in zip(ids, rows, strict=True)]


def new_message_id(now: datetime, host: str) -> str:
    """Return a Message-ID, without angle brackets, that nobody can guess.

    Whoever names it holds the letter or a report about it: bounces are believed by it. Digits
    only, so that with a ``+`` before it stands in an envelope sender too.
    """
    return f"letter.{now:%Y%m%d%H%M%S}.{secrets.randbits(96):029d}@{host}"


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
        has_tokens=settings.mail_bounce_tokens,
    )


def attempts_of(log_id: int) -> list[EmailAttempt]:
    """Return every try to deliver a letter, the oldest first; one that goes on is not among them.

    Letters that left before tries were kept have none.
    """
    tries = select(EmailAttempt).where(EmailAttempt.email_log_id == log_id)
    return list(db.session.scalars(tries.order_by(EmailAttempt.id)))


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

    What it carries is taken again.

    :raises OvertakenError: when another letter has carried a job of this one since.
    :raises EmailStateError: when it is in another state, or its text is no longer kept.
    """
    if endings.overtaken([log_id]):
        raise OvertakenError(f"letter {log_id} holds a job that has left in another letter since")
    _move(
        log_id,
        {EmailStatus.FAILED, EmailStatus.CANCELLED, EmailStatus.PENDING},
        has_bodies(),
        status=EmailStatus.PENDING,
        attempts=0,
        next_attempt_at=clock.now(),
        is_held=False,
    )
    endings.revived([log_id])


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
    """Take a waiting letter out of the queue; what it carries may go in another one.

    :raises EmailStateError: when it is not waiting.
    """
    _move(
        log_id,
        {EmailStatus.PENDING},
        status=EmailStatus.CANCELLED,
        next_attempt_at=None,
    )
    endings.undelivered([log_id])


def suppress_waiting(user_id: int, types: Sequence[EmailType]) -> int:
    """Stop for good a person's letters of these types that were not sent; return how many.

    They become suppressed, which nobody can retry: the person said no.
    """
    stopped = db.session.scalars(
        update(EmailLog)
        .where(
            EmailLog.user_id == user_id,
            EmailLog.status.in_([EmailStatus.PENDING, EmailStatus.FAILED, EmailStatus.CANCELLED]),
            EmailLog.email_type.in_(types),
        )
        .values(status=EmailStatus.SUPPRESSED, next_attempt_at=None)
        .returning(EmailLog.id)
        .execution_options(synchronize_session=False)
    ).all()
    endings.undelivered(stopped)
    return len(stopped)


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
    stopped = db.session.scalars(
        update(EmailLog)
        .where(which, EmailLog.status.in_([EmailStatus.PENDING, EmailStatus.FAILED]))
        .values(status=EmailStatus.CANCELLED, next_attempt_at=None)
        .returning(EmailLog.id)
        .execution_options(synchronize_session=False)
    ).all()
    endings.undelivered(stopped)
    # servers repeat the address in what they answer
    letters = select(EmailLog.id).where(which)
    db.session.execute(
        delete(EmailAttempt)
        .where(EmailAttempt.email_log_id.in_(letters))
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
    """Put the failed letters whose text is kept back into the queue; return how many.

    Those that hold a job which has left in another letter since stay where they are.
    """
    failed = db.session.scalars(
        select(EmailLog.id).where(EmailLog.status == EmailStatus.FAILED, has_bodies())
    )
    ids = list(failed.all())
    late = endings.overtaken(ids)
    ids = [log_id for log_id in ids if log_id not in late]
    revived: list[int] = []
    for start in range(0, len(ids), endings.STEP):
        revived += db.session.scalars(
            update(EmailLog)
            .where(
                EmailLog.id.in_(ids[start : start + endings.STEP]),
                EmailLog.status == EmailStatus.FAILED,
            )
            .values(status=EmailStatus.PENDING, attempts=0, next_attempt_at=clock.now())
            .returning(EmailLog.id)
            .execution_options(synchronize_session=False)
        )
    endings.revived(revived)
    return len(revived)


# --- the state of the road ------------------------------------------------------------------------


def current_outage() -> MailOutage | None:
    """Return the outage that lasts; None when the server was last seen working."""
    return db.session.scalars(
        select(MailOutage)
        .where(MailOutage.ended_at.is_(None))
        .order_by(MailOutage.started_at, MailOutage.id)
        .limit(1)
    ).one_or_none()


def begin_trial(*, is_forced: bool = False) -> bool:
    """Tell whether this sender may try the server that is down; others then leave it alone.

    One sender tries at a time, and when its pause is over. Flushes only.

    :param is_forced: somebody asked for it: try whatever the pause.
    """
    now = clock.now()
    # further ahead than any pause: written before the clock was set back
    is_over = or_(MailOutage.next_try_at <= now, MailOutage.next_try_at > now + max(OUTAGE_PAUSES))
    outage = current_outage()
    if outage is None:
        return True
    tried = db.session.execute(
        update(MailOutage)
        .where(MailOutage.ended_at.is_(None), true() if is_forced else is_over)
        .values(next_try_at=now + _pause(outage.tries))
        .execution_options(synchronize_session="fetch")
    )
    return cast("CursorResult[Any]", tried).rowcount > 0


def record_outage(error: str) -> MailOutage:
    """Record that the server cannot be used, since now or still; the pauses grow. Flushes only."""
    now = clock.now()
    outage = current_outage()
    if outage is None:
        outage = MailOutage(started_at=now, next_try_at=now + _pause(0), error=error, tries=1)
        db.session.add(outage)
    else:
        outage.error, outage.next_try_at = error, now + _pause(outage.tries)
        outage.tries += 1
    db.session.flush()
    return outage


def _pause(tries: int) -> timedelta:
    """Return how long the server is left alone after so many tries before the one that failed."""
    return OUTAGE_PAUSES[min(tries, len(OUTAGE_PAUSES) - 1)]


def end_outage() -> None:
    """Record that the server works again. Flushes only."""
    db.session.execute(
        update(MailOutage)
        .where(MailOutage.ended_at.is_(None))
        .values(ended_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


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
