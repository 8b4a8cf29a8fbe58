"""Command: ``flask jobs duplicates``."""

import json
import sys
import time
from dataclasses import asdict

import click
from flask import Flask
from flask.cli import AppGroup

from jobscore.database.transaction import transaction
from jobscore.jobs.duplicates import passes
from jobscore.jobs.duplicates.passes import PassReport


def init_app(app: Flask) -> None:
    """Register the command in the group ``flask jobs``."""
    group = app.cli.commands.get("jobs")
    if not isinstance(group, click.Group):
        group = AppGroup("jobs", help="The postings.")
        app.cli.add_command(group)
    group.add_command(duplicates)


@click.command("duplicates")
@click.option("--full", is_flag=True, help="Compare all postings anew, not only what is new.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def duplicates(full: bool, as_json: bool) -> None:
    """Find postings that are the same job, and group them; what is unsure waits for an admin.

    Decisions of people are kept. Exit status 1: another search is under way.
    """
    begin = time.perf_counter()
    with transaction() as session:
        if full:
            passes.request_full(session)
        else:
            passes.request(session)
    worker = passes.worker_name()
    pass_id = passes.claim(worker)
    if pass_id is None:
        click.echo("Another search is under way.", err=True)
        sys.exit(1)

    def show(report: PassReport) -> None:
        if sys.stderr.isatty():
            text = f"\rread {report.fingerprinted:,}, compared {report.compared:,} "
            click.echo(text, nl=False, err=True)

    report = passes.run(pass_id, worker, show)
    if as_json:
        click.echo(json.dumps(asdict(report)))
        return
    if sys.stderr.isatty():
        click.echo(err=True)
    click.echo(
        f"compared {report.compared:,} postings in {time.perf_counter() - begin:.1f} s: "
        f"{report.sure:,} pairs are the same job, {report.unsure:,} wait for a decision; "
        f"{report.groups:,} groups, {report.regrouped:,} jobs changed theirs"
    )
