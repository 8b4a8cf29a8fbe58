"""Matches become letters: who is due, what is new for them, one letter each, never twice."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from jobscore import clock, config, logs
from jobscore.accounts import consents
from jobscore.accounts.models import (
    ConsentKind,
    DigestFrequency,
    Profile,
    SavedSearch,
    User,
)
from jobscore.database.transaction import transaction
from jobscore.digests import emails, links, reading
from jobscore.digests.due import KIND, note_written
from jobscore.digests.models import Digest, DigestItem
from jobscore.emails import service as outbox
from jobscore.emails import suppression
from jobscore.emails.compose import list_headers
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.emails.rendering import Rendered
from jobscore.extensions import db
from jobscore.matching import runs
from jobscore.matching.models import MatchingResult, MatchRun, MatchStatus, RunKind, RunStatus
from jobscore.web.i18n import speaking

#: A block that another builder wrote at the same moment is read again so many times.
TRIES = 3

log = logs.get("jobscore.digests")


@dataclass(slots=True)
class BuildReport:
    """What a build did: people and letters, and why some people got none."""

    on: date
    #: People who want letters now, and had none yet for this day.
    due: int = 0
    seen: int = 0
    letters: int = 0
    jobs: int = 0
    #: People without a letter, by reason: no_matches, below_minimum, suppressed.
    skipped: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    #: Of these, by stage: read (people and their jobs), compose (words and HTML), write.
    timings: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the seconds of the block to a stage."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.timings[stage] = self.timings.get(stage, 0.0) + time.monotonic() - began


@dataclass(frozen=True, slots=True)
class _Written:
    """A composed letter, not yet in the log."""

    person: reading.Person
    choices: Sequence[reading.Choice]
    rendered: Rendered


Progress = Callable[[BuildReport], None]


def request_build(on: date, *, requested_by: int | None = None) -> MatchRun:
    """Queue the writing of the day's letters for a worker; return the run. Flushes.

    While one waits or works for that day already, that one is returned.
    """
    return runs.request_run(kind=RunKind.DIGEST, run_on=on, requested_by=requested_by)


def claim_build(kind: RunKind = RunKind.DIGEST) -> tuple[int, date] | None:
    """Take the oldest build that waits, or whose worker has vanished; None when there is none.

    A build waits for the matching of its day. Flushes only.
    """
    session = db.session()
    unmatched = select(MatchRun.run_on).where(
        MatchRun.kind == RunKind.MATCH,
        MatchRun.status.in_([RunStatus.QUEUED, RunStatus.RUNNING]),
    )
    claimable = runs.is_claimable()
    found = session.execute(
        select(MatchRun.id, MatchRun.run_on)
        .where(MatchRun.kind == kind, claimable, MatchRun.run_on.not_in(unmatched))
        .order_by(MatchRun.id)
        .limit(1)
    ).first()
    if found is None:
        return None
    taken = session.execute(
        update(MatchRun)
        .where(MatchRun.id == found.id, claimable)
        .values(status=RunStatus.RUNNING, heartbeat_at=clock.now(), started_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if not taken.rowcount:  # type: ignore[attr-defined] # an UPDATE gives a cursor result
        return None
    return found.id, found.run_on


def build_digests(
    on: date,
    *,
    progress: Progress | None = None,
    is_held: bool = False,
    run_id: int | None = None,
) -> BuildReport:
    """Write the letters of the day ``on`` into the outbox, one for each person who is due.

    Commits block by block: a letter, the jobs in it, and the mark on its matches are written
    together or not at all. Run again (after a crash, or by mistake), it goes on with those who
    have none yet, and a day that is complete gets no second letter.

    :param is_held: the letters wait in the outbox until somebody releases them.
    :param run_id: the run that was claimed for this; without it one is begun.
    """
    started = time.monotonic()
    report = BuildReport(on)
    run = run_id or _begin_run(on)
    report.due = (
        db.session.scalar(select(func.count()).select_from(reading.due(on).subquery())) or 0
    )
    weights = reading.policy_weights()
    composers: dict[str, emails.Composer] = {}
    after = 0
    while people := _next_block(on, after, report):
        after = people[-1].reader.user_id
        for attempt in range(TRIES):
            try:
                _build_block(on, people, weights, composers, report, is_held=is_held)
                break
            except IntegrityError:
                # another builder wrote some of these letters in the meantime: look again
                if attempt == TRIES - 1:
                    raise
                ids = [p.reader.user_id for p in people]
                people = reading.due_block(on, 0, ids)
        report.seen += len(people)
        _note_progress(run, report)
        if progress:
            progress(report)
    report.seconds = time.monotonic() - started
    _end_run(run, report)
    log.info("digests built", on=str(on), letters=report.letters, jobs=report.jobs)
    return report


def _next_block(on: date, after: int, report: BuildReport) -> Sequence[reading.Person]:
    with report.timed("read"):
        return reading.due_block(on, after)


def preview(user_id: int, on: date) -> Rendered | None:
    """Return the letter that the person's matches of the day make, sent or not; writes nothing.

    None when there is no such person or no match on that day.
    """
    person = next(iter(reading.people_of(reading.everyone().where(User.id == user_id))), None)
    if person is None:
        return None
    choices = reading.choices_of([person], on, is_preview=True).get(user_id, [])
    if not choices:
        return None
    return emails.job_digest(person.reader, [c.pick for c in choices], on)


def withdraw_consent(user_id: int, how: str = "link") -> bool:
    """End the person's consent to letters with jobs, turn them off, stop those that still wait.

    Alerts of saved searches end with them: one click, and no such letter comes any more. Flushes
    only. Returns whether there was a consent; without one the result is the same.

    :param how: ``link``, ``one-click``, ``complaint`` …: stands in the ledger.
    """
    standing = [
        consents.withdraw(user_id, kind, how=how)
        for kind in (ConsentKind.DIGEST, ConsentKind.ALERT)
    ]
    profile = db.session.get(Profile, user_id)
    if profile is not None:
        profile.digest_frequency = DigestFrequency.OFF
    db.session.execute(
        update(SavedSearch)
        .where(SavedSearch.user_id == user_id)
        .values(frequency=DigestFrequency.OFF, news_since=None)
    )
    outbox.suppress_waiting(user_id, [EmailType.DIGEST, EmailType.ALERT])
    db.session.flush()
    return any(standing)


def letters_to(user_id: int) -> Select[EmailLog]:
    """Return the query of what a person was sent or will be, bodies included."""
    return select(EmailLog).where(
        EmailLog.user_id == user_id,
        EmailLog.is_held.is_(False),
        EmailLog.status.not_in([EmailStatus.CANCELLED, EmailStatus.SUPPRESSED]),
    )


def letter_of(log_id: int) -> Digest | None:
    """Return the digest that a log row carried, with its jobs; None for other letters."""
    return db.session.scalar(select(Digest).where(Digest.email_log_id == log_id))


# --- writing --------------------------------------------------------------------------------------


def _build_block(
    on: date,
    people: Sequence[reading.Person],
    weights: dict[str, dict[str, int]],
    composers: dict[str, emails.Composer],
    report: BuildReport,
    *,
    is_held: bool,
) -> None:
    """Compose the letters of some people, then write them all in one transaction.

    Composing happens before the transaction, so that nobody waits for it; what changed meanwhile
    (a consent withdrawn, a letter by another builder) is looked at again inside.
    """
    with report.timed("read"):
        found = reading.choices_of(people, on)
        closed = suppression.suppressed({p.email for p in people}, EmailType.DIGEST)
        # end the reading transaction: the writing one begins with a fresh look
        db.session.rollback()
    skipped: Counter[str] = Counter()
    writable: list[tuple[reading.Person, list[reading.Choice]]] = []
    for person in people:
        choices = found.get(person.reader.user_id, [])
        good = [c for c in choices if emails.shown_score(c.pick.total) >= person.minimum]
        if person.email in closed:
            skipped["suppressed"] += 1
        elif not choices:
            skipped["no_matches"] += 1
        elif not good:
            skipped["below_minimum"] += 1
        else:
            writable.append((person, good))
    with report.timed("compose"):
        written = list(_compose(on, writable, composers))
    if written:
        with report.timed("write"), transaction():
            letters, jobs = _write(on, written, weights, is_held=is_held)
        report.letters += letters
        report.jobs += jobs
    report.skipped += skipped


def _compose(
    on: date,
    writable: Sequence[tuple[reading.Person, list[reading.Choice]]],
    composers: dict[str, emails.Composer],
) -> Iterator[_Written]:
    """Write the letters, language by language."""
    for locale in sorted({person.reader.locale for person, _ in writable}):
        with speaking(locale):
            composer = composers.get(locale)
            if composer is None:
                composer = composers[locale] = emails.Composer(locale)
            for person, choices in writable:
                if person.reader.locale == locale:
                    picks = [c.pick for c in choices]
                    yield _Written(person, choices, composer.compose(person.reader, picks, on))


def _write(
    on: date,
    written: Sequence[_Written],
    weights: dict[str, dict[str, int]],
    *,
    is_held: bool,
) -> tuple[int, int]:
    """Log letters, keep what was in them, mark their matches; return letters and jobs. Flushes."""
    now = clock.now()
    ids = [w.person.reader.user_id for w in written]
    still = {row.id for row in db.session.execute(reading.due(on).where(User.id.in_(ids)))}
    written = [w for w in written if w.person.reader.user_id in still]
    rows = outbox.enqueue_all([_draft(w, is_held=is_held) for w in written])
    digests = [
        Digest(
            user_id=w.person.reader.user_id,
            digest_on=on,
            kind=KIND,
            email_log_id=row.id,
            policy_version=w.choices[0].policy_version,
            created_at=now,
        )
        for w, row in zip(written, rows, strict=True)
    ]
    db.session.add_all(digests)
    db.session.flush()
    items = [
        _item(digest, position, choice, weights)
        for digest, w in zip(digests, written, strict=True)
        for position, choice in enumerate(w.choices, start=1)
    ]
    if items:
        db.session.execute(insert(DigestItem), items)
    _mark_sent([c.pick.match_id for w in written for c in w.choices], now)
    note_written([w.person.reader.user_id for w in written])
    return len(rows), len(items)


def _mark_sent(match_ids: Sequence[int], now: datetime) -> None:
    for start in range(0, len(match_ids), 1_000):
        db.session.execute(
            update(MatchingResult)
            .where(
                MatchingResult.id.in_(match_ids[start : start + 1_000]),
                MatchingResult.match_status == MatchStatus.PENDING,
            )
            .values(match_status=MatchStatus.SENT, sent_at=now)
            .execution_options(synchronize_session=False)
        )


def _draft(written: _Written, *, is_held: bool) -> outbox.Draft:
    reader = written.person.reader
    url = config.current().public_url
    return outbox.Draft(
        email_type=EmailType.DIGEST,
        recipient=written.person.email,
        subject=written.rendered.subject,
        text=written.rendered.text,
        html=written.rendered.html,
        locale=reader.locale,
        user_id=reader.user_id,
        headers=list_headers(KIND, links.unsubscribe_url(reader.user_id), url),
        is_held=is_held,
    )


def _item(
    digest: Digest, position: int, choice: reading.Choice, weights: dict[str, dict[str, int]]
) -> dict[str, Any]:
    posting = choice.pick.posting
    return {
        "digest_id": digest.id,
        "user_id": digest.user_id,
        "job_id": posting.id,
        "section": choice.pick.section,
        "position": position,
        "title": posting.title,
        "company_name": posting.company,
        "total_score": choice.pick.total,
        "components": choice.components,
        "weights": choice.own_weights or weights.get(choice.policy_version, {}),
    }


# --- the run's own row ----------------------------------------------------------------------------


def _begin_run(on: date) -> int:
    with transaction() as session:
        run = MatchRun(
            kind=RunKind.DIGEST,
            status=RunStatus.RUNNING,
            run_on=on,
            started_at=clock.now(),
            heartbeat_at=clock.now(),
        )
        session.add(run)
        session.flush()
        return run.id


def _note_progress(run_id: int, report: BuildReport) -> None:
    with transaction() as session:
        run = session.get_one(MatchRun, run_id)
        run.total, run.processed, run.heartbeat_at = report.due, report.seen, clock.now()


def _end_run(run_id: int, report: BuildReport) -> None:
    with transaction() as session:
        run = session.get_one(MatchRun, run_id)
        run.status, run.completed_at = RunStatus.DONE, clock.now()
        run.total = run.processed = report.seen
        run.counts = {"letters": report.letters, "jobs": report.jobs, **report.skipped}
        timings = report.timings | {"all": report.seconds}
        run.timings = {stage: round(spent, 3) for stage, spent in timings.items()}


def release_held() -> int:
    """Let every held letter go; return how many there were. Flushes only."""
    result = db.session.execute(
        update(EmailLog)
        .where(EmailLog.status == EmailStatus.PENDING, EmailLog.is_held.is_(True))
        .values(is_held=False, next_attempt_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined] # an UPDATE gives a cursor result
