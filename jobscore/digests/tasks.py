"""The worker's share: write the letters of a day that somebody asked for."""

from jobscore import background
from jobscore.database.transaction import transaction
from jobscore.digests import cargo, service
from jobscore.emails import endings
from jobscore.matching import runs


@background.task("digests")
def write_waiting() -> bool:
    """Take one build and finish it, committing per block; tell whether there was one."""
    with transaction():
        claimed = service.claim_build()
        is_held = claimed is not None and runs.get_run(claimed[0]).is_held
    if claimed is None:
        return False
    run_id, on = claimed
    service.build_digests(on, run_id=run_id, is_held=is_held)
    return True


endings.add_cargo(endings.Cargo("digests", cargo.give_back, cargo.overtaken, cargo.take_again))
