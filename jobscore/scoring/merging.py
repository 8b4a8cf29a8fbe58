"""Columns of jobs put together: those that stayed of a frame, and those of a frame of new ones.

Both were built with the same statistics, so nothing is weighed again: tables of distinct values
are put one behind the other, numbers are moved, jobs brought into order. What results gives the
same points as columns built of all jobs at once, at a fraction of the cost. Pure: NumPy only.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from jobscore.scoring.building import FEATURE_LIMIT, TooManyFeaturesError
from jobscore.scoring.frames import (
    Asks,
    Demands,
    Groups,
    Ints,
    JobFrame,
    Needs,
    Pays,
    Sites,
    Styles,
)
from jobscore.scoring.heads import HeadIndex, Part
from jobscore.scoring.spans import spread, starts_of
from jobscore.scoring.texts import TextIndex
from jobscore.scoring.titles import TitleIndex

K = TypeVar("K", bound=Hashable)
Column = npt.NDArray[Any]


class NotMergeableError(ValueError):
    """The frames hold what is compared among all jobs at once: meanings or whole postings."""


def merge(old: JobFrame, keep: npt.NDArray[np.int64], new: JobFrame) -> JobFrame:
    """Return the columns of the jobs of `old` at the positions `keep` and of all jobs of `new`.

    No job may be in both.

    :raises NotMergeableError: when the policy compares meanings or whole postings.
    :raises TooManyFeaturesError: when together they have too many work-style features.
    """
    if old.semantic is not None or old.wholes.count or new.wholes.count:
        raise NotMergeableError
    ids = np.append(old.ids[keep], new.ids)
    posted = np.append(old.posted[keep], new.posted)
    order = np.lexsort((ids, -posted))

    def joined(name: str, moved: Column | None = None) -> Column:
        """Return a column of both frames in the new order; `moved` stands for that of `new`."""
        column: Column = getattr(old, name)
        rest = getattr(new, name) if moved is None else moved
        return np.concatenate((column[keep], rest.astype(column.dtype)))[order]

    company_ids, company = _numbers(old.company_ids, new.company_ids)
    employment_ids, employment = _numbers(old.employment_ids, new.employment_ids)
    grouped = joined("duplicate")
    return JobFrame(
        ids=ids[order],
        posted=posted[order],
        expires=joined("expires"),
        company=joined("company", company[new.company]),
        company_ids=company_ids,
        duplicate=np.where(grouped < 0, -1 - np.arange(len(grouped)), grouped),
        employment=joined("employment", employment[new.employment]),
        employment_ids=employment_ids,
        pays_well=joined("pays_well"),
        site=joined("site", new.site + len(old.sites.remote)),
        sites=_sites(old.sites, new.sites),
        pay=joined("pay", new.pay + len(old.pays.low)),
        pays=_pays(old.pays, new.pays),
        demand=joined("demand", new.demand + len(old.demands.low)),
        demands=_demands(old.demands, new.demands),
        style=joined("style", new.style + len(old.styles.stated)),
        styles=_styles(old.styles, new.styles),
        need=joined("need", new.need + len(old.needs.asked)),
        needs=_needs(old.needs, new.needs),
        asks=_asks(old.asks, keep, new.asks, order),
        title=joined("title", new.title + old.titles.count),
        titles=_titles(old.titles, new.titles),
        head=joined("head", new.head + old.heads.count),
        heads=_heads(old.heads, new.heads),
        text=_text_numbers(old, keep, new)[order],
        texts=_texts(old.texts, new.texts),
        viewers=joined("viewers"),
        whole=joined("whole"),
        wholes=old.wholes,
        versions=joined("versions"),
        middles=old.middles,
        positions={job: i for i, job in enumerate(ids[order].tolist())},
    )


def _numbers(old: Mapping[K, int], new: Mapping[K, int]) -> tuple[dict[K, int], Ints]:
    """Return one table of both, and the number in it of each number of `new`; -1 stays -1."""
    table = dict(old)
    moved = np.full(len(new) + 1, -1, np.int64)
    for item, number in new.items():
        moved[number] = table.setdefault(item, len(table))
    return table, moved


def _sites(old: Sites, new: Sites) -> Sites:
    places, place = _numbers(old.place_ids, new.place_ids)
    regions, region = _numbers(old.region_ids, new.region_ids)
    return Sites(
        xyz=np.concatenate((old.xyz, new.xyz)),
        located=np.append(old.located, new.located),
        place=np.append(old.place, place[new.place]).astype(np.int32),
        region=np.append(old.region, region[new.region]).astype(np.int32),
        remote=np.append(old.remote, new.remote),
        place_ids=places,
        region_ids=regions,
    )


def _pays(old: Pays, new: Pays) -> Pays:
    currencies, currency = _numbers(old.currency_ids, new.currency_ids)
    return Pays(
        low=np.append(old.low, new.low),
        high=np.append(old.high, new.high),
        currency=np.append(old.currency, currency[new.currency]).astype(np.int32),
        currency_ids=currencies,
    )


def _demands(old: Demands, new: Demands) -> Demands:
    return Demands(
        low=np.append(old.low, new.low),
        high=np.append(old.high, new.high),
        level=np.append(old.level, new.level),
        anyone=np.append(old.anyone, new.anyone),
    )


def _styles(old: Styles, new: Styles) -> Styles:
    bits, moved = _numbers(old.bits, new.bits)
    if len(bits) > FEATURE_LIMIT:
        raise TooManyFeaturesError(f"{len(bits)} work-style features, at most {FEATURE_LIMIT}")

    def joined(before: npt.NDArray[np.uint64], added: npt.NDArray[np.uint64]) -> Column:
        masks = np.zeros(len(added), np.uint64)
        for bit, number in enumerate(moved[:-1].tolist()):
            masks |= ((added >> np.uint64(bit)) & np.uint64(1)) << np.uint64(number)
        return np.append(before, masks)

    return Styles(joined(old.stated, new.stated), joined(old.denied, new.denied), bits)


def _needs(old: Needs, new: Needs) -> Needs:
    codes, moved = _numbers(old.codes, new.codes)
    asked = np.zeros((len(old.asked) + len(new.asked), len(codes)), np.bool_)
    asked[: len(old.asked), : len(old.codes)] = old.asked
    asked[len(old.asked) :, moved[:-1]] = new.asked
    return Needs(asked, codes)


def _asks(old: Asks, keep: npt.NDArray[np.int64], new: Asks, order: Ints) -> Asks:
    numbers, moved = _numbers(old.skill_ids, new.skill_ids)
    kept = spread(old.job_starts, keep)
    lengths = np.append(np.diff(old.job_starts)[keep], np.diff(new.job_starts))
    entries = spread(starts_of(lengths), order)

    def joined(before: Column, added: Column) -> Column:
        return np.concatenate((before[kept], added.astype(before.dtype)))[entries]

    return Asks(
        skill_ids=numbers,
        rarity=_extended(old.rarity, new.rarity, moved[:-1], len(numbers)),
        unseen=old.unseen,
        job_starts=starts_of(lengths[order]),
        job_skills=joined(old.job_skills, new.job_skills),
        job_numbers=joined(old.job_numbers, moved[new.job_numbers]),
        job_shares=joined(old.job_shares, new.job_shares),
        job_required=joined(old.job_required, new.job_required),
        any=np.append(old.any[keep], new.any)[order],
        links=old.links,
        links_of=old.links_of,
    )


def _extended(old: Groups, new: Groups, moved: Ints, size: int) -> Groups:
    """Return one column of both tables: what both have is the same in both."""
    column = np.zeros(size, np.int32)
    column[: len(old)] = old
    column[moved] = new
    return column


def _postings(
    starts: tuple[Ints, Ints],
    columns: Sequence[tuple[Column, Column]],
    moved: Ints,
    size: int,
) -> tuple[Ints, list[Column]]:
    """Return the postings of both by item, those of `old` before those of `new`."""
    before, added = (np.diff(one) for one in starts)
    kept = np.zeros(size, np.int64)
    kept[: len(before)] = before
    lengths = kept.copy()
    lengths[moved] += added
    begins = starts_of(lengths)
    at_old = np.arange(starts[0][-1]) + np.repeat(begins[: len(before)] - starts[0][:-1], before)
    free = begins[moved] + kept[moved]
    at_new = np.arange(starts[1][-1]) + np.repeat(free - starts[1][:-1], added)
    joined = []
    for old, new in columns:
        column = np.empty(len(old) + len(new), old.dtype)
        column[at_old], column[at_new] = old, new
        joined.append(column)
    return begins, joined


def _titles(old: TitleIndex, new: TitleIndex) -> TitleIndex:
    grams, moved = _numbers(old.gram_ids, new.gram_ids)
    moved = moved[:-1]
    starts, (rows, values) = _postings(
        (old.starts, new.starts),
        [(old.rows, new.rows + old.count), (old.values, new.values)],
        moved,
        len(grams),
    )
    return TitleIndex(
        count=old.count + new.count,
        gram_ids=grams,
        idf=_extended(old.idf, new.idf, moved, len(grams)),
        starts=starts,
        rows=rows,
        values=values,
        unseen_idf=old.unseen_idf,
        formula=old.formula,
        word_idf={**new.word_idf, **old.word_idf},
    )


def _texts(old: TextIndex, new: TextIndex) -> TextIndex:
    terms, moved = _numbers(old.term_ids, new.term_ids)
    moved = moved[:-1]
    starts, (rows,) = _postings(
        (old.starts, new.starts), [(old.rows, new.rows + old.count)], moved, len(terms)
    )
    return TextIndex(
        count=old.count + new.count,
        term_ids=terms,
        rarity=_extended(old.rarity, new.rarity, moved, len(terms)),
        starts=starts,
        rows=rows,
        unseen=old.unseen,
    )


def _text_numbers(old: JobFrame, keep: npt.NDArray[np.int64], new: JobFrame) -> Ints:
    """Return per job the number of its posting; the count of both stands for none."""
    before, count = old.text[keep], old.texts.count + new.texts.count
    return np.append(
        np.where(before == old.texts.count, count, before),
        new.text + old.texts.count,  # none: the count of the new ones becomes that of both
    )


def _heads(old: HeadIndex, new: HeadIndex) -> HeadIndex:
    pieces, moved = _numbers(old.piece_ids, new.piece_ids)
    moved = moved[:-1]
    return HeadIndex(
        count=old.count + new.count,
        titles=_part(old.titles, new.titles, moved, len(pieces)),
        employers=_part(old.employers, new.employers, moved, len(pieces)),
        title=np.append(old.title, new.title + old.titles.count),
        employer=np.append(old.employer, new.employer + old.employers.count),
        scale=np.append(old.scale, new.scale),
        piece_ids=pieces,
        idf=_extended(old.idf, new.idf, moved, len(pieces)),
        word_idf={**new.word_idf, **old.word_idf},
        unseen_idf=old.unseen_idf,
        formula=old.formula,
    )


def _part(old: Part, new: Part, moved: Ints, size: int) -> Part:
    starts, (rows, weights) = _postings(
        (old.starts, new.starts),
        [(old.rows, new.rows + old.count), (old.weights, new.weights)],
        moved,
        size,
    )
    return Part(count=old.count + new.count, starts=starts, rows=rows, weights=weights)
