"""pandas: for each person arithmetic over a DataFrame of all jobs."""

import pandas as pd

from jobscore.scoring.frames import Remote, RemoteWish
from jobscore.scoring.policy import COMPONENTS, FULL, Policy
from tests.benchmarks.alternatives.given import (
    Columns,
    K,
    Question,
    Scored,
)

NAMES = [str(component) for component in COMPONENTS]


class Frames:
    """Jobs, what they ask for, and what they state, as three DataFrames."""

    def __init__(self, jobs: Columns, features: int) -> None:
        one_each = (
            "posted expires employment located place region remote pay_low pay_high currency "
            "years_low years_high level anyone asks_any"
        )
        columns = {name: getattr(jobs, name) for name in one_each.split()}
        columns |= {axis: jobs.xyz[:, i] for i, axis in enumerate("xyz")}
        for bit in range(features):
            columns[f"stated_{bit}"] = ((jobs.stated >> bit) & 1).astype("int64")
            columns[f"denied_{bit}"] = ((jobs.denied >> bit) & 1).astype("int64")
        self.jobs = pd.DataFrame(columns, index=pd.Index(jobs.ids, name="job"))
        owner, skill, share = jobs.asks
        self.asks = pd.DataFrame({"job": jobs.ids[owner], "skill": skill, "share": share})


def best(frames: Frames, ask: Question, policy: Policy, k: int = K) -> list[Scored]:
    """Score every job for one person and return the best k."""
    jobs = frames.jobs
    found = pd.DataFrame(
        {
            "skill_match": skill(frames, ask, policy),
            "location": location(jobs, ask, policy),
            "salary": salary(jobs, ask, policy),
            "experience": experience(jobs, ask, policy),
            "culture_fit": style(jobs, ask, policy),
        }
    )
    is_known = found >= 0
    weights = pd.Series(dict(zip(NAMES, ask.weights, strict=True)))
    judged = is_known.mul(weights).sum(axis=1)
    known = found.where(is_known, 0).mul(weights).sum(axis=1)
    divisor = judged.clip(lower=1)
    found["total"] = ((known * 200 + divisor) // (2 * divisor)).where(judged > 0, -1)
    found["points"] = known + (100 - judged) * policy.neutral
    found["posted"] = jobs.posted
    keep = (jobs.expires >= ask.today) & (judged >= max(1, policy.coverage_floor))
    keep &= found.total >= policy.minimum_total * FULL
    if ask.employment:
        keep &= jobs.employment.isin([*ask.employment, -1])
    top = found[keep].reset_index()
    top = top.sort_values(["points", "posted", "job"], ascending=[False, False, True]).head(k)
    return [
        Scored(job, points, total, tuple(parts))
        for job, points, total, parts in zip(
            top.job.tolist(),
            top.points.tolist(),
            top.total.tolist(),
            top[NAMES].to_numpy().tolist(),
            strict=True,
        )
    ]


def skill(frames: Frames, ask: Question, policy: Policy) -> pd.Series:
    """Return coverage of skills and closeness of titles, mixed by the policy."""
    jobs = frames.jobs
    covered = pd.Series(-1, index=jobs.index)
    if ask.knows_skills:
        asks = frames.asks[frames.asks.skill.isin(list(ask.credits))]
        earned = (asks.share * asks.skill.map(ask.credits)).groupby(asks.job).sum()
        earned = earned.reindex(jobs.index, fill_value=0)
        covered = ((earned + 50) // 100).where(jobs.asks_any, -1)
    if ask.closeness is None:
        return covered
    close = pd.Series(ask.closeness, index=jobs.index)
    part = policy.parameters.title_share
    return ((covered * (100 - part) + close * part + 50) // 100).where(covered >= 0, close)


def location(jobs: pd.DataFrame, ask: Question, policy: Policy) -> pd.Series:
    """Return nearness to the home, the prefecture where only that is known, remote work."""
    p = policy.parameters
    result = pd.Series(-1, index=jobs.index)
    if ask.regions:
        result = result.mask(jobs.region >= 0, 0)
        result = result.mask(jobs.region.isin(ask.regions), p.region_points)
    if ask.home is not None:
        x, y, z = ask.home
        squared = (jobs.x - x) ** 2 + (jobs.y - y) ** 2 + (jobs.z - z) ** 2
        whole = ask.half_squared + squared
        near = (FULL * ask.half_squared + whole // 2) // whole
        result = result.mask(jobs.located, near)
    result = result.mask(jobs.place.isin(ask.places), FULL)
    if ask.remote is RemoteWish.ONLY:
        named = jobs.located | (jobs.region >= 0) | (jobs.place >= 0) | (jobs.remote == Remote.NO)
        result = pd.Series(-1, index=jobs.index).mask(named, 0)
        result = result.mask(jobs.remote == Remote.PARTLY, p.hybrid_points)
    if ask.remote is not RemoteWish.NO:
        result = result.mask(jobs.remote == Remote.FULLY, FULL)
    return result


def salary(jobs: pd.DataFrame, ask: Question, policy: Policy) -> pd.Series:
    """Return how far both ends of the pay reach the wish."""
    unknown = pd.Series(-1, index=jobs.index)
    if ask.wish <= 0:
        return unknown
    scale = ask.wish * policy.parameters.salary_zero_shortfall
    low, high = (
        (FULL - (ask.wish - end).clip(lower=0) * (FULL * 100) // scale).clip(lower=0)
        for end in (jobs.pay_low, jobs.pay_high)
    )
    return unknown.mask(
        (jobs.pay_low >= 0) & (jobs.currency == ask.currency), (low + high + 1) // 2
    )


def experience(jobs: pd.DataFrame, ask: Question, policy: Policy) -> pd.Series:
    """Return years and level against what is asked."""
    p = policy.parameters
    short = (jobs.years_low - ask.tenths).clip(lower=0).where(jobs.years_low >= 0, 0)
    over = (ask.tenths - jobs.years_high).clip(lower=0).where(jobs.years_high >= 0, 0)
    years = (FULL - short * p.year_short_loss // 10).clip(lower=0)
    years = years.mask(over > 0, (FULL - over * p.year_over_loss // 10).clip(lower=p.over_floor))
    steps = dict(enumerate([FULL, *p.level_short_points, 0]))
    level = (jobs.level - ask.level).clip(0, 3).map(steps)
    above = (FULL - (ask.level - jobs.level) * p.level_over_loss).clip(lower=p.over_floor)
    level = level.mask(ask.level > jobs.level, above)
    years_known = ((jobs.years_low >= 0) | (jobs.years_high >= 0)) & (ask.tenths >= 0)
    level_known = (jobs.level >= 0) & (ask.level >= 0)
    result = level.where(level_known, -1)
    result = result.mask(years_known, ((years + level + 1) // 2).where(level_known, years))
    return result.mask(jobs.anyone, FULL)


def style(jobs: pd.DataFrame, ask: Question, policy: Policy) -> pd.Series:
    """Return ticked features against stated and denied ones."""
    n = len(ask.features)
    if not n:
        return pd.Series(-1, index=jobs.index)
    stated = jobs[[f"stated_{bit}" for bit in ask.features]].sum(axis=1)
    denied = jobs[[f"denied_{bit}" for bit in ask.features]].sum(axis=1)
    mean = (stated * FULL + (n - stated - denied) * policy.neutral + n // 2) // n
    return mean.where(stated + denied > 0, -1)
