"""What went into one score, as plain values: kept with a complaint, and taken anew to compare.

Only what a score reads: no name, no address, no text of the person's own beside the complaint.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jobscore.jobs.models import Job
from jobscore.matching import reasons
from jobscore.matching.reasons import Evidence
from jobscore.scoring.frames import Profile
from jobscore.scoring.policy import COMPONENTS

Inputs = dict[str, dict[str, Any]]
"""Groups (person, job, score, compared) of fields with plain JSON values."""
SEEN_MOST = 10


def inputs_of(
    job: Job,
    profile: Profile | None,
    evidence: Evidence | None,
    components: Sequence[int],
    weights: Sequence[int],
    total: int | None,
    version: str,
) -> Inputs:
    """Return what a score is made of; `profile` and `evidence` are None when the job is closed."""
    return {
        "score": {
            "version": version,
            "total": total,
            **{
                str(c): None if p < 0 else p / 100
                for c, p in zip(COMPONENTS, components, strict=True)
            },
            "weights": dict(zip(map(str, COMPONENTS), weights, strict=True)),
        },
        "person": {} if profile is None else _person(profile),
        "job": _job(job),
        "compared": {} if evidence is None else _plain(reasons.evidence_json(evidence)),
    }


def _person(profile: Profile) -> dict[str, Any]:
    return {
        "wanted_titles": list(profile.wanted_titles),
        "held_titles": list(profile.held_titles),
        "skills": {str(skill): level for skill, level in profile.skills.items()},
        "homes": [point.place or point.region or "" for point in profile.homes],
        "half_distance_km": profile.half_distance_km,
        "remote": str(profile.remote),
        "move_to": sorted(profile.move_to),
        "pay_wish": _plain(profile.pay_wish),
        "pay_period": profile.pay_period,
        "pay_currency": profile.pay_currency,
        "years": profile.years,
        "level": None if profile.level is None else profile.level.name.lower(),
        "employment_types": sorted(profile.employment_types),
        "features": sorted(profile.features),
        "conditions": dict(sorted(profile.answers.items())),
        "seen_titles": list(profile.seen_titles[-SEEN_MOST:]),
    }


def _job(job: Job) -> dict[str, Any]:
    return {
        "title": job.title,
        "company": job.company_name,
        "location": job.location,
        "place": job.place.code if job.place else None,
        "remote": None if job.remote is None else str(job.remote),
        "pay_min": _plain(job.salary_min),
        "pay_max": _plain(job.salary_max),
        "pay_period": None if job.salary_period is None else str(job.salary_period),
        "pay_currency": job.salary_currency,
        "years_min": job.experience_min_years,
        "years_max": job.experience_max_years,
        "level": job.experience_level,
        "employment_type": job.employment_type,
        "skills": {
            skill.skill.code: {"required": skill.is_required, "quote": skill.quote}
            for skill in job.skills
        },
        "features": {
            feature.feature: {"stated": feature.is_stated, "quote": feature.quote}
            for feature in job.features
        },
        "is_open": job.is_active,
        "updated_at": job.updated_at.isoformat(),
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value


def differences(then: Inputs, now: Inputs) -> list[tuple[str, str, Any, Any]]:
    """Return (group, field, then, now) of every field, those that only one has included."""
    found: list[tuple[str, str, Any, Any]] = []
    for group in dict.fromkeys([*then, *now]):
        old, new = then.get(group, {}), now.get(group, {})
        names = dict.fromkeys([*old, *new])
        found += [(group, name, old.get(name), new.get(name)) for name in names]
    return found
