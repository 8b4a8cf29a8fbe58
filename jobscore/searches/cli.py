"""``flask searches``: write the alerts of a day, look at a person's next one."""

from datetime import datetime

import click
from flask import Flask
from flask.cli import AppGroup

from jobscore import clock, config
from jobscore.accounts import service as accounts
from jobscore.database.transaction import transaction
from jobscore.privacy import looking
from jobscore.searches import alerts

searches = AppGroup("searches", help="Saved searches and their alerts.")
ON = click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Day; default: today.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(searches)


@searches.command("send")
@ON
@click.option("--hold", is_flag=True, help="Let the letters wait until: flask digests release.")
def send(on: datetime | None, hold: bool) -> None:
    """Write the alerts of the day into the outbox; a second run the same day adds none.

    They leave with: flask emails send.
    """
    day = on.date() if on else clock.today(config.current().timezone)
    report = alerts.build(day, is_held=hold)
    why = ", ".join(f"{n:,} {reason.replace('_', ' ')}" for reason, n in report.skipped.items())
    click.echo(
        f"{report.letters:,} alerts with {report.jobs:,} jobs for {report.seen:,} people"
        + (f"; without a letter: {why}" if why else "")
        + f" ({report.seconds:.1f} s)"
    )


@searches.command("preview")
@click.argument("email")
@ON
@click.option("--html", is_flag=True, help="Print the HTML body instead of the text.")
def preview(email: str, on: datetime | None, html: bool) -> None:
    """Print the alert that the person would be sent now; sends nothing. The person sees that."""
    user = accounts.find(email)
    if user is None:
        raise click.ClickException(f"nobody signs in as {email}; see: flask users list")
    letter = alerts.preview(user.id, on.date() if on else None)
    if letter is None:
        raise click.ClickException("no search is due, or nothing is new in those that are")
    with transaction():
        looking.record(user.id, "preview", actor_id=None)
    click.echo(letter.html if html else f"{letter.subject}\n\n{letter.text}")
