"""All open jobs as columns in memory: what filters, facets and orders are computed from.

A database takes a hundred milliseconds and more to count forty facets of a hundred thousand jobs;
arrays take one. Each process keeps one set of columns a database and follows the lines of
``job_changes`` before each use: one small statement, and what others committed a moment ago is
seen. A ``Columns`` never changes; a refresh makes a new one.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, cast
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    Engine,
    Float,
    String,
    case,
    func,
    literal,
    select,
    text,
    type_coerce,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from jobscore.jobs.models import Job, JobFeature
from jobscore.jobs.search import spelling, word_index
from jobscore.jobs.search.indexing import TEXTS
from jobscore.jobs.search.models import JobDocument
from jobscore.jobs.search.tokens import tokenise
from jobscore.vocabulary import tables
from jobscore.vocabulary.models import Place

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

#: More changes than this at once: reading all is faster than reading each.
MOST_CHANGES = 20_000
#: Waiting jobs whose whole words are searched in memory; of the others title, company and place.
MOST_READ_HERE = 2_000
_CHUNK = 1_000
NEVER = np.int64(2**62)
UNKNOWN = 0
#: Words of the closed sets; their place in the list is their number, 0: not stated.
EMPLOYMENT = ("", "FULL_TIME", "PART_TIME", "CONTRACTOR", "TEMPORARY", "INTERN", "OTHER")
REMOTE = ("", "full", "hybrid", "none")
LEVELS = ("", "none", "junior", "mid", "senior", "lead")
FEATURES = tuple(feature.code for feature in tables.features())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NUMBERS = ("job_id", "doc", "posted", "created", "expires", "employment", "remote", "level",
            "pay", "pay_mid", "currency", "features", "place", "group", "complete",
            "length", "title", "company", "where")  # fmt: skip


class Names:
    """Texts by small numbers, which only ever grow; 0 is the empty text."""

    def __init__(self) -> None:
        self.texts: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}
        self._tokens: list[str] = [""]
        #: What is made of the texts for suggestions, with how many there were then.
        self.in_order: tuple[int, spelling.Names] | None = None
        self.speller: tuple[tuple[int, int], spelling.Speller] | None = None

    def number(self, text: str | None) -> int:
        """Return the number of a text, a new one where it is new."""
        found = self._numbers.get(text or "")
        if found is None:
            found = self._numbers[text or ""] = len(self.texts)
            self.texts.append(text or "")
        return found

    def tokens(self) -> list[str]:
        """Return the tokens of each text, with a space at each end; read once."""
        known = len(self._tokens)
        if known < len(self.texts):
            self._tokens += [f" {tokenise(text)} " for text in self.texts[known:]]
        return self._tokens


@dataclass(frozen=True, slots=True)
class Places:
    """The places that jobs lie in; number 0 is no place. Coordinates are degrees or nan."""

    numbers: Mapping[int, int]
    rows: Sequence[tuple[str, str, str, str]]
    latitude: NDArray[np.float64]
    longitude: NDArray[np.float64]
    regions: tuple[str, ...]
    region: Ints


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where the lines of changes were read: see :func:`_changes`.

    :ivar since: the least stamp (PostgreSQL) or number (SQLite) of lines to read again.
    :ivar applied: those of them that were read, as (number, stamp).
    :ivar last: the number of the last line at that time; older lines are dropped before it is.
    """

    since: int
    applied: frozenset[tuple[int, int]]
    last: int


@dataclass(frozen=True)
class Columns:
    """The open jobs by id. ``memo`` keeps what was worked out from these very columns."""

    data: Mapping[str, Ints]
    titles: Names
    companies: Names
    wheres: Names
    currencies: Names
    places: Places
    memo: dict[Any, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Ints:
        return self.data[name]

    def __len__(self) -> int:
        return len(self.data["job_id"])

    @cached_property
    def newest(self) -> Ints:
        """A number for each job: the greater, the newer it is posted, then the greater its id."""
        return (self["posted"] << 40) | self["job_id"]

    @cached_property
    def _documents(self) -> tuple[Ints, Ints]:
        rows = np.flatnonzero(self["doc"])
        order = np.argsort(self["doc"][rows], kind="stable")
        return self["doc"][rows][order], rows[order]

    def rows_of_documents(self, docs: Ints) -> Ints:
        """Return the rows of the documents that are somebody's."""
        known, rows = self._documents
        return rows[_found(known, docs)]

    def rows_of(self, job_ids: Ints) -> tuple[Ints, Mask]:
        """Return the rows of the jobs that are open, and which of ``job_ids`` those are."""
        known = self["job_id"]
        at = np.searchsorted(known, job_ids)
        at[at == len(known)] = 0
        is_there = known[at] == job_ids if len(known) else np.zeros(len(job_ids), bool)
        return at[is_there], is_there

    @cached_property
    def grouped(self) -> Ints:
        """The rows that have duplicates: by group, and of each group the one to show first.

        Shown is the newest, then the most complete, then the longest, then the latest.
        """
        rows = np.flatnonzero(self["group"])
        keys = ("job_id", "length", "complete", "posted")
        return rows[np.lexsort((*(-self[key][rows] for key in keys), self["group"][rows]))]

    @cached_property
    def feature_bits(self) -> NDArray[np.uint64]:
        """For each feature which jobs state it, one bit a job."""
        bits = [(self["features"] >> n) & 1 for n in range(len(FEATURES))]
        return np.stack([packed(bit.astype(bool)) for bit in bits])


def packed(mask: Mask) -> NDArray[np.uint64]:
    """Return a mask as bits in words of 64."""
    some = np.packbits(mask)
    padded = np.zeros(-(-len(some) // 8) * 8, np.uint8)
    padded[: len(some)] = some
    return padded.view(np.uint64)


def _found(known: Ints, wanted: Ints) -> Ints:
    """Return the places in ``known``, which is sorted, of those of ``wanted`` that are in it."""
    if not len(known):
        return np.empty(0, np.int64)
    at = np.searchsorted(known, wanted)
    at[at == len(known)] = 0
    places: Ints = at[known[at] == wanted]
    return places


_lock = threading.Lock()
_kept: WeakKeyDictionary[Engine, tuple[Position, Columns]] = WeakKeyDictionary()


def current(session: Session) -> Columns:
    """Return the open jobs as this session's transaction sees them."""
    engine = cast(Engine, session.get_bind())
    with _lock:
        at, known = _kept.get(engine, (None, None))
        position, job_ids, is_whole = _changes(session, at)
        if known is None or not is_whole or len(job_ids) > MOST_CHANGES:
            known = _load(session)
        elif job_ids:
            known = _refreshed(session, known, job_ids)
        _kept[engine] = (position, known)
        return known


def _changes(session: Session, at: Position | None) -> tuple[Position, set[int], bool]:
    """Return up to where changes are read now, which jobs changed since ``at``, and whether the
    lines that were read before are all still there.

    SQLite writes one transaction after another, so lines come in order, and the last one is read
    again: it is gone when its transaction was rolled back. PostgreSQL commits in any order: every
    line of a transaction that may still have been running at the last look is read again.
    """
    lines: list[Any]
    if word_index.is_postgresql(session):
        values = {"since": at.since if at else None, "last": at.last if at else 0}
        rows = session.execute(_POSTGRESQL_LINES, values).all()
        horizon, last, is_there = rows[0][:3]
        lines = [tuple(row[3:]) for row in rows if row[3] is not None]
        kept = {(i, stamp) for i, _, stamp in lines if stamp >= horizon}
    else:
        statement = _SQLITE_LAST if at is None else _SQLITE_LINES
        lines = list(session.execute(statement, {"since": at.since if at else 0}))
        horizon = last = lines[-1][0] if lines else 0
        is_there = not at or at.since > 0 or not lines or lines[0][0] == 1
        kept = {(i, stamp) for i, _, stamp in lines if i == horizon}
    before = at.applied if at else frozenset()
    is_whole = bool(is_there) and before <= {(i, stamp) for i, _, stamp in lines}
    new = {job for i, job, stamp in lines if (i, stamp) not in before}
    return Position(int(horizon), frozenset(kept), int(last)), new, is_whole


#: The lines, and beside each: the oldest transaction that still runs, the last line's number, and
#: whether the last line of the look before is still there (none was: whether the first one is).
_POSTGRESQL_LINES = text(
    "SELECT s.horizon, s.last, s.is_there, c.id, c.job_id, c.stamp FROM (SELECT "
    "pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon, "
    "(SELECT coalesce(max(id), 0) FROM job_changes) AS last, "
    "CASE WHEN :last = 0 THEN (SELECT coalesce(min(id), 1) = 1 FROM job_changes) "
    "ELSE EXISTS (SELECT 1 FROM job_changes WHERE id = :last) END AS is_there) s "
    "LEFT JOIN job_changes c ON c.stamp >= coalesce(cast(:since AS bigint), s.horizon)"
)
_SQLITE_LINES = text("SELECT id, job_id, stamp FROM job_changes WHERE id >= :since ORDER BY id")
_SQLITE_LAST = text(
    "SELECT id, job_id, stamp FROM job_changes WHERE id >= :since ORDER BY id DESC LIMIT 1"
)


def _load(session: Session) -> Columns:
    """Read all open jobs."""
    names = Names(), Names(), Names(), Names()
    places = _places(session)
    data = _read(session, names, places, None)
    names[0].tokens()
    return Columns(data, *names, places)


def _refreshed(session: Session, known: Columns, job_ids: set[int]) -> Columns:
    """Return columns in which some jobs are read again."""
    names = known.titles, known.companies, known.wheres, known.currencies
    parts = [np.array([], np.int64)]
    ids = sorted(job_ids)
    read = [
        _read(session, names, known.places, ids[start : start + _CHUNK])
        for start in range(0, len(ids), _CHUNK)
    ]
    places = known.places
    if any((part["place"] < 0).any() for part in read):  # a place that was not there before
        return _load(session)
    stays = ~np.isin(known["job_id"], np.array(ids, np.int64))
    merged = {
        name: np.concatenate([known[name][stays], *(part[name] for part in read), *parts])
        for name in _NUMBERS
    }
    order = np.argsort(merged["job_id"], kind="stable")
    data = {name: values[order] for name, values in merged.items()}
    fresh = Columns(data, *names, places)
    if (kept := known.memo.get("waiting")) is not None:
        gone = set(ids)
        fresh.memo["waiting"] = {job: words for job, words in kept.items() if job not in gone}
    return fresh


def _read(
    session: Session,
    names: tuple[Names, Names, Names, Names],
    places: Places,
    job_ids: Sequence[int] | None,
) -> dict[str, Ints]:
    """Read jobs into columns, all or some, by id; closed ones are left out."""
    titles, companies, wheres, currencies = names
    low, high = (type_coerce(sql_cast(c, Float), Float) for c in (Job.yearly_min, Job.yearly_max))
    stated = (Job.salary_min, Job.place_id, Job.employment_type, Job.url, Job.experience_level)
    complete: Any = sum((case((column.is_(None), 0), else_=1) for column in stated), literal(0))
    query = (
        select(
            Job.id,
            func.coalesce(JobDocument.doc, 0),
            Job.posted_date,
            Job.expires_at,
            Job.employment_type,
            sql_cast(Job.remote, String),
            Job.experience_level,
            low,
            high,
            Job.salary_currency,
            Job.place_id,
            func.coalesce(Job.duplicate_group, 0),
            complete,
            func.coalesce(func.length(Job.description), 0),
            Job.title,
            Job.company_name,
            Job.location,
            Job.created_at,
        )
        .outerjoin(JobDocument, JobDocument.job_id == Job.id)
        .where(Job.is_active)
        .order_by(Job.id)
    )
    if job_ids is not None:
        query = query.where(Job.id.in_(job_ids))
    rows = session.connection().execute(query).fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * 18
    employment, remote, level = (_numbers(w) for w in (EMPLOYMENT, REMOTE, LEVELS))
    lowest, highest = (np.array(column, np.float64) for column in columns[7:9])
    top = np.where(np.isnan(highest), lowest, highest)
    middle = np.where(np.isnan(lowest) | np.isnan(highest), top, (lowest + highest) / 2)
    numbers: dict[str, Any] = {
        "job_id": columns[0],
        "doc": columns[1],
        "posted": [day.toordinal() for day in columns[2]],
        "created": [microseconds(moment) for moment in columns[17]],
        "expires": [NEVER if t is None else microseconds(t) for t in columns[3]],
        "employment": [employment.get(word or "", len(EMPLOYMENT) - 1) for word in columns[4]],
        "remote": [remote.get(word or "", 0) for word in columns[5]],
        "level": [level.get(word or "", 0) for word in columns[6]],
        "pay": _cents(top),
        "pay_mid": _cents(middle),
        "currency": [currencies.number(word) for word in columns[9]],
        "place": [0 if i is None else places.numbers.get(i, -1) for i in columns[10]],
        "group": columns[11],
        "complete": columns[12],
        "length": columns[13],
        "title": [titles.number(word) for word in columns[14]],
        "company": [companies.number(word) for word in columns[15]],
        "where": [wheres.number(word) for word in columns[16]],
    }
    found = _features(session, job_ids)
    numbers["features"] = [found.get(i, 0) for i in columns[0]]
    return {name: np.array(numbers[name], np.int64) for name in _NUMBERS}


def _numbers(texts: Iterable[str]) -> dict[str, int]:
    return {text: number for number, text in enumerate(texts)}


def _cents(amounts: NDArray[np.float64]) -> Ints:
    """Return amounts in hundredths; -1 where nothing is known."""
    return np.where(np.isnan(amounts), -1, np.rint(np.nan_to_num(amounts) * 100)).astype(np.int64)


def microseconds(moment: datetime) -> int:
    """Return an instant as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def _features(session: Session, job_ids: Sequence[int] | None) -> dict[int, int]:
    """Return the stated features of jobs as bits, in the order of ``FEATURES``."""
    weights = {code: 1 << n for n, code in enumerate(FEATURES)}
    weight = case(weights, value=JobFeature.feature, else_=0)
    query = (
        select(JobFeature.job_id, sql_cast(func.sum(weight), BigInteger))
        .where(JobFeature.is_stated)
        .group_by(JobFeature.job_id)
    )
    if job_ids is not None:
        query = query.where(JobFeature.job_id.in_(job_ids))
    rows: list[Any] = list(session.connection().execute(query))
    return dict(rows)


def _places(session: Session) -> Places:
    """Read the places; (code, parent, region, country) of each."""
    rows = session.execute(
        select(
            Place.id,
            Place.code,
            Place.parent_code,
            Place.region_code,
            Place.country,
            Place.latitude,
            Place.longitude,
        ).order_by(Place.id)
    ).all()
    own = [("", "", "", ""), *((r[1], r[2] or "", r[3] or "", r[4]) for r in rows)]
    regions = [region or country for _, _, region, country in own]
    known = _numbers(dict.fromkeys(regions))
    return Places(
        numbers={row[0]: number for number, row in enumerate(rows, 1)},
        rows=own,
        latitude=np.array([np.nan, *(row[5] for row in rows)], np.float64),
        longitude=np.array([np.nan, *(row[6] for row in rows)], np.float64),
        regions=tuple(known),
        region=np.array([known[region] for region in regions], np.int64),
    )


def waiting_words(session: Session, columns: Columns, rows: Ints) -> dict[int, str]:
    """Return the tokens of jobs that wait for the index, by id; the newest with all their words."""
    known: dict[int, str] = columns.memo.get("waiting", {})
    ids = columns["job_id"][rows]
    wanted = [job for job in ids[-MOST_READ_HERE:].tolist() if job not in known]
    if wanted:
        found = session.execute(select(Job.id, *TEXTS).where(Job.id.in_(wanted)))
        known = known | {row[0]: tokenise(*row[1:]) for row in found}
        columns.memo["waiting"] = known
    if len(rows) <= MOST_READ_HERE:
        return known
    texts = (columns.titles, columns.companies, columns.wheres)
    parts: dict[tuple[int, ...], str] = columns.memo.setdefault("parts", {})
    out = dict(known)
    for row, job in zip(rows[:-MOST_READ_HERE].tolist(), ids.tolist(), strict=False):
        key = tuple(int(columns[name][row]) for name in ("title", "company", "where"))
        if key not in parts:
            parts[key] = tokenise(*(t.texts[k] for t, k in zip(texts, key, strict=True)))
        out.setdefault(job, parts[key])
    return out
