"""How many people looked at each open job lately: counts of different people, never who."""

from datetime import timedelta
from typing import cast

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.extensions import Base, db
from jobscore.scoring.popularity import LEAST


def viewers(days: int) -> dict[int, int]:
    """Return, by job id, how many people viewed, saved or applied within so many days.

    Jobs with fewer than `popularity.LEAST` people are left out.
    """
    since = clock.now() - timedelta(days=days)
    # By the table's name: matching, whose model it is, stands above scoring.
    m = Base.metadata.tables["matching_results"].c
    people = func.count(func.distinct(m.user_id))
    rows = cast(Session, db.session()).execute(
        select(m.job_id, people)
        .where(or_(m.viewed_at >= since, m.saved_at >= since, m.applied_at >= since))
        .group_by(m.job_id)
        .having(people >= LEAST)
    )
    return {int(job): int(count) for job, count in rows}
