"""The worker's share: the keys of names that were there before companies had pages."""

from jobscore import background
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs.companies import keeping, service


@background.task("company names")
def work_out_waiting() -> bool:
    """Work out the keys of a thousand names; False when none waits."""
    is_waiting = service.is_any_waiting(db.session())
    db.session.rollback()
    if not is_waiting:
        return False
    with transaction() as session:
        return keeping.work_out(session) > 0
