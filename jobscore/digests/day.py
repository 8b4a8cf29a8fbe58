"""The whole day in order: score and match, write the letters, send them."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.digests import service
from jobscore.emails import tasks
from jobscore.emails.service import SendingRefusedError
from jobscore.emails.transport import TransportFactory
from jobscore.matching import runs
from jobscore.matching.models import MatchRun, RunKind, RunStatus


@dataclass(slots=True)
class Stage:
    """One part of the day: match, letters or send; seconds on the wall and of the processors."""

    name: str
    seconds: float = 0.0
    #: Of this process.
    cpu: float = 0.0
    #: Of worker processes that ended within the stage; 0 where the system does not tell.
    workers_cpu: float = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Measure what happens in the block."""
        wall, cpu, workers = time.monotonic(), time.process_time(), _workers_cpu()
        try:
            yield
        finally:
            self.seconds = time.monotonic() - wall
            self.cpu = time.process_time() - cpu
            self.workers_cpu = _workers_cpu() - workers


def _workers_cpu() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system


@dataclass(frozen=True, slots=True)
class LegReport:
    """What a further leg did; seconds on the wall."""

    name: str
    letters: int
    jobs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg of the day from a floor above: other letters that leave with the digests.

    `request` queues it for a worker and flushes; `run` does it now and commits by block.
    """

    name: str
    request: Callable[[date, int | None], None]
    run: Callable[[date], LegReport]


_legs: dict[str, Leg] = {}


def add_leg(leg: Leg) -> None:
    """Have a leg be done each day between the digests and the sending."""
    _legs[leg.name] = leg


@dataclass(frozen=True, slots=True)
class DayReport:
    """What each leg did; ``sending`` is None where no letter may leave (``refusal`` says why)."""

    on: date
    matching: runs.RunReport
    building: service.BuildReport
    sending: tasks.SendReport | None
    refusal: str | None
    #: Match, letters, send.
    stages: tuple[Stage, ...]
    #: On the wall, of this call.
    seconds: float
    #: Further legs; their time is part of the letters'.
    further: tuple[LegReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told of the progress of each leg."""

    matching: Callable[[runs.RunReport], None] | None = None
    building: Callable[[service.BuildReport], None] | None = None
    sending: Callable[[tasks.SendReport], None] | None = None


def request_day(on: date, *, requested_by: int | None = None) -> None:
    """Queue the day's matching and letters for the workers, which send them too. Flushes."""
    runs.request_run(run_on=on, requested_by=requested_by)
    service.request_build(on, requested_by=requested_by)
    for leg in _legs.values():
        leg.request(on, requested_by)


def run_day(
    on: date, watch: Watch | None = None, *, transport: TransportFactory | None = None
) -> DayReport:
    """Do all legs of the day ``on`` now. Commits by block; run again, it goes on where it was.

    :raises RunTakenError: when another process is matching for that day.
    """
    watch = watch or Watch()
    began = time.monotonic()
    stages = match, letters, send = Stage("match"), Stage("letters"), Stage("send")
    with match.watched():
        with transaction():
            run_id = runs.request_run(run_on=on).id
        matching = runs.execute(run_id, progress=watch.matching)
    with letters.watched():
        building = service.build_digests(on, progress=watch.building)
        further = tuple(leg.run(on) for leg in _legs.values())
    sending, refusal = None, None
    with send.watched():
        try:
            sending = _send(on, watch, transport)
        except SendingRefusedError as error:
            refusal = str(error)
    seconds = time.monotonic() - began
    return DayReport(on, matching, building, sending, refusal, stages, seconds, further)


def _send(on: date, watch: Watch, transport: TransportFactory | None) -> tasks.SendReport:
    """Send what is due and note it as a run."""
    started = clock.now()
    report = tasks.send_batch(is_forced=True, progress=watch.sending, transport=transport)
    with transaction() as session:
        session.add(
            MatchRun(
                kind=RunKind.SEND,
                status=RunStatus.FAILED if report.down_since else RunStatus.DONE,
                run_on=on,
                total=report.handled,
                processed=report.sent,
                counts={
                    "sent": report.sent,
                    "retried": report.retried,
                    "failed": report.failed,
                    "in_doubt": report.in_doubt + report.abandoned,
                    "suppressed": report.suppressed,
                },
                error=report.error,
                started_at=started,
                completed_at=clock.now(),
            )
        )
    return report
