"""Where the day's time went: the share of each leg, out of what the legs recorded themselves.

Nothing is measured here. The legs of one day add up to the whole: what no leg claims is `other`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jobscore.digests.day import DayReport, Stage

#: The stages of a matching run (`RunReport.timings`) by the name of their leg, in order of work.
#: A stage that stands in no table of ours is shown under its own name.
MATCHING: Final = {
    "load": "load: job columns",
    "columns": "load: job columns",
    "texts": "load: texts",
    "read": "load: people",
    "people": "load: people",
    "score": "score",
    "select": "select",
    "explain": "explain",
    "write": "write: scores and matches",
}
#: The same of the letters (`BuildReport.timings`).
LETTERS: Final = {
    "read": "letters: read",
    "compose": "letters: compose",
    "write": "letters: write",
}
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg: its seconds on the wall, and tenths of a percent of the whole."""

    name: str
    seconds: float
    permille: int


@dataclass(frozen=True, slots=True)
class Profile:
    """All legs of a day in order of work, `other` last; their shares add up to 1,000."""

    #: On the wall; the attempts before this one of a run that was stopped included.
    seconds: float
    legs: tuple[Leg, ...]
    stages: tuple[Stage, ...]


def profile_of(report: DayReport) -> Profile:
    """Return the shares of a day's legs."""
    spent = _named(report.matching.timings, MATCHING)
    spent |= _named(report.building.timings, LETTERS)
    if report.sending is not None:
        spent["send"] = report.sending.seconds
    known = sum(spent.values())
    whole = max(known, report.seconds + _before(report))
    spent[OTHER] = whole - known
    shares = _permille(list(spent.values()))
    legs = (
        Leg(name, seconds, share)
        for (name, seconds), share in zip(spent.items(), shares, strict=True)
    )
    return Profile(whole, tuple(legs), report.stages)


def _before(report: DayReport) -> float:
    """Return the seconds that earlier attempts at the same run took; they stand in its timings."""
    (matching,) = (stage for stage in report.stages if stage.name == "match")
    return max(0.0, report.matching.timings.get("total", 0.0) - matching.seconds)


def _named(timings: dict[str, float], names: dict[str, str]) -> dict[str, float]:
    found = dict.fromkeys((leg for stage, leg in names.items() if stage in timings), 0.0)
    for stage, seconds in timings.items():
        if stage not in ("total", "all"):
            leg = names.get(stage, stage)
            found[leg] = found.get(leg, 0.0) + seconds
    return found


def _permille(seconds: Sequence[float]) -> list[int]:
    """Share 1,000 by seconds; what rounding down leaves goes to the largest remainders."""
    whole = sum(seconds)
    if whole <= 0:
        return [*[0] * (len(seconds) - 1), 1_000]
    exact = [1_000 * one / whole for one in seconds]
    shares = [int(one) for one in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: shares[i] - exact[i])
    for i in by_remainder[: 1_000 - sum(shares)]:
        shares[i] += 1
    return shares


def lines_of(profile: Profile) -> list[str]:
    """Return the profile as a table for a terminal."""
    lines = [f"  {'leg':<28}{'seconds':>10}{'share':>9}"]
    lines += [
        f"  {leg.name:<28}{leg.seconds:>10.2f}{leg.permille / 10:>7.1f} %" for leg in profile.legs
    ]
    lines.append(f"  {'all':<28}{profile.seconds:>10.2f}{100:>7.1f} %")
    for stage in profile.stages:
        busy = f"{stage.cpu:.2f} s CPU here"
        if stage.workers_cpu:
            busy += f" and {stage.workers_cpu:.2f} s in worker processes"
        lines.append(f"  {stage.name}: {stage.seconds:.2f} s, {busy}; {waited(stage):.2f} s waited")
    return lines


def waited(stage: Stage) -> float:
    """Return the seconds in which this process did nothing: for the database, workers, mail."""
    return max(0.0, stage.seconds - stage.cpu)


def as_json(profile: Profile) -> dict[str, object]:
    """Return the profile as plain values."""
    return {
        "seconds": round(profile.seconds, 3),
        "legs": [
            {"name": leg.name, "seconds": round(leg.seconds, 3), "percent": leg.permille / 10}
            for leg in profile.legs
        ],
        "stages": [
            {
                "name": stage.name,
                "seconds": round(stage.seconds, 3),
                "cpu_seconds": round(stage.cpu, 3),
                "worker_cpu_seconds": round(stage.workers_cpu, 3),
                "waited_seconds": round(waited(stage), 3),
            }
            for stage in profile.stages
        ],
    }
