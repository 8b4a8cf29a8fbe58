"""What ``flask policies backtest`` does: options, progress on a terminal, the result as text."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from jobscore.database.transaction import transaction
from jobscore.matching import backtest, backtesting, runs
from jobscore.matching.backtesting import BacktestReport
from jobscore.scoring.policy import Policy

F = TypeVar("F", bound=Callable[..., Any])
_GROUP_PROBLEMS = {
    "needs_email_and_group": "an address and a group are needed, and nothing else",
    "no_address": "the first value is no e-mail address",
    "not_csv": "this is not CSV",
    "too_many_groups": f"there are more than {backtest.MOST_GROUPS} different groups",
}


def OPTIONS(command: F) -> F:  # noqa: N802  stands among decorators that are constants
    """Add the options of a backtest to a command."""
    add = [
        click.option(
            "--people",
            type=click.IntRange(1),
            default=backtesting.USUAL_PEOPLE,
            show_default=True,
            help="So many, evenly spread over all.",
        ),
        click.option("--all", "everybody", is_flag=True, help="All people."),
        click.option(
            "--groups",
            "groups_file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="CSV of e-mail and group: the effect by group, shown here and never stored.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
    ]
    for option in reversed(add):
        command = option(command)
    return command


def run(
    policy: Policy,
    against: Policy,
    *,
    people: int,
    everybody: bool,
    groups_file: Path | None,
    as_json: bool,
    requested_by: int | None,
) -> None:
    """Compare two policies now, drawing progress on a terminal, and print what was found."""
    groups = _groups(groups_file)
    with transaction():
        run_id = backtesting.request_backtest(
            policy,
            against,
            people=None if everybody else people,
            requested_by=requested_by,
            is_own=True,
        )
    is_terminal = sys.stderr.isatty()

    def draw(report: BacktestReport) -> None:
        if is_terminal:
            share = report.processed * 100 // max(1, report.total)
            text = f"\rcomparing {report.processed:,} of {report.total:,} people ({share} %)"
            click.echo(text, nl=False, err=True)

    try:
        report = backtesting.execute(run_id, groups=groups, progress=draw, is_queued_again=False)
    except runs.RunTakenError as error:
        raise click.ClickException(f"{error}; see: flask runs show {run_id}") from error
    if is_terminal:
        click.echo(err=True)
    if as_json:
        data = (report.result or {}) | ({"groups": report.groups} if groups_file else {})
        click.echo(json.dumps({"run": run_id, "seconds": report.seconds} | data, indent=2))
        return
    click.echo("\n".join(lines(report)))
    if groups_file and not report.groups:
        click.echo("Nobody of the sample is in the file of groups.")


def _groups(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return backtest.read_groups(file)
    except backtest.GroupsFileError as error:
        why = _GROUP_PROBLEMS[error.code]
        raise click.ClickException(f"{path}, line {error.line}: {why}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} cannot be read as UTF-8 text: {error}") from error


def lines(report: BacktestReport) -> list[str]:
    """Return what a backtest found, in lines of text."""
    found: Mapping[str, Any] = report.result or {}
    before, after = found["before"], found["after"]
    people = found["people"]
    said = [
        f"backtest {report.run_id}: {found['against']} → {found['policy']}, {people:,} people x "
        f"{found['open_jobs']:,} jobs on {found['on']}, {report.seconds:.1f} s",
        f"  overlap@{found['slots']}             {_shown(found['mean_overlap'])} %",
        f"  first job changes      {found['first_changed']:,} of {people:,}",
        f"  mean total             {_pair(before['mean_total'], after['mean_total'])}",
        f"  mean judged            {_pair(before['mean_judged'], after['mean_judged'])} %",
        f"  fewer than {found['slots']}          {_pair(before['short'], after['short'])}",
        f"  nothing at all         {_pair(before['without_any'], after['without_any'])}",
    ]
    for reason in dict.fromkeys([*before["reasons"], *after["reasons"]]):
        numbers = _pair(before["reasons"].get(reason, 0), after["reasons"].get(reason, 0))
        said.append(f"    {reason:<20} {numbers}")
    said.append("  jobs that sections claim, of their places:")
    for section, slots in found["section_slots"].items():
        numbers = _pair(before["sections"][section], after["sections"][section])
        said.append(f"    {section:<20} {numbers} of {slots}")
    said.append("  totals of the chosen jobs:")
    for bucket, (old, new) in enumerate(zip(before["totals"], after["totals"], strict=True)):
        said.append(f"    {_bucket(bucket):<20} {_pair(old, new)}")
    said += _movers(found) + _by_group(report.groups)
    return said


def _movers(found: Mapping[str, Any]) -> list[str]:
    said = []
    if found["jobs"]:
        said.append("  jobs that gain or lose most (people, rank):")
    said += [
        f"    job {one['job_id']:<16} {_pair(*one['people'])} people, rank {_pair(*one['ranks'])}"
        for one in found["jobs"]
    ]
    if found["persons"]:
        said.append("  people whose list changes most:")
    said += [
        f"    person {one['user_id']:<13} {one['overlap']} % shared, first job "
        f"{_job(one['before']['first_job_id'])} → {_job(one['after']['first_job_id'])}, mean total "
        f"{_pair(one['before']['mean_total'], one['after']['mean_total'])}"
        for one in found["persons"]
    ]
    return said


def _by_group(groups: Mapping[str, Mapping[str, Any]]) -> list[str]:
    said = ["  by group (not stored):"] if groups else []
    for name, one in groups.items():
        safe = "".join(c if c.isprintable() else "?" for c in name)
        said.append(
            f"    {safe:<20} {one['people']:,} people, overlap {_shown(one['mean_overlap'])} %, "
            f"mean total {_pair(*one['mean_total'])}, fewer than forty {_pair(*one['short'])}"
        )
    return said


def _bucket(number: int) -> str:
    low = number * 100 // backtest.BUCKETS
    return f"{low} to {low + 9}" if number < backtest.BUCKETS - 1 else f"{low} to 100"


def _job(number: int | None) -> str:
    return "-" if number is None else str(number)


def _pair(old: float | None, new: float | None) -> str:
    return f"{_shown(old)} → {_shown(new)}"


def _shown(number: float | None) -> str:
    return "-" if number is None else f"{number:,}"
