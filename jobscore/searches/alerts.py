"""New jobs of saved searches become letters: one a person and day, with all searches due."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from jobscore import clock, config, logs
from jobscore.accounts import consents
from jobscore.accounts.models import (
    Consent,
    ConsentKind,
    DigestFrequency,
    Profile,
    SavedSearch,
    User,
)
from jobscore.database.transaction import transaction
from jobscore.digests import links, reading
from jobscore.emails import service as outbox
from jobscore.emails import suppression
from jobscore.emails.compose import list_headers
from jobscore.emails.models import EmailType
from jobscore.emails.rendering import Rendered
from jobscore.extensions import db
from jobscore.matching import runs
from jobscore.matching.models import MatchRun, RunKind, RunStatus
from jobscore.searches import emails, finding, service
from jobscore.searches.models import Alert, AlertItem

LIST_NAME = "alerts"
#: People whose letters are written in one transaction.
BLOCK = 50
#: A weekly alert: not when its search stood in a letter within so many days.
WEEK = timedelta(days=7)
#: A block that another builder wrote at the same moment is read again so many times.
TRIES = 3

log = logs.get("jobscore.searches")


@dataclass(slots=True)
class AlertReport:
    """What a build did: people with a search that is due, their letters, and the jobs inside."""

    on: date
    seen: int = 0
    letters: int = 0
    jobs: int = 0
    #: People without a letter, by reason: nothing_new, suppressed.
    skipped: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


Progress = Callable[[AlertReport], None]


@dataclass(frozen=True, slots=True)
class _Composed:
    """A letter, not yet in the log; `at` is when its news were read."""

    person: reading.Person
    news: Sequence[finding.News]
    rendered: Rendered
    at: datetime


# --- who is due -----------------------------------------------------------------------------------


def day_began(on: date) -> datetime:
    """Return the first instant of a day in the operator's time zone."""
    zone = ZoneInfo(config.current().timezone)
    return datetime.combine(on, datetime.min.time(), zone).astimezone(UTC)


def _is_due(on: date) -> ColumnElement[bool]:
    """Return the condition that a search is due on a day."""
    week_ago = day_began(on + timedelta(days=1) - WEEK)
    return and_(
        SavedSearch.deleted_at.is_(None),
        SavedSearch.news_since.is_not(None),
        or_(
            SavedSearch.frequency == DigestFrequency.DAILY,
            and_(
                SavedSearch.frequency == DigestFrequency.WEEKLY,
                or_(SavedSearch.last_sent_at.is_(None), SavedSearch.last_sent_at < week_ago),
            ),
        ),
    )


def due(on: date) -> Select[int]:
    """Return the query of people who want alerts, have a search due, and none yet that day."""
    conditions: list[ColumnElement[bool]] = [
        User.is_active.is_(True),
        consents.holds(ConsentKind.ALERT),
        exists().where(SavedSearch.user_id == User.id, _is_due(on)),
        ~exists().where(Alert.user_id == User.id, Alert.alert_on == on),
        or_(Profile.snoozed_until.is_(None), Profile.snoozed_until <= on),
    ]
    if not config.current().demo:
        conditions.append(User.email_verified_at.is_not(None))
    return select(User.id).join(Profile, Profile.user_id == User.id).where(*conditions)


def _people(ids: Sequence[int]) -> list[reading.Person]:
    """Return people with what a letter needs, and the day on which they agreed to alerts."""
    rows = db.session.execute(
        select(Consent.user_id, func.max(Consent.given_at).label("given_at"))
        .where(
            Consent.user_id.in_(ids),
            Consent.kind == ConsentKind.ALERT,
            Consent.withdrawn_at.is_(None),
        )
        .group_by(Consent.user_id)
    )
    agreed = {row.user_id: row.given_at.date() for row in rows}
    found = reading.people_of(reading.everyone().where(User.id.in_(ids)).order_by(User.id))
    return [
        replace(
            person,
            reader=replace(
                person.reader,
                consented_on=agreed.get(person.reader.user_id),
            ),
        )
        for person in found
    ]


def _searches(user_id: int, on: date) -> Sequence[SavedSearch]:
    return db.session.scalars(
        select(SavedSearch)
        .where(SavedSearch.user_id == user_id, _is_due(on))
        .order_by(SavedSearch.id)
        .limit(service.MOST)
    ).all()


# --- the letter -----------------------------------------------------------------------------------


def _compose(person: reading.Person, on: date) -> _Composed | None:
    """Return the letter of a day for one person; None where nothing is new. Writes nothing."""
    now = clock.now()
    news = finding.news_of(person.reader, _searches(person.reader.user_id, on), now)
    if not news:
        return None
    return _Composed(person, news, emails.alert(person.reader, news), now)


def next_day(user_id: int) -> date:
    """Return the day of a person's next letter: today, or tomorrow when today's is written."""
    today = clock.today(config.current().timezone)
    had = select(Alert.id).where(Alert.user_id == user_id, Alert.alert_on == today)
    return today if db.session.scalar(had) is None else today + timedelta(days=1)


def preview(user_id: int, on: date | None = None) -> Rendered | None:
    """Return what the person would be sent if the letters of their next day were written now.

    The same code writes the letters. None when nothing is due or new. Writes nothing.
    """
    person = next(iter(_people([user_id])), None)
    composed = _compose(person, on or next_day(user_id)) if person else None
    return composed.rendered if composed else None


# --- writing --------------------------------------------------------------------------------------


def build(
    on: date,
    *,
    is_held: bool = False,
    progress: Progress | None = None,
    run_id: int | None = None,
) -> AlertReport:
    """Write the alerts of the day ``on`` into the outbox, one for each person with news.

    Commits block by block: a letter, its row and its jobs are written together or not at all. Run
    again (after a crash, or by mistake) it goes on with those who have none yet.

    :param is_held: the letters wait in the outbox until somebody releases them.
    :param run_id: the run that was claimed for this; without it one is begun.
    """
    began = time.monotonic()
    report = AlertReport(on)
    run = run_id or _begin_run(on)
    after = 0
    while ids := _next_ids(on, after):
        after = ids[-1]
        for attempt in range(TRIES):
            try:
                _build_block(on, ids, report, is_held=is_held)
                break
            except IntegrityError:
                # another builder wrote some of these letters, or somebody left: look again
                if attempt == TRIES - 1:
                    raise
                ids = list(db.session.scalars(due(on).where(User.id.in_(ids)).order_by(User.id)))
        report.seen += len(ids)
        _note(run, report)
        if progress:
            progress(report)
    with transaction():
        _drop_removed()
    report.seconds = time.monotonic() - began
    _note(run, report, is_done=True)
    log.info("alerts built", on=str(on), letters=report.letters, jobs=report.jobs)
    return report


def _next_ids(on: date, after: int) -> list[int]:
    return list(db.session.scalars(due(on).where(User.id > after).order_by(User.id).limit(BLOCK)))


def _build_block(on: date, ids: Sequence[int], report: AlertReport, *, is_held: bool) -> None:
    """Compose the letters of some people, then write them all in one transaction."""
    people = _people(ids)
    closed = suppression.suppressed({p.email for p in people}, EmailType.ALERT)
    skipped: Counter[str] = Counter()
    composed = []
    for person in people:
        if person.email in closed:
            skipped["suppressed"] += 1
        elif (letter := _compose(person, on)) is None:
            skipped["nothing_new"] += 1
        else:
            composed.append(letter)
    # end the reading transaction: the writing one begins with a fresh look
    db.session.rollback()
    if composed:
        with transaction():
            still = set(db.session.scalars(due(on).where(User.id.in_(ids))))
            kept = [one for one in composed if one.person.reader.user_id in still]
            jobs = _write(on, kept, is_held=is_held)
        report.letters += len(kept)
        report.jobs += jobs
    report.skipped += skipped


def _write(on: date, letters: Sequence[_Composed], *, is_held: bool) -> int:
    """Log letters, keep what was in them, move their searches on; return the jobs. Flushes."""
    rows = outbox.enqueue_all([_draft(composed, is_held=is_held) for composed in letters])
    items = []
    for composed, row in zip(letters, rows, strict=True):
        user_id = composed.person.reader.user_id
        alert = Alert(user_id=user_id, alert_on=on, email_log_id=row.id)
        db.session.add(alert)
        db.session.flush()
        items += list(_items(alert.id, user_id, composed.news))
        db.session.execute(
            update(SavedSearch)
            .where(SavedSearch.id.in_([one.search_id for one in composed.news]))
            .values(last_sent_at=composed.at, news_since=composed.at)
            .execution_options(synchronize_session=False)
        )
    if items:
        db.session.execute(insert(AlertItem), items)
    return len(items)


def _items(
    alert_id: int, user_id: int, news: Sequence[finding.News]
) -> Iterator[dict[str, object]]:
    position = 0
    for one in news:
        for new in one.jobs:
            position += 1
            yield {
                "alert_id": alert_id,
                "user_id": user_id,
                "search_id": one.search_id,
                "job_id": new.posting.id,
                "position": position,
                "title": new.posting.title,
                "company_name": new.posting.company,
                "total_score": new.total,
            }


def _draft(composed: _Composed, *, is_held: bool) -> outbox.Draft:
    reader = composed.person.reader
    unsubscribe = links.unsubscribe_url(reader.user_id)
    return outbox.Draft(
        email_type=EmailType.ALERT,
        recipient=composed.person.email,
        subject=composed.rendered.subject,
        text=composed.rendered.text,
        html=composed.rendered.html,
        locale=reader.locale,
        user_id=reader.user_id,
        headers=list_headers(LIST_NAME, unsubscribe, config.current().public_url),
        is_held=is_held,
    )


def _drop_removed() -> None:
    """Delete searches that were removed so long ago that nobody can put them back."""
    db.session.execute(
        delete(SavedSearch).where(SavedSearch.deleted_at < clock.now() - service.KEPT)
    )


# --- the run's own row ----------------------------------------------------------------------------


def request(on: date, requested_by: int | None = None) -> MatchRun:
    """Queue the writing of the day's alerts for a worker; return the run. Flushes."""
    return runs.request_run(kind=RunKind.ALERT, run_on=on, requested_by=requested_by)


def _begin_run(on: date) -> int:
    with transaction() as session:
        now = clock.now()
        run = MatchRun(
            kind=RunKind.ALERT,
            status=RunStatus.RUNNING,
            run_on=on,
            started_at=now,
            heartbeat_at=now,
        )
        session.add(run)
        session.flush()
        return run.id


def _note(run_id: int, report: AlertReport, *, is_done: bool = False) -> None:
    with transaction() as session:
        run = session.get_one(MatchRun, run_id)
        run.total = run.processed = report.seen
        run.heartbeat_at = clock.now()
        if is_done:
            run.status, run.completed_at = RunStatus.DONE, clock.now()
            run.counts = {"letters": report.letters, "jobs": report.jobs, **report.skipped}
            run.timings = {"all": round(report.seconds, 3)}
