"""The worker's share of alerts, and their place in the day: after digests, before sending."""

from datetime import date

from jobscore import background
from jobscore.database.transaction import transaction
from jobscore.digests import day
from jobscore.digests import service as digests
from jobscore.emails import endings
from jobscore.matching.models import RunKind
from jobscore.searches import alerts, cargo


@background.task("alerts")
def write_waiting() -> bool:
    """Take one day's alerts and finish them, committing per block; tell whether there were any."""
    with transaction():
        claimed = digests.claim_build(RunKind.ALERT)
    if claimed is None:
        return False
    run_id, on = claimed
    alerts.build(on, run_id=run_id)
    return True


def _request(on: date, requested_by: int | None) -> None:
    alerts.request(on, requested_by)


def _run(on: date) -> day.LegReport:
    done = alerts.build(on)
    return day.LegReport("alerts", done.letters, done.jobs, done.seconds)


day.add_leg(day.Leg("alerts", _request, _run))
endings.add_cargo(endings.Cargo("alerts", cargo.give_back, cargo.overtaken, cargo.take_again))
