"""Pace: so many letters a minute in all and to each receiving domain, for all senders together.

A lane is the road to one domain, and ``*`` the one that all share. Senders take turns on it by its
row in the database, so the limits hold however many they are. A letter whose lane is taken goes
back into the queue with a time of its own, behind those put off before: other domains do not wait.
Nothing here commits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.database import bulk
from jobscore.emails.models import MailLane
from jobscore.extensions import db

#: The lane of all letters; in the settings, every domain that is not named.
ALL: Final = "*"
#: A sender that was slow may catch up so much.
SLACK: Final = timedelta(seconds=1)
#: Nobody is put off for longer; who still finds the lane taken then is put off again.
FARTHEST: Final = timedelta(hours=6)
#: Lanes that were not used for so long go: they name domains of people.
UNUSED: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rates:
    """The limits of the settings, in letters a minute; 0 sets none."""

    in_all: int = 0
    by_domain: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def configured(cls) -> "Rates":
        """Return the limits of the running application."""
        settings = config.current()
        return cls(settings.mail_per_minute, config.domain_rates(settings.mail_domain_rates))

    def of(self, domain: str) -> int:
        """Return the limit of a receiving domain in lower case."""
        return self.by_domain.get(domain, self.by_domain.get(ALL, 0))


def enter(name: str, per_minute: int, *, is_urgent: bool = False) -> datetime | None:
    """Take a turn on a lane; return None, or the instant at which the lane is free.

    :param is_urgent: take the turn in any case; those behind wait longer for it.
    """
    if not per_minute:
        return None
    now, gap = clock.now(), timedelta(minutes=1) / per_minute
    lane = _lane(name, now)
    free_at = lane.free_at
    # further ahead than turns can reach: taken before the clock was set back
    if free_at > now + 100 * gap + UNUSED:
        free_at = now
    if free_at > now and not is_urgent:
        return free_at
    db.session.execute(
        update(MailLane)
        .where(MailLane.name == name)
        .values(free_at=max(free_at, now - SLACK) + gap)
        .execution_options(synchronize_session=False)
    )
    return None


def put_off(name: str, per_minute: int) -> datetime:
    """Return when a letter that found its lane taken may try again: behind all put off before."""
    now, gap = clock.now(), timedelta(minutes=1) / per_minute
    lane = _lane(name, now)
    until = min(max(lane.queue_until, lane.free_at, now), now + FARTHEST)
    db.session.execute(
        update(MailLane)
        .where(MailLane.name == name)
        .values(queue_until=until + gap)
        .execution_options(synchronize_session=False)
    )
    return until


def sweep() -> None:
    """Forget lanes that nobody has used for an hour."""
    then = clock.now() - UNUSED
    db.session.execute(
        delete(MailLane)
        .where(MailLane.free_at < then, MailLane.queue_until < then)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True, slots=True)
class _Lane:
    free_at: datetime
    queue_until: datetime


def _lane(name: str, now: datetime) -> _Lane:
    """Return the state of a lane, locked until the transaction ends; make it where there is none.

    SQLite has one writer at a time, and a sender begins as a writer.
    """
    session = cast(Session, db.session())
    asked = select(MailLane.free_at, MailLane.queue_until).where(MailLane.name == name)
    found = session.execute(asked.with_for_update()).one_or_none()
    if found is None:
        fresh = {"name": name, "free_at": now, "queue_until": now}
        bulk.upsert(session, cast(Table, MailLane.__table__), [fresh], key=["name"], update=())
        found = session.execute(asked.with_for_update()).one()
    return _Lane(found.free_at, found.queue_until)
