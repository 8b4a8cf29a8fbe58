"""Matches become letters: who is due, what is new for them, one letter each, never twice."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, select, update
from sqlalchemy.exc import IntegrityError

from jobscore import clock, logs
from jobscore.accounts import consents
from jobscore.accounts.models import (
    ConsentKind,
    DigestFrequency,
    Profile,
    SavedSearch,
    User,
)
from jobscore.database.transaction import transaction
from jobscore.digests import composing, emails, reading, writing
from jobscore.digests.models import Digest
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.emails.rendering import Rendered
from jobscore.extensions import db
from jobscore.matching import runs
from jobscore.matching.models import MatchRun, RunKind, RunStatus

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
    #: Seconds by stage: read (people and their jobs), compose (words and HTML), write. Where other
    #: processes compose, the seconds waited for them.
    timings: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the seconds of the block to a stage."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.add(stage, time.monotonic() - began)

    def add(self, stage: str, seconds: float) -> None:
        """Add seconds to a stage."""
        self.timings[stage] = self.timings.get(stage, 0.0) + seconds


Progress = Callable[[BuildReport], None]


def request_build(on: date, *, requested_by: int | None = None, is_held: bool = False) -> MatchRun:
    """Queue the writing of the day's letters for a worker; return the run. Flushes.

    While one waits or works for that day already, that one is returned; one that waits writes
    held letters as soon as anybody has asked for that.
    """
    run = runs.request_run(kind=RunKind.DIGEST, run_on=on, requested_by=requested_by)
    if is_held and run.status is RunStatus.QUEUED:
        run.is_held = True
        db.session.flush()
    return run


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
    ids = reading.due_ids(on)
    report.due = len(ids)
    for group, block in _composed(composing.blocks(ids, on), report):
        letters, jobs = _write(on, group, block, report, is_held=is_held)
        report.letters += letters
        report.jobs += jobs
        report.seen += len(group)
        _note_progress(run, report)
        if progress:
            progress(report)
    report.seconds = time.monotonic() - started
    _end_run(run, report)
    log.info("digests built", on=str(on), letters=report.letters, jobs=report.jobs)
    return report


def _composed(
    blocks: Iterator[composing.Composed], report: BuildReport
) -> Iterator[composing.Composed]:
    """Pass blocks on, with the seconds until each shared among its stages as it spent its own."""
    while True:
        began = time.monotonic()
        found = next(blocks, None)
        if found is None:
            return
        seconds, (_, block) = time.monotonic() - began, found
        share = block.read / ((block.read + block.compose) or 1.0)
        report.add("read", seconds * share)
        report.add("compose", seconds * (1 - share))
        yield found


def _write(
    on: date, ids: Sequence[int], block: composing.Block, report: BuildReport, *, is_held: bool
) -> tuple[int, int]:
    """Write a block's letters in one transaction; return letters and jobs. Commits.

    What changed since it was composed (a consent withdrawn, a letter by another builder) is looked
    at again inside. Where it fails for that, the block is composed anew.
    """
    for attempt in range(TRIES):
        try:
            with report.timed("write"), transaction():
                written = writing.write(on, block.letters, is_held=is_held)
            break
        except IntegrityError:
            # another builder wrote some of these letters in the meantime: look again
            if attempt == TRIES - 1:
                raise
            with report.timed("compose"):
                block = composing.Scribe(on).block(ids)
    report.skipped.update(block.skipped)
    return written


def preview(user_id: int, on: date) -> Rendered | None:
    """Return the letter that the person's matches of the day make, sent or not; writes nothing.

    None when there is no such person, or no match on that day that reaches their own minimum.
    """
    person = next(iter(reading.people_of(reading.everyone().where(User.id == user_id))), None)
    if person is None:
        return None
    found = reading.choices_of([person], on, is_preview=True).get(user_id, [])
    choices = composing.above_minimum(found, person.minimum)
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
