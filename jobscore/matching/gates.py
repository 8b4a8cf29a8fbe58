"""What may not be shown to whom, and what people looked at: read for a block at a time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import cast

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.matching.models import Feedback, FeedbackKind, MatchingResult, MatchStatus
from jobscore.scoring import loading
from jobscore.scoring.engine import Gates
from jobscore.scoring.frames import NOWHERE, SEEN_LIMIT, Point, company_key

CHUNK = 1_000
"""Parameters in one IN list."""


def _session() -> Session:
    return cast(Session, db.session())


def gates_of(user_ids: Sequence[int], today: date) -> dict[int, Gates]:
    """Return each person's gates on a day: hidden, sent, saved, applied, blocked companies.

    What was sent or saved today stays in today's list; what was before is not chosen again, nor
    are the open duplicates of any of these, also where the job itself has closed since.
    """
    closed: dict[int, dict[str, set[int]]] = {i: defaultdict(set) for i in user_ids}
    companies: dict[int, set[str]] = {i: set() for i in user_ids}
    answers = _session().execute(
        select(Feedback.user_id, Feedback.kind, Feedback.job_id, Feedback.company_name).where(
            Feedback.user_id.in_(user_ids), Feedback.undone_at.is_(None)
        )
    )
    for user, kind, job, company in answers:
        if kind is FeedbackKind.BLOCK_COMPANY:
            companies[user].add(company_key(company or ""))
        elif job is not None:
            closed[user]["hidden"].add(job)
    results = _session().execute(
        select(
            MatchingResult.user_id,
            MatchingResult.job_id,
            MatchingResult.match_status,
            MatchingResult.is_applied,
            MatchingResult.sent_at,
            MatchingResult.saved_at,
            MatchingResult.match_on,
        ).where(
            MatchingResult.user_id.in_(user_ids),
            or_(
                MatchingResult.is_applied,
                MatchingResult.sent_at.is_not(None),
                MatchingResult.saved_at.is_not(None),
                MatchingResult.match_status == MatchStatus.DISMISSED,
            ),
        )
    )
    for user, job, status, is_applied, sent_at, saved_at, on in results:
        if status is MatchStatus.DISMISSED:
            closed[user]["hidden"].add(job)
        if is_applied:
            closed[user]["applied"].add(job)
        if sent_at is not None and on < today:
            closed[user]["sent"].add(job)
        if saved_at is not None and on < today:
            closed[user]["saved"].add(job)
    _add_twins(closed)
    return {
        user: Gates(
            today=today.toordinal(),
            jobs={reason: frozenset(jobs) for reason, jobs in closed[user].items()},
            companies=frozenset(companies[user] - {""}),
        )
        for user in user_ids
    }


def _add_twins(closed: Mapping[int, Mapping[str, set[int]]]) -> None:
    """Add the open duplicates of jobs that are open no more: columns of open jobs know none."""
    ids = sorted({job for reasons in closed.values() for jobs in reasons.values() for job in jobs})
    twin, twins = aliased(Job), defaultdict(set)
    for start in range(0, len(ids), CHUNK):
        rows = _session().execute(
            select(Job.id, twin.id)
            .join(twin, twin.duplicate_group == Job.duplicate_group)
            .where(Job.id.in_(ids[start : start + CHUNK]), ~Job.is_active, twin.is_active)
        )
        for job, other in rows:
            twins[job].add(other)
    if not twins:
        return
    for reasons in closed.values():
        for jobs in reasons.values():
            jobs.update(*(twins[job] for job in jobs & twins.keys()))


def seen_jobs(
    user_ids: Sequence[int], before: datetime | None = None
) -> dict[int, list[tuple[str, str, Point]]]:
    """Return titles, employers, places of jobs viewed, saved or applied to, newest last.

    With `before`, only what they did until then: looking at a match must not change its score.
    """
    when = func.coalesce(
        MatchingResult.applied_at, MatchingResult.saved_at, MatchingResult.viewed_at
    )
    rows = _session().execute(
        select(MatchingResult.user_id, Job.title, Job.company_name, Job.place_id)
        .join(Job, Job.id == MatchingResult.job_id)
        .where(
            MatchingResult.user_id.in_(user_ids),
            when.is_not(None) if before is None else when < before,
        )
        .order_by(MatchingResult.user_id, when, MatchingResult.id)
    )
    found: defaultdict[int, list[tuple[str, str, int | None]]] = defaultdict(list)
    for user, title, employer, place in rows:
        found[user].append((title, employer or "", place))
    latest = {user: jobs[-SEEN_LIMIT:] for user, jobs in found.items()}
    ids = {place for jobs in latest.values() for *_, place in jobs if place is not None}
    points = loading.place_points(ids)
    return {
        user: [(title, name, points.get(place or 0, NOWHERE)) for title, name, place in jobs]
        for user, jobs in latest.items()
    }


def already_sent(user_ids: Sequence[int], today: date) -> set[int]:
    """Return the people whose list of the day has left in a letter: it is not changed any more."""
    rows = _session().scalars(
        select(MatchingResult.user_id)
        .where(
            MatchingResult.user_id.in_(user_ids),
            MatchingResult.match_on == today,
            MatchingResult.sent_at.is_not(None),
        )
        .distinct()
    )
    return set(rows)
