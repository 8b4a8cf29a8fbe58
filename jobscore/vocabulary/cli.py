"""``flask vocabulary``: load the shipped skills and places."""

import time

import click
from flask import Flask
from flask.cli import AppGroup

from jobscore.database.transaction import transaction
from jobscore.vocabulary import service

vocabulary = AppGroup("vocabulary", help="Skills, places and what words mean.")


@vocabulary.command("load")
def load() -> None:
    """Write the shipped skills, aliases and places into the database; may run again."""
    started = time.monotonic()
    with transaction():
        counts = service.load()
    click.echo(
        f"{counts.skills} skills ({counts.new_skills} new), {counts.aliases} names and aliases"
        f" ({counts.removed_aliases} removed), {counts.places} places ({counts.new_places} new)"
        f" in {time.monotonic() - started:.1f} s"
    )
    if counts.kept:
        click.echo(f"{counts.kept} rows are no longer in the shipped tables; they were kept.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(vocabulary)
