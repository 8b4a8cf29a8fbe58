"""Backtests as runs: asked for on a page or by a command, worked off like any other run.

A backtest reads people and jobs as they are today, with today's gates, and writes nothing but its
own rows: the run's progress and, at its end, the summary. Killed and taken up again it begins anew.
"""

import os
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from jobscore import clock
from jobscore.accounts.models import Profile, User
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.matching import backtest, blocks, gates, runs
from jobscore.matching.models import Backtest, MatchRun, RunKind, RunStatus
from jobscore.matching.selection import Quotas
from jobscore.scoring import columns, loading, service
from jobscore.scoring.frames import JobFrame
from jobscore.scoring.policy import Policy

log = structlog.get_logger(__name__)

#: People of a backtest unless somebody wants more or fewer.
USUAL_PEOPLE = 1_000


class NotBacktestError(LookupError):
    """There is no backtest of this number."""


@dataclass(slots=True)
class BacktestReport:
    """How a backtest stands; `result` when it is done, `groups` where a file of them was given."""

    run_id: int
    total: int = 0
    processed: int = 0
    seconds: float = 0.0
    result: dict[str, Any] | None = None
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Trial:
    """What is compared: both policies with their job columns, and the day."""

    policy: Policy
    against: Policy
    jobs_after: JobFrame
    jobs_before: JobFrame
    on: date


def _session() -> Session:
    return cast(Session, db.session())


def request_backtest(
    policy: Policy,
    against: Policy,
    *,
    people: int | None = USUAL_PEOPLE,
    requested_by: int | None = None,
    is_own: bool = False,
) -> int:
    """Queue a backtest and return its run's number. Flushes.

    While an equal one waits or works, that one is returned. With `is_own` the caller executes it
    itself: it is claimed at once, so that no worker takes it.
    """
    session = _session()
    if not is_own:
        waiting = session.scalars(
            _of_kind().where(MatchRun.status.in_([RunStatus.QUEUED, RunStatus.RUNNING]))
        )
        for one in waiting:
            if (one.policy, one.against) == (policy.to_json(), against.to_json()) and (
                one.people == people
            ):
                return int(one.run_id)
    run = MatchRun(
        kind=RunKind.BACKTEST,
        run_on=service.today(),
        policy_version=policy.version,
        requested_by=requested_by,
    )
    if is_own:
        run.status, run.claimed_by, run.heartbeat_at = RunStatus.RUNNING, _me(), clock.now()
        run.started_at = clock.now()
    session.add(run)
    session.flush()
    session.add(
        Backtest(run_id=run.id, policy=policy.to_json(), against=against.to_json(), people=people)
    )
    session.flush()
    return run.id


def _of_kind() -> Any:
    return (
        select(Backtest)
        .join(MatchRun, MatchRun.id == Backtest.run_id)
        .options(joinedload(Backtest.run))
        .order_by(Backtest.run_id.desc())
    )


def get_backtest(run_id: int) -> Backtest:
    """Return a backtest with its run; raises NotBacktestError."""
    found = _session().scalar(_of_kind().where(Backtest.run_id == run_id))
    if found is None:
        raise NotBacktestError(run_id)
    return cast(Backtest, found)


def backtests_of(version: str, limit: int = 10) -> Sequence[Backtest]:
    """Return the newest backtests of a version, whatever it held at the time."""
    query = _of_kind().where(MatchRun.policy_version == version).limit(limit)
    return cast(Sequence[Backtest], _session().scalars(query).all())


def next_waiting() -> int | None:
    """Return the oldest backtest that waits or whose worker has vanished; None: there is none."""
    return _session().scalar(
        select(MatchRun.id)
        .where(MatchRun.kind == RunKind.BACKTEST, runs.is_claimable())
        .order_by(MatchRun.id)
        .limit(1)
    )


def cancel(run_id: int) -> bool:
    """Cancel a backtest that waits or works; tell whether it did.

    Its worker stops at the end of its block.
    """
    return _set(
        run_id,
        MatchRun.kind == RunKind.BACKTEST,
        MatchRun.status.in_([RunStatus.QUEUED, RunStatus.RUNNING]),
        status=RunStatus.CANCELLED,
        completed_at=clock.now(),
        claimed_by=None,
    )


def claim(run_id: int) -> None:
    """Take a waiting backtest, or one whose worker has vanished, and begin it anew. Flushes.

    Raises RunTakenError when somebody else is alive on it, or it is finished.
    """
    taken = _set(
        run_id,
        runs.is_claimable(),
        status=RunStatus.RUNNING,
        claimed_by=_me(),
        heartbeat_at=clock.now(),
        started_at=clock.now(),
        processed=0,
        counts={},
        timings={},
        error=None,
    )
    if not taken:
        raise runs.RunTakenError(f"backtest {run_id} is {runs.get_run(run_id).status}")


def _me() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:100]


def _set(run_id: int, *where: Any, **values: Any) -> bool:
    """Change a run's row while the conditions hold; tell whether they did."""
    changed = _session().execute(
        update(MatchRun).where(MatchRun.id == run_id, *where).values(**values),
        execution_options={"synchronize_session": False},
    )
    _session().expire_all()
    return bool(cast(Any, changed).rowcount)


# ---- the work --------------------------------------------------------------------------------


def execute(
    run_id: int,
    *,
    groups: Mapping[str, str] | None = None,
    progress: Callable[[BacktestReport], None] | None = None,
    block_size: int = blocks.SIZE,
    is_queued_again: bool = True,
) -> BacktestReport:
    """Work off a backtest that this process has claimed. Commits progress once per block.

    `groups` gives the group of some people by e-mail address; their effect is in the report and
    nowhere else. An interrupt gives the run back to the queue, or cancels it.

    Raises RunTakenError when the run was cancelled or taken over meanwhile.
    """
    report = BacktestReport(run_id)
    is_done = False
    try:
        _work(report, groups or {}, progress, block_size)
        is_done = True
    finally:
        if not is_done:
            _note_failure(run_id, is_queued_again)
    return report


def _work(
    report: BacktestReport,
    groups: Mapping[str, str],
    progress: Callable[[BacktestReport], None] | None,
    size: int,
) -> None:
    began = time.monotonic()
    with transaction():
        one = get_backtest(report.run_id)
        users = backtest.spread(_people(), one.people)
        report.total = len(users)
        _hold(report)
    trial = _trial(one, report)
    named = _user_ids(groups)
    db.session.rollback()
    found = backtest.Comparison(quotas=Quotas.of(trial.policy))
    for start in range(0, len(users), size):
        _compare(users[start : start + size], trial, found, named)
        report.processed += len(users[start : start + size])
        with transaction():
            _hold(report)
        if progress:
            progress(report)
    report.result = found.summary() | {
        "open_jobs": len(trial.jobs_after),
        "policy": trial.policy.version,
        "against": trial.against.version,
        "on": trial.on.isoformat(),
    }
    report.groups = found.group_summary()
    report.seconds = round(time.monotonic() - began, 3)
    with transaction() as session:
        _hold(
            report,
            status=RunStatus.DONE,
            completed_at=clock.now(),
            timings={"total": report.seconds},
            counts={"jobs": len(trial.jobs_after), "people": report.processed},
        )
        session.execute(
            update(Backtest).where(Backtest.run_id == report.run_id).values(result=report.result)
        )
    log.info("backtest", run=report.run_id, people=report.processed, seconds=report.seconds)


def _people() -> list[int]:
    query = (
        select(Profile.user_id)
        .join(User, User.id == Profile.user_id)
        .where(User.is_active)
        .order_by(Profile.user_id)
    )
    return list(_session().scalars(query))


def _user_ids(groups: Mapping[str, str]) -> dict[int, str]:
    if not groups:
        return {}
    rows = _session().execute(select(User.id, User.email)).all()
    return {user: groups[email.lower()] for user, email in rows if email.lower() in groups}


def _trial(one: Backtest, report: BacktestReport) -> _Trial:
    policy, against = Policy.from_json(one.policy), Policy.from_json(one.against)
    run_on = one.run.run_on
    jobs_after = columns.job_frame(policy)
    db.session.rollback()
    with transaction():  # building columns takes long: say that we live
        _hold(report)
    # Last: the live policy's columns are those that this process is going to need again.
    return _Trial(policy, against, jobs_after, columns.job_frame(against), run_on)


def _compare(
    users: Sequence[int],
    trial: _Trial,
    found: backtest.Comparison,
    groups: Mapping[int, str],
) -> None:
    """Add one block of people, read once and matched under both policies."""
    seen, closed = gates.seen_jobs(users), gates.gates_of(users, trial.on)
    loaded = [loading.load_profiles(users, p, seen) for p in (trial.against, trial.policy)]
    db.session.rollback()
    today = trial.on.toordinal()
    before = blocks.match_block(loaded[0], closed, trial.jobs_before, trial.against, today)
    after = blocks.match_block(loaded[1], closed, trial.jobs_after, trial.policy, today)
    found.add(before, after, groups)


def _hold(report: BacktestReport, **values: Any) -> None:
    """Write down progress; raise RunTakenError when the run is not ours any more."""
    is_ours = _set(
        report.run_id,
        MatchRun.status == RunStatus.RUNNING,
        MatchRun.claimed_by == _me(),
        **{
            "total": report.total,
            "processed": report.processed,
            "heartbeat_at": clock.now(),
            **values,
        },
    )
    if not is_ours:
        raise runs.RunTakenError(f"backtest {report.run_id} was cancelled or taken over")


def _note_failure(run_id: int, is_queued_again: bool) -> None:
    """Write down why a backtest ended early, if it is still ours."""
    error = sys.exc_info()[1]
    db.session.rollback()
    if isinstance(error, runs.RunTakenError):
        return
    status = RunStatus.FAILED
    if isinstance(error, KeyboardInterrupt | SystemExit):
        status = RunStatus.QUEUED if is_queued_again else RunStatus.CANCELLED
    with transaction():
        _set(
            run_id,
            MatchRun.status == RunStatus.RUNNING,
            MatchRun.claimed_by == _me(),
            status=status,
            error=f"{type(error).__name__}: {error}"[:2_000]
            if status is RunStatus.FAILED
            else None,
            completed_at=None if status is RunStatus.QUEUED else clock.now(),
            claimed_by=None,
        )
