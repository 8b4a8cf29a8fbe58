"""What a person notes of an application: when, what became of it, what comes next."""

from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from sqlalchemy.orm import Session

from jobscore.extensions import db
from jobscore.matching import answers
from jobscore.matching.models import MatchingResult, Outcome

LONGEST_NOTES: Final = 2_000
"""Characters."""


@dataclass(frozen=True, slots=True)
class Application:
    """What may be noted; all of it at once."""

    applied_on: date
    outcome: Outcome
    next_step_on: date | None
    notes: str | None


def note(match: MatchingResult, application: Application) -> None:
    """Keep what a person notes; a match that was none yet becomes an application. Flushes."""
    match.applied_on = application.applied_on
    match.application_outcome = application.outcome
    match.next_step_on = application.next_step_on
    match.application_notes = application.notes
    cast(Session, db.session()).flush()
    answers.mark_applied(match)
