"""How near the work is to any of a person's homes, or whether it can be done from there.

With d the distance and h the person's half distance, both squared: 100 x h2 / (h2 + d2), so 100
at the door, 50 at h, 20 at twice h. The distance is the straight line between two points of the
globe (below 500 km within 0.03 % of the great circle), so that whole numbers suffice.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from jobscore.scoring.building import globe
from jobscore.scoring.frames import (
    SEEN_LIMIT,
    Bools,
    Ints,
    JobFrame,
    Point,
    Points,
    Profile,
    Remote,
    RemoteWish,
    Sites,
)
from jobscore.scoring.policy import FULL, UNJUDGED, Policy


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was compared: the metres to the nearest home, or which rule decided."""

    rule: str
    """remote, not_remote, same_place, distance, region, move, elsewhere, seen or unknown."""
    metres: int | None
    remote: int


def squared_metres(points: Sequence[Point], sites: Sites) -> tuple[Ints, Bools]:
    """Return the least squared distance of each site to the points, and where it is known."""
    xyz, known = globe(points)
    least = np.full(len(sites.xyz), np.iinfo(np.int64).max)
    for one in xyz[known]:
        least = np.minimum(least, ((sites.xyz - one) ** 2).sum(axis=1))
    return least, sites.located & bool(known.any())


def _isin(column: np.ndarray, codes: set[str | None], table: dict[str, int]) -> Bools:
    found = np.zeros(len(column), np.bool_)
    for code in codes:
        if code and code in table:
            found |= column == table[code]
    return found


def same_region(profile: Profile, sites: Sites) -> Bools:
    """Tell which sites lie in a prefecture or state of one of the person's homes."""
    return _isin(sites.region, {h.region for h in profile.homes}, sites.region_ids)


def close_to_home(profile: Profile, sites: Sites, policy: Policy) -> Bools:
    """Tell which sites lie in the person's city or within the policy's close distance."""
    squared, known = squared_metres(profile.homes, sites)
    near = known & (squared <= (policy.parameters.close_km * 1_000) ** 2)
    return near | _isin(sites.place, {h.place for h in profile.homes}, sites.place_ids)


def _by_place(points: Sequence[Point], sites: Sites, half_km: int, policy: Policy) -> Ints:
    """Return 0..10,000 per site by nearness to the nearest point; -1 where nothing is known."""
    half = (half_km * 1_000) ** 2
    squared, known = squared_metres(points, sites)
    total = half + np.where(known, squared, 0)
    near = (FULL * half + total // 2) // total
    regions = {p.region for p in points if p.region}
    inside = _isin(sites.region, {*regions}, sites.region_ids)
    coarse = np.where(inside, policy.parameters.region_points, 0)
    comparable = (sites.region >= 0) & bool(regions)
    result = np.where(known, near, np.where(comparable, coarse, UNJUDGED))
    here = _isin(sites.place, {p.place for p in points}, sites.place_ids)
    return np.where(here, FULL, result).astype(np.int64)


def _with_seen(own: Ints, profile: Profile, sites: Sites, half_km: int, policy: Policy) -> Ints:
    """Return 0..10,000 per site with the places of jobs seen before, each at its percent.

    By the policy the better of home and seen place counts, or the mean of the nearest home and
    each of the places seen last, as often as seen, over those that can be compared.
    """
    percent = policy.parameters.seen_place_percent
    if not policy.parameters.seen_places_averaged:
        seen = _by_place(profile.seen_places, sites, half_km, policy)
        return np.maximum(own, np.where(seen < 0, seen, seen * percent // 100))
    total, judged = np.where(own < 0, 0, own) * 100, (own >= 0).astype(np.int64)
    for point, times in Counter(profile.seen_places[-SEEN_LIMIT:]).items():
        near = _by_place([point], sites, half_km, policy)
        total += np.where(near < 0, 0, near) * (times * percent)
        judged += (near >= 0) * times
    divisor = 100 * np.maximum(judged, 1)
    return np.asarray(np.where(judged > 0, (2 * total + divisor) // (2 * divisor), UNJUDGED))


def half_distance(profile: Profile, policy: Policy) -> int:
    """Return the distance in km that halves the points for this person."""
    return max(1, profile.half_distance_km or policy.parameters.half_distance_km)


def table(profile: Profile, jobs: JobFrame, policy: Policy) -> Points:
    """Return the points of every distinct site."""
    sites, p = jobs.sites, policy.parameters
    half = half_distance(profile, policy)
    result = _by_place(profile.homes, sites, half, policy)
    if profile.seen_places:
        result = _with_seen(result, profile, sites, half, policy)
    if profile.move_to:
        there = _isin(sites.region, {*profile.move_to}, sites.region_ids)
        stated = np.where(sites.region >= 0, np.maximum(result, 0), result)
        result = np.where(there, np.maximum(result, p.move_points), stated)
    if profile.remote is RemoteWish.ONLY:
        named = sites.located | (sites.region >= 0) | (sites.place >= 0)
        result = np.where(named | (sites.remote == Remote.NO), 0, UNJUDGED)
        result = np.where(sites.remote == Remote.PARTLY, p.hybrid_points, result)
    if profile.remote is not RemoteWish.NO:
        result = np.where(sites.remote == Remote.FULLY, FULL, result)
    return result.astype(np.int16)


def points(profile: Profile, jobs: JobFrame, policy: Policy) -> Points:
    """Return 0..10,000 per job; -1 where neither place nor remote work can be compared."""
    return table(profile, jobs, policy).take(jobs.site)


def evidence(
    profile: Profile, jobs: JobFrame, positions: Sequence[int], policy: Policy
) -> list[Evidence]:
    """Return the rule that decided and the metres to the nearest home, where known."""
    sites = jobs.sites
    squared, known = squared_metres(profile.homes, sites)
    given = table(profile, jobs, policy)
    own = _by_place(profile.homes, sites, half_distance(profile, policy), policy)
    here = _isin(sites.place, {h.place for h in profile.homes}, sites.place_ids)
    movable = _isin(sites.region, {*profile.move_to}, sites.region_ids)
    found = []
    for position in positions:
        site = int(jobs.site[position])
        remote = int(sites.remote[site])
        metres = isqrt(int(squared[site])) if known[site] else None
        if given[site] < 0:
            rule = "unknown"
        elif remote == Remote.FULLY and profile.remote is not RemoteWish.NO:
            rule = "remote"
        elif profile.remote is RemoteWish.ONLY:
            rule = "not_remote"
        elif here[site]:
            rule = "same_place"
        elif given[site] > max(0, int(own[site])):
            rule = "move" if movable[site] else "seen"
        elif metres is not None:
            rule = "distance"
        else:
            rule = "region" if given[site] else "elsewhere"
        found.append(Evidence(rule=rule, metres=metres, remote=remote))
    return found
