"""Matching runs: a row with progress, lease and checkpoint; any crash resumes where it was."""

import multiprocessing
import os
import socket
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

import structlog
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.accounts.models import Profile, User
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.matching import blocks, changes, gates, writing
from jobscore.matching.blocks import PersonMatches
from jobscore.matching.models import MatchRun, RunKind, RunStatus
from jobscore.scoring import columns, counting, frames, loading, service
from jobscore.scoring.counting import Held
from jobscore.scoring.engine import Gates
from jobscore.scoring.frames import JobFrame
from jobscore.scoring.policy import Policy

log = structlog.get_logger(__name__)

#: A run without a heartbeat for so long is taken over.
LEASE = timedelta(seconds=60)
#: Pairs from which several processes pay.
POOL_PAYS = 20_000_000


class RunNotFoundError(LookupError):
    """There is no run of this number."""


class RunTakenError(RuntimeError):
    """Somebody else is working on the run, or it is finished."""


@dataclass(slots=True)
class RunReport:
    """How a run stands: people done of all, counts, seconds of each stage."""

    run_id: int
    total: int = 0
    processed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    timings: dict[str, float] = field(default_factory=dict)
    is_stopped: bool = False


Progress = Callable[[RunReport], None]


def _session() -> Session:
    return cast(Session, db.session())


def request_run(
    *,
    kind: RunKind = RunKind.MATCH,
    run_on: date | None = None,
    requested_by: int | None = None,
    is_full: bool = False,
) -> MatchRun:
    """Queue a run for a day (default: today) and return it. Flushes.

    While one waits or works for that day already, that one is returned: nothing runs twice. A
    second run of a day makes only those lists again that changes since the first concern, unless
    `is_full`.
    """
    session = _session()
    day = run_on or service.today()
    open_run = session.scalar(
        select(MatchRun)
        .where(
            MatchRun.kind == kind,
            MatchRun.run_on == day,
            MatchRun.status.in_([RunStatus.QUEUED, RunStatus.RUNNING]),
        )
        .order_by(MatchRun.id)
        .limit(1)
    )
    if open_run is not None:
        if is_full and open_run.status is RunStatus.QUEUED:
            open_run.is_full = True
        return open_run
    run = MatchRun(kind=kind, run_on=day, requested_by=requested_by, is_full=is_full)
    session.add(run)
    session.flush()
    return run


def next_waiting() -> int | None:
    """Return the oldest run that waits, or whose worker has vanished; None when there is none."""
    return _session().scalar(
        select(MatchRun.id)
        .where(MatchRun.kind == RunKind.MATCH, is_claimable())
        .order_by(MatchRun.id)
        .limit(1)
    )


def get_run(run_id: int) -> MatchRun:
    """Return a run of any kind; raises RunNotFoundError."""
    run = _session().get(MatchRun, run_id)
    if run is None:
        raise RunNotFoundError(run_id)
    return run


def list_runs(limit: int = 50) -> Sequence[MatchRun]:
    """Return the newest runs of all kinds."""
    query = select(MatchRun).order_by(MatchRun.id.desc()).limit(limit)
    return _session().scalars(query).all()


def is_claimable() -> Any:
    """Return the condition that a run waits, or that its worker has vanished."""
    silent = clock.now() - LEASE
    return or_(
        MatchRun.status == RunStatus.QUEUED,
        and_(
            MatchRun.status == RunStatus.RUNNING,
            or_(MatchRun.heartbeat_at.is_(None), MatchRun.heartbeat_at < silent),
        ),
    )


def execute(
    run_id: int,
    *,
    progress: Progress | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    block_size: int = blocks.SIZE,
) -> RunReport:
    """Score and match everybody for the run's day, in blocks of people.

    Commits once per block, with the checkpoint in the same transaction: killed at any moment and
    called again, it goes on after the last block, and nothing is written twice. A stop between
    blocks gives the run back to the queue.

    :raises RunTakenError: when the run is finished, or another worker is alive on it.
    """
    with transaction():
        run_on, checkpoint = _claim(run_id)
        report = _report(get_run(run_id))
    finished = False
    try:
        _work(report, run_on, checkpoint, progress, should_stop, block_size)
        finished = True
    finally:
        if not finished:
            _note_failure(run_id)
    return report


def _claim(run_id: int) -> tuple[date, int]:
    session = _session()
    now = clock.now()
    changed = session.execute(
        update(MatchRun)
        .where(MatchRun.id == run_id, is_claimable())
        .values(
            status=RunStatus.RUNNING,
            claimed_by=f"{socket.gethostname()}:{os.getpid()}"[:100],
            heartbeat_at=now,
            started_at=func.coalesce(MatchRun.started_at, now),
            error=None,
        ),
        execution_options={"synchronize_session": False},
    )
    session.expire_all()
    run = get_run(run_id)
    if not cast(Any, changed).rowcount:
        raise RunTakenError(f"run {run_id} is {run.status}")
    return run.run_on, int(run.counts.get("last_user_id", 0))


def _report(run: MatchRun) -> RunReport:
    counts = Counter({k: int(v) for k, v in run.counts.items()})
    timings = {k: float(v) for k, v in run.timings.items()}
    return RunReport(run.id, run.total, run.processed, counts, timings)


def _work(
    report: RunReport,
    run_on: date,
    checkpoint: int,
    progress: Progress | None,
    should_stop: Callable[[], bool],
    size: int,
) -> None:
    began = time.monotonic()
    with _timed(report, "load"):
        policy, jobs, held = _columns()
        with transaction():
            users, since = _whom(report, checkpoint, policy, jobs, held)
            report.total = report.processed + len(users)
            report.counts["jobs"] = len(jobs)
            _save(
                report,
                policy_version=policy.version,
                statistics_id=held.id,
                since_run_id=since,
            )
    groups = [users[start : start + size] for start in range(0, len(users), size)]
    for group, people in _matched(groups, jobs, policy, run_on, report):
        with _timed(report, "write"), transaction() as session:
            written = writing.write_block(
                session, people, version=policy.version, today=run_on, run_id=report.run_id
            )
            report.processed += len(group)
            report.counts.update(written.counts())
            report.counts.update(blocks.summarise(people))
            report.counts["last_user_id"] = group[-1]
            _save(report)
        if progress:
            progress(report)
        if should_stop() and report.processed < report.total:
            report.is_stopped = True
            break
    report.timings["total"] = report.timings.get("total", 0.0) + time.monotonic() - began
    with transaction() as session:
        if report.is_stopped:
            _save(report, status=RunStatus.QUEUED, claimed_by=None)
        else:
            # at the end: what was chosen again is not marked and unmarked
            report.counts["expired"] += writing.expire_pending(session, run_on)
            _save(report, status=RunStatus.DONE, completed_at=clock.now())
    log.info("matching run", run=report.run_id, people=report.processed, stopped=report.is_stopped)


@contextmanager
def _timed(report: RunReport, stage: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        report.timings[stage] = report.timings.get(stage, 0.0) + time.monotonic() - began


@contextmanager
def _scored(report: RunReport) -> Iterator[list[PersonMatches]]:
    """Share the seconds of the block among the stages as the people it fills in spent theirs.

    With worker processes these are the seconds waited for them, not the seconds they worked.
    """
    began = time.monotonic()
    people: list[PersonMatches] = []
    yield people
    seconds, spent = time.monotonic() - began, blocks.spent(people)
    for stage, own in spent._asdict().items():
        share = own / sum(spent) if sum(spent) else stage == "score"
        report.timings[stage] = report.timings.get(stage, 0.0) + seconds * share


def _columns() -> tuple[Policy, JobFrame, Held]:
    """Return the live policy, the columns of all open jobs, and by what they are weighed. Commits.

    Rarity is counted anew where it is due.
    """
    policy = service.active_policy()
    held = counting.held(policy)
    if held is None or counting.is_due(policy):
        jobs, held = columns.count_anew(policy)
    else:
        jobs = columns.job_frame(policy)
    db.session.rollback()
    return policy, jobs, held


def _whom(
    report: RunReport, checkpoint: int, policy: Policy, jobs: JobFrame, held: Held
) -> tuple[list[int], int | None]:
    """Return whose lists are to be made, and on which run's lists this one builds."""
    users = _people(after=checkpoint)
    run = get_run(report.run_id)
    base = changes.base_of(run, policy, held)
    if base is None or base.started_at is None:
        return users, None
    found = changes.concerned(users, jobs, policy, held, run.run_on, base.started_at)
    if not checkpoint:
        report.counts["unconcerned"] = len(users) - len(found)
    return found, base.id


def _people(after: int) -> list[int]:
    query = (
        select(Profile.user_id)
        .join(User, User.id == Profile.user_id)
        .where(User.is_active, Profile.user_id > after)
        .order_by(Profile.user_id)
    )
    return list(_session().scalars(query))


def _save(report: RunReport, **values: Any) -> None:
    _session().execute(
        update(MatchRun)
        .where(MatchRun.id == report.run_id)
        .values(
            total=report.total,
            processed=report.processed,
            counts=dict(report.counts),
            timings={stage: round(s, 3) for stage, s in report.timings.items()},
            heartbeat_at=clock.now(),
            **values,
        ),
        execution_options={"synchronize_session": False},
    )


def _note_failure(run_id: int) -> None:
    """Write down why a run ended early; an interrupt gives it back to the queue."""
    error = sys.exc_info()[1]
    is_interrupt = isinstance(error, KeyboardInterrupt | SystemExit)
    db.session.rollback()
    with transaction() as session:
        session.execute(
            update(MatchRun)
            .where(MatchRun.id == run_id)
            .values(
                status=RunStatus.QUEUED if is_interrupt else RunStatus.FAILED,
                error=None if is_interrupt else f"{type(error).__name__}: {error}"[:2_000],
                completed_at=None if is_interrupt else clock.now(),
                claimed_by=None,
            ),
            execution_options={"synchronize_session": False},
        )


# ---- the blocks, here or in other processes --------------------------------------------------

_Loaded = tuple[list[frames.Profile], dict[int, Gates]]
_shared: tuple[JobFrame, Policy, int] | None = None


def _load(group: Sequence[int], policy: Policy, run_on: date) -> _Loaded:
    """Read one block's people; those whose letter has left today are not matched again."""
    sent = gates.already_sent(group, run_on)
    users = [user for user in group if user not in sent]
    profiles = loading.load_profiles(users, policy, gates.seen_jobs(users))
    found = profiles, gates.gates_of(users, run_on)
    db.session.rollback()
    return found


def _matched(
    groups: Sequence[Sequence[int]], jobs: JobFrame, policy: Policy, run_on: date, report: RunReport
) -> Iterator[tuple[Sequence[int], list[PersonMatches]]]:
    """Yield every block with its matches, in order, whichever process computes them."""
    today = run_on.toordinal()
    workers = _worker_count(sum(map(len, groups)) * len(jobs))
    if workers < 2:
        for group in groups:
            with _timed(report, "read"):
                profiles, closed = _load(group, policy, run_on)
            with _scored(report) as found:
                found += blocks.match_block(profiles, closed, jobs, policy, today)
            yield group, found
        return
    global _shared
    _shared = (jobs, policy, today)
    waiting: deque[tuple[Sequence[int], Future[list[PersonMatches]]]] = deque()
    context = multiprocessing.get_context("fork")
    try:
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            for group in groups:
                with _timed(report, "read"):
                    loaded = _load(group, policy, run_on)
                waiting.append((group, pool.submit(_match_shared, *loaded)))
                if len(waiting) > 2 * workers:
                    yield _next(waiting, report)
            while waiting:
                yield _next(waiting, report)
    finally:
        _shared = None


def _next(
    waiting: deque[tuple[Sequence[int], Future[list[PersonMatches]]]], report: RunReport
) -> tuple[Sequence[int], list[PersonMatches]]:
    group, future = waiting.popleft()
    with _scored(report) as found:
        found += future.result()
    return group, found


def _worker_count(pairs: int) -> int:
    """Return how many processes to use: one unless the work is large and forking is safe."""
    can_fork = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    if pairs < POOL_PAYS or not can_fork:
        return 1
    return config.current().workers or os.cpu_count() or 1


def _match_shared(profiles: list[frames.Profile], closed: dict[int, Gates]) -> list[PersonMatches]:
    """Run in another process, which shares the parent's columns."""
    if _shared is None:
        raise RuntimeError("a worker process was started without the job columns")
    jobs, policy, today = _shared
    return blocks.match_block(profiles, closed, jobs, policy, today)
