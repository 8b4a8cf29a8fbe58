"""The worker's look at what admins should be told."""

import time

from flask import current_app

from jobscore import background
from jobscore.dashboard import notices

#: Seconds between two looks of one worker.
PAUSE = 60.0
_NEXT = "jobscore.notices.next_at"


@background.task("notices")
def tell_admins() -> bool:
    """Write to admins about what failed or rises, once a minute; tell whether a letter was written.

    Commits.
    """
    if time.monotonic() < current_app.extensions.get(_NEXT, 0.0):
        return False
    current_app.extensions[_NEXT] = time.monotonic() + PAUSE
    return notices.tell() > 0
