"""The queues of imports and of undos, for ``flask work``."""

from jobscore import config
from jobscore.background import task
from jobscore.imports import journal, running, undoing


@task("imports")
def run_one() -> bool:
    """Claim one queued or abandoned import and run it; False when none waits."""
    worker = running.worker_name()
    attempt_id = running.claim(worker)
    if attempt_id is None:
        return False
    running.run(attempt_id, worker)
    journal.forget(config.current().import_journal_days)
    return True


@task("undos")
def undo_one() -> bool:
    """Claim one asked-for or abandoned undo and carry it out; False when none waits."""
    worker = running.worker_name()
    attempt_id = undoing.claim(worker)
    if attempt_id is None:
        return False
    undoing.run(attempt_id, worker)
    return True
