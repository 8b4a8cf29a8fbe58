"""The worker's share: take a waiting matching run, or one whose worker vanished, and finish it."""

from jobscore import background
from jobscore.database.transaction import transaction
from jobscore.matching import runs


@background.task("matching")
def match_waiting() -> bool:
    """Take one run and finish it, committing per block; tell whether there was one."""
    with transaction():
        run_id = runs.next_waiting()
    if run_id is None:
        return False
    try:
        runs.execute(run_id)
    except runs.RunTakenError:
        return False
    return True
