"""Whether a job that came or changed could enter a person's forty, without ranking all jobs.

Pure. The forty are claimed from the best down (`jobscore.matching.selection`), so a job behind
the last claimed one of a section is never looked at there. What stands in the database of a list
therefore tells what a job must reach to matter; where a list is short, any job may matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from jobscore.matching.selection import Quotas
from jobscore.scoring import engine
from jobscore.scoring.engine import Gates, Section
from jobscore.scoring.frames import JobFrame, Profile
from jobscore.scoring.policy import Policy

ANY: Final = -1
"""Whatever its points."""
NEVER: Final = 1_000_001
"""More than any job's rank points."""


@dataclass(slots=True)
class Floors:
    """The rank points from which a job may enter a person's list."""

    sections: dict[str, int] = field(default_factory=dict)
    """As a claim of its own, by section."""
    fill_up: int = NEVER
    """From anywhere."""

    @classmethod
    def of(cls, groups: Mapping[tuple[str, bool], tuple[int, int]], quotas: Quotas) -> "Floors":
        """Return the floors of a list, given as (count, least points) by (section, is fill-up)."""
        if sum(count for count, _ in groups.values()) < quotas.slots:
            return cls(fill_up=ANY)
        found = cls()
        for rule in quotas.rules:
            count, least = groups.get((str(rule.section), False), (0, 0))
            found.sections[str(rule.section)] = least if count >= rule.slots else ANY
        filled = [least for (_, is_fill_up), (_, least) in groups.items() if is_fill_up]
        found.fill_up = max(0, min(filled)) if filled else NEVER
        return found


def may_enter(
    profile: Profile,
    jobs: JobFrame,
    policy: Policy,
    gates: Gates,
    sections: Mapping[str, Section],
    floors: Floors,
) -> bool:
    """Tell whether any of `jobs` could be in the list; never wrong where the answer is no."""
    judgement = engine.judge(profile, jobs, policy)
    open_ = gates.open(profile, jobs) & engine.eligible(judgement)
    if not open_.any():
        return False
    points = judgement.rank_points
    if bool((points[open_] >= floors.fill_up).any()):
        return True
    for name, floor in floors.sections.items():
        candidates = open_ & (points >= np.int32(floor))
        if not candidates.any():
            continue
        section = sections[name]
        outline = section.outline(profile, jobs, judgement.policy)
        if bool((candidates & section.members(judgement, jobs, outline)).any()):
            return True
    return False
