"""The import queues, for ``flask work``: checks first, somebody waits for them."""

from jobscore.background import task
from jobscore.imports import checking, running


@task("import checks")
def check_one() -> bool:
    """Claim one queued or abandoned check and run it; False when none waits."""
    worker = running.worker_name()
    check_id = checking.claim(worker)
    if check_id is None:
        return False
    checking.run(check_id, worker)
    return True


@task("imports")
def run_one() -> bool:
    """Claim one queued or abandoned import and run it; False when none waits."""
    worker = running.worker_name()
    attempt_id = running.claim(worker)
    if attempt_id is None:
        return False
    running.run(attempt_id, worker)
    return True
