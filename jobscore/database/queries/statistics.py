"""What is kept of each statement, in bounded memory, and what it looks like from outside."""

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

#: Statements kept; when one more comes, those with the least total go to :data:`OTHERS`.
MOST_STATEMENTS = 500
#: Statements that leave together, so that not every new one has to look for the least.
LEAVE_TOGETHER = 10
#: Senders kept of a statement; further ones count as :data:`OTHERS`.
MOST_SOURCES = 40
#: Repeated statements kept.
MOST_REPEATED = 200
#: Stands for all statements (or senders) that found no place.
OTHERS = "(others)"

#: Buckets of a histogram to each doubling of the time.
STEPS = 8
#: A time of the histogram is off by at most this share: half a step, 4.5 %.
WORST_ERROR = 2 ** (1 / (2 * STEPS)) - 1
#: Times below a microsecond and above 2**30 µs (18 minutes) fall into the first and last bucket.
_FIRST, _LAST = 0, 30 * STEPS

SortKey = Literal["total", "mean", "p95", "calls"]


@dataclass(frozen=True, slots=True)
class StatementStatistics:
    """One normalised statement since the process (or the oldest of several) started."""

    #: Without any value: literals and parameters are ``?``.
    statement: str
    calls: int
    #: Seconds in the driver, all calls together.
    total: float
    mean: float
    #: 95 of 100 calls took at most so many seconds, within :data:`WORST_ERROR`.
    p95: float
    longest: float
    #: Rows returned or changed by all calls; None when the driver never told.
    rows: int | None
    #: Calls that ended in an error of the database; they count as calls too.
    errors: int
    #: Unit (``GET matching.index``, ``flask runs day``, ``task imports``) -> calls, most first.
    sources: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RepeatedStatement:
    """One statement that a unit sent many times over: what is called an N+1."""

    statement: str
    #: The unit that did.
    source: str
    #: Most times within one unit.
    most_in_one: int
    #: Units in which it came so often.
    units: int
    #: ``Match.job`` when the ORM loaded that relationship one by one; None for a loop of ours.
    relationship: str | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """All statements of one process, or of several merged."""

    since: datetime
    processes: int
    #: By total, descending.
    statements: Sequence[StatementStatistics]
    #: By most_in_one, descending.
    repeated: Sequence[RepeatedStatement]


@dataclass(slots=True)
class Entry:
    """The running sums of one statement; guarded by the lock of who keeps it."""

    statement: str
    calls: int = 0
    total: float = 0.0
    longest: float = 0.0
    rows: int | None = None
    errors: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    #: Bucket -> calls.
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, seconds: float, rows: int | None, source: str, *, failed: bool = False) -> None:
        """Count one call."""
        self.calls += 1
        self.total += seconds
        if seconds > self.longest:
            self.longest = seconds
        if rows is not None:
            self.rows = rows + (self.rows or 0)
        if failed:
            self.errors += 1
        number, buckets, sources = bucket(seconds), self.buckets, self.sources
        buckets[number] = buckets.get(number, 0) + 1
        if source not in sources and len(sources) >= MOST_SOURCES:
            source = OTHERS
        sources[source] = sources.get(source, 0) + 1

    def lengthen(self, before: float, after: float, rows: int) -> None:
        """Let a call counted with ``before`` seconds have taken ``after``; add its rows."""
        self.total += after - before
        if after > self.longest:
            self.longest = after
        self.rows = rows + (self.rows or 0)
        old, new = bucket(before), bucket(after)
        if old != new:
            self.buckets[old] = self.buckets.get(old, 0) - 1
            self.buckets[new] = self.buckets.get(new, 0) + 1

    def merge(self, other: "Entry") -> None:
        """Add the sums of ``other``."""
        self.calls += other.calls
        self.total += other.total
        self.longest = max(self.longest, other.longest)
        if other.rows is not None:
            self.rows = other.rows + (self.rows or 0)
        self.errors += other.errors
        for number, calls in other.buckets.items():
            self.buckets[number] = self.buckets.get(number, 0) + calls
        for source, calls in other.sources.items():
            name = source
            if source not in self.sources and len(self.sources) >= MOST_SOURCES:
                name = OTHERS
            self.sources[name] = self.sources.get(name, 0) + calls

    def copy(self) -> "Entry":
        """Return the same sums, apart."""
        return Entry(
            self.statement,
            self.calls,
            self.total,
            self.longest,
            self.rows,
            self.errors,
            dict(self.sources),
            dict(self.buckets),
        )

    def _p95(self) -> float:
        """Return the 95th percentile; of fewer than 20 calls that is the longest."""
        if self.calls < 20:
            return self.longest
        return min(self.longest, percentile(self.buckets, 0.95))

    def statistics(self) -> StatementStatistics:
        """Return what the sums say."""
        ranked = sorted(self.sources.items(), key=lambda item: (-item[1], item[0]))
        return StatementStatistics(
            self.statement,
            self.calls,
            self.total,
            self.total / self.calls if self.calls else 0.0,
            self._p95(),
            self.longest,
            self.rows,
            self.errors,
            MappingProxyType(dict(ranked)),
        )


@dataclass(slots=True)
class Sums:
    """The sums of one process, or of several merged."""

    since: datetime
    entries: dict[str, Entry] = field(default_factory=dict)
    #: (statement, unit) -> what was repeated.
    repeated: dict[tuple[str, str], RepeatedStatement] = field(default_factory=dict)

    def entry(self, statement: str) -> Entry:
        """Return the sums of ``statement``, making room for it where needed."""
        found = self.entries.get(statement)
        if found is None:
            if len(self.entries) >= MOST_STATEMENTS:
                self._make_room()
            found = self.entries[statement] = Entry(statement)
        return found

    def _make_room(self) -> None:
        kept = (entry for entry in self.entries.values() if entry.statement != OTHERS)
        leaving = heapq.nsmallest(LEAVE_TOGETHER + 1, kept, key=lambda entry: entry.total)
        for entry in leaving:
            del self.entries[entry.statement]
        others = self.entries.setdefault(OTHERS, Entry(OTHERS))
        for entry in leaving:
            others.merge(entry)

    def repeat(self, found: RepeatedStatement) -> None:
        """Note that units sent one statement many times over."""
        key = (found.statement, found.source)
        before = self.repeated.get(key)
        if before is None:
            if len(self.repeated) >= MOST_REPEATED:
                least = min(self.repeated, key=lambda each: self.repeated[each].most_in_one)
                del self.repeated[least]
            self.repeated[key] = found
            return
        self.repeated[key] = RepeatedStatement(
            found.statement,
            found.source,
            max(before.most_in_one, found.most_in_one),
            before.units + found.units,
            before.relationship or found.relationship,
        )

    def merge(self, other: "Sums") -> None:
        """Add those of another process."""
        self.since = min(self.since, other.since)
        for entry in other.entries.values():
            self.entry(entry.statement).merge(entry)
        for found in other.repeated.values():
            self.repeat(found)

    def copy(self) -> "Sums":
        """Return the same sums, apart."""
        entries = {statement: entry.copy() for statement, entry in self.entries.items()}
        return Sums(self.since, entries, dict(self.repeated))

    def statistics(self, processes: int) -> Statistics:
        """Return what the sums say."""
        statements = [entry.statistics() for entry in self.entries.values()]
        repeated = sorted(
            self.repeated.values(), key=lambda found: (-found.most_in_one, found.statement)
        )
        return Statistics(
            self.since, processes, tuple(_ranked(statements, "total")), tuple(repeated)
        )


def bucket(seconds: float) -> int:
    """Return the number of the histogram's bucket for a time."""
    if seconds <= 1e-6:
        return _FIRST
    return min(_LAST, int(math.log2(seconds * 1e6) * STEPS))


def percentile(buckets: Mapping[int, int], share: float) -> float:
    """Return the seconds that ``share`` of the calls did not pass; 0.0 without calls."""
    calls = sum(buckets.values())
    wanted, seen = math.ceil(share * calls), 0
    for number in sorted(buckets):
        seen += buckets[number]
        if seen >= wanted and calls:
            return 1e-6 * float(2 ** ((number + 0.5) / STEPS))
    return 0.0


def _ranked(statements: Iterable[StatementStatistics], by: SortKey) -> list[StatementStatistics]:
    return sorted(statements, key=lambda each: (-getattr(each, by), each.statement))


def slowest(
    statistics: Statistics, limit: int = 20, *, by: SortKey = "total"
) -> list[StatementStatistics]:
    """Return the ``limit`` statements that cost most, by ``by``, most first."""
    return _ranked(statistics.statements, by)[:limit]


def as_json(
    statistics: Statistics, limit: int | None = None, *, by: SortKey = "total"
) -> dict[str, Any]:
    """Return plain values for ``json.dumps``; times in seconds, ``since`` in ISO 8601."""
    chosen = slowest(statistics, len(statistics.statements) if limit is None else limit, by=by)
    return {
        "since": statistics.since.isoformat(),
        "processes": statistics.processes,
        "statements": [{**_fields(each), "sources": dict(each.sources)} for each in chosen],
        "repeated": [asdict(each) for each in statistics.repeated],
    }


def _fields(each: StatementStatistics) -> dict[str, Any]:
    return {name: getattr(each, name) for name in StatementStatistics.__slots__}
