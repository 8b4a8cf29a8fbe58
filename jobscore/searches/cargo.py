"""The jobs of an alert that never arrived may be told another day.

As with digests, the items keep what they said and let go of the job. Their searches look back far
enough to find the jobs again, and a weekly one need not wait for its week.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, case, func, literal, select, update
from sqlalchemy.orm import aliased

from jobscore.accounts.models import SavedSearch
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.searches.models import Alert, AlertItem

#: A search finds what came after an instant: it looks back so far before the oldest job.
BEFORE = timedelta(seconds=1)


def give_back(log_ids: Sequence[int]) -> None:
    """Let go of the jobs of these alerts, and have their searches look for them again."""
    oldest = db.session.execute(
        select(AlertItem.search_id, func.min(Job.created_at))
        .join(Alert, Alert.id == AlertItem.alert_id)
        .join(Job, Job.id == AlertItem.job_id)
        .where(Alert.email_log_id.in_(log_ids), AlertItem.search_id.is_not(None))
        .group_by(AlertItem.search_id)
    ).all()
    for search_id, came in oldest:
        since = came - BEFORE
        db.session.execute(
            update(SavedSearch)
            .where(SavedSearch.id == search_id, SavedSearch.news_since.is_not(None))
            .values(
                news_since=case(
                    (SavedSearch.news_since > since, literal(since, SavedSearch.news_since.type)),
                    else_=SavedSearch.news_since,
                ),
                last_sent_at=None,
            )
            .execution_options(synchronize_session=False)
        )
    db.session.execute(
        update(AlertItem)
        .where(AlertItem.alert_id.in_(_alerts_of(log_ids)), AlertItem.job_id.is_not(None))
        .values(undelivered_job_id=AlertItem.job_id, job_id=None)
        .execution_options(synchronize_session=False)
    )


def overtaken(log_ids: Sequence[int]) -> set[int]:
    """Return those of the letters of which a job has stood in another alert since."""
    other = aliased(AlertItem)
    found = db.session.scalars(
        select(Alert.email_log_id)
        .join(AlertItem, AlertItem.alert_id == Alert.id)
        .join(
            other,
            and_(
                other.user_id == AlertItem.user_id,
                other.job_id == AlertItem.undelivered_job_id,
            ),
        )
        .where(Alert.email_log_id.in_(log_ids))
        .distinct()
    )
    return {log_id for log_id in found if log_id is not None}


def take_again(log_ids: Sequence[int]) -> None:
    """Take the jobs that :func:`give_back` let go of; one that was deleted since stays out."""
    still_there = select(Job.id).where(Job.id == AlertItem.undelivered_job_id).scalar_subquery()
    db.session.execute(
        update(AlertItem)
        .where(
            AlertItem.alert_id.in_(_alerts_of(log_ids)), AlertItem.undelivered_job_id.is_not(None)
        )
        .values(job_id=still_there, undelivered_job_id=None)
        .execution_options(synchronize_session=False)
    )


def _alerts_of(log_ids: Sequence[int]) -> Any:
    return select(Alert.id).where(Alert.email_log_id.in_(log_ids))
