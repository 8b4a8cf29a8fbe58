"""The switch that ends scoring: no list, no scores, no letters with matches, jobs newest first."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from jobscore.accounts import audit
from jobscore.accounts.models import User
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailType
from jobscore.matching.models import MatchingResult, MatchStatus
from jobscore.scoring.models import JobScore, ScoreHistory

#: What the person answered themselves stays.
_ANSWERED = (MatchStatus.SAVED, MatchStatus.APPLIED, MatchStatus.DISMISSED)


def switch(session: Session, user: User, *, is_off: bool) -> None:
    """Have a person not be scored any more (``is_off``), or again. Flushes.

    Off: what was computed goes, but for jobs that the person saved, hid or applied to; letters
    that wait are stopped. What they answered, and their wish for letters, stays for later.
    """
    user.profile.no_profiling = is_off
    audit.record("profiling.off" if is_off else "profiling.on", user, actor_id=user.id)
    if is_off:
        session.execute(
            delete(MatchingResult).where(
                MatchingResult.user_id == user.id,
                MatchingResult.match_status.not_in(_ANSWERED),
                MatchingResult.saved_at.is_(None),
                MatchingResult.is_applied.is_(False),
            )
        )
        shown = select(MatchingResult.job_score_id).where(MatchingResult.user_id == user.id)
        session.execute(
            delete(JobScore).where(JobScore.user_id == user.id, JobScore.id.not_in(shown))
        )
        session.execute(delete(ScoreHistory).where(ScoreHistory.user_id == user.id))
        outbox.suppress_waiting(user.id, [EmailType.DIGEST])
    session.flush()
