"""The live policy, and one person's scores as shown and as stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.extensions import db
from jobscore.scoring import engine, frames
from jobscore.scoring.frames import JobFrame
from jobscore.scoring.models import (
    JobScore,
    PolicyChange,
    PolicyChangeKind,
    PolicyStatus,
    ScorePolicy,
)
from jobscore.scoring.narrowing import narrow
from jobscore.scoring.policy import BUILT_IN, COMPONENTS, FULL, LATEST, TOTAL_SCALE, Policy


@dataclass(frozen=True, slots=True)
class Scored:
    """One pair as the product shows and stores it."""

    job_id: int
    total: int | None
    """0..1,000,000; None: too little is known for a number."""
    components: tuple[int, int, int, int, int]
    """0..10,000 in the order of COMPONENTS; -1 not judged."""
    rank_points: int
    judged: int
    """Percent of the weight that could be judged."""
    weights: tuple[int, int, int, int, int]
    version: str


def _session() -> Session:
    return cast(Session, db.session())


def today() -> date:
    """Return the operator's calendar day."""
    return clock.today(config.current().timezone)


def active_policy() -> Policy:
    """Return the live policy; the newest built-in while none has been activated. Writes nothing."""
    row = active_policy_row()
    return LATEST if row is None else Policy.from_json(row.definition)


def active_policy_row() -> ScorePolicy | None:
    """Return the row of the live policy, or None while none has been activated."""
    return _session().scalar(
        select(ScorePolicy)
        .where(ScorePolicy.status == PolicyStatus.ACTIVE)
        .order_by(ScorePolicy.active_from.desc(), ScorePolicy.id.desc())
        .limit(1)
    )


def policies() -> Sequence[ScorePolicy]:
    """Return every version, newest first: the history of the policy page."""
    return _session().scalars(select(ScorePolicy).order_by(ScorePolicy.id.desc())).all()


def seed_policy() -> bool:
    """Make the newest built-in policy active where no policy exists; tell whether it did. Flushes.

    Where an older version is live, that stays so, and the newest is added as a draft: what people
    see changes only when somebody activates it.
    """
    session = _session()
    stored = set(session.scalars(select(ScorePolicy.version)))
    if LATEST.version in stored:
        return False
    row = ScorePolicy(
        version=LATEST.version,
        status=PolicyStatus.DRAFT if stored else PolicyStatus.ACTIVE,
        definition=LATEST.to_json(),
        active_from=None if stored else clock.now(),
    )
    session.add(row)
    if not stored:
        session.add(PolicyChange(policy=row, kind=PolicyChangeKind.ACTIVATED))
    session.flush()
    return not stored


def score_jobs(
    profile: frames.Profile, job_ids: Sequence[int], policy: Policy, jobs: JobFrame
) -> dict[int, Scored]:
    """Score some open jobs for one person, by job id; jobs that are not open are left out."""
    known = [i for i in dict.fromkeys(job_ids) if i in jobs.positions]
    if not known:
        return {}
    few = narrow(jobs, [jobs.positions[i] for i in known])
    judgement = engine.judge(profile, few, policy)
    at = np.arange(len(few))
    parts = engine.components_at(judgement, few, at).tolist()
    totals, shown = judgement.totals().tolist(), judgement.shown().tolist()
    return {
        int(few.ids[i]): Scored(
            job_id=int(few.ids[i]),
            total=totals[i] if shown[i] else None,
            components=tuple(parts[i]),
            rank_points=int(judgement.rank_points[i]),
            judged=int(judgement.judged[i]),
            weights=judgement.policy.weights,
            version=policy.version,
        )
        for i in range(len(few))
    }


def stored_score(user_id: int, job_id: int, version: str | None = None) -> JobScore | None:
    """Return what was stored of a pair: of the given policy version, else the newest."""
    query = select(JobScore).where(JobScore.user_id == user_id, JobScore.job_id == job_id)
    if version is not None:
        query = query.where(JobScore.scoring_algorithm_version == version)
    return _session().scalar(query.order_by(JobScore.id.desc()).limit(1))


def basis_points(score: JobScore) -> tuple[int, ...]:
    """Return the stored components as basis points in the order of COMPONENTS; -1 not judged."""
    values = (getattr(score, f"{component}_score") for component in COMPONENTS)
    return tuple(-1 if v is None else round(v * (FULL // 100)) for v in values)


def weights_of(score: JobScore, policy: Policy) -> tuple[int, ...]:
    """Return the weights under which a score was stored: the person's own, else the policy's."""
    if score.weights:
        return tuple(score.weights[c] for c in COMPONENTS)
    return policy.weights


def policy_of(version: str) -> Policy:
    """Return a policy version as stored; else the built-in of that name, else the first."""
    row = _session().scalar(select(ScorePolicy).where(ScorePolicy.version == version))
    if row is not None:
        return Policy.from_json(row.definition)
    return next((policy for policy in BUILT_IN if policy.version == version), BUILT_IN[0])


def total_units(score: JobScore) -> int:
    """Return a stored total as 0..1,000,000."""
    return round(score.total_score * TOTAL_SCALE)
