"""Two policies side by side for the same people on the same day: what would change for whom.

Pure. It takes what `blocks.match_block` chose under each policy, block by block, and keeps sums
only; `Comparison.summary` gives plain JSON values. "Before" is the policy that it is held against,
"after" the one on trial.
"""

import csv
import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from jobscore.matching import selection
from jobscore.matching.blocks import Chosen, PersonMatches
from jobscore.matching.selection import Quotas, Section
from jobscore.scoring.policy import TOTAL_SCALE

MOST_MOVERS: Final = 15
"""So many jobs, and so many people, are named as movers."""
BUCKETS: Final = 10
"""Buckets of a distribution: of totals 0..100 and of overlap 0..99 %; overlap has one more, 100."""
MOST_GROUPS: Final = 50
"""A file with more groups than this names no groups."""


class GroupsFileError(ValueError):
    """A file of groups cannot be read: `line` says where, `code` why."""

    def __init__(self, line: int, code: str) -> None:
        self.line = line
        self.code = code
        super().__init__(f"line {line}: {code}")


def spread(ids: Sequence[int], people: int | None) -> list[int]:
    """Return so many of some ids, evenly spread over them; all when None or there are fewer.

    The same ids give the same sample: nothing is drawn by lot.
    """
    if people is None or people >= len(ids):
        return list(ids)
    return [ids[i * len(ids) // people] for i in range(people)]


def read_groups(lines: Iterable[str]) -> dict[str, str]:
    """Read a CSV of e-mail address and group; a first line without an @ is its header.

    Addresses are compared in lower case; the group of an address that comes twice is the last.
    Raises GroupsFileError.
    """
    found: dict[str, str] = {}
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != 2 or not row[1].strip():
                raise GroupsFileError(reader.line_num, "needs_email_and_group")
            email = row[0].strip().lstrip("\ufeff").lower()
            if "@" in email:
                found[email] = row[1].strip()[:100]
            elif reader.line_num > 1:
                raise GroupsFileError(reader.line_num, "no_address")
    except csv.Error as error:
        raise GroupsFileError(reader.line_num, "not_csv") from error
    if len(set(found.values())) > MOST_GROUPS:
        raise GroupsFileError(reader.line_num, "too_many_groups")
    return found


@dataclass(slots=True)
class _Side:
    """Sums over the lists that one policy gives."""

    jobs: int = 0
    total: int = 0
    judged: int = 0
    short: int = 0
    without_any: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    totals: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    sections: Counter[str] = field(default_factory=Counter)
    """Jobs that a section claimed for itself, without those that only filled it."""
    fill_ups: int = 0

    def add(self, person: PersonMatches) -> None:
        """Count one person's list."""
        for one in person.chosen:
            points = one.total // TOTAL_SCALE
            self.totals[min(points * BUCKETS // 100, BUCKETS - 1)] += 1
            self.total += one.total
            self.judged += one.judged
            self.fill_ups += one.is_fill_up
            self.sections[one.section] += not one.is_fill_up
        self.jobs += len(person.chosen)
        self.without_any += not person.chosen
        if (why := person.shortage()) is not None:
            self.short += 1
            self.reasons[why] += 1

    def summary(self, people: int) -> dict[str, Any]:
        """Return the figures as JSON values; means are null where there is nothing to average."""
        return {
            "jobs": self.jobs,
            "mean_total": _mean(self.total / TOTAL_SCALE, self.jobs),
            "mean_judged": _mean(self.judged, self.jobs),
            "short": self.short,
            "without_any": self.without_any,
            "reasons": dict(sorted(self.reasons.items(), key=lambda e: (-e[1], e[0]))),
            "totals": list(self.totals),
            "sections": {
                str(section): _mean(self.sections[section], people) for section in Section
            },
            "fill_ups": self.fill_ups,
        }


@dataclass(slots=True)
class _Shown:
    """To how many people one job is shown under each policy, and at which places."""

    people: list[int] = field(default_factory=lambda: [0, 0])
    places: list[int] = field(default_factory=lambda: [0, 0])


@dataclass(slots=True)
class _Group:
    """Sums over the people of one group."""

    people: int = 0
    overlap: float = 0.0
    first_changed: int = 0
    sides: tuple[_Side, _Side] = field(default_factory=lambda: (_Side(), _Side()))


@dataclass(slots=True)
class Comparison:
    """What two policies choose, gathered block by block."""

    quotas: Quotas = selection.USUAL
    """Those of the policy on trial."""
    people: int = 0
    overlap: float = 0.0
    """Sum over people of the share of their list that both policies choose, 0..1."""
    overlaps: list[int] = field(default_factory=lambda: [0] * (BUCKETS + 1))
    first_changed: int = 0
    moved: int = 0
    """Places by which jobs of both lists moved, summed."""
    in_both: int = 0
    before: _Side = field(default_factory=_Side)
    after: _Side = field(default_factory=_Side)
    jobs: defaultdict[int, _Shown] = field(default_factory=lambda: defaultdict(_Shown))
    groups: defaultdict[str, _Group] = field(default_factory=lambda: defaultdict(_Group))
    _movers: list[tuple[float, int, dict[str, Any]]] = field(default_factory=list)

    def add(
        self,
        before: Sequence[PersonMatches],
        after: Sequence[PersonMatches],
        groups: Mapping[int, str] | None = None,
    ) -> None:
        """Add a block: the same people in the same order, as each policy serves them.

        `groups` names the group of some of them, by user id.
        """
        found = [
            self._add_person(old, new, (groups or {}).get(new.user_id))
            for old, new in zip(before, after, strict=True)
        ]
        changed = [mover for mover in found if mover[0] < 1]
        self._movers = heapq.nsmallest(MOST_MOVERS, [*self._movers, *changed], key=_order)

    def _add_person(
        self, old: PersonMatches, new: PersonMatches, group: str | None
    ) -> tuple[float, int, dict[str, Any]]:
        if old.user_id != new.user_id:
            raise ValueError("both policies must serve the same people in the same order")
        places = [{c.job_id: c.position for c in person.chosen} for person in (old, new)]
        shared = places[0].keys() & places[1].keys()
        longest = max(len(places[0]), len(places[1]))
        overlap = len(shared) / longest if longest else 1.0
        is_changed = _first(old) != _first(new)
        moves = {job: abs(places[0][job] - places[1][job]) for job in shared}
        self.people += 1
        self.overlap += overlap
        self.overlaps[int(overlap * BUCKETS)] += 1
        self.first_changed += is_changed
        self.moved += sum(moves.values())
        self.in_both += len(shared)
        self.before.add(old)
        self.after.add(new)
        for side in (0, 1):
            for job, place in places[side].items():
                self.jobs[job].people[side] += 1
                self.jobs[job].places[side] += place
        if group is not None:
            mine = self.groups[group]
            mine.people += 1
            mine.overlap += overlap
            mine.first_changed += is_changed
            mine.sides[0].add(old)
            mine.sides[1].add(new)
        far = max(moves, key=lambda job: (moves[job], -job), default=None)
        entry = {
            "user_id": new.user_id,
            "overlap": _percent(overlap),
            "before": _list_of(old),
            "after": _list_of(new),
            "farthest": None
            if far is None or not moves[far]
            else {"job_id": far, "from": places[0][far], "to": places[1][far]},
        }
        return overlap, new.user_id, entry

    def summary(self) -> dict[str, Any]:
        """Return everything as plain JSON values; the groups stand apart, in `group_summary`."""
        return {
            "people": self.people,
            "slots": self.quotas.slots,
            "mean_overlap": _mean(100 * self.overlap, self.people),
            "overlaps": list(self.overlaps),
            "first_changed": self.first_changed,
            "mean_move": _mean(self.moved, self.in_both),
            "before": self.before.summary(self.people),
            "after": self.after.summary(self.people),
            "section_slots": {str(code): self.quotas.slots_of(code) for code in Section},
            "jobs": self._job_movers(),
            "persons": [entry for _, _, entry in self._movers],
        }

    def _job_movers(self) -> list[dict[str, Any]]:
        ranks = [self._ranks(side) for side in (0, 1)]
        changed = [
            (job, shown) for job, shown in self.jobs.items() if shown.people[0] != shown.people[1]
        ]
        far = heapq.nsmallest(
            MOST_MOVERS, changed, key=lambda e: (-abs(e[1].people[0] - e[1].people[1]), e[0])
        )
        return [
            {
                "job_id": job,
                "people": list(shown.people),
                "ranks": [ranks[0].get(job), ranks[1].get(job)],
            }
            for job, shown in far
        ]

    def _ranks(self, side: int) -> dict[int, int]:
        """Rank the jobs that are shown: by people, then by mean place, then by number."""
        shown = [(job, s.people[side], s.places[side]) for job, s in self.jobs.items()]
        order = sorted((-n, places / n, job) for job, n, places in shown if n)
        return {job: rank for rank, (_, _, job) in enumerate(order, start=1)}

    def group_summary(self) -> dict[str, dict[str, Any]]:
        """Return the effect on each group. It is for the reader of the run, and never stored."""
        return {
            name: {
                "people": group.people,
                "mean_overlap": _mean(100 * group.overlap, group.people),
                "first_changed": group.first_changed,
                "mean_total": [_mean(s.total / TOTAL_SCALE, s.jobs) for s in group.sides],
                "short": [s.short for s in group.sides],
            }
            for name, group in sorted(self.groups.items())
        }


def _order(mover: tuple[float, int, dict[str, Any]]) -> tuple[float, int]:
    return mover[0], mover[1]


def _first(person: PersonMatches) -> int | None:
    return person.chosen[0].job_id if person.chosen else None


def _list_of(person: PersonMatches) -> dict[str, Any]:
    chosen: Sequence[Chosen] = person.chosen
    return {
        "jobs": len(chosen),
        "first_job_id": _first(person),
        "mean_total": _mean(sum(c.total for c in chosen) / TOTAL_SCALE, len(chosen)),
    }


def _mean(total: float, count: int) -> float | None:
    return round(total / count, 2) if count else None


def _percent(share: float) -> float:
    return round(100 * share, 1)
