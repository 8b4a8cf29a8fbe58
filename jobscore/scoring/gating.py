"""Conditions that postings set, against what people answered: pass, fail or unknown. No points.

Pure. A gate fails only where the posting sets the condition in plain words and the person said
that they do not meet it. What the person has not said keeps no job out: it is shown as an open
question. `docs/scoring/gates.md` says what each gate reads, and why.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from jobscore.scoring.frames import Bools, JobFrame, Profile
from jobscore.vocabulary.conditions import (
    ADULTS_ONLY,
    HOURS,
    LICENCE,
    NIGHTS,
    WORK_PERMIT,
    licence_of,
    licences,
)

JAPAN: Final = "JP-"
"""Begins the codes of the regions where the law keeps people under 18 from night work."""


class Gate(StrEnum):
    """What a condition is about; the reason under which a run counts the jobs left out."""

    LICENCE = "licence"
    WORK_PERMIT = "work_permit"
    AGE = "age"
    HOURS = "hours"


class State(StrEnum):
    """How a gate stands for one person and one job."""

    PASS = "pass"  # noqa: S105  # a state of a gate, no password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One gate of a job that sets a condition for it."""

    gate: Gate
    state: State
    conditions: tuple[str, ...]
    """Those that decide: what is not met, else what is not known, else all that are met."""
    by_law: bool = False
    """True where the law sets the condition for what the posting states (night work, under 18)."""


def closed(profile: Profile, jobs: JobFrame) -> dict[str, npt.NDArray[np.int64]]:
    """Return the positions of the jobs that each gate closes to a person."""
    if False not in profile.answers.values():
        return {}
    asked, codes = jobs.needs.asked, jobs.needs.codes
    refused = {code for code, met in profile.answers.items() if not met and code in codes}
    fails = {
        Gate.LICENCE: _lacks_licence(profile, jobs),
        Gate.WORK_PERMIT: _any(asked, codes, refused & {WORK_PERMIT}),
        Gate.AGE: _any(asked, codes, refused & {ADULTS_ONLY}),
        Gate.HOURS: _any(asked, codes, refused & set(HOURS)),
    }
    found = {gate: fail[jobs.need] for gate, fail in fails.items()}
    if profile.answers.get(ADULTS_ONLY) is False:
        nights = _any(asked, codes, {NIGHTS} & set(codes))[jobs.need]
        found[Gate.AGE] = found[Gate.AGE] | (nights & _in_japan(jobs)[jobs.site])
    return {str(gate): np.flatnonzero(jobs_) for gate, jobs_ in found.items() if jobs_.any()}


def _any(asked: Bools, codes: Mapping[str, int], wanted: Iterable[str]) -> Bools:
    """Tell which distinct sets of conditions have any of the wanted ones."""
    columns = [codes[code] for code in wanted]
    return np.asarray(asked[:, columns].any(axis=1))


def _in_japan(jobs: JobFrame) -> Bools:
    ids = [number for region, number in jobs.sites.region_ids.items() if region.startswith(JAPAN)]
    return np.isin(jobs.sites.region, ids)


def _lacks_licence(profile: Profile, jobs: JobFrame) -> Bools:
    """Tell which sets of conditions ask for a group of licences of which the person has none."""
    asked, codes = jobs.needs.asked, jobs.needs.codes
    held, lacking = _held(profile.answers), _lacking(profile.answers)
    fails = np.zeros(len(asked), np.bool_)
    for group in _groups(codes).values():
        columns = [codes[code] for code in group]
        open_ = [codes[code] for code in group if code in held or code not in lacking]
        fails |= asked[:, columns].any(axis=1) & ~asked[:, open_].any(axis=1)
    return fails


def _groups(conditions: Iterable[str]) -> dict[str, list[str]]:
    """Sort conditions of licences by group: within one, any of them is enough."""
    groups: dict[str, list[str]] = {}
    for code in sorted(conditions):
        licence = licence_of(code)
        if licence is not None:
            groups.setdefault(licence.group, []).append(code)
    return dict(sorted(groups.items()))


def _held(answers: Mapping[str, bool]) -> set[str]:
    """Return the conditions that the licences of a person meet, those they cover included."""
    held = {code for code, met in answers.items() if met}
    covered = {LICENCE + c for code in held if (own := licence_of(code)) for c in own.covers}
    return held | covered


def _lacking(answers: Mapping[str, bool]) -> set[str]:
    """Return the licences that a person said not to hold."""
    return {code for code, met in answers.items() if not met} - _held(answers)


# ---- one pair ------------------------------------------------------------------------------


def findings(profile: Profile, jobs: JobFrame, position: int) -> list[Finding]:
    """Return the gates for which a job sets a condition, and how each stands for a person."""
    row = jobs.needs.asked[jobs.need[position]]
    conditions = {code for code, column in jobs.needs.codes.items() if row[column]}
    region = int(jobs.sites.region[jobs.site[position]])
    regions = {number: code for code, number in jobs.sites.region_ids.items()}
    return judge(profile.answers, conditions, regions.get(region, "").startswith(JAPAN))


def judge(
    answers: Mapping[str, bool], conditions: Iterable[str], in_japan: bool = False
) -> list[Finding]:
    """Return how each gate stands for what a posting asks, in the order of `Gate`."""
    asked = set(conditions)
    found = [*_licence_findings(answers, asked)]
    for gate, codes in (
        (Gate.WORK_PERMIT, {WORK_PERMIT}),
        (Gate.AGE, {ADULTS_ONLY}),
        (Gate.HOURS, set(HOURS)),
    ):
        if wanted := sorted(asked & codes):
            found.append(_finding(gate, {code: answers.get(code) for code in wanted}))
        elif gate is Gate.AGE and in_japan and NIGHTS in asked:
            found.append(_finding(gate, {ADULTS_ONLY: answers.get(ADULTS_ONLY)}, by_law=True))
    return found


def _finding(gate: Gate, met: Mapping[str, bool | None], *, by_law: bool = False) -> Finding:
    if failed := tuple(code for code, one in met.items() if one is False):
        return Finding(gate, State.FAIL, failed, by_law)
    if unknown := tuple(code for code, one in met.items() if one is None):
        return Finding(gate, State.UNKNOWN, unknown, by_law)
    return Finding(gate, State.PASS, tuple(met), by_law)


def _licence_findings(answers: Mapping[str, bool], asked: set[str]) -> Iterator[Finding]:
    held, lacking = _held(answers), _lacking(answers)
    for group in _groups(asked).values():
        if fitting := tuple(code for code in group if code in held):
            yield Finding(Gate.LICENCE, State.PASS, fitting)
        elif unknown := tuple(code for code in group if code not in lacking):
            yield Finding(Gate.LICENCE, State.UNKNOWN, unknown)
        else:
            yield Finding(Gate.LICENCE, State.FAIL, tuple(group))


def known_conditions() -> tuple[str, ...]:
    """Return every condition that a person can answer, licences last."""
    return (*HOURS, WORK_PERMIT, ADULTS_ONLY, *(LICENCE + code for code in licences()))
