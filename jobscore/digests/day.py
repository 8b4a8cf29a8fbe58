"""The whole day in order: score and match, write the letters, send them."""

from collections.abc import Callable
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


@dataclass(frozen=True, slots=True)
class DayReport:
    """What each leg did; ``sending`` is None where no letter may leave (``refusal`` says why)."""

    on: date
    matching: runs.RunReport
    building: service.BuildReport
    sending: tasks.SendReport | None
    refusal: str | None


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


def run_day(
    on: date, watch: Watch | None = None, *, transport: TransportFactory | None = None
) -> DayReport:
    """Do all legs of the day ``on`` now. Commits by block; run again, it goes on where it was.

    :raises RunTakenError: when another process is matching for that day.
    """
    watch = watch or Watch()
    with transaction():
        run_id = runs.request_run(run_on=on).id
    matching = runs.execute(run_id, progress=watch.matching)
    building = service.build_digests(on, progress=watch.building)
    started = clock.now()
    try:
        report = tasks.send_batch(
            is_forced=True,
            progress=watch.sending,
            transport=transport,
        )
    except SendingRefusedError as error:
        return DayReport(on, matching, building, None, str(error))
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
    return DayReport(on, matching, building, report, None)
