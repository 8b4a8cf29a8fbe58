"""The worker's share: read the words of jobs that wait."""

from jobscore.background import task
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs.search import indexing


@task("word index")
def run_one() -> bool:
    """Read a batch of jobs into the index, or empty a worn one; False when nothing is to do."""
    session = db.session()
    is_due = bool(indexing.waiting(session, 1))
    is_worn = indexing.is_worn(session)
    session.rollback()
    if not is_due and not is_worn:
        return False
    with transaction() as writer:
        if is_worn:
            indexing.forget(writer)
        indexing.index_waiting(writer)
    return True
