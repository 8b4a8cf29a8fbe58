"""The worker's share: write the letters of a day that somebody asked for."""

from jobscore import background
from jobscore.database.transaction import transaction
from jobscore.digests import cargo, service
from jobscore.emails import endings


@background.task("digests")
def write_waiting() -> bool:
    """Take one build and finish it, committing per block; tell whether there was one."""
    with transaction():
        claimed = service.claim_build()
    if claimed is None:
        return False
    run_id, on = claimed
    service.build_digests(on, run_id=run_id)
    return True


endings.add_cargo(endings.Cargo("digests", cargo.give_back, cargo.overtaken, cargo.take_again))
