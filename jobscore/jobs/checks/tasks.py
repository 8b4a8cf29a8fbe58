"""The worker's share: compare pay with minimum wages from the day on which they take effect."""

from jobscore import background, clock, config
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs.checks import minimum_wages, service


@background.task("minimum wages")
def apply_waiting() -> bool:
    """Compare pay with all amounts that came into force; False when none did."""
    today = clock.today(config.current().timezone)
    due = minimum_wages.due(db.session(), today)
    db.session.rollback()
    if not due:
        return False
    with transaction() as session:
        return service.apply_wages(session, today) > 0
