"""Letters that were built and wait for somebody to look: batch by batch released or cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, func, select, update

from jobscore import clock
from jobscore.digests.models import Digest, DigestItem
from jobscore.emails import settling
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.extensions import db

#: Letters of a batch that are shown to begin with.
FEW = 5


@dataclass(frozen=True, slots=True)
class Batch:
    """Held letters of one kind and day; ``on`` is None for letters that are no digest."""

    email_type: EmailType
    on: date | None
    letters: int
    #: Jobs in them; 0 for letters that are no digest.
    jobs: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """A held letter to look at."""

    log_id: int
    email_type: EmailType
    on: date | None
    recipient: str
    subject: str
    locale: str


def _is_held() -> list[ColumnElement[bool]]:
    return [EmailLog.status == EmailStatus.PENDING, EmailLog.is_held.is_(True)]


def _of_batch(email_type: EmailType | None, on: date | None) -> list[ColumnElement[bool]]:
    """Return the condition on the log; None names every kind, or every day."""
    found = _is_held()
    if email_type is not None:
        found.append(EmailLog.email_type == email_type)
    if on is not None:
        found.append(EmailLog.id.in_(_letters_of(on)))
    return found


def _letters_of(on: date) -> Select[Any]:
    return select(Digest.email_log_id).where(
        Digest.digest_on == on, Digest.email_log_id.is_not(None)
    )


def batches() -> Sequence[Batch]:
    """Return what waits to be released, the newest day first."""
    jobs: dict[date, int] = {
        on: n
        for on, n in db.session.execute(
            select(Digest.digest_on, func.count(DigestItem.id))
            .join(DigestItem, DigestItem.digest_id == Digest.id)
            .join(EmailLog, EmailLog.id == Digest.email_log_id)
            .where(*_is_held())
            .group_by(Digest.digest_on)
        )
    }
    rows = db.session.execute(
        select(
            EmailLog.email_type,
            Digest.digest_on,
            func.count(EmailLog.id),
            func.min(EmailLog.created_at),
            func.max(EmailLog.created_at),
        )
        .outerjoin(Digest, Digest.email_log_id == EmailLog.id)
        .where(*_is_held())
        .group_by(EmailLog.email_type, Digest.digest_on)
    )
    found = [
        Batch(kind, on, n, jobs.get(on, 0) if on else 0, first, last)
        for kind, on, n, first, last in rows
    ]
    return sorted(found, key=lambda one: (one.on or date.min, one.email_type.value), reverse=True)


def samples(batch: Batch) -> Sequence[Sample]:
    """Return some letters of a batch, the first written in each language before others."""
    turn = func.row_number().over(partition_by=EmailLog.locale, order_by=EmailLog.id)
    rows = db.session.execute(
        select(EmailLog.id, EmailLog.recipient_email, EmailLog.subject, EmailLog.locale)
        .where(*_of_batch(batch.email_type, batch.on))
        .order_by(turn, EmailLog.locale)
        .limit(FEW)
    )
    return [Sample(row[0], batch.email_type, batch.on, row[1], row[2], row[3]) for row in rows]


def release(email_type: EmailType | None = None, on: date | None = None) -> int:
    """Let held letters go, of one kind and day or all; return how many. Flushes only."""
    result = db.session.execute(
        update(EmailLog)
        .where(*_of_batch(email_type, on))
        .values(is_held=False, next_attempt_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount


def hold(on: date) -> int:
    """Hold a day's digests back that wait for their turn; return how many. Flushes only."""
    result = db.session.execute(
        update(EmailLog)
        .where(
            EmailLog.status == EmailStatus.PENDING,
            EmailLog.is_held.is_(False),
            EmailLog.id.in_(_letters_of(on)),
        )
        .values(is_held=True, next_attempt_at=None)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount


def cancel(email_type: EmailType | None = None, on: date | None = None) -> settling.Settled:
    """Cancel held letters, of one kind and day or all. Commits every few letters."""
    ids = db.session.scalars(select(EmailLog.id).where(*_of_batch(email_type, on)))
    return settling.settle("cancel", list(ids))
