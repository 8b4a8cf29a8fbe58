"""The queue in the log: claim letters one by one, and record what became of each.

Nothing here commits. A sender commits between claiming a letter and its first byte, and again
when it knows the outcome (``tasks.send_batch``), so that a killed sender leaves at most one letter
of which nobody knows whether it left; that letter is shown as ``in_doubt`` and settled by hand, or
as ``JOBSCORE_MAIL_IN_DOUBT`` says. Each try is kept as a row when it is over.
"""

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CursorResult,
    ScalarSelect,
    Table,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    update,
)

from jobscore import clock, config
from jobscore.database.types import UtcDateTime
from jobscore.emails import endings, pausing, suppression
from jobscore.emails.compose import Letter, mail_host
from jobscore.emails.models import (
    AttemptOutcome,
    EmailAttempt,
    EmailLog,
    EmailStatus,
    EmailType,
)
from jobscore.emails.service import has_bodies, html_of, text_of
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
#: No letter is put off for longer; one that seems to be was put off before the clock was set back.
#: With some room: the clocks of two machines differ.
FARTHEST = max(BACK_OFF) + LEASE
#: Letters that answer something that a person just did: they leave before those to many.
PERSONAL = tuple(kind for kind in EmailType if kind not in suppression.BULK_TYPES)
#: A letter is sent again by itself so often; in doubt once more, it waits for people.
MOST_REPEATS = 1
_LETTERS, _TRIES = cast(Table, EmailLog.__table__), cast(Table, EmailAttempt.__table__)
STOPPED = "The sender stopped while this letter was on its way."


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter that this sender alone may deliver until its lease runs out."""

    id: int
    worker: str
    attempts: int
    email_type: EmailType
    letter: Letter
    claimed_at: datetime

    @property
    def domain(self) -> str:
        """The receiving domain, in lower case."""
        return self.letter.recipient.rpartition("@")[2].lower()


def worker_name() -> str:
    """Return a name for this sender that no other sender has."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"


def _due(email_type: EmailType | None) -> list[ColumnElement[bool]]:
    conditions = [
        # as a word, not as a parameter: else no database sees that the partial index serves
        EmailLog.status == literal_column(f"'{EmailStatus.PENDING.value}'"),
        EmailLog.next_attempt_at <= bindparam("now", type_=UtcDateTime()),
        EmailLog.is_held.is_(False),
        pausing.lets_through(),
    ]
    if email_type is not None:
        conditions.append(EmailLog.email_type == email_type)
    return conditions


def has_due(email_type: EmailType | None = None) -> bool:
    """Tell whether a letter could be claimed now."""
    wanted = select(EmailLog.id).where(*_due(email_type)).limit(1)
    return db.session.scalar(wanted, {"now": clock.now()}) is not None


def _first_due(email_type: EmailType | None) -> ScalarSelect[int]:
    due = select(EmailLog.id).where(*_due(email_type))
    due = due.order_by(EmailLog.next_attempt_at, EmailLog.id).limit(1)
    return due.with_for_update(skip_locked=True).scalar_subquery()


def next_due(email_type: EmailType | None) -> ColumnElement[int]:
    """Return the id of the letter that is next, as a part of a statement; null when none is due.

    It takes the parameter ``now``.
    """
    if email_type is not None:
        return _first_due(email_type)
    return func.coalesce(*(_first_due(kind) for kind in PERSONAL), _first_due(None))


@cache
def _claim(email_type: EmailType | None) -> Any:
    """Return the statement that claims a letter: made once, it is run for every letter."""
    return (
        update(EmailLog)
        .where(
            EmailLog.id == next_due(email_type),
            EmailLog.status == EmailStatus.PENDING,
        )
        .values(
            status=EmailStatus.SENDING,
            claimed_by=bindparam("worker"),
            lease_until=bindparam("lease_end"),
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


def claim_next(worker: str, *, email_type: EmailType | None = None) -> Claimed | None:
    """Claim the letter that waits longest; None when none is due. The caller commits at once.

    Letters that a person waits for come before all others, however many of these there are.
    One conditional UPDATE: two senders cannot claim the same row (on PostgreSQL the second skips
    it, on SQLite it waits for the first and then finds another).
    """
    now = clock.now()
    given = {"now": now, "worker": worker, "lease_end": now + LEASE}
    row = db.session.execute(_claim(email_type), given).one_or_none()
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
    return Claimed(row.id, worker, row.attempts, row.email_type, letter, now)


@cache
def _settling(names: frozenset[str]) -> Any:
    """Return the statement that writes these columns of a letter: made once for each outcome."""
    columns = _LETTERS.c
    values: dict[str, ColumnElement[Any]] = {
        name: bindparam(f"new_{name}", type_=columns[name].type) for name in names
    }
    for name in {"smtp_reply", "error_message"} & names:
        # servers repeat the address: of somebody who was erased meanwhile it is not kept
        values[name] = case((columns.recipient_email == "", null()), else_=values[name])
    is_ours = and_(columns.id == bindparam("letter"), columns.claimed_by == bindparam("who"))
    return update(_LETTERS).where(is_ours).values(values)


def _settle(claimed: Claimed, **values: Any) -> bool:
    """Write the outcome, if the letter is still ours; tell whether it was."""
    values = {"claimed_by": None, "lease_until": None, **values}
    given = {f"new_{name}": value for name, value in values.items()}
    given |= {"letter": claimed.id, "who": claimed.worker}
    result = db.session.execute(_settling(frozenset(values)), given)
    return cast("CursorResult[Any]", result).rowcount == 1


@cache
def _insert_try() -> Any:
    columns = _TRIES.c

    def given(name: str, column: str) -> BindParameter[Any]:
        return bindparam(name, type_=columns[column].type)

    values = {
        "email_log_id": EmailLog.id,
        "started_at": given("start", "started_at"),
        "ended_at": given("end", "ended_at"),
        "outcome": given("how", "outcome"),
        "reply": case((EmailLog.recipient_email == "", null()), else_=given("said", "reply")),
        "worker": given("who", "worker"),
    }
    # from the letter itself: a row that is gone, or forgotten, gets no words about it
    letter = select(*values.values()).where(EmailLog.id == bindparam("letter"))
    return insert(_TRIES).from_select(list(values), letter)


def _keep_try(claimed: Claimed, outcome: AttemptOutcome, reply: str) -> None:
    """Keep what came of a try, also where somebody else settled the letter meanwhile."""
    given = {
        "start": claimed.claimed_at,
        "end": clock.now(),
        "how": outcome,
        "said": reply,
        "who": claimed.worker,
        "letter": claimed.id,
    }
    db.session.execute(_insert_try(), given)


def record_sent(claimed: Claimed, reply: str) -> bool:
    """Record that the server took the letter; tell whether it was still ours."""
    _keep_try(claimed, AttemptOutcome.SENT, reply)
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
    _keep_try(claimed, AttemptOutcome.DEFERRED, reply)
    step = claimed.attempts - 1
    if step >= len(BACK_OFF):
        _fail(claimed, reply)
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
    _keep_try(claimed, AttemptOutcome.FAILED, reply)
    _fail(claimed, reply)
    if is_bad_address:
        suppression.suppress(claimed.letter.recipient, suppression.Reason.BOUNCE, reply)


def _fail(claimed: Claimed, reply: str) -> None:
    was_ours = _settle(
        claimed,
        status=EmailStatus.FAILED,
        error_message=reply,
        smtp_reply=reply,
        next_attempt_at=None,
    )
    if was_ours:
        endings.undelivered([claimed.id])


def record_in_doubt(claimed: Claimed, reply: str) -> None:
    """Record that nobody knows whether the letter arrived."""
    _keep_try(claimed, AttemptOutcome.IN_DOUBT, reply)
    _settle(
        claimed,
        status=EmailStatus.IN_DOUBT,
        error_message=reply,
        smtp_reply=reply,
        next_attempt_at=None,
    )


def record_suppressed(claimed: Claimed) -> None:
    """Record that the address was put on the suppression list since; nothing left."""
    if _settle(claimed, status=EmailStatus.SUPPRESSED, next_attempt_at=None):
        endings.undelivered([claimed.id])


def give_back(claimed: Claimed, until: datetime | None = None) -> None:
    """Return a letter that was never tried to the queue, as if it had not been claimed.

    :param until: it is not due before; None: at once.
    """
    _settle(
        claimed,
        status=EmailStatus.PENDING,
        attempts=claimed.attempts - 1,
        next_attempt_at=until or clock.now(),
    )


# --- what nobody settled --------------------------------------------------------------------------


def doubt_abandoned() -> int:
    """Mark letters whose sender vanished as in doubt; return how many there were.

    A sender that only seemed to have vanished can still say what happened: the claim stays its own.
    """
    now = clock.now()
    # a lease beyond its length was given before the clock was set back
    is_over = or_(EmailLog.lease_until < now, EmailLog.lease_until > now + LEASE)
    abandoned = db.session.execute(
        update(EmailLog)
        .where(EmailLog.status == EmailStatus.SENDING, is_over)
        .values(status=EmailStatus.IN_DOUBT, error_message=STOPPED, next_attempt_at=None)
        .returning(EmailLog.id, EmailLog.claimed_by, EmailLog.lease_until)
        .execution_options(synchronize_session=False)
    ).all()
    if abandoned:
        tries = [
            {
                "email_log_id": row.id,
                "started_at": row.lease_until - LEASE,
                "ended_at": None,
                "outcome": AttemptOutcome.IN_DOUBT,
                "reply": STOPPED,
                "worker": row.claimed_by or "",
            }
            for row in abandoned
        ]
        db.session.execute(insert(EmailAttempt), tries)
    return len(abandoned)


def settle_doubts() -> int:
    """Settle letters in doubt as ``JOBSCORE_MAIL_IN_DOUBT`` says; return how many.

    ``ask`` leaves them to people. ``send_again`` waits a lease longer, so that a slow sender can
    still say what happened, and sends no letter again more often than :data:`MOST_REPEATS`.
    """
    how = config.current().mail_in_doubt
    if how == "ask":
        return 0
    # of who was forgotten, and of what was pruned, nothing is left to send
    is_whole = and_(EmailLog.recipient_email != "", has_bodies())
    doubtful = update(EmailLog).where(EmailLog.status == EmailStatus.IN_DOUBT)
    if how == "count_as_sent":
        doubtful = doubtful.values(status=EmailStatus.SENT, sent_at=clock.now())
    else:
        doubts = (
            select(func.count(EmailAttempt.id))
            .where(
                EmailAttempt.email_log_id == EmailLog.id,
                EmailAttempt.outcome == AttemptOutcome.IN_DOUBT,
            )
            .scalar_subquery()
        )
        doubtful = doubtful.where(is_whole, doubts <= MOST_REPEATS).values(
            status=EmailStatus.PENDING, next_attempt_at=clock.now() + LEASE
        )
    result = db.session.execute(doubtful.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def mend_clock() -> int:
    """Make letters due that wait only because the clock was set back; return how many.

    Known by an instant of writing that lies ahead, or a wait longer than any that we give.
    """
    now = clock.now()
    result = db.session.execute(
        update(EmailLog)
        .where(
            EmailLog.status == EmailStatus.PENDING,
            EmailLog.next_attempt_at > now,
            or_(EmailLog.created_at > now, EmailLog.next_attempt_at > now + FARTHEST),
        )
        .values(next_attempt_at=now)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount
