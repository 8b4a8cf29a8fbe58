"""Which jobs meet a search: one mask over the columns for each thing that it asks for.

The masks stay apart, so that a facet can be counted as if its own filter were not set, and so that
the page can say which single filter to take off when nothing is found.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Subquery, select
from sqlalchemy.orm import Session

from jobscore.jobs.search import columns as column_store
from jobscore.jobs.search import places, word_index
from jobscore.jobs.search.columns import EMPLOYMENT, FEATURES, LEVELS, REMOTE, Columns, Ints, Mask
from jobscore.jobs.search.criteria import NOT_STATED, Criteria
from jobscore.jobs.search.tokens import Query, holds, parse

#: Searches whose rows are remembered for one set of columns.
MOST_REMEMBERED = 128
#: Of a title: nobody has looked yet.
_UNSEEN = -1


@dataclass(frozen=True)
class Matches:
    """What a search finds among the jobs that were open when it was asked.

    :ivar masks: by the name of each filter that is set, which jobs pass it.
    :ivar points: the reader's rank points by row, -1 without a score; None without scores.
    """

    columns: Columns
    criteria: Criteria
    open: Mask
    masks: Mapping[str, Mask]
    points: Ints | None
    totals: Mapping[int, float]

    def without(self, *names: str) -> Mask:
        """Return the jobs that pass every filter but the named ones; one for each group."""
        mask = self.open.copy()
        for name, passing in self.masks.items():
            if name not in names:
                mask &= passing
        return self._shown(mask)

    def _shown(self, mask: Mask) -> Mask:
        """Leave out the jobs for which a better duplicate stands among those found."""
        rows = self.columns.grouped
        rows = rows[mask[rows]]
        groups = self.columns["group"][rows]
        mask[rows[1:][groups[1:] == groups[:-1]]] = False
        return mask

    @cached_property
    def mask(self) -> Mask:
        """The jobs that are found."""
        return self.without()

    @cached_property
    def rows(self) -> Ints:
        """The rows that are found, in no order that means anything."""
        return np.flatnonzero(self.mask)

    def count(self) -> int:
        """Return how many jobs are found."""
        return len(self.rows)


def match(
    session: Session,
    criteria: Criteria,
    now: datetime,
    scores: Subquery | None = None,
    columns: Columns | None = None,
) -> Matches:
    """Return what a search finds. ``scores``: see ``find``.

    :param columns: those of this transaction, for who searches several times in it.
    """
    if columns is None:
        columns = column_store.current(session)
    points, totals = _scores(session, columns, scores)
    masks = dict(_filters(columns, criteria))
    if criteria.min_score and points is not None:
        masks["score"] = _scored(columns, totals, criteria.min_score)
    query = parse(criteria.text)
    if not query.is_empty:
        masks["text"] = _text(session, columns, query)
    is_open = columns["expires"] > column_store.microseconds(now)
    return Matches(columns, criteria, is_open, masks, points, totals)


def _filters(columns: Columns, criteria: Criteria) -> Iterable[tuple[str, Mask]]:
    """Yield the name and mask of each filter that is set, words and scores aside."""
    if criteria.place.strip():
        yield "place", places.at(columns, criteria.place, criteria.km)
    if criteria.employment_types:
        yield "type", _one_of(columns["employment"], EMPLOYMENT, criteria.employment_types)
    if criteria.remote:
        remote = ("full", "hybrid") if criteria.remote == "any" else (criteria.remote,)
        yield "remote", _one_of(columns["remote"], REMOTE, remote)
    if criteria.levels:
        yield "level", _one_of(columns["level"], LEVELS, criteria.levels)
    if criteria.yearly_pay is not None:
        currency = columns.currencies.number(criteria.currency)
        reaches = columns["pay"] >= int(criteria.yearly_pay * 100)
        yield "pay", (columns["currency"] == currency) & reaches
    if criteria.has_pay is not None:
        yield "has_pay", (columns["pay"] >= 0) == criteria.has_pay
    for feature in criteria.features:
        bit = FEATURES.index(feature) if feature in FEATURES else 62
        yield f"feature:{feature}", ((columns["features"] >> bit) & 1).astype(bool)
    if criteria.posted_since:
        yield "days", columns["posted"] >= criteria.posted_since.toordinal()
    if criteria.added_since:
        yield "added", columns["created"] > column_store.microseconds(criteria.added_since)


def _one_of(numbers: Ints, names: tuple[str, ...], wanted: Iterable[str]) -> Mask:
    """Return where a number names one of the wanted words; ``unknown`` is the empty name."""
    known = {name or NOT_STATED: number for number, name in enumerate(names)}
    chosen = np.zeros(len(names), bool)
    chosen[[known[word] for word in wanted if word in known]] = True
    return chosen[numbers]


def _scores(
    session: Session, columns: Columns, scores: Subquery | None
) -> tuple[Ints | None, dict[int, float]]:
    """Return the reader's points by row, and totals by row."""
    if scores is None:
        return None, {}
    query: Any = select(scores.c.job_id, scores.c.rank_points, scores.c.total_score)
    known = session.execute(query).all()
    points = np.full(len(columns), -1, np.int64)
    ids = np.array([row[0] for row in known], np.int64)
    rows, is_open = columns.rows_of(ids)
    own = [row for row, there in zip(known, is_open.tolist(), strict=True) if there]
    points[rows] = [row[1] if row[1] is not None else -1 for row in own]
    totals = {row: one[2] for row, one in zip(rows.tolist(), own, strict=True)}
    return points, totals


def _scored(columns: Columns, totals: Mapping[int, float], least: int) -> Mask:
    mask = np.zeros(len(columns), bool)
    good = [row for row, total in totals.items() if total + 0.5 >= least]
    mask[good] = True
    return mask


def _text(session: Session, columns: Columns, query: Query) -> Mask:
    """Return which jobs hold all words of a search."""
    remembered: dict[Query, Mask] = columns.memo.setdefault("text", {})
    if (found := remembered.get(query)) is not None:
        return found
    mask = np.zeros(len(columns), bool)
    if query.phrases:
        mask[columns.rows_of_documents(word_index.matching(session, query.phrases))] = True
        rows = np.flatnonzero(columns["doc"] == 0)
        if len(rows):
            said = column_store.waiting_words(session, columns, rows)
            ids = columns["job_id"][rows].tolist()
            hold = [holds(said.get(job, ""), query.phrases) for job in ids]
            mask[rows[np.array(hold, bool)]] = True
    elif query.titles:
        # the first character of every bigram, and the last one alone, are all that a title holds
        holding = [all(f" {kana}" in t for kana in query.titles) for t in columns.titles.tokens()]
        mask = np.array(holding, bool)[columns["title"]]
    if len(remembered) >= MOST_REMEMBERED:
        remembered.clear()
    remembered[query] = mask
    return mask


def title_tiers(columns: Columns, query: Query, rows: Ints) -> Ints:
    """Return for each of ``rows`` 2 where its title holds all words, 1 where some, else 0.

    Only titles of those rows are looked at, each once for a search: a rare word reads few.
    """
    remembered: dict[Query, NDArray[np.int8]] = columns.memo.setdefault("tiers", {})
    titles = columns.titles.tokens()
    tiers = remembered.get(query)
    if tiers is None or len(tiers) < len(titles):
        if len(remembered) >= MOST_REMEMBERED:
            remembered.clear()
        tiers = remembered[query] = np.full(len(titles), _UNSEEN, np.int8)
    its = columns["title"][rows]
    needles = [phrase.needle for phrase in query.phrases]
    unseen = np.unique(its[tiers[its] == _UNSEEN])
    for title in unseen.tolist():
        n = sum(needle in titles[title] for needle in needles)
        tiers[title] = 2 if n == len(needles) else min(n, 1)
    return tiers[its].astype(np.int64)
