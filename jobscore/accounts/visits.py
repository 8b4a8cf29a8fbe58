"""Visits: that somebody signed in is on our pages. No picture in a letter tells us, only this.

A visit sets back the count of letters that brought nobody here (see ``digests.pace``).
"""

from sqlalchemy import update

from jobscore import clock
from jobscore.accounts.models import LetterPace
from jobscore.extensions import db


def note(user_id: int) -> None:
    """Set the person's count of letters without a visit back to nothing. Writes only if it was not.

    Flushes only.
    """
    db.session.execute(
        update(LetterPace)
        .where(LetterPace.user_id == user_id, LetterPace.unvisited > 0)
        .values(unvisited=0, visited_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def set_steady(user_id: int, is_steady: bool) -> None:
    """Keep whether letters stay as often as chosen without visits. Flushes only."""
    pace = db.session.get(LetterPace, user_id)
    if pace is None:
        db.session.add(LetterPace(user_id=user_id, is_steady=is_steady))
    else:
        pace.is_steady = is_steady
    db.session.flush()


def pace_of(user_id: int) -> LetterPace:
    """Return the person's count; one of nothing, which is not kept, where there is none yet."""
    kept = db.session.get(LetterPace, user_id)
    return kept or LetterPace(user_id=user_id, unvisited=0, is_steady=False)
