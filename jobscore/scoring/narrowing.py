"""Only some jobs of a frame: the same columns, taken when they are asked for. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from jobscore.scoring.frames import (
    Asks,
    Bools,
    Demands,
    Groups,
    Ints,
    JobFrame,
    Needs,
    Pays,
    Sites,
    SkillLink,
    Styles,
)
from jobscore.scoring.heads import HeadIndex
from jobscore.scoring.rarity import Group
from jobscore.scoring.semantic import SemanticIndex
from jobscore.scoring.spans import spread, starts_of
from jobscore.scoring.texts import TextIndex
from jobscore.scoring.titles import TitleIndex
from jobscore.scoring.wholes import WholeIndex

A = TypeVar("A")
V = TypeVar("V", Pays, Styles)


def values_at(values: V, numbers: npt.NDArray[Any]) -> V:
    """Return the given ones of distinct values, one for each of `numbers`."""
    return replace(
        values,
        **{
            f.name: column[numbers]
            for f in fields(values)
            if isinstance(column := getattr(values, f.name), np.ndarray)
        },
    )


class _Taken(Generic[A]):
    """A column of a view: taken from the whole when it is first asked for, then kept."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, view: "JobView", owner: type) -> A:
        column: A = getattr(view.base, self.name)[view.at]
        view.__dict__[self.name] = column
        return column


class _Shared(_Taken[A]):
    """What a view has in common with the whole."""

    def __get__(self, view: "JobView", owner: type) -> A:
        value: A = getattr(view.base, self.name)
        view.__dict__[self.name] = value
        return value


class JobView(JobFrame):
    """Only some jobs of a frame, with the weights and numbers that they have among all jobs.

    A job's points in it equal those in the whole frame. Columns are taken when they are needed,
    so that looking at a few jobs, or at one column of many, costs only that.
    """

    base: JobFrame
    """All jobs."""
    at: npt.NDArray[np.int64]
    """Positions among all jobs, ascending."""

    def __init__(self, jobs: JobFrame, at: npt.NDArray[np.int64]) -> None:
        if isinstance(jobs, JobView):
            at = jobs.at[at]
            jobs = jobs.base
        self.base, self.at, self.memo = jobs, at, {}

    ids = _Taken[Ints]()
    posted = _Taken[Groups]()
    expires = _Taken[Groups]()
    company = _Taken[Groups]()
    company_ids = _Shared[dict[str, int]]()
    duplicate = _Taken[Ints]()
    employment = _Taken[npt.NDArray[np.int16]]()
    employment_ids = _Shared[dict[str, int]]()
    pays_well = _Taken[Bools]()
    site = _Taken[Ints]()
    sites = _Shared[Sites]()
    pay = _Taken[Ints]()
    pays = _Shared[Pays]()
    demand = _Taken[Ints]()
    demands = _Shared[Demands]()
    style = _Taken[Ints]()
    styles = _Shared[Styles]()
    need = _Taken[Ints]()
    needs = _Shared[Needs]()
    title = _Taken[Ints]()
    titles = _Shared[TitleIndex]()
    head = _Taken[Ints]()
    heads = _Shared[HeadIndex]()
    text = _Taken[Ints]()
    texts = _Shared[TextIndex]()
    viewers = _Taken[Groups]()
    whole = _Taken[Ints]()
    wholes = _Shared[WholeIndex]()
    semantic = _Shared[SemanticIndex | None]()
    versions = _Taken[Ints]()
    middles = _Shared[Mapping[Group, int]]()

    def __len__(self) -> int:
        return len(self.at)

    def earned(self, percent: Mapping[int, int]) -> Ints:
        """Return per job the sum of its skills' shares times percent earned, by skill number."""
        return self.base.asks.earned(percent, self.at)

    @property
    def asks_any(self) -> Bools:
        """Tell which jobs ask for any skill."""
        return self.base.asks.any[self.at]

    @property
    def skill_ids(self) -> Mapping[int, int]:
        """The number of each skill that any job of the whole asks for, by id."""
        return self.base.skill_ids

    @property
    def links_of(self) -> Mapping[int, tuple[SkillLink, ...]]:
        """The relations that touch a skill, by skill id."""
        return self.base.links_of

    @cached_property
    def positions(self) -> Mapping[int, int]:  # type: ignore[override]  # a field of the whole
        """Job id to position in this view."""
        return {int(job): i for i, job in enumerate(self.ids)}

    @cached_property
    def asks(self) -> Asks:  # type: ignore[override]  # a field of the whole
        """Skills asked by these jobs, with the numbers and shares that they have among all."""
        asks = self.base.asks
        entries = spread(asks.job_starts, self.at)
        lengths = asks.job_starts[self.at + 1] - asks.job_starts[self.at]
        return Asks(
            skill_ids=asks.skill_ids,
            rarity=asks.rarity,
            unseen=asks.unseen,
            job_starts=starts_of(lengths),
            job_skills=asks.job_skills[entries],
            job_numbers=asks.job_numbers[entries],
            job_shares=asks.job_shares[entries],
            job_required=asks.job_required[entries],
            any=asks.any[self.at],
            links=asks.links,
            links_of=asks.links_of,
        )


def narrow(jobs: JobFrame, positions: Sequence[int] | npt.NDArray[np.int64]) -> JobFrame:
    """Return the frame of only some jobs, in ascending order of positions.

    Sections that compare jobs with each other keep their marks.
    """
    return JobView(jobs, np.sort(np.asarray(positions, np.int64)))
