"""Commands: ``flask jobs check | hold | release | minimum-wages import | list``."""

import sys
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from jobscore import clock, config
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs.checks import holding, minimum_wages, queue, service
from jobscore.jobs.checks.minimum_wages import Amount, BadAmountError
from jobscore.jobs.checks.models import MinimumWage
from jobscore.jobs.models import Job

jobs = AppGroup("jobs", help="Check postings, hold and release jobs, keep minimum wages.")
wages = AppGroup("minimum-wages", help="The least hourly pay of each prefecture.")
jobs.add_command(wages)


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(jobs)


@jobs.command("check")
@click.option("--open-only", is_flag=True, help="Leave closed jobs out.")
def check(open_only: bool) -> None:
    """Check all postings again: after an upgrade, or when the rules have changed."""
    is_terminal = sys.stderr.isatty()

    def tell(n_jobs: int, n_findings: int) -> None:
        if is_terminal:
            click.echo(f"\r{n_jobs:,} jobs, {n_findings:,} findings ", nl=False, err=True)

    session = db.session()
    where = [Job.is_active.is_(True)] if open_only else []
    n_jobs, n_findings = service.check_again(
        session, clock.today(config.current().timezone), *where, commit=session.commit, tell=tell
    )
    if is_terminal:
        click.echo(err=True)
    click.echo(f"{n_jobs} jobs checked, {n_findings} findings")
    for rule, n in queue.counts(session, clock.now()).items():
        click.echo(f"{n:>8}  {rule}")


@jobs.command("hold")
@click.argument("job_id", type=int)
@click.option("--reason", required=True, help="Why, for other admins.")
def hold(job_id: int, reason: str) -> None:
    """Take a job from search, matches, letters and its public page. Imports leave it so."""
    with transaction() as session:
        job = session.get(Job, job_id)
        if job is None:
            raise click.ClickException(f"There is no job {job_id}.")
        try:
            holding.hold(session, job, reason, actor_id=None)
        except holding.AlreadyHeldError as error:
            raise click.ClickException(f"Job {job_id} is held already.") from error
    click.echo(f"job {job_id} held")


@jobs.command("release")
@click.argument("job_id", type=int)
def release(job_id: int) -> None:
    """Show a held job again, if its source still has it open."""
    with transaction() as session:
        job = session.get(Job, job_id)
        if job is None:
            raise click.ClickException(f"There is no job {job_id}.")
        try:
            holding.release(session, job, actor_id=None)
        except holding.NotHeldError as error:
            raise click.ClickException(f"Nobody holds job {job_id}.") from error
        state = "open" if job.is_active else "closed meanwhile"
    click.echo(f"job {job_id} released, {state}")


@wages.command("import")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)
def import_wages(file: Path | None) -> None:
    """Add the amounts of FILE, or those that ship with jobscore.

    FILE has the columns prefecture_code (JP-13), hourly_yen, valid_from (2026-10-01) and
    source_url, with tabs or commas. An amount of the same prefecture and day is corrected.
    Postings are compared at once, with amounts that lie ahead by the worker from their day on.
    """
    today = clock.today(config.current().timezone)
    try:
        if file is None:
            amounts: list[Amount] = list(minimum_wages.shipped())
        else:
            with file.open(encoding="utf-8-sig") as lines:
                amounts = minimum_wages.read(lines, today)
    except (BadAmountError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: {error}") from error
    with transaction() as session:
        minimum_wages.ensure_loaded(session)
        n = minimum_wages.add(session, amounts, actor_id=None)
    with transaction() as session:
        service.apply_wages(session, today)
    click.echo(f"{len(amounts)} amounts read, {n} new or corrected")


@wages.command("list")
@click.option("--all", "shows_all", is_flag=True, help="Those before and those to come, too.")
def list_wages(shows_all: bool) -> None:
    """List the amounts in force."""
    today = clock.today(config.current().timezone)
    everything = minimum_wages.everything(db.session())
    in_force = minimum_wages.in_force(db.session(), today)
    late = minimum_wages.overdue(in_force, today)
    for one in everything:
        current = in_force.get(one.prefecture_code)
        is_current = current is not None and current.valid_from == one.valid_from
        if is_current or shows_all:
            note = "in force" if is_current else "to come" if one.valid_from > today else "before"
            if is_current and one.prefecture_code in late:
                note += ", over a year old"
            kept = "" if isinstance(one, MinimumWage) else " (shipped)"
            click.echo(
                f"{one.prefecture_code}  {one.hourly_yen:>5} yen  from {one.valid_from}  "
                f"{note}{kept}"
            )
