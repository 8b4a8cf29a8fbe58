"""A person with matches, written directly: for tests of what people do with them."""

from datetime import UTC, date, datetime

from jobscore.matching.models import MatchingResult
from jobscore.scoring.models import JobScore
from tests import factories

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)


def match(session, user_id, *, job=None, total=70.0, **values):
    """Add and flush one match of today's list; a job of its own unless one is given."""
    job = job or factories.job(session, posted_date=TODAY)
    score = JobScore(
        user_id=user_id,
        job_id=job.id,
        total_score=total,
        skill_match_score=total,
        location_score=None,
        coverage=0.7,
        rank_points=int(total * 100),
        scoring_algorithm_version="1.2",
    )
    session.add(score)
    session.flush()
    row = MatchingResult(
        **{
            "user_id": user_id,
            "job_id": job.id,
            "job_score_id": score.id,
            "match_on": TODAY,
            "section": "picks",
            "position": 1,
            "recommendation_reason": "[]",
        }
        | values
    )
    session.add(row)
    session.flush()
    return row
