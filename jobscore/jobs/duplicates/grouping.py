"""Pairs become groups: what is the same stays together, what a person parted stays apart. Pure."""

from collections.abc import Iterable
from typing import TypeAlias

Pair: TypeAlias = tuple[int, int]


def groups(same: Iterable[Pair], different: Iterable[Pair]) -> dict[int, int]:
    """Return job id -> smallest job id of its group, for jobs that are in one.

    Pairs join in the order given, surest first. One that would bring together two jobs that a
    person called different is left out: a decision counts more than a chain of findings.
    """
    members: dict[int, set[int]] = {}
    head: dict[int, int] = {}
    apart: dict[int, set[int]] = {}
    for a, b in different:
        apart.setdefault(a, set()).add(b)
        apart.setdefault(b, set()).add(a)
    for a, b in same:
        for job in (a, b):
            head.setdefault(job, job)
            members.setdefault(head[job], {job})
        first, second = head[a], head[b]
        if first == second:
            continue
        small, large = sorted((members[first], members[second]), key=len)
        if any(apart.get(job, set()) & large for job in small):
            continue
        keep, drop = (first, second) if members[first] is large else (second, first)
        members[keep] |= members.pop(drop)
        for job in small:
            head[job] = keep
    return {
        job: min(group) for group in members.values() if len(group) > 1 for job in sorted(group)
    }
