"""Command: ``flask jobs index``."""

import json
import sys
from dataclasses import asdict

import click
from flask import Flask
from flask.cli import AppGroup

from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs.search import indexing


def init_app(app: Flask) -> None:
    """Register the command in the group ``flask jobs``."""
    group = app.cli.commands.get("jobs")
    if not isinstance(group, click.Group):
        group = AppGroup("jobs", help="The postings.")
        app.cli.add_command(group)
    group.add_command(index)


@click.command("index")
@click.option("--rebuild", is_flag=True, help="Empty the word index first, and read all jobs anew.")
@click.option("--check", is_flag=True, help="Only tell whether the index holds what jobs say.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def index(rebuild: bool, check: bool, as_json: bool) -> None:
    """Read the words of jobs that wait into the index of the search. The worker does it too.

    Each batch is a transaction. Exit status 1: --check found jobs that wait or are not held.
    """
    if rebuild and not check:
        with transaction() as session:
            indexing.forget(session)
    while not check:
        with transaction() as session:
            done = indexing.index_waiting(session)
        if not done:
            break
        if sys.stderr.isatty():
            click.echo(f"\r{indexing.state(db.session()).indexed:,} ", nl=False, err=True)
    session = db.session()
    now = indexing.state(session)
    wrong = indexing.check(session) if check else []
    session.rollback()
    if as_json:
        click.echo(json.dumps(asdict(now) | ({"wrong": len(wrong)} if check else {})))
    else:
        click.echo(
            f"{now.indexed:,} jobs in the index, {now.waiting:,} wait, "
            f"{now.leftovers:,} leftovers of changed jobs"
        )
        for job_id in wrong[:20]:
            click.echo(f"job {job_id} is not found by its own title", err=True)
    if check and (wrong or now.waiting):
        sys.exit(1)
