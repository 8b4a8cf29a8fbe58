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

from jobscore.scoring import popularity, titles
from jobscore.scoring.frames import NOT_STATED, Groups, JobFrame, Points, Profile
from jobscore.scoring.heads import Wish
from jobscore.scoring.policy import FULL, UNJUDGED, Policy


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


def closeness(profile: Profile, jobs: JobFrame, policy: Policy) -> Points | None:
    """Return how close each job is to the person's titles; None without any title.

    Where the beginning of the posting names more of the titles' terms than its title alone
    shows, it takes part; it never makes a job less close.
    """
    own, seen = profile.own_title_words(), profile.seen_title_words()
    if not own and not seen:
        return None
    p, index, texts = policy.parameters, jobs.titles, jobs.texts
    percent = p.seen_title_percent
    if p.employer_share and jobs.heads.count:
        return _closeness_to_heads(profile, jobs, policy)
    cosines = titles.mean(
        [_likeness(words, jobs, policy) for words in own],
        [_likeness(words, jobs, policy) for words in seen],
        percent,
    )
    if not p.text_share or not texts.count:
        return titles.shown(cosines, index.formula).take(jobs.title)
    return _named_too(cosines.take(jobs.title), _named(own, seen, jobs, percent), jobs, policy)


def _likeness(words: tuple[str, ...], jobs: JobFrame, policy: Policy) -> Points:
    """Return the likeness of one title to every distinct job title, by spelling and meaning."""
    spelt = jobs.titles.cosines(words)
    share = np.int32(policy.parameters.semantic_share)
    if not share or jobs.semantic is None:
        return spelt
    meant = jobs.semantic.cosines(words)
    return ((spelt * (100 - share) + meant * share + 50) // 100).astype(np.int16)


def _closeness_to_heads(profile: Profile, jobs: JobFrame, policy: Policy) -> Points:
    """Return how close each job's title and employer are to the person's titles and seen jobs."""
    p, index, texts = policy.parameters, jobs.titles, jobs.texts
    own, seen = profile.own_title_words(), profile.seen_heads()
    wishes = [Wish(words, (), p.employer_share) for words in own]
    wishes += [Wish(*head, p.seen_title_percent) for head in seen]
    heads = jobs.heads
    few = jobs.head if len(jobs) < heads.count else None
    sums = heads.likeness(wishes, few)
    if own:
        alone = np.zeros(index.count, np.int32)
        for words in own:
            alone += _likeness(words, jobs, policy)
        title = heads.title if few is None else heads.title[few]
        sums += (alone * np.int32(100 - p.employer_share)).take(title)
    whole = np.int32(100 * (len(own) + len(seen)))
    cosines = np.minimum((2 * sums + whole) // (2 * whole), FULL)
    alone = cosines if few is not None else cosines.take(jobs.head)
    if not p.text_share or not texts.count:
        return titles.shown(alone, index.formula)
    named = _named(own, [title for title, _ in seen], jobs, p.seen_title_percent)
    return _named_too(alone, named, jobs, policy)


def _named(
    own: Sequence[tuple[str, ...]],
    seen: Sequence[tuple[str, ...]],
    jobs: JobFrame,
    seen_percent: int,
) -> Groups:
    """Return what share of the titles' terms each job's text names, basis points."""
    columns = [[jobs.texts.coverage(words) for words in titles_] for titles_ in (own, seen)]
    if len(jobs) < jobs.texts.count:
        columns = [[column.take(jobs.text) for column in part] for part in columns]
        return titles.mean(columns[0], columns[1], seen_percent)
    return titles.mean(columns[0], columns[1], seen_percent).take(jobs.text)


def _named_too(alone: Groups, named: Groups, jobs: JobFrame, policy: Policy) -> Points:
    """Return the points of cosines where what the text names takes part if it is larger.

    The larger of the title alone and of its mix with the text is its mix with the larger of both.
    """
    share = np.int32(policy.parameters.text_share)
    np.maximum(named, alone, out=named)
    named *= share
    alone *= np.int32(100) - share
    named += alone
    named += np.int32(50)
    named //= np.int32(100)
    return titles.shown(named, jobs.titles.formula)


def _with_own_text(
    close: Points | None, profile: Profile, jobs: JobFrame, policy: Policy
) -> Points | None:
    """Return closeness with that of the person's own text to the whole postings, where known."""
    share = np.int32(policy.parameters.cv_share)
    if not share or not jobs.wholes.count or not profile.text.strip():
        return close
    likeness = jobs.wholes.likeness(profile.text).astype(np.int32)
    alike = titles.shown(likeness, titles.TitleFormula.BALANCED)[jobs.whole]
    if close is None:
        return alike
    both = (close * (100 - share) + alike * share + 50) // 100
    return np.where(jobs.wholes.long[jobs.whole], both, close).astype(np.int16)


def _trusted(close: Points, profile: Profile, policy: Policy) -> Points:
    """Return the closeness as points: drawn to the neutral ones where only seen jobs speak."""
    percent = policy.parameters.seen_alone_percent
    if percent == 100 or profile.own_title_words():
        return close
    drawn = close * np.int32(percent) + np.int32(policy.neutral * (100 - percent))
    return ((drawn + 50) // 100).astype(np.int16)


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
    close = raw = closeness(profile, jobs, policy)
    if close is not None:
        close = _trusted(close, profile, policy)
    close = _with_own_text(close, profile, jobs, policy)
    if close is None:
        return Work(popularity.blended(covered, profile, jobs, policy), raw)
    share = policy.parameters.title_share
    both = covered * np.int32(100 - share)
    both += close * np.int32(share)
    both += 50
    both //= 100
    fit = np.where(covered < 0, close, both.astype(np.int16))
    return Work(popularity.blended(fit, profile, jobs, policy), raw)


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
