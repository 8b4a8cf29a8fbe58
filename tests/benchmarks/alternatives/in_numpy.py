"""Straightforward NumPy: for each person full columns of every component over all jobs."""

import numpy as np

from jobscore.scoring.frames import Remote, RemoteWish
from jobscore.scoring.policy import FULL, Policy
from tests.benchmarks.alternatives.given import (
    Columns,
    Ints,
    K,
    Question,
    Scored,
)


def best(jobs: Columns, ask: Question, policy: Policy, k: int = K) -> list[Scored]:
    """Score every job for one person and return the best k."""
    parts = np.stack(
        [
            skill(jobs, ask, policy),
            location(jobs, ask, policy),
            salary(jobs, ask, policy),
            experience(jobs, ask, policy),
            style(jobs, ask, policy),
        ]
    )
    weights = np.array(ask.weights)[:, None]
    known = np.where(parts >= 0, parts * weights, 0).sum(axis=0)
    judged = np.where(parts >= 0, weights, 0).sum(axis=0)
    divisor = np.maximum(judged, 1)
    totals = np.where(judged > 0, (known * 200 + divisor) // (2 * divisor), -1)
    points = known + (100 - judged) * policy.neutral
    open_ = (jobs.expires >= ask.today) & (judged >= max(1, policy.coverage_floor))
    open_ &= totals >= policy.minimum_total * FULL
    if ask.employment:
        open_ &= np.isin(jobs.employment, [*ask.employment, -1])
    at = np.flatnonzero(open_)
    at = at[np.argsort(-points[at], kind="stable")[:k]]
    return [
        Scored(job, point, total, tuple(found))
        for job, point, total, found in zip(
            jobs.ids[at].tolist(),
            points[at].tolist(),
            totals[at].tolist(),
            parts[:, at].T.tolist(),
            strict=True,
        )
    ]


def skill(jobs: Columns, ask: Question, policy: Policy) -> Ints:
    """Return coverage of skills and closeness of titles, mixed by the policy."""
    covered = np.full(len(jobs), -1)
    if ask.knows_skills:
        owner, asked, share = jobs.asks
        percent = np.zeros(max(asked.max(initial=0), *ask.credits, 0) + 1, np.int64)
        percent[list(ask.credits)] = list(ask.credits.values())
        earned = np.bincount(owner, share * percent[asked], len(jobs)).astype(np.int64)
        covered = np.where(jobs.asks_any, (earned + 50) // 100, -1)
    if ask.closeness is None:
        return covered
    part = policy.parameters.title_share
    both = (covered * (100 - part) + ask.closeness * part + 50) // 100
    return np.where(covered < 0, ask.closeness, both)


def location(jobs: Columns, ask: Question, policy: Policy) -> Ints:
    """Return nearness to the home, the prefecture where only that is known, remote work."""
    p = policy.parameters
    inside = np.isin(jobs.region, ask.regions)
    comparable = (jobs.region >= 0) & bool(ask.regions)
    result = np.where(comparable, np.where(inside, p.region_points, 0), -1)
    if ask.home is not None:
        squared = ((jobs.xyz - np.array(ask.home)) ** 2).sum(axis=1)
        whole = ask.half_squared + np.where(jobs.located, squared, 0)
        near = (FULL * ask.half_squared + whole // 2) // whole
        result = np.where(jobs.located, near, result)
    result = np.where(np.isin(jobs.place, ask.places), FULL, result)
    if ask.remote is RemoteWish.ONLY:
        named = jobs.located | (jobs.region >= 0) | (jobs.place >= 0)
        result = np.where(named | (jobs.remote == Remote.NO), 0, -1)
        result = np.where(jobs.remote == Remote.PARTLY, p.hybrid_points, result)
    if ask.remote is not RemoteWish.NO:
        result = np.where(jobs.remote == Remote.FULLY, FULL, result)
    return result


def salary(jobs: Columns, ask: Question, policy: Policy) -> Ints:
    """Return how far both ends of the pay reach the wish."""
    if ask.wish <= 0:
        return np.full(len(jobs), -1)
    scale = ask.wish * policy.parameters.salary_zero_shortfall
    ends = [
        np.maximum(FULL - np.maximum(ask.wish - end, 0) * (FULL * 100) // scale, 0)
        for end in (jobs.pay_low, jobs.pay_high)
    ]
    known = (jobs.pay_low >= 0) & (jobs.currency == ask.currency)
    return np.where(known, (ends[0] + ends[1] + 1) // 2, -1)


def experience(jobs: Columns, ask: Question, policy: Policy) -> Ints:
    """Return years and level against what is asked."""
    p = policy.parameters
    short = np.where(jobs.years_low >= 0, np.maximum(jobs.years_low - ask.tenths, 0), 0)
    over = np.where(jobs.years_high >= 0, np.maximum(ask.tenths - jobs.years_high, 0), 0)
    years = np.maximum(FULL - short * p.year_short_loss // 10, 0)
    surplus = np.maximum(FULL - over * p.year_over_loss // 10, p.over_floor)
    years = np.where(over > 0, surplus, years)
    steps = np.array([FULL, *p.level_short_points, 0])
    below = steps[np.clip(jobs.level - ask.level, 0, 3)]
    above = np.maximum(FULL - (ask.level - jobs.level) * p.level_over_loss, p.over_floor)
    level = np.where(ask.level > jobs.level, above, below)
    years_known = ((jobs.years_low >= 0) | (jobs.years_high >= 0)) & (ask.tenths >= 0)
    level_known = (jobs.level >= 0) & (ask.level >= 0)
    result = np.where(level_known, level, -1)
    both = np.where(level_known, (years + level + 1) // 2, years)
    return np.where(jobs.anyone, FULL, np.where(years_known, both, result))


def style(jobs: Columns, ask: Question, policy: Policy) -> Ints:
    """Return ticked features against stated and denied ones."""
    n = len(ask.features)
    if not n:
        return np.full(len(jobs), -1)
    mask = np.uint64(sum(1 << f for f in ask.features))
    stated = np.bitwise_count(jobs.stated & mask).astype(np.int64)
    denied = np.bitwise_count(jobs.denied & mask).astype(np.int64)
    mean = (stated * FULL + (n - stated - denied) * policy.neutral + n // 2) // n
    return np.where(stated + denied > 0, mean, -1)
