"""The search for duplicates, for ``flask work``."""

from jobscore.background import task
from jobscore.jobs.duplicates import passes


@task("duplicates")
def run_one() -> bool:
    """Run one search that an import asked for; False when none waits."""
    worker = passes.worker_name()
    pass_id = passes.claim(worker)
    if pass_id is None:
        return False
    passes.run(pass_id, worker)
    return True
