"""The import queue, for ``flask work``."""

from jobscore.background import task
from jobscore.imports import running


@task("imports")
def run_one() -> bool:
    """Claim one queued or abandoned import and run it; False when none waits."""
    worker = running.worker_name()
    attempt_id = running.claim(worker)
    if attempt_id is None:
        return False
    running.run(attempt_id, worker)
    return True
