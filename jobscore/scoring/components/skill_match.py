"""What a job asks against what a person can do and wants to do.

Coverage: every skill a job asks for is worth a share of 100, larger when it is rare among open
jobs and when it is required. A skill the person has gives its share (less at levels 1 and 2); a
narrower, broader or sibling skill gives part of it. Closeness: the mean likeness of the person's
titles to the job's title, where that of a job seen before counts only part of it, see
`jobscore.scoring.titles`. Both known: their weighted mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jobscore.scoring import titles
from jobscore.scoring.frames import NOT_STATED, Groups, JobFrame, Points, Profile
from jobscore.scoring.policy import UNJUDGED, Policy


@dataclass(frozen=True, slots=True)
class AskedSkill:
    """One skill a job asks for, and what the person brings to it."""

    skill_id: int
    required: bool
    share: int
    """Basis points of the job's demands."""
    credit: int
    """Percent of the share that the person gets; 0 is missing."""
    through: int | None
    """The person's skill that gives the credit."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The skills asked, and the person's title that comes closest to the job's."""

    skills: tuple[AskedSkill, ...]
    coverage: int
    """Basis points, -1 when not judged."""
    closeness: int
    """Basis points, -1 when not judged."""
    title: str | None
    """The closest of the person's titles."""


def credits(profile: Profile, jobs: JobFrame, policy: Policy) -> dict[int, tuple[int, int]]:
    """Return, per skill id that any job asks for, the percent earned and through which skill."""
    p = policy.parameters
    best: dict[int, tuple[int, int]] = {}

    def offer(skill: int, credit: int, through: int) -> None:
        if skill in jobs.skill_ids:
            best[skill] = max(best.get(skill, (0, -through)), (credit, -through))

    for skill, level in profile.skills.items():
        own = p.level_credit[min(5, max(1, level)) - 1]
        offer(skill, own, skill)
        for link in jobs.links_of.get(skill, ()):
            other = link.broader if skill == link.narrower else link.narrower
            part = p.narrower_credit if skill == link.narrower else p.broader_credit
            offer(other, own * (p.family_credit if link.family else part) // 100, skill)
    return {skill: (credit, -through) for skill, (credit, through) in best.items() if credit}


def coverage(profile: Profile, jobs: JobFrame, policy: Policy) -> Points:
    """Return the share of each job's demands that the person covers; -1 where none is known."""
    if not profile.skills:
        return np.full(len(jobs), UNJUDGED, np.int16)
    found = credits(profile, jobs, policy)
    earned = {jobs.skill_ids[skill]: percent for skill, (percent, _) in found.items()}
    covered = (jobs.earned(earned) + 50) // 100
    return np.where(jobs.asks_any, covered, UNJUDGED).astype(np.int16)


def _title_cosines(profile: Profile, jobs: JobFrame, policy: Policy) -> Groups | None:
    """Return the mean cosine of every distinct title with the person's; None without any."""
    own, seen = profile.own_title_words(), profile.seen_title_words()
    if not own and not seen:
        return None
    percent, cosines = policy.parameters.seen_title_percent, jobs.titles.cosines
    return titles.mean([*map(cosines, own)], [*map(cosines, seen)], percent)


def _text_parts(profile: Profile, jobs: JobFrame, policy: Policy) -> Groups | None:
    """Return the mean share of the titles' terms in every distinct text; None if not read."""
    if not policy.parameters.text_share or not jobs.texts.count:
        return None
    own, seen = profile.own_title_words(), profile.seen_title_words()
    percent, part = policy.parameters.seen_title_percent, jobs.texts.coverage
    return titles.mean([*map(part, own)], [*map(part, seen)], percent)


def closeness(profile: Profile, jobs: JobFrame, policy: Policy) -> Points | None:
    """Return how close each job is to the person's titles; None without any title.

    Where the beginning of the posting names more of the titles' terms than its title alone
    shows, it takes part; it never makes a job less close.
    """
    cosines = _title_cosines(profile, jobs, policy)
    if cosines is None:
        return None
    parts, formula = _text_parts(profile, jobs, policy), jobs.titles.formula
    if parts is None:
        return titles.shown(cosines, formula).take(jobs.title)
    # The larger of the title alone and of its mix with the text: the mix with the larger part.
    alone, named = cosines.take(jobs.title), parts.take(jobs.text)
    np.maximum(named, alone, out=named)
    share = policy.parameters.text_share
    named *= np.int32(share)
    alone *= np.int32(100 - share)
    named += alone
    named += np.int32(50)
    named //= np.int32(100)
    return titles.shown(named, formula)


@dataclass(slots=True, eq=False)
class Work:
    """What the skills and titles of many jobs are to one person."""

    points: Points
    """0..10,000 per job; -1 where neither skills nor titles can be compared."""
    close: Points | None
    """How close each job is to the person's titles; None without any title."""

    def at(self, positions: npt.NDArray[Any]) -> "Work":
        """Return what some of the jobs are."""
        return Work(self.points[positions], None if self.close is None else self.close[positions])


def judge(profile: Profile, jobs: JobFrame, policy: Policy) -> Work:
    """Compare one person's skills and titles with all jobs of a frame."""
    covered = coverage(profile, jobs, policy)
    close = closeness(profile, jobs, policy)
    if close is None:
        return Work(covered, close)
    share = policy.parameters.title_share
    both = covered * np.int32(100 - share)
    both += close * np.int32(share)
    both += 50
    both //= 100
    return Work(np.where(covered < 0, close, both.astype(np.int16)), close)


def points(profile: Profile, jobs: JobFrame, policy: Policy) -> Points:
    """Return 0..10,000 per job; -1 where neither skills nor titles can be compared."""
    return judge(profile, jobs, policy).points


def evidence(
    profile: Profile, jobs: JobFrame, positions: Sequence[int], policy: Policy
) -> list[Evidence]:
    """Return which skills match and miss, weightiest first, and the closest title."""
    earned = credits(profile, jobs, policy)
    words = profile.title_words()
    close = closeness(profile, jobs, policy)
    cosines = [jobs.titles.cosines(w) for w in words]
    found = []
    for position in positions:
        skills = _asked(jobs, position, earned)
        covered = sum(s.share * s.credit for s in skills)
        number = int(jobs.title[position])
        likeness = [int(row[number]) for row in cosines]
        nearest = words[likeness.index(max(likeness))] if any(likeness) else None
        found.append(
            Evidence(
                skills=skills,
                coverage=(covered + 50) // 100 if skills and profile.skills else UNJUDGED,
                closeness=UNJUDGED if close is None else int(close[position]),
                title=_as_written(profile, nearest),
            )
        )
    return found


def _asked(
    jobs: JobFrame, position: int, earned: dict[int, tuple[int, int]]
) -> tuple[AskedSkill, ...]:
    asks = jobs.asks
    span = slice(asks.job_starts[position], asks.job_starts[position + 1])
    skills = []
    for skill, share, required in zip(
        asks.job_skills[span].tolist(),
        asks.job_shares[span].tolist(),
        asks.job_required[span].tolist(),
        strict=True,
    ):
        credit, through = earned.get(skill, (0, NOT_STATED))
        skills.append(AskedSkill(skill, required, share, credit, through if credit else None))
    return tuple(skills)


def _as_written(profile: Profile, words: tuple[str, ...] | None) -> str | None:
    """Return the person's title as they wrote it, of which `words` are the tokens."""
    written = (*profile.wanted_titles, *profile.held_titles, *profile.seen_titles)
    return next((t for t in written if words and titles.tokens(t) == words), None)
