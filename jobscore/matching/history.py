"""What a score was before, for the person whose score it is: numbers, times, what changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.extensions import db
from jobscore.matching.models import MatchingResult
from jobscore.matching.reasons import shown_total
from jobscore.scoring import service as scores
from jobscore.scoring.models import ScoreHistory
from jobscore.scoring.policy import TOTAL_SCALE

MOST = 12
"""At most so many earlier scores are shown."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One number that was shown for a while."""

    since: datetime
    total: int
    version: str
    why: str
    """What changed while it stood; of the present one: empty."""


@dataclass(frozen=True, slots=True)
class History:
    """The earlier numbers and the present one, newest first; no entries where none changed."""

    entries: Sequence[Entry]
    values: Sequence[int]
    """The same numbers, oldest first, for the line."""
    summary: str


def history_of(match: MatchingResult) -> History:
    """Return how the score of a match changed while the person could see it."""
    session = cast(Session, db.session())
    query = (
        select(ScoreHistory)
        .where(ScoreHistory.user_id == match.user_id, ScoreHistory.job_id == match.job_id)
        .order_by(ScoreHistory.created_at.desc(), ScoreHistory.id.desc())
        .limit(MOST)
    )
    earlier = session.scalars(query).all()
    if not earlier:
        return History([], [], "")
    now = match.job_score
    entries = [
        Entry(
            now.scored_at,
            shown_total(scores.total_units(now)),
            now.scoring_algorithm_version,
            gettext("It stands like this now."),
        ),
        *(
            Entry(
                one.scored_at,
                shown_total(round(one.total_score * TOTAL_SCALE)),
                one.scoring_algorithm_version,
                why(one.causes),
            )
            for one in earlier
        ),
    ]
    values = [entry.total for entry in reversed(entries)]
    summary = gettext("From %(first)s to %(last)s.", first=values[0], last=values[-1])
    return History(entries, values, summary)


def why(causes: str) -> str:
    """Return the codes of `ScoreHistory.causes` as words; a code that is unknown is left out."""
    words: dict[str, str] = {
        "policy": gettext("the rules of scoring"),
        "weights": gettext("your weights"),
        "job": gettext("the posting"),
        "profile": gettext("your answers"),
        "looked": gettext("the jobs that you looked at"),
        "rarity": gettext("how rare its words and skills are among all jobs"),
    }
    known = [words[code] for code in causes.split() if code in words]
    if not known:
        return str(gettext("Something else, such as what other jobs ask and pay."))
    return str(gettext(", ")).join(known)
