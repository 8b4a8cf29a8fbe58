"""The jobs of a digest that never arrived may be sent another day.

A job stands in one digest of a person only: ``digest_items`` is unique by both. When a letter ends
undelivered its items keep what they said, but let go of the job, and the match counts as unsent.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, select, update
from sqlalchemy.orm import InstrumentedAttribute, aliased

from jobscore import clock, config
from jobscore.digests.models import Digest, DigestItem
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching.models import MatchingResult, MatchStatus


def give_back(log_ids: Sequence[int]) -> None:
    """Let go of the jobs of these letters; their matches are unsent again. Flushes only."""
    today = clock.today(config.current().timezone)
    unsent = case(
        (MatchingResult.match_on >= today, _status(MatchStatus.PENDING)),
        else_=_status(MatchStatus.EXPIRED),
    )
    db.session.execute(
        update(MatchingResult)
        .where(MatchingResult.id.in_(_matches_of(log_ids, DigestItem.job_id)))
        .values(
            sent_at=None,
            match_status=case(
                (MatchingResult.match_status == MatchStatus.SENT, unsent),
                else_=MatchingResult.match_status,
            ),
        )
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(DigestItem)
        .where(DigestItem.digest_id.in_(_digests_of(log_ids)), DigestItem.job_id.is_not(None))
        .values(undelivered_job_id=DigestItem.job_id, job_id=None)
        .execution_options(synchronize_session=False)
    )


def overtaken(log_ids: Sequence[int]) -> set[int]:
    """Return those of the letters of which a job has stood in another one since."""
    other = aliased(DigestItem)
    found = db.session.scalars(
        select(Digest.email_log_id)
        .join(DigestItem, DigestItem.digest_id == Digest.id)
        .join(
            other,
            and_(
                other.user_id == DigestItem.user_id,
                other.job_id == DigestItem.undelivered_job_id,
            ),
        )
        .where(Digest.email_log_id.in_(log_ids))
        .distinct()
    )
    return {log_id for log_id in found if log_id is not None}


def take_again(log_ids: Sequence[int]) -> None:
    """Take the jobs that :func:`give_back` let go of; one that was deleted since stays out."""
    unsent = MatchingResult.match_status.in_([MatchStatus.PENDING, MatchStatus.EXPIRED])
    db.session.execute(
        update(MatchingResult)
        .where(MatchingResult.id.in_(_matches_of(log_ids, DigestItem.undelivered_job_id)))
        .values(
            sent_at=clock.now(),
            match_status=case(
                (unsent, _status(MatchStatus.SENT)), else_=MatchingResult.match_status
            ),
        )
        .execution_options(synchronize_session=False)
    )
    still_there = select(Job.id).where(Job.id == DigestItem.undelivered_job_id).scalar_subquery()
    db.session.execute(
        update(DigestItem)
        .where(
            DigestItem.digest_id.in_(_digests_of(log_ids)),
            DigestItem.undelivered_job_id.is_not(None),
        )
        .values(job_id=still_there, undelivered_job_id=None)
        .execution_options(synchronize_session=False)
    )


def _digests_of(log_ids: Sequence[int]) -> Any:
    return select(Digest.id).where(Digest.email_log_id.in_(log_ids))


def _matches_of(log_ids: Sequence[int], job_id: InstrumentedAttribute[int | None]) -> Any:
    return (
        select(MatchingResult.id)
        .join(
            DigestItem,
            and_(DigestItem.user_id == MatchingResult.user_id, job_id == MatchingResult.job_id),
        )
        .join(Digest, Digest.id == DigestItem.digest_id)
        .where(Digest.email_log_id.in_(log_ids))
    )


def _status(status: MatchStatus) -> ColumnElement[MatchStatus]:
    return literal(status, MatchingResult.match_status.type)
