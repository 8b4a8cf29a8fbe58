"""The log in numbers: letters by day and state, and how fast they leave."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import String, case, cast, func, select

from jobscore import clock
from jobscore.emails.models import EmailLog, EmailStatus
from jobscore.emails.searching import midnight
from jobscore.extensions import db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Characters of an instant as both databases write it, down to the minute.
_TO_THE_MINUTE = 16


@dataclass(slots=True)
class Day:
    """The letters that were written on one day, by their state now."""

    on: date
    counts: dict[EmailStatus, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All letters of the day."""
        return sum(self.counts.values())

    def of(self, *states: EmailStatus) -> int:
        """Return how many are in one of these states."""
        return sum(self.counts.get(state, 0) for state in states)


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast letters leave: taken in the last hour, and in the best minute of a day.

    ``waiting`` letters are due and not held; the one that waits longest has done so since
    ``waiting_since``.
    """

    last_hour: int
    best_minute: int
    waiting: int
    waiting_since: datetime | None


def by_day(last: date, days: int) -> Sequence[Day]:
    """Return the ``days`` days up to ``last`` in order, days without letters included."""
    found = [Day(last - timedelta(days=back)) for back in range(days - 1, -1, -1)]
    # a day of the operator's time zone is a stretch of instants: the databases know no such days
    starts = [midnight(day.on) for day in found]
    bucket = case(
        *((EmailLog.created_at < start, number) for number, start in enumerate(starts[1:])),
        else_=days - 1,
    )
    written = (
        select(bucket.label("number"), EmailLog.status)
        .where(EmailLog.created_at >= starts[0], EmailLog.created_at < midnight(last + DAY))
        .subquery()
    )
    rows = db.session.execute(
        select(written.c.number, written.c.status, func.count()).group_by(
            written.c.number, written.c.status
        )
    )
    for number, status, n in rows:
        found[number].counts[status] = n
    return found


def speed() -> Speed:
    """Return how fast letters leave at this moment."""
    now = clock.now()
    last_hour = db.session.scalar(
        select(func.count(EmailLog.id)).where(EmailLog.sent_at > now - HOUR)
    )
    minute = func.substr(cast(EmailLog.sent_at, String), 1, _TO_THE_MINUTE)
    minutes = (
        select(func.count().label("n"))
        .where(EmailLog.sent_at > now - DAY, EmailLog.status == EmailStatus.SENT)
        .group_by(minute)
        .subquery()
    )
    waiting = db.session.execute(
        select(func.count(), func.min(EmailLog.next_attempt_at)).where(
            EmailLog.status == EmailStatus.PENDING,
            EmailLog.is_held.is_(False),
            EmailLog.next_attempt_at <= now,
        )
    ).one()
    return Speed(
        last_hour=last_hour or 0,
        best_minute=db.session.scalar(select(func.max(minutes.c.n))) or 0,
        waiting=waiting[0],
        waiting_since=waiting[1],
    )
