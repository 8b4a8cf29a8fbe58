"""``flask matches`` and ``flask runs``: the matching run by hand, and what runs did."""

import sys
from datetime import date, datetime

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import force_locale

from jobscore.database.transaction import transaction
from jobscore.matching import complaints, wording
from jobscore.matching import runs as service
from jobscore.matching.models import MatchRun
from jobscore.matching.runs import RunReport

matches = AppGroup("matches", help="Choose each person's forty jobs, with reasons.")
runs = AppGroup("runs", help="Runs over all people: start, list, look at one.")


def run_with_progress(run_id: int) -> RunReport:
    """Execute a run, drawing its progress on a terminal; one line at its end elsewhere."""
    is_terminal = sys.stderr.isatty()

    def draw(report: RunReport) -> None:
        if is_terminal:
            share = report.processed * 100 // max(1, report.total)
            text = f"\rmatching {report.processed:,} of {report.total:,} people ({share} %)"
            click.echo(text, nl=False, err=True)

    report = service.execute(run_id, progress=draw)
    if is_terminal:
        click.echo(err=True)
    return report


@matches.command("run")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day of the list; default: today.")
@click.option("--everybody", is_flag=True, help="Also those whom no change concerns.")
def run(on: datetime | None, everybody: bool) -> None:
    """Score everybody against all open jobs and choose the day's forty.

    A second run of a day makes again only the lists that changes since the first concern: new,
    changed and closed jobs, and what people changed, answered or looked at. An interrupted run
    of the day goes on where it was. Exit status 1: a run was taken already.
    """
    with transaction():
        run_id = service.request_run(run_on=_day(on), is_full=everybody).id
    try:
        report = run_with_progress(run_id)
    except service.RunTakenError as error:
        raise click.ClickException(f"{error}; see: flask runs list") from error
    click.echo(summary(report))


@matches.command("complaints")
@click.option("--answered", is_flag=True, help="The newest answered ones instead of those waiting.")
@click.option("--limit", default=20, show_default=True, help="How many.")
def list_complaints(answered: bool, limit: int) -> None:
    """List what people say is wrong with a score, those that have waited longest first.

    The answer is given on the admin's page, beside what went into the score.
    """
    found = complaints.answered_ones().items if answered else complaints.open_ones(limit)
    for one in found[:limit]:
        text = " ".join(one.text.split())[:60]
        click.echo(
            f"{one.id:>6}  {one.created_at:%Y-%m-%d}  {one.status:<9}  user {one.user_id}  "
            f"job {one.job_id}  {one.part}: {one.problem}  {text}".rstrip()
        )
    if not answered:
        click.echo(f"{complaints.waiting()} waiting")


def _day(on: datetime | None) -> date | None:
    return on.date() if on else None


def summary(report: RunReport) -> str:
    """Return what a run did, in a few lines."""
    counts, timings = report.counts, report.timings
    lines = [
        f"run {report.run_id}: {report.processed:,} people x {counts['jobs']:,} jobs, "
        f"{counts['matches']:,} matches in {timings.get('total', 0):.1f} s "
        f"({', '.join(f'{k} {v:.1f} s' for k, v in timings.items() if k != 'total')})"
    ]
    if counts["unconcerned"]:
        lines.append(f"{counts['unconcerned']:,} people whom no change concerns keep their lists")
    if counts["short"]:
        lines.append(
            f"{counts['short']:,} people got fewer than forty, {counts['without_any']:,} none:"
        )
        why = {k.removeprefix("short:"): n for k, n in counts.items() if k.startswith("short:")}
        with force_locale("en"):
            lines += [
                f"  {n:>8,}  {wording.gate_label(reason)}"
                for reason, n in sorted(why.items(), key=_most)
            ]
    return "\n".join(lines)


def _most(entry: tuple[str, int]) -> tuple[int, str]:
    return -entry[1], entry[0]


@runs.command("list")
@click.option("--limit", default=20, show_default=True, help="How many of the newest.")
def list_runs(limit: int) -> None:
    """List the newest runs."""
    for one in service.list_runs(limit):
        click.echo(_line(one))


def _line(run_: MatchRun) -> str:
    return (
        f"{run_.id:>6}  {run_.kind:<6}  {run_.run_on}  {run_.status:<9}  "
        f"{run_.processed:,} of {run_.total:,}  {run_.timings.get('total', 0):.1f} s"
    )


@runs.command("show")
@click.argument("run_id", type=int)
def show(run_id: int) -> None:
    """Show one run: progress, counts, seconds of each stage. Exit status 1: no such run."""
    try:
        one = service.get_run(run_id)
    except service.RunNotFoundError as error:
        raise click.ClickException(f"There is no run {run_id}.") from error
    click.echo(_line(one))
    for name, value in [*one.counts.items(), *one.timings.items()]:
        click.echo(f"  {name:<24} {value:,}")
    if one.error:
        click.echo(f"  error: {one.error}")


def init_app(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(matches)
    app.cli.add_command(runs)
