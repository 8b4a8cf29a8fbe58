"""The worker's look into the mailbox of bounces."""

import stat
import time
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from jobscore import background, config, logs
from jobscore.emails.bounces import boxes, service

#: Seconds between two looks of one worker.
PAUSE = 300.0

log = logs.get("jobscore.bounces")


@dataclass(slots=True)
class _Watch:
    """What one worker remembers between its looks."""

    next_at: float = 0.0
    #: Size and time of the file when it was last read whole.
    seen: tuple[int, int] | None = None


@background.task("bounces")
def read_box() -> bool:
    """Read ``JOBSCORE_MAIL_BOUNCE_BOX`` every five minutes; tell whether a report counted.

    Commits once for each report. A file that has not changed is not read again.
    """
    place = config.current().mail_bounce_box
    watch: _Watch = current_app.extensions.setdefault("jobscore.bounces", _Watch())
    if not place or time.monotonic() < watch.next_at:
        return False
    watch.next_at = time.monotonic() + PAUSE
    path = Path(place)
    state = _state(path)
    if state is not None and state == watch.seen:
        return False
    try:
        tally = service.take_all(boxes.messages(path))
    except boxes.BoxError as error:
        log.warning("mailbox of bounces not read", error=str(error))
        return False
    watch.seen = state
    return bool(tally.taken)


def _state(path: Path) -> tuple[int, int] | None:
    """Return a file's size and time of change; None for folders, whose messages tell themselves."""
    try:
        found = path.stat()
    except OSError:
        return None  # reading it will say why
    return None if stat.S_ISDIR(found.st_mode) else (found.st_size, found.st_mtime_ns)
