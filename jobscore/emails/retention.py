"""What letters said goes after a while; that they were sent, and what became of them, stays."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, func, select, update

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.emails.models import EmailLog, EmailStatus
from jobscore.emails.service import NO_BODIES, has_bodies
from jobscore.extensions import db

#: Days for which a letter's text is kept.
KEEP_BODY_DAYS = 90
#: Letters of one transaction: short enough that no sender waits for it.
STEP = 2_000
#: Letters that will not leave any more, unless somebody tries an old failure again.
ENDED = (
    EmailStatus.SENT,
    EmailStatus.FAILED,
    EmailStatus.BOUNCED,
    EmailStatus.SUPPRESSED,
    EmailStatus.CANCELLED,
)


@dataclass(slots=True)
class Pruned:
    """How many letters lost their text, or would."""

    letters: int = 0


def prune(*, keep_body_days: int = KEEP_BODY_DAYS, is_dry: bool = False) -> Pruned:
    """Take the text and the HTML out of old letters. Commits per batch; goes on after a stop.

    Recipient, subject, headers, the jobs inside and what happened stay. What waits, is on its way,
    or is in doubt keeps its text however old it is: it may still have to be sent.

    :param keep_body_days: letters written within so many days are left alone.
    :raises ValueError: when fewer than one day is to be kept.
    """
    if keep_body_days < 1:
        raise ValueError("today's letters may still be on their way: at least one day is kept")
    oldest = clock.now() - timedelta(days=keep_body_days)
    old = (EmailLog.created_at < oldest, EmailLog.status.in_(ENDED), has_bodies())
    done = Pruned()
    for found in _batches(old, is_dry=is_dry):
        done.letters += found
    return done


def _batches(old: tuple[ColumnElement[bool], ...], *, is_dry: bool) -> Iterator[int]:
    """Walk the ids of the log in steps, yielding how many letters each transaction changed."""
    first, last = db.session.execute(
        select(func.min(EmailLog.id), func.max(EmailLog.id)).where(*old)
    ).one()
    db.session.rollback()
    for low in range(first or 0, (last or -1) + 1, STEP):
        here = (EmailLog.id >= low, EmailLog.id < low + STEP, *old)
        if is_dry:
            yield db.session.scalar(select(func.count(EmailLog.id)).where(*here)) or 0
            continue
        with transaction() as session:
            emptied = session.execute(
                update(EmailLog)
                .where(*here)
                .values(**NO_BODIES)
                .execution_options(synchronize_session=False)
            )
        yield int(cast(Any, emptied).rowcount)
