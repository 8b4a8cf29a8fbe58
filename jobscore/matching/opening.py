"""What one more skill would open for a person, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jobscore.matching import gates, naming, reasons, service, wording
from jobscore.scoring import columns
from jobscore.scoring import service as scores
from jobscore.scoring.engine import Gates
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.policy import Policy


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """One skill and how many more jobs it would open, in words."""

    skill_id: int
    name: str
    more: int
    sentence: str


@dataclass(frozen=True, slots=True)
class SkillOpenings:
    """The skills that would open most jobs for a person, the most first."""

    lead: str
    """How many jobs reach the total already, and which are counted."""
    skills: Sequence[OpeningLine]


def skill_openings(user_id: int, most: int = 5) -> SkillOpenings | None:
    """Return which skills would open most jobs for a person now; None without a profile."""
    policy = scores.active_policy()
    profile = service.profile_of(user_id, policy)
    if profile is None:
        return None
    today = scores.today()
    shut = gates.gates_of([user_id], today).get(user_id, Gates(today=today.toordinal()))
    found = count_openings(profile, shut, columns.job_frame(policy), policy)
    return SkillOpenings(found.lead, found.skills[:most])


def count_openings(
    profile: Profile,
    shut: Gates,
    jobs: JobFrame,
    policy: Policy,
    skills: Sequence[int] | None = None,
) -> SkillOpenings:
    """Count what skills open among the jobs that no gate closes; None tries the most asked."""
    closed = list(_standing(shut, profile, jobs).values())
    positions = np.concatenate(closed) if closed else None
    found = reasons.openings(profile, jobs, policy, positions, skills)
    return SkillOpenings(
        lead=wording.openings_lead(found),
        skills=[
            OpeningLine(
                skill_id=opening.skill_id,
                name=naming.skill(opening.skill_id),
                more=opening.more,
                sentence=wording.opening(opening, found),
            )
            for opening in found.skills
        ],
    )


def _standing(shut: Gates, profile: Profile, jobs: JobFrame) -> Mapping[str, npt.NDArray[np.int64]]:
    """Return what the gates close for good: a job sent or saved before is still a job that fits."""
    closed = shut.closed(profile, jobs)
    return {reason: at for reason, at in closed.items() if reason not in {"sent", "saved"}}
