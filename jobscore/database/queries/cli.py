"""``flask schema slow``: the statements that cost most, and those sent many times over."""

import json
import shutil
from collections.abc import Sequence
from typing import cast

import click
from flask import current_app
from flask.cli import with_appcontext

from jobscore import config
from jobscore.database import queries
from jobscore.database.queries import recording
from jobscore.database.queries.statistics import SortKey

SORT_KEYS: tuple[SortKey, ...] = ("total", "mean", "p95", "calls")
HEADINGS = ("calls", "total", "mean", "p95", "rows", "source", "statement")
#: Columns of figures stand to the right.
FIGURES = 5
#: Characters that a statement gets at least, however narrow the terminal is.
LEAST_STATEMENT = 30
LONGEST_SOURCE = 28

NOTHING = (
    "No statement was recorded in the last day. Pages, commands and workers of this installation "
    "write what they sent to {folder} every few seconds while they work: use the app, then ask "
    "again."
)
ADVICE_LAZY = (
    "{relationship} is loaded one by one. Load it with the rows: "
    ".options(selectinload({relationship})), or joinedload for a single row."
)
ADVICE_LOOP = (
    "A loop sends it once for each row. Ask once for all rows (WHERE … IN) before the loop."
)


@click.command("slow")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option(
    "--sort",
    "by",
    default="total",
    show_default=True,
    type=click.Choice(SORT_KEYS),
    help="What the slowest are chosen and ordered by.",
)
@click.option("--json", "is_json", is_flag=True, help="Print JSON for programs.")
@with_appcontext
def slow(limit: int, by: str, is_json: bool) -> None:
    """Show the statements that cost most in the last day, and who sent them.

    All processes of this installation on this machine count, each since it started. Values never
    show: they were never kept.
    """
    folder = config.current(current_app).instance / recording.FOLDER
    statistics = queries.merged(folder)
    key = cast(SortKey, by)
    if is_json:
        click.echo(json.dumps(queries.as_json(statistics, limit, by=key), ensure_ascii=False))
        return
    if not statistics.statements:
        click.echo(NOTHING.format(folder=folder))
        return
    for line in report(statistics, limit, key, shutil.get_terminal_size((120, 24)).columns):
        click.echo(line)


def report(statistics: queries.Statistics, limit: int, by: SortKey, width: int) -> list[str]:
    """Return the table and the patterns below it as lines of at most ``width`` characters.

    The statement's column keeps :data:`LEAST_STATEMENT` characters on narrower terminals.
    """
    chosen = queries.slowest(statistics, limit, by=by)
    since = statistics.since.strftime("%Y-%m-%d %H:%M UTC")
    processes = "1 process" if statistics.processes == 1 else f"{statistics.processes} processes"
    lines = [
        f"Statements of {processes} since {since}; {len(chosen)} of {len(statistics.statements)}, "
        f"most {by} first.",
        f"p95 is exact to {queries.WORST_ERROR:.1%}; “+2” behind a source: two others sent it too.",
        "",
        *_table([_row(each) for each in chosen], width),
    ]
    if statistics.repeated:
        lines += ["", "Sent many times over by one piece of work (N+1):"]
        for found in statistics.repeated:
            lines += ["", *_pattern(found, width)]
    return lines


def duration(seconds: float) -> str:
    """Return a time with three digits that mean something: ``12.3 ms``."""
    if seconds >= 1:
        return f"{seconds:,.1f} s" if seconds >= 10 else f"{seconds:.2f} s"
    scaled, unit = (seconds * 1e3, "ms") if seconds >= 1e-3 else (seconds * 1e6, "µs")
    return f"{scaled:.{2 if scaled < 10 else 1 if scaled < 100 else 0}f} {unit}"


def _row(each: queries.StatementStatistics) -> tuple[str, ...]:
    first, *others = each.sources
    source = _shortened(first, LONGEST_SOURCE) + (f" +{len(others)}" if others else "")
    return (
        f"{each.calls:,}" + (f" ({each.errors:,} failed)" if each.errors else ""),
        duration(each.total),
        duration(each.mean),
        duration(each.p95),
        "?" if each.rows is None else f"{each.rows:,}",
        source,
        each.statement,
    )


def _table(rows: Sequence[tuple[str, ...]], width: int) -> list[str]:
    widths = [max(map(len, column)) for column in zip(HEADINGS, *rows, strict=True)]
    rest = max(LEAST_STATEMENT, width - sum(widths[:-1]) - 2 * (len(HEADINGS) - 1))
    lines = []
    for row in (HEADINGS, *rows):
        cells = [
            cell.rjust(size) if number < FIGURES else cell.ljust(size)
            for number, (cell, size) in enumerate(zip(row[:-1], widths[:-1], strict=True))
        ]
        lines.append("  ".join([*cells, _shortened(row[-1], rest)]))
    return lines


def _pattern(found: queries.RepeatedStatement, width: int) -> list[str]:
    units = "one such" if found.units == 1 else f"{found.units:,} of them"
    if found.relationship is not None:
        advice = ADVICE_LAZY.format(relationship=found.relationship)
    else:
        advice = ADVICE_LOOP
    return [
        f"  {found.source}: up to {found.most_in_one:,} times in one ({units})",
        "    " + _shortened(found.statement, max(LEAST_STATEMENT, width - 4)),
        "    " + advice,
    ]


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
