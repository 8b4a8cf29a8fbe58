"""``flask privacy``: answer people who ask for their data, or that it be erased."""

from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from jobscore import clock, config
from jobscore.accounts import service as accounts
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.privacy import erasing, exporting, looking

privacy = AppGroup("privacy", help="A person's data: export it, erase it.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(privacy)


def _person(email: str) -> User:
    user = accounts.find(email.strip().lower())
    if user is None:
        raise click.ClickException("Nobody signs in with this address; see: flask users list")
    return user


@privacy.command("export")
@click.argument("email")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="File to write."
)
def export(email: str, output: Path | None) -> None:
    """Write everything about the person EMAIL into a ZIP file; the person sees that it was done."""
    user_id = _person(email).id
    with transaction():
        looking.record(user_id, "export", actor_id=None)
    path = output or Path(exporting.filename(clock.today(config.current().timezone)))
    path.touch(mode=0o600)
    with path.open("wb") as file:
        for piece in exporting.stream(db.session(), user_id):
            file.write(piece)
    click.echo(f"{path} written, {path.stat().st_size:,} bytes. Delete it when it is handed over.")


@privacy.command("erase")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--letter", is_flag=True, help="Confirm it to the person by one last letter.")
def erase(email: str, yes: bool, letter: bool) -> None:
    """Erase the person EMAIL at once, in all tables and files. It cannot be taken back."""
    user_id = _person(email).id
    if not yes:
        typed = click.prompt("Type the address once more to erase everything", default="")
        if typed.strip().lower() != email.strip().lower():
            raise click.ClickException("Not the same address: nothing was erased.")
    try:
        with transaction() as session:
            user = session.get_one(User, user_id)
            done = erasing.erase(session, user, by="command", is_confirmed_by_letter=letter)
    except erasing.LastAdminError as error:
        raise click.ClickException(
            "The only administrator cannot be erased; make another one: flask users create --admin"
        ) from error
    for name, n in done.rows.items():
        click.echo(f"{name}: {n:,}")
    click.echo(f"files of letters: {done.files:,}")
    click.echo("Erased. Backups and copies of the database still hold the person; see")
    click.echo("docs/privacy.md, and after a restore run: flask privacy erase-again")


@privacy.command("erase-again")
@click.option("--dry-run", is_flag=True, help="Only count.")
def erase_again(dry_run: bool) -> None:
    """Erase again who was erased before and came back with a restored backup."""
    ids = erasing.come_back(db.session())
    db.session.rollback()
    if dry_run:
        click.echo(f"{len(ids):,} people were erased before and are here again.")
        return
    for user_id in ids:
        with transaction() as session:
            user = session.get(User, user_id)
            if user is not None:
                erasing.erase(session, user, by="restore")
    click.echo(f"{len(ids):,} people erased again.")
