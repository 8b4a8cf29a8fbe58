"""``flask demo``: a whole day on made-up jobs and people, on this machine only."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from jobscore import clock, config
from jobscore.demo import day, environment, sample, seeding, serving
from jobscore.matching.runs import RunTakenError

demo = AppGroup("demo", help="A whole day on made-up jobs and people, on this machine only.")

_jobs = click.option("--jobs", default=3000, show_default=True, type=click.IntRange(10, 1_000_000))
_people = click.option("--people", default=60, show_default=True, type=click.IntRange(1, 100_000))
_port = click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535))


def _settle(port: int) -> config.Config:
    """Return the demo's settings; start again with them where the process has others."""
    settings = config.current()
    if settings.demo:
        return settings
    variables = environment.variables(os.environ, settings.instance, port)
    again = [sys.executable, "-m", "flask", *sys.argv[1:]]
    return os.execve(sys.executable, again, variables)  # noqa: S606  # no shell, our own words


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Say what stands in the way as a sentence, without a traceback."""
    try:
        yield
    except (seeding.ForeignDatabaseError, day.ImportBusyError) as error:
        raise click.ClickException(str(error)) from error
    except RunTakenError as error:
        raise click.ClickException(
            "another process matches people right now; try again when it is done"
        ) from error
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("aiosmtpd"):
            raise
        raise click.ClickException("the demo needs more: pip install 'jobscore[demo]'") from error


@demo.command("sample")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@_jobs
@click.option("--seed", default=1, show_default=True)
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Default: the real one.")
def write_sample(folder: Path, jobs: int, seed: int, today: date | None) -> None:
    """Write the sample's two CSV files into FOLDER: Japanese and English postings."""
    on = today or clock.today(config.current().timezone)
    for file in sample.write_jobs(folder, jobs, seed, on):
        click.echo(f"{file.path}: {file.rows} rows")


@demo.command("prepare")
@_jobs
@_people
@_port
def prepare(jobs: int, people: int, port: int) -> None:
    """Migrate, load the vocabulary, create people, import the sample; may run again."""
    _settle(port)
    with _plain_errors():
        day.Day(jobs, people, _say).prepare()


@demo.command("run")
@_jobs
@_people
@_port
def run(jobs: int, people: int, port: int) -> None:
    """Prepare, then score, match, compose and send, and print what was done; may run again."""
    _settle(port)
    whole = day.Day(jobs, people, _say)
    with _plain_errors():
        whole.prepare()
        whole.run()
    click.echo(whole.summary())


@demo.command("serve")
@_port
def serve(port: int) -> None:
    """Serve on loopback with one worker and an SMTP server until Ctrl-C."""
    settings = _settle(port)
    password = environment.own_secrets(settings.instance).password
    _say("")
    _say("Sign in with")
    _say(f"  admin   {seeding.ADMIN}   {password}")
    for email in seeding.some_seekers():
        _say(f"  seeker  {email}   {password}")
    _say(f"Letters that left: {settings.public_url}/demo/outbox")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    try:
        with _plain_errors():
            serving.serve(app, port, settings.instance / "outbox", _say)
    except serving.PortTakenError as error:
        raise click.ClickException(f"{error}; try another: make demo PORT={port + 1}") from error


def _say(text: str) -> None:
    click.echo(text)
    sys.stdout.flush()


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(demo)
