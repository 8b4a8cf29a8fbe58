"""The schedule of the sources, for ``flask work``."""

from jobscore.background import task
from jobscore.database.transaction import transaction
from jobscore.imports.sources import service, taking


@task("sources")
def run_one() -> bool:
    """Take the files of one source that is due; False when none is."""
    with transaction() as session:
        source_id = service.claim_due(session, taking.LEASE)
    if source_id is None:
        return False
    taking.take_files(source_id)
    return True
