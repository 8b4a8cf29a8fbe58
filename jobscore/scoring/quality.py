"""The scorer as seen by a judge of rankings: plain profiles and jobs in, one number a job out.

It feeds the same components and the same default policy as the product. A profile is a mapping
with `titles` (held), `wants`, `text` (a CV), `cities`, `states`, `seen` (job ids); a job has `id`,
`title` and where known `company`, `city`, `state`, `text`. Places are looked up in `locate`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from jobscore.scoring.building import build_jobs
from jobscore.scoring.engine import judge
from jobscore.scoring.frames import JobFrame, JobRow, Point, Profile
from jobscore.scoring.policy import LATEST, Policy
from jobscore.vocabulary import tables

NOT_NAMED = frozenset({None, "", "NA"})
"""What stands where a set knows no name: `NA` is how tables of statistics write it."""
_SHORT = {"saint": "st", "fort": "ft", "mount": "mt"}
Locate = Callable[[str | None, str | None], Point]
"""Turns a city's and a state's name into a point."""


def _name(given: str | None) -> str:
    return "" if given is None or given in NOT_NAMED else given


def _named(given: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(filter(None, map(_name, given or ())))


def by_name(city: str | None, state: str | None) -> Point:
    """Return a point without coordinates, whose codes are the names themselves."""
    city, state = (None if name in NOT_NAMED else name for name in (city, state))
    return Point(None, None, f"{city}, {state}" if city else None, state)


def by_gazetteer(city: str | None, state: str | None) -> Point:
    """Return the point of a city that the shipped places know in that state; else by name."""
    found = _cities().get((_folded(city or ""), (state or "").casefold()))
    named = by_name(city, state)
    return Point(*found, named.place, named.region) if found else named


def _folded(name: str) -> str:
    """Return a name as one spelling of it: `Winston-Salem`, `Lee's Summit`, `Saint Louis`."""
    words = re.findall(r"\w+", name.casefold().replace("'", ""))
    return "".join(_SHORT.get(word, word) for word in words) or name.casefold()


@cache
def _cities() -> dict[tuple[str, str], tuple[float | None, float | None]]:
    """Return coordinates by names of city and state, the most populous first."""
    places = tables.places_by_code()
    found: dict[tuple[str, str], tuple[float | None, float | None]] = {}
    cities = [p for p in places.values() if p.kind in {"city", "ward"} and p.region_code]
    for place in sorted(cities, key=lambda p: (-(p.population or 0), p.code)):
        region = places.get(place.region_code or "")
        if region is None:
            continue
        for name in (place.name_en, place.name_ja or "", *place.aliases):
            for state in (region.name_en, region.name_ja or ""):
                key = (_folded(name), state.casefold())
                found.setdefault(key, (place.latitude, place.longitude))
    return found


class Scorer:
    """Scores every job for one profile; `prepare` builds the columns once a set."""

    def __init__(self, locate: Locate = by_gazetteer, policy: Policy | None = None) -> None:
        self.locate = locate
        self.policy = policy or LATEST
        self._jobs: Sequence[Mapping[str, Any]] = ()
        self._frame: JobFrame | None = None
        self._order: npt.NDArray[np.int64] = np.zeros(0, np.int64)

    def prepare(self, jobs: Sequence[Mapping[str, Any]]) -> None:
        """Build the columns of these jobs."""
        rows = [
            JobRow(
                id=number,
                title=job["title"],
                text=_name(job.get("text")),
                body=_name(job.get("text")),
                company=_name(job.get("company")),
                point=self.locate(job.get("city"), job.get("state")),
            )
            for number, job in enumerate(jobs)
        ]
        self._jobs = jobs
        self._numbers = {job["id"]: number for number, job in enumerate(jobs)}
        self._frame = build_jobs(rows, policy=self.policy)
        self._order = np.argsort(self._frame.ids)

    def profile(self, given: Mapping[str, Any]) -> Profile:
        """Return the profile as the engine reads it."""
        cities, states = given.get("cities") or (), given.get("states") or ()
        homes = dict.fromkeys(map(self.locate, cities, states))
        seen = [self._jobs[self._numbers[i]] for i in given.get("seen") or ()]
        return Profile(
            user_id=0,
            homes=tuple(homes),
            wanted_titles=_named(given.get("wants")),
            held_titles=_named(given.get("titles")),
            text=_name(given.get("text")),
            seen_titles=tuple(job["title"] for job in seen),
            seen_employers=tuple(_name(job.get("company")) for job in seen),
            seen_places=tuple(self.locate(job.get("city"), job.get("state")) for job in seen),
        )

    def __call__(
        self, profile: Mapping[str, Any], jobs: Sequence[Mapping[str, Any]]
    ) -> npt.NDArray[np.int32]:
        """Return the rank points of every job, aligned with `jobs`."""
        if self._frame is None or jobs is not self._jobs:
            self.prepare(jobs)
        assert self._frame is not None  # noqa: S101 - prepare has just built it
        return judge(self.profile(profile), self._frame, self.policy).rank_points[self._order]


score = Scorer()
