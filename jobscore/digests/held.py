"""Letters that were built and wait for somebody to look: batch by batch released or cancelled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, func, select, update

from jobscore import clock
from jobscore.digests.models import Digest, DigestItem
from jobscore.emails import settling
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.extensions import db
from jobscore.matching.models import MatchRun, RunKind, RunStatus

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
    counted = db.session.execute(
        select(Digest.digest_on, func.count(DigestItem.id))
        .join(DigestItem, DigestItem.digest_id == Digest.id)
        .join(EmailLog, EmailLog.id == Digest.email_log_id)
        .where(*_is_held())
        .group_by(Digest.digest_on)
    )
    jobs: dict[date | None, int] = {row[0]: row[1] for row in counted}
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
    found = [Batch(kind, on, n, jobs.get(on, 0), first, last) for kind, on, n, first, last in rows]
    return sorted(found, key=lambda one: (one.on or date.min, one.email_type.value), reverse=True)


def samples() -> Mapping[tuple[EmailType, date | None], Sequence[Sample]]:
    """Return some letters of each batch by its kind and day, as many languages as there are."""
    batch = (EmailLog.email_type, Digest.digest_on)
    in_language = func.row_number().over(
        partition_by=(*batch, EmailLog.locale), order_by=EmailLog.id
    )
    numbered = (
        select(
            EmailLog.id,
            *batch,
            EmailLog.recipient_email,
            EmailLog.subject,
            EmailLog.locale,
            in_language.label("in_language"),
        )
        .outerjoin(Digest, Digest.email_log_id == EmailLog.id)
        .where(*_is_held())
        .subquery()
    )
    turn = func.row_number().over(
        partition_by=(numbered.c.email_type, numbered.c.digest_on),
        order_by=(numbered.c.in_language, numbered.c.locale, numbered.c.id),
    )
    ordered = select(numbered, turn.label("turn")).subquery()
    found: dict[tuple[EmailType, date | None], list[Sample]] = {}
    rows = db.session.execute(select(ordered).where(ordered.c.turn <= FEW).order_by(ordered.c.turn))
    for row in rows:
        sample = Sample(row.id, row.recipient_email, row.subject, row.locale)
        found.setdefault((row.email_type, row.digest_on), []).append(sample)
    return found


def build_waiting() -> bool:
    """Tell whether a build of held letters waits for a worker, or is at work."""
    wanted = select(MatchRun.id).where(
        MatchRun.kind == RunKind.DIGEST,
        MatchRun.is_held.is_(True),
        MatchRun.status.in_([RunStatus.QUEUED, RunStatus.RUNNING]),
    )
    return db.session.scalar(wanted.limit(1)) is not None


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
