"""Commands: ``flask jobs reports list | settle``."""

import click
from flask import Flask
from flask.cli import AppGroup

from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs.checks.cli import jobs
from jobscore.jobs.reports import service
from jobscore.jobs.reports.models import JobReport

reports = AppGroup("reports", help="What readers report about postings.")
_SHOWN = 60


def init_app(_app: Flask) -> None:
    """Register the commands, beside the others about jobs."""
    jobs.add_command(reports)


@reports.command("list")
@click.option(
    "--settled", is_flag=True, help="Those that were settled, instead of those that wait."
)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000))
def list_reports(settled: bool, limit: int) -> None:
    """List reports, newest first: number, day, job, reason, first words."""
    query = service.queue("settled" if settled else "open").order_by(JobReport.id.desc())
    rows = db.session().scalars(query.limit(limit)).all()
    for row in rows:
        words = " ".join((row.note if settled and row.note else row.text).split())
        shown = words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"
        click.echo(
            f"{row.id:>7}  {row.created_at:%Y-%m-%d}  job {row.job_id}  {row.reason}  {shown}"
        )
    if not rows:
        click.echo("no reports")


@reports.command("settle")
@click.argument("job_id", type=int)
@click.option("--note", required=True, help="What was done, for other admins.")
def settle(job_id: int, note: str) -> None:
    """Settle all reports of a job that wait. To hold the job: ``flask jobs hold``."""
    try:
        with transaction() as session:
            n = service.settle(session, job_id, note, actor_id=None)
    except service.NothingToSettleError as error:
        raise click.ClickException(f"No report of job {job_id} waits.") from error
    click.echo(f"{n} reports of job {job_id} settled")
