"""The queue of people imports, and what invitations need every day, for ``flask work``."""

from jobscore.background import task
from jobscore.imports import running as imports
from jobscore.imports.models import ImportType
from jobscore.imports.people import inviting, running


@task("people imports")
def run_one() -> bool:
    """Claim one queued or abandoned import of people and run it; False when none waits."""
    worker = imports.worker_name()
    attempt_id = imports.claim(worker, kind=ImportType.PEOPLE)
    if attempt_id is None:
        return False
    running.run(attempt_id, worker)
    return True


@task("invitations")
def tend_invitations() -> bool:
    """Write reminders that are due, expire and erase who did not answer; False: nothing to do."""
    return inviting.tend().did_something
