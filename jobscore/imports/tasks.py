"""The queues of checks, imports and undos, for ``flask work``: checks first, somebody waits."""

from jobscore import config
from jobscore.background import task
from jobscore.imports import checking, journal, running, undoing


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
