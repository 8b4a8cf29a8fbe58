"""Forty jobs from the eligible best: sections claim by the quotas of the policy.

Pure. How many jobs each section may claim, and how many of one company a list holds, are numbers
of the policy (`Parameters.slots_…`, `per_company`): the one place where they stand, so they are
drafted, compared, activated and rolled back as all others. Sections claim in the order of
`Section`; a job appears once, one job per duplicate group. When all have claimed, short sections
are filled from the next best overall, and each such job says so. The same input gives the same
forty.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

import numpy as np

from jobscore.scoring import engine
from jobscore.scoring.components import location
from jobscore.scoring.engine import Judgement, Ranked
from jobscore.scoring.frames import Bools, JobFrame, Profile
from jobscore.scoring.policy import FIRST, Policy


class Section(StrEnum):
    """Why a job is in the list, in the order of claim; `slots_<section>` is its quota."""

    PICKS = "picks"
    NEAR = "near"
    CLOSE = "close"
    PAYS_WELL = "pays_well"
    NEW = "new"
    WORTH_A_LOOK = "worth_a_look"


def _picks(judgement: Judgement, jobs: JobFrame) -> Bools:
    """The work fits, or nothing is known of the work that the person wants.

    Near, well paid and asking for little is not yet a pick: a cook is not sent a tutor's job as
    the best of the day. Where too few fit, the next best overall fill up and say so.
    """
    return _fits(judgement, jobs) | (judgement.skill < 0)


def _fits(judgement: Judgement, jobs: JobFrame) -> Bools:
    """Skills and work reach at least the neutral points."""
    return judgement.skill >= judgement.policy.neutral


def _in_region(profile: Profile, jobs: JobFrame, policy: Policy) -> Bools:
    """In the person's prefecture or state."""
    return location.same_region(profile, jobs.sites)


def _close(profile: Profile, jobs: JobFrame, policy: Policy) -> Bools:
    """In the person's city or a next one."""
    return location.close_to_home(profile, jobs.sites, policy)


def _pays_well(jobs: JobFrame) -> Bools:
    """At least 1.2 times the area's median for that work, or paid daily or weekly."""
    return jobs.pays_well


def _new(jobs: JobFrame, *, after: int) -> Bools:
    """Posted after that day."""
    return jobs.posted > after


def _worth_a_look(judgement: Judgement, jobs: JobFrame) -> Bools:
    """Outside of the person's usual work: unlike every title that speaks for them."""
    close = judgement.work.close
    if close is None:
        return np.zeros(len(jobs), np.bool_)
    return close < judgement.policy.parameters.usual_closeness


def tests_of(section: Section, today: int, policy: Policy) -> engine.Section:
    """Return what belongs to a section on a day, given as its number."""
    if section is Section.PICKS:
        return engine.Section(work=_picks)
    if section is Section.NEAR:
        return engine.Section(sites=_in_region, work=_fits)
    if section is Section.CLOSE:
        return engine.Section(sites=_close)
    if section is Section.PAYS_WELL:
        return engine.Section(jobs=_pays_well)
    if section is Section.NEW:
        return engine.Section(jobs=partial(_new, after=today - policy.parameters.new_days))
    return engine.Section(work=_worth_a_look)


@dataclass(frozen=True, slots=True)
class Rule:
    """One section: how many jobs it may claim."""

    section: Section
    slots: int


@dataclass(frozen=True, slots=True)
class Quotas:
    """What a policy says of the list: the sections that claim, in order, and the cap."""

    rules: tuple[Rule, ...]
    """Sections with at least one slot."""
    per_company: int
    """Most jobs of one company among all."""

    @classmethod
    def of(cls, policy: Policy) -> "Quotas":
        """Return the quotas of a policy."""
        numbers = policy.parameters
        rules = (Rule(section, getattr(numbers, f"slots_{section}")) for section in Section)
        return cls(tuple(rule for rule in rules if rule.slots), numbers.per_company)

    @property
    def slots(self) -> int:
        """How many jobs a list holds at most."""
        return sum(rule.slots for rule in self.rules)

    def slots_of(self, section: Section | str) -> int:
        """Return how many jobs a section may claim."""
        return next((rule.slots for rule in self.rules if rule.section == section), 0)


USUAL: Final = Quotas.of(FIRST)
"""The quotas of a policy that does not say otherwise: forty."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One chosen job."""

    index: int
    """Where it stands in the `Ranked` columns."""
    section: Section
    is_fill_up: bool = False
    """The section had too few, and this is the next best overall."""


def sections_on(today: int, policy: Policy) -> dict[str, engine.Section]:
    """Return what the engine needs to find each section's best; `today` is a day number."""
    return {
        str(rule.section): tests_of(rule.section, today, policy) for rule in Quotas.of(policy).rules
    }


def choose(ranked: Ranked, jobs: JobFrame, quotas: Quotas) -> list[Choice]:
    """Choose the day's jobs of one person, section by section, best first in each.

    `ranked` holds eligible jobs only, so nothing sent, applied to, hidden, expired or blocked
    can come up here. Fewer eligible jobs give fewer choices.
    """
    positions = ranked.positions.tolist()
    index_of = {position: i for i, position in enumerate(positions)}
    company, duplicate = jobs.company[positions].tolist(), jobs.duplicate[positions].tolist()
    claimed: set[int] = set()
    groups: set[int] = set()
    companies: Counter[int] = Counter()
    lists: dict[Section, list[Choice]] = {rule.section: [] for rule in quotas.rules}

    def claim(candidates: Sequence[int], rule: Rule, *, is_fill_up: bool) -> None:
        mine = lists[rule.section]
        for i in candidates:
            if len(mine) >= rule.slots:
                return
            full = company[i] >= 0 and companies[company[i]] >= quotas.per_company
            if i in claimed or duplicate[i] in groups or full:
                continue
            mine.append(Choice(i, rule.section, is_fill_up))
            claimed.add(i)
            groups.add(duplicate[i])
            companies[company[i]] += 1

    everything = range(len(positions))
    for rule in quotas.rules:
        own = [index_of[p] for p in ranked.sections[rule.section].tolist()]
        claim(own, rule, is_fill_up=False)
    for rule in quotas.rules:
        claim(everything, rule, is_fill_up=True)
    return [choice for rule in quotas.rules for choice in lists[rule.section]]


def is_cut_short(
    choices: Sequence[Choice], ranked: Ranked, depth: engine.Depth, quotas: Quotas
) -> bool:
    """Tell whether a longer ranking could give other choices: a list ended before its slots did.

    It happens where so many of the best are of one company that few of them may be claimed.
    """
    own = Counter(choice.section for choice in choices if not choice.is_fill_up)
    if any(
        own[rule.section] < rule.slots and len(ranked.sections[rule.section]) >= depth.section_k
        for rule in quotas.rules
    ):
        return True
    if len(ranked.positions) < depth.k:
        return False
    fill_ups = [choice.index for choice in choices if choice.is_fill_up]
    return len(choices) < quotas.slots or max(fill_ups, default=0) >= depth.k
