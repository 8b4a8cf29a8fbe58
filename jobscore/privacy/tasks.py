"""The worker's share: forget the addresses of last letters that have left."""

from jobscore import background
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.privacy import farewells


@background.task("last letters")
def forget_last_letters() -> bool:
    """Forget the addresses of erased people whose last letter has left; tell whether any had."""
    addresses = farewells.finished(db.session())
    db.session.rollback()
    if not addresses:
        return False
    with transaction():
        farewells.forget(addresses)
    return True
