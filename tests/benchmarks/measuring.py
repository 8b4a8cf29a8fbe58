"""Time things beside a yardstick in the same run, and write what came out as a table.

Seconds are CPU seconds of this process: what is measured runs in one process, and on a machine
that does other work too the wall clock would measure that work.
"""

import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
#: The line of the page behind which a new run is put.
NEWEST = "## Results, newest first\n"
#: Everything at full size, a million jobs for the ranking included: an hour, not minutes.
FULL = os.environ.get("BENCH_FULL", "") not in ("", "0")
#: Factor on all amounts: 1 is 20,000 jobs and 2,000 people, 5 the full size.
SCALE = float(os.environ.get("BENCH_SCALE") or ("5" if FULL else "1"))
COLUMNS = ("leg", "amount", "jobscore", "yardstick of the same run", "times as fast")
BAR_COLUMNS = ("bar", "amount", "goal", "measured", "of the goal (below 1: reached)")
#: Columns that hold one figure each.
_RIGHT = {4}


def scaled(n: int) -> int:
    """Return an amount at the scale of this run, at least 10."""
    return max(10, round(n * SCALE))


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds that one call takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def timed(work: Callable[..., T], *given: object, **named: object) -> tuple[T, float]:
    """Return what one call gives, and its CPU seconds."""
    began = time.process_time()
    found = work(*given, **named)
    return found, time.process_time() - began


def clocks(work: Callable[[], object]) -> tuple[float, float]:
    """Return the CPU seconds of this process and the seconds on the wall that one call takes."""
    wall = time.monotonic()
    cpu = seconds(work)
    return cpu, time.monotonic() - wall


def least_seconds(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Return the least CPU seconds of each work; they take turns, so a busy moment hits all."""
    taken = [[seconds(work) for work in works] for _ in range(rounds)]
    return [min(times) for times in zip(*taken, strict=True)]


@dataclass(slots=True)
class Results:
    """The lines of one run."""

    #: Load of the machine (processes that want a core) when the run began; None where unknown.
    load: float | None = None
    lines: list[tuple[str, ...]] = field(default_factory=list)
    #: What was measured against the goals of the design; their seconds mean the full size.
    bars: list[tuple[str, ...]] = field(default_factory=list)

    def bar(
        self, name: str, amount: str, goal: float, measured: float, unit: str = "s", note: str = ""
    ) -> None:
        """Keep how far a goal of cost is: in the last column below 1 it is reached."""
        share = digits(measured / goal)
        most, found = f"at most {goal:g} {unit}", f"{measured:.3g} {unit}{note}"
        self.bars.append((name, amount, most, found, share))

    def least(self, name: str, amount: str, goal: float, measured: float) -> None:
        """Keep how far a goal of so many times as fast is: below 1 it is reached, as above."""
        least, found = f"at least {goal:g} times", f"{measured:,.0f} times"
        self.bars.append((name, amount, least, found, digits(goal / measured)))

    def add(
        self, leg: str, amount: str, ours: str, yardstick: str = "", ratio: float | None = None
    ) -> None:
        """Keep one line; ``ratio`` is how many times as fast as the yardstick we are."""
        self.lines.append((leg, amount, ours, yardstick, "" if ratio is None else digits(ratio)))

    def table(self) -> str:
        """Return the lines as tables that read well as text and as Markdown."""
        lines = _table([COLUMNS, *self.lines]) if self.lines else []
        bars = ["", *_table([BAR_COLUMNS, *self.bars])] if self.bars else []
        return "\n".join([*lines, *bars])

    def write_to(self, page: Path) -> None:
        """Put the run before the older ones of a page, with day, machine and command."""
        scale = "" if (5 if FULL else 1) == SCALE else f"BENCH_SCALE={SCALE:g} "
        scale = f"BENCH_FULL=1 {scale}" if FULL else scale
        day = datetime.now(UTC).date().isoformat()
        command = f"`{scale}python -m pytest {' '.join(sys.argv[1:])}`"
        text = f"\n### {day}\n\n{machine(self.load)}\n{command}\n\n{self.table()}\n"
        before, found, older = page.read_text(encoding="utf-8").partition(NEWEST)
        page.write_text(before + NEWEST + text + older if found else before + text, "utf-8")


def digits(ratio: float) -> str:
    """Return a ratio with as many digits as mean something."""
    return f"{ratio:,.0f}" if ratio >= 20 else f"{ratio:.2g}"


def load() -> float | None:
    """Return how many processes wanted a core in the last minute; None where it is not told."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def machine(load_before: float | None) -> str:
    """Return what kind of machine this is, without its name, as a sentence."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = found[0].partition(":")[2].strip() if found else model
    busy = "" if load_before is None else f", load {load_before:.1f} when the run began"
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{cores()} cores ({model}), {system}{busy}."


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "| "
        + " | ".join(
            cell.rjust(width) if i in _RIGHT else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in rows
    ]
    rule = [
        "-" * (width - 1) + ":" if i in _RIGHT else "-" * width for i, width in enumerate(widths)
    ]
    return [lines[0], "| " + " | ".join(rule) + " |", *lines[1:]]
