"""Rows of the database become a `JobFrame`, deterministically: every float is quantised here."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from jobscore.scoring import titles
from jobscore.scoring.frames import (
    EARTH_RADIUS_M,
    NOT_STATED,
    Ask,
    Asks,
    Bools,
    Demands,
    Ints,
    JobFrame,
    JobRow,
    Needs,
    Pays,
    Point,
    Sites,
    SkillLink,
    Statement,
    Styles,
    company_key,
)
from jobscore.scoring.heads import build_heads
from jobscore.scoring.pay import yearly
from jobscore.scoring.policy import FULL, Policy
from jobscore.scoring.rarity import Group, Rarity, Statistics
from jobscore.scoring.semantic import build_semantic
from jobscore.scoring.spans import starts_of
from jobscore.scoring.texts import build_texts
from jobscore.scoring.titles import TitleRarity
from jobscore.scoring.wholes import build_wholes
from jobscore.vocabulary.conditions import is_condition

PAID_SOON: Final = frozenset({"daily_weekly_pay"})
"""Features that put a job into "pays well or pays daily" whatever it pays."""
MEDIAN_NEEDS: Final = 5
"""An area's median for a kind of work needs at least so many stated pays."""
FEATURE_LIMIT: Final = 64
_NO_END: Final = np.iinfo(np.int32).max
T = TypeVar("T", bound=Hashable)


class TooManyFeaturesError(ValueError):
    """The vocabulary has more work-style features than the 64 bits of a mask."""


def build_jobs(
    rows: Sequence[JobRow],
    *,
    asks: Iterable[Ask] = (),
    statements: Iterable[Statement] = (),
    links: Iterable[SkillLink] = (),
    policy: Policy | None = None,
    statistics: Statistics | None = None,
) -> JobFrame:
    """Build the columns of all jobs. The order of `rows`, `asks` and the rest does not matter.

    Rarity and usual pay are those of `statistics`; without them they are counted among these jobs.
    """
    policy = policy or Policy()
    rows = sorted(rows, key=lambda row: (-row.posted, row.id))
    positions = {row.id: i for i, row in enumerate(rows)}
    site, sites = _sites(rows)
    pay, pays = _pays(rows)
    demand, demands = _demands(rows)
    said = list(statements)
    gates = {f for f in {s.feature for s in said} if is_condition(f)}
    style, styles = _styles(positions, (s for s in said if s.feature not in gates))
    need, needs = _needs(positions, (s for s in said if s.feature in gates))
    formula = titles.TitleFormula(policy.parameters.title_formula)
    reads_text = policy.parameters.text_share > 0
    held = statistics
    postings, text = build_texts(
        ((row.title, row.text if reads_text else "") for row in rows), held.terms if held else None
    )
    index, title = titles.build_index(
        (row.title for row in rows),
        formula,
        TitleRarity(held.pieces, held.words) if held else None,
    )
    reads_body = policy.parameters.cv_share > 0 and any(row.body for row in rows)
    bodies = [(row.title, row.body) for row in rows] if reads_body else []
    company_ids: dict[str, int] = {}
    employment_ids: dict[str, int] = {}
    company = [_number(company_ids, company_key(row.company)) for row in rows]
    any_named = held.head_pieces.of if held else company_ids
    named = rows if policy.parameters.employer_share and any_named else []
    heads, head = build_heads(
        [r.title for r in named],
        [r.company for r in named],
        formula,
        TitleRarity(held.head_pieces, held.head_words) if held else None,
    )
    middles = held.middles if held else _middles(rows, pays.high[pay])
    employment = [_number(employment_ids, row.employment_type) for row in rows]
    soon = styles.mask(PAID_SOON & set(styles.bits))
    groups = [
        -1 - i if r.duplicate_group is None else r.duplicate_group for i, r in enumerate(rows)
    ]
    return JobFrame(
        ids=np.array([row.id for row in rows], np.int64),
        posted=np.array([row.posted for row in rows], np.int32),
        expires=np.array([_NO_END if r.expires is None else r.expires for r in rows], np.int32),
        company=np.array(company, np.int32),
        company_ids=company_ids,
        duplicate=np.array(groups, np.int64),
        employment=np.array(employment, np.int16),
        employment_ids=employment_ids,
        pays_well=_above(middles, rows, pays.high[pay], policy)
        | ((styles.stated & soon) != 0)[style],
        site=site,
        sites=sites,
        pay=pay,
        pays=pays,
        demand=demand,
        demands=demands,
        style=style,
        styles=styles,
        need=need,
        needs=needs,
        asks=_asks(rows, positions, asks, links, policy, held.skills if held else None),
        title=title,
        titles=index,
        head=head if named else np.zeros(len(rows), np.int64),
        heads=heads,
        text=text,
        texts=postings,
        viewers=np.array([row.viewers for row in rows], np.int32),
        whole=np.arange(len(rows), dtype=np.int64) * np.int64(reads_body),
        wholes=build_wholes(bodies),
        positions=positions,
        versions=np.array([row.version for row in rows], np.int64),
        middles=middles,
        semantic=build_semantic(dict.fromkeys(titles.tokens(row.title) for row in rows))
        if policy.parameters.semantic_share
        else None,
    )


def globe(points: Iterable[Point]) -> tuple[Ints, Bools]:
    """Return whole metres from the earth's centre (n, 3), and which points are known."""
    degrees = [
        (p.lat, p.lon) if p.lat is not None and p.lon is not None else (np.nan, np.nan)
        for p in points
    ]
    lat, lon = np.radians(np.array(degrees, np.float64).reshape(-1, 2)).T
    known = ~np.isnan(lat)
    xyz = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    return np.rint(np.where(known[:, None], xyz, 0) * EARTH_RADIUS_M).astype(np.int64), known


def _number(table: dict[str, int], value: str | None) -> int:
    return NOT_STATED if not value else table.setdefault(value, len(table))


def _distinct(values: Iterable[T]) -> tuple[Ints, list[T]]:
    table: dict[T, int] = {}
    group = np.fromiter((table.setdefault(v, len(table)) for v in values), np.int64)
    return group, list(table)


def _sites(rows: Sequence[JobRow]) -> tuple[Ints, Sites]:
    group, values = _distinct((row.point, row.remote) for row in rows)
    places: dict[str, int] = {}
    regions: dict[str, int] = {}
    xyz, located = globe(point for point, _ in values)
    return group, Sites(
        xyz=xyz,
        located=located,
        place=np.array([_number(places, p.place) for p, _ in values], np.int32),
        region=np.array([_number(regions, p.region) for p, _ in values], np.int32),
        remote=np.array([remote for _, remote in values], np.int8),
        place_ids=places,
        region_ids=regions,
    )


def _pays(rows: Sequence[JobRow]) -> tuple[Ints, Pays]:
    currencies: dict[str, int] = {}
    cache: dict[tuple[Decimal | int | None, str | None], int] = {}

    def amount(value: Decimal | int | None, period: str | None) -> int:
        key = (value, period)
        if key not in cache:
            cache[key] = yearly(value, period)
        return cache[key]

    group, values = _distinct(
        (
            amount(row.pay_min, row.pay_period),
            amount(row.pay_max, row.pay_period),
            _number(currencies, row.pay_currency),
        )
        for row in rows
    )
    low, high, currency = np.array(values, np.int64).reshape(-1, 3).T
    return group, Pays(
        low=np.where(low < 0, high, low),
        high=np.where(high < 0, low, high),
        currency=currency.astype(np.int32),
        currency_ids=currencies,
    )


def _tenths(years: float | None) -> int:
    return NOT_STATED if years is None else max(0, min(1_000, round(years * 10)))


def _demands(rows: Sequence[JobRow]) -> tuple[Ints, Demands]:
    group, values = _distinct(
        (
            _tenths(row.years_min),
            _tenths(row.years_max),
            NOT_STATED if row.level is None else int(row.level),
            row.no_experience_ok,
        )
        for row in rows
    )
    low, high, level, anyone = np.array(values, np.int64).reshape(-1, 4).T
    return group, Demands(low=low, high=high, level=level, anyone=anyone.astype(np.bool_))


def _styles(positions: dict[int, int], statements: Iterable[Statement]) -> tuple[Ints, Styles]:
    given = sorted(s for s in statements if s.job_id in positions)
    bits = {f: i for i, f in enumerate(sorted({s.feature for s in given}))}
    if len(bits) > FEATURE_LIMIT:
        raise TooManyFeaturesError(f"{len(bits)} work-style features, at most {FEATURE_LIMIT}")
    masks = [[0, 0] for _ in positions]
    for job_id, feature, stated in given:
        masks[positions[job_id]][0 if stated else 1] |= 1 << bits[feature]
    group, values = _distinct((stated & ~denied, denied) for stated, denied in masks)
    table = np.array(values, np.uint64).reshape(-1, 2)
    return group, Styles(stated=table[:, 0].copy(), denied=table[:, 1].copy(), bits=bits)


def _needs(positions: dict[int, int], statements: Iterable[Statement]) -> tuple[Ints, Needs]:
    """Return the set of conditions of each job; what a posting also rules out is none."""
    stated: defaultdict[int, set[str]] = defaultdict(set)
    denied: defaultdict[int, set[str]] = defaultdict(set)
    for job_id, condition, is_stated in statements:
        if job_id in positions:
            (stated if is_stated else denied)[positions[job_id]].add(condition)
    rows = (
        tuple(sorted(stated[i] - denied[i])) if i in stated else () for i in range(len(positions))
    )
    group, values = _distinct(rows)
    codes = {code: i for i, code in enumerate(sorted({c for row in values for c in row}))}
    asked = np.zeros((len(values), len(codes)), np.bool_)
    for i, row in enumerate(values):
        asked[i, [codes[code] for code in row]] = True
    return group, Needs(asked=asked, codes=codes)


def _group_of(row: JobRow, pay: int) -> Group | None:
    """Return the kind of work and area of a job; None where pay, region or kind is not stated."""
    if pay < 0 or not row.point.region or not row.industry:
        return None
    return row.point.region, row.industry, row.pay_currency or ""


def _middles(rows: Sequence[JobRow], pay: Ints) -> dict[Group, int]:
    """Return the median pay of each kind of work in each area, where enough is stated."""
    members: defaultdict[Group, list[int]] = defaultdict(list)
    for row, amount in zip(rows, pay.tolist(), strict=True):
        if (group := _group_of(row, amount)) is not None:
            members[group].append(amount)
    return {
        group: sorted(amounts)[(len(amounts) - 1) // 2]
        for group, amounts in sorted(members.items())
        if len(amounts) >= MEDIAN_NEEDS
    }


def _above(
    middles: Mapping[Group, int], rows: Sequence[JobRow], pay: Ints, policy: Policy
) -> npt.NDArray[np.bool_]:
    """Tell which jobs pay at least 120 % of the median of their work in their area."""
    well = np.zeros(len(rows), np.bool_)
    for i, (row, amount) in enumerate(zip(rows, pay.tolist(), strict=True)):
        group = _group_of(row, amount)
        if group is not None and (middle := middles.get(group)) is not None:
            well[i] = amount * 100 >= middle * policy.parameters.pays_well_percent
    return well


def _shares(weights: Ints, starts: Ints) -> npt.NDArray[np.int16]:
    """Share 10,000 among each job's skills by weight; what rounding leaves goes to the first."""
    if not len(weights):
        return np.zeros(0, np.int16)
    sums = np.add.reduceat(weights, starts[:-1])
    lengths = np.diff(starts)
    shares = weights * FULL // np.repeat(sums, lengths)
    shares[starts[:-1]] += FULL - np.add.reduceat(shares, starts[:-1])
    return np.asarray(shares, np.int16)


def _asks(
    rows: Sequence[JobRow],
    positions: dict[int, int],
    asks: Iterable[Ask],
    links: Iterable[SkillLink],
    policy: Policy,
    held: Rarity[int] | None,
) -> Asks:
    """Weigh what each job asks for: rarity among open jobs times required or nice-to-have."""
    wanted: dict[tuple[int, int], tuple[bool, int]] = {}
    for job_id, skill_id, required, percent in asks:
        if job_id in positions:
            key = (positions[job_id], skill_id)
            wanted[key] = max(wanted.get(key, (False, 0)), (required, percent))
    table = np.array([(*key, *value) for key, value in wanted.items()], np.int64).reshape(-1, 4)
    ids, skill = np.unique(table[:, 1], return_inverse=True)
    df = np.bincount(skill, minlength=len(ids))
    p = policy.parameters
    rarity = held.at(ids.tolist()) if held else titles.idf_of(df, len(rows))
    weight = rarity[skill].astype(np.int64)
    weight *= np.where(table[:, 2] == 1, p.required_weight, p.nice_weight)
    weight = np.maximum(weight * table[:, 3] // 100, 1)
    order = np.lexsort((table[:, 1], -weight, table[:, 0]))  # by job, weightiest first
    job, skill, weight = table[order, 0], skill[order], weight[order]
    counts = np.bincount(job, minlength=len(rows))
    used, first = np.unique(job, return_index=True)
    shares = _shares(weight, np.append(first, len(job)).astype(np.int64))
    touched: defaultdict[int, list[SkillLink]] = defaultdict(list)
    known = tuple(sorted(set(links)))
    for link in known:
        touched[link.narrower].append(link)
        touched[link.broader].append(link)
    asked = np.zeros(len(rows), np.bool_)
    asked[used] = True
    return Asks(
        skill_ids={int(s): i for i, s in enumerate(ids)},
        rarity=rarity,
        unseen=held.unseen if held else titles.unseen_idf(len(rows)),
        job_starts=starts_of(counts),
        job_skills=ids[skill].astype(np.int32),
        job_numbers=skill.astype(np.int32),
        job_shares=shares,
        job_required=table[order, 2] == 1,
        any=asked,
        links=known,
        links_of={s: tuple(ls) for s, ls in touched.items()},
    )
