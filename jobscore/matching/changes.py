"""Whom the changes since a run concern: their lists are made again, the others' stand.

What is left out could not have become different: a run over everybody finds nothing to write.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from jobscore.accounts.models import Profile
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching import gates, selection
from jobscore.matching.entering import Floors, may_enter
from jobscore.matching.models import (
    Feedback,
    MatchingResult,
    MatchRun,
    MatchStatus,
    RunKind,
    RunStatus,
)
from jobscore.matching.selection import Quotas
from jobscore.scoring import loading
from jobscore.scoring.counting import Held
from jobscore.scoring.frames import JobFrame
from jobscore.scoring.models import JobScore
from jobscore.scoring.policy import Policy

MARGIN = timedelta(minutes=5)
"""What was written so long before a run began may have been committed after it read."""
MANY = 4
"""When one job of so many is new or changed, everybody is matched again."""
BLOCK = 250


def _session() -> Session:
    return cast(Session, db.session())


def base_of(run: MatchRun, policy: Policy, held: Held) -> MatchRun | None:
    """Return the run of the same day on whose lists this one can build; None: there is none."""
    if run.is_full or policy.parameters.popularity_share or policy.parameters.semantic_share:
        return None
    return _session().scalar(
        select(MatchRun)
        .where(
            MatchRun.kind == RunKind.MATCH,
            MatchRun.status == RunStatus.DONE,
            MatchRun.run_on == run.run_on,
            MatchRun.policy_version == policy.version,
            MatchRun.statistics_id == held.id,
            MatchRun.started_at.is_not(None),
            MatchRun.id != run.id,
        )
        .order_by(MatchRun.started_at.desc())
        .limit(1)
    )


def concerned(
    users: Sequence[int], jobs: JobFrame, policy: Policy, held: Held, on: date, begun: datetime
) -> list[int]:
    """Return those of `users` (ascending) whose list may be another one since a run began.

    :param jobs: all open jobs as they are now.
    :param on: the day of the lists.
    :param begun: when the run began that made the lists.
    """
    since = begun - MARGIN
    fresh = _fresh(jobs, since)
    if len(fresh) * MANY > len(jobs):
        return list(users)
    floors = _floors(on, Quotas.of(policy))
    found = _touched(since, on) | {user for user in users if user not in floors}
    found |= {user for user in users if user in floors and floors[user].fill_up < 0}
    if fresh:
        small = loading.load_jobs(policy, held.statistics, fresh)
        rest = [user for user in users if user not in found]
        found |= set(_entered(rest, small, policy, on, floors))
    return [user for user in users if user in found]


def _fresh(jobs: JobFrame, since: datetime) -> set[int]:
    """Return the ids of open jobs that changed since, and of those in a group with a changed one.

    A job that closed may have stood for its duplicates: these are looked at, too.
    """
    changed = jobs.ids[jobs.versions >= loading.version_of(since)].tolist()
    groups = select(Job.duplicate_group).where(
        Job.updated_at >= since, Job.duplicate_group.is_not(None)
    )
    twins = _session().scalars(select(Job.id).where(Job.is_active, Job.duplicate_group.in_(groups)))
    return {*changed, *(job for job in twins if job in jobs.positions)}


def _touched(since: datetime, on: date) -> set[int]:
    """Return who answered, looked or changed something, or whose list holds a changed job."""
    looked = [
        getattr(MatchingResult, name) >= since for name in ("viewed_at", "saved_at", "applied_at")
    ]
    dismissed = and_(
        MatchingResult.match_status == MatchStatus.DISMISSED, MatchingResult.updated_at >= since
    )
    queries = (
        select(Profile.user_id).where(Profile.updated_at >= since),
        select(Feedback.user_id).where(
            or_(Feedback.created_at >= since, Feedback.undone_at >= since)
        ),
        select(MatchingResult.user_id).where(or_(*looked, dismissed)),
        select(MatchingResult.user_id)
        .join(Job, Job.id == MatchingResult.job_id)
        .where(
            MatchingResult.match_on == on,
            MatchingResult.match_status != MatchStatus.EXPIRED,
            or_(Job.is_active.is_(False), Job.updated_at >= since),
        ),
    )
    return {user for query in queries for user in _session().scalars(query.distinct())}


def _floors(on: date, quotas: Quotas) -> dict[int, Floors]:
    """Return what a job must reach to enter each person's list of a day."""
    rows = _session().execute(
        select(
            MatchingResult.user_id,
            MatchingResult.section,
            MatchingResult.is_fill_up,
            func.count(),
            func.min(JobScore.rank_points),
        )
        .join(JobScore, JobScore.id == MatchingResult.job_score_id)
        .where(MatchingResult.match_on == on, MatchingResult.match_status != MatchStatus.EXPIRED)
        .group_by(MatchingResult.user_id, MatchingResult.section, MatchingResult.is_fill_up)
    )
    groups: defaultdict[int, dict[tuple[str, bool], tuple[int, int]]] = defaultdict(dict)
    for user, section, is_fill_up, count, least in rows:
        groups[user][section, bool(is_fill_up)] = (int(count), int(least))
    return {user: Floors.of(found, quotas) for user, found in groups.items()}


def _entered(
    users: Sequence[int], small: JobFrame, policy: Policy, on: date, floors: dict[int, Any]
) -> Iterator[int]:
    """Yield the people whose list any of the few jobs may enter."""
    today = on.toordinal()
    sections = selection.sections_on(today, policy)
    for start in range(0, len(users), BLOCK):
        block = users[start : start + BLOCK]
        closed = gates.gates_of(block, on)
        for profile in loading.load_profiles(block, policy, gates.seen_jobs(block)):
            user = profile.user_id
            own = policy.with_own_weights(profile.weights)
            if may_enter(profile, small, own, closed[user], sections, floors[user]):
                yield user
        _session().rollback()
