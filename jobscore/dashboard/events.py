"""What admins are told by letter: imports and runs that failed or took too long, spikes, a queue.

Each event has a key; ``notices`` writes of a key once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from jobscore import clock
from jobscore.config import Config
from jobscore.emails.bounces import service as bounces
from jobscore.emails.bounces.service import Rates
from jobscore.imports.models import ImportAttempt, ImportStatus, ImportType
from jobscore.matching.models import MatchRun, RunKind, RunStatus

#: How long an event may wait to be told.
WINDOW = timedelta(days=1)
#: A bounce spike: so many letters came back, and more than so much of what left. Mailbox providers
#: look at senders closely from 5 % on.
MOST_RETURNED, RETURNED_SHARE = 5, 0.05
#: A spike of complaints; Gmail and Yahoo refuse senders from 0.3 % on.
MOST_COMPLAINTS, COMPLAINTS_SHARE = 3, 0.003
#: Runs with a budget: sending goes as fast as it may, a backtest nobody waits for.
_WITH_BUDGET = (RunKind.DAY, RunKind.MATCH, RunKind.DIGEST, RunKind.ALERT)
#: Uploads are told one by one, files of a source once a day.
_UPLOAD = "upload"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that needs a hand; its words are lazy, so that each admin reads their language."""

    #: What makes it this event; at most 150 characters.
    key: str
    title: Any
    text: Any
    endpoint: str
    values: dict[str, Any] = field(default_factory=dict)


def is_bounce_spike(rates: Rates) -> bool:
    """Tell whether more letters came back than a healthy list has."""
    return rates.returned >= MOST_RETURNED and rates.returned > RETURNED_SHARE * rates.sent


def is_complaint_spike(rates: Rates) -> bool:
    """Tell whether more readers called letters spam than mailbox providers bear."""
    return rates.complaints >= MOST_COMPLAINTS and rates.complaints > COMPLAINTS_SHARE * rates.sent


def happened(session: Session, settings: Config, n_late: int) -> list[Event]:
    """Return the events of the last day, told or not.

    :param n_late: letters that have waited too long; 0 while there is a known reason.
    """
    now = clock.now()
    budget = timedelta(minutes=settings.run_budget_minutes)
    day = clock.today(settings.timezone).isoformat()
    zone = ZoneInfo(settings.timezone)
    found = [*_imports(session, now, budget, zone), *_runs(session, now, budget)]
    rates = bounces.rates(now - WINDOW)
    if is_bounce_spike(rates):
        found.append(
            Event(
                f"bounces:{day}",
                _l("Many letters came back"),
                _l(
                    "In the last 24 hours %(returned)s letters came back; %(sent)s left. Mailbox "
                    "providers put senders with many bounces into the spam folder: look at what "
                    "their servers said, and where the addresses came from.",
                    returned=rates.returned,
                    sent=rates.sent,
                ),
                "emails.index",
                {"status": "bounced"},
            )
        )
    if is_complaint_spike(rates):
        found.append(
            Event(
                f"complaints:{day}",
                _l("Readers call the letters spam"),
                _l(
                    "In the last 24 hours %(complaints)s readers called a letter spam; %(sent)s "
                    "left. Large providers refuse senders from 3 of 1,000 on: send to those only "
                    "who agreed, and make sure that unsubscribing is easy to find.",
                    complaints=rates.complaints,
                    sent=rates.sent,
                ),
                "suppressions.index",
            )
        )
    if n_late:
        found.append(
            Event(
                f"queue:{day}",
                _l("Letters wait"),
                _l(
                    "%(n)s letters have waited for more than an hour, though the mail server "
                    "answers. Is the limit for a minute too low, or is no sender at work?",
                    n=n_late,
                ),
                "emails.index",
                {"status": "pending"},
            )
        )
    return found


def _imports(session: Session, now: datetime, budget: timedelta, zone: ZoneInfo) -> Iterator[Event]:
    lately = ImportAttempt.completed_at >= now - WINDOW
    query = (
        select(ImportAttempt)
        .options(joinedload(ImportAttempt.csv_import))
        .where(or_(lately, ImportAttempt.status == ImportStatus.RUNNING))
        .order_by(ImportAttempt.id)
    )
    for attempt in session.scalars(query):
        name = attempt.csv_import.filename
        is_jobs = attempt.csv_import.import_type is ImportType.JOBS
        endpoint = "imports.show" if is_jobs else "people.show"
        where_to = (endpoint, {"import_id": attempt.csv_import_id})
        if attempt.status is ImportStatus.FAILED:
            # the day on which it failed: after midnight it is no news
            failed_on = (attempt.completed_at or now).astimezone(zone).date()
            is_upload = attempt.source == _UPLOAD
            mark = str(attempt.id) if is_upload else f"{attempt.source}:{failed_on}"
            yield Event(
                f"import_failed:{mark}"[:150],
                _l("An import failed"),
                _l("The file %(name)s was not imported to its end.", name=name),
                *where_to,
            )
        elif _is_over(attempt.started_at, attempt.completed_at, now, budget):
            yield Event(
                f"import_slow:{attempt.id}",
                _l("An import is over its budget"),
                _l(
                    "The import of %(name)s takes longer than %(minutes)s minutes.",
                    name=name,
                    minutes=budget // timedelta(minutes=1),
                ),
                *where_to,
            )


def _runs(session: Session, now: datetime, budget: timedelta) -> Iterator[Event]:
    lately = MatchRun.completed_at >= now - WINDOW
    query = (
        select(MatchRun)
        .where(MatchRun.kind.in_(_WITH_BUDGET), or_(lately, MatchRun.status == RunStatus.RUNNING))
        .order_by(MatchRun.id)
    )
    for run in session.scalars(query):
        if run.status is RunStatus.FAILED:
            yield Event(
                f"run_failed:{run.id}",
                _l("A run failed"),
                _l("Run %(id)s for %(day)s did not come to its end.", id=run.id, day=run.run_on),
                "matching.runs",
            )
        elif _is_over(run.started_at, run.completed_at, now, budget):
            yield Event(
                f"run_slow:{run.id}",
                _l("A run is over its budget"),
                _l(
                    "Run %(id)s for %(day)s takes longer than %(minutes)s minutes.",
                    id=run.id,
                    day=run.run_on,
                    minutes=budget // timedelta(minutes=1),
                ),
                "matching.runs",
            )


def _is_over(
    started: datetime | None, completed: datetime | None, now: datetime, budget: timedelta
) -> bool:
    return bool(budget) and started is not None and (completed or now) - started > budget
