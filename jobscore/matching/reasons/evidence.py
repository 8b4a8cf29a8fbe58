"""What every component compared for a job, how sure it makes a score, and what was not said."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from jobscore.scoring.components import culture_fit, experience, location, salary, skill_match
from jobscore.scoring.frames import JobFrame, Profile, RemoteWish
from jobscore.scoring.policy import COMPONENTS, Component, Policy


@dataclass(frozen=True, slots=True)
class Evidence:
    """What every component compared for one job."""

    skill_match: skill_match.Evidence
    location: location.Evidence
    salary: salary.Evidence
    experience: experience.Evidence
    culture_fit: culture_fit.Evidence


def gather_evidence(
    profile: Profile, jobs: JobFrame, positions: Sequence[int], policy: Policy
) -> list[Evidence]:
    """Return what was compared for each of the jobs, for all of them in one pass."""
    columns = [
        part.evidence(profile, jobs, positions, policy)
        for part in (skill_match, location, salary, experience, culture_fit)
    ]
    return [Evidence(*row) for row in zip(*columns, strict=True)]


def confidence(evidence: Evidence, components: Sequence[int], weights: Sequence[int]) -> int:
    """Return 0..100: coverage times the quality of the evidence behind each judged part.

    Skills and title both known count full, one of them 80; a distance counts full, a region 60;
    one end of a pay range 90; work style by the share of ticked features that are mentioned.
    """
    skill, place, style = evidence.skill_match, evidence.location, evidence.culture_fit
    ticked = len(style.stated) + len(style.denied) + len(style.unsaid)
    quality = {
        Component.SKILL_MATCH: 100 if skill.coverage >= 0 and skill.closeness >= 0 else 80,
        Component.LOCATION: 60 if place.rule in {"region", "elsewhere", "seen"} else 100,
        Component.SALARY: 90 if evidence.salary.low == evidence.salary.high else 100,
        Component.EXPERIENCE: 100,
        Component.CULTURE_FIT: (len(style.stated) + len(style.denied)) * 100 // max(1, ticked),
    }
    known = zip(COMPONENTS, components, weights, strict=True)
    return (sum(w * quality[c] for c, p, w in known if p >= 0) + 50) // 100


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """Return the evidence as plain JSON values."""
    return asdict(evidence)


def helpful_answers(profile: Profile, policy: Policy) -> list[Component]:
    """Return the parts about which the profile is silent, the weightiest first.

    This is what a page asks for when too little is known for a number.
    """
    silent = {
        Component.SKILL_MATCH: not (profile.title_words() or profile.skills),
        Component.LOCATION: not (profile.homes or profile.move_to)
        and profile.remote is not RemoteWish.ONLY,
        Component.SALARY: salary.wish_of(profile) < 0,
        Component.EXPERIENCE: profile.years is None and profile.level is None,
        Component.CULTURE_FIT: not profile.features,
    }
    weights = policy.with_own_weights(profile.weights)
    return sorted((c for c in COMPONENTS if silent[c]), key=lambda c: -weights.weight(c))
