"""``flask users``: accounts by command."""

import getpass
import json
import sys

import click
from flask import Flask
from flask.cli import AppGroup

from jobscore.accounts import optin, people, service
from jobscore.accounts.addresses import InvalidEmailError, normalise_email
from jobscore.accounts.models import ConsentKind, DigestFrequency, User
from jobscore.accounts.passwords import LONGEST, SHORTEST, PasswordProblem, WeakPasswordError
from jobscore.database.transaction import transaction
from jobscore.extensions import db

users = AppGroup("users", help="Create, list, disable and enable people's accounts.")

_WEAK = {
    PasswordProblem.TOO_SHORT: f"The password has fewer than {SHORTEST} characters.",
    PasswordProblem.TOO_LONG: f"The password has more than {LONGEST} characters.",
    PasswordProblem.COMMON: "The password is on the list of common ones.",
    PasswordProblem.PATTERN: "The password is one pattern repeated.",
    PasswordProblem.PERSONAL: "The password is made of the name or the address.",
}


@users.command()
@click.argument("email")
@click.option("--admin", is_flag=True, help="Make the person an administrator.")
@click.option("--name", default=None, help="Full name.")
@click.option("--locale", type=click.Choice(["en", "ja"]), default=None, help="Language.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(email: str, admin: bool, name: str | None, locale: str | None, **how: bool) -> None:
    """Create an account for EMAIL. Asks for the password unless --password-stdin is given.

    Exit status 1 when the address is none or taken, or the password is no good.
    """
    password = _read_password(from_stdin=how["password_stdin"])
    try:
        with transaction():
            user = service.create_user(
                email, password, full_name=name, is_superuser=admin, locale=locale
            )
            line = f"{user.email} created" + (" as an administrator." if admin else ".")
    except InvalidEmailError as error:
        raise click.ClickException(f"{email!r}: {error}.") from error
    except WeakPasswordError as error:
        raise click.ClickException(_WEAK[error.problem]) from error
    except service.EmailTakenError as error:
        raise click.ClickException(f"There is an account for {error} already.") from error
    click.echo(line)


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise click.ClickException("The two passwords differ.")
    return first


@users.command("list")
@click.option("--search", default="", help="Only who has this in address or name.")
@click.option("--limit", default=100, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def list_users(search: str, limit: int, as_json: bool) -> None:
    """List people: number, address, name, state."""
    query = people.matching(search).order_by(User.id).limit(limit)
    rows = [
        {
            "id": user.id,
            "email": user.email,
            "name": user.full_name,
            "is_active": user.is_active,
            "is_admin": user.is_superuser,
            "is_confirmed": user.email_verified_at is not None,
        }
        for user in db.session.scalars(query)
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        marks = [
            word
            for word, is_so in (
                ("admin", row["is_admin"]),
                ("disabled", not row["is_active"]),
                ("unconfirmed", not row["is_confirmed"]),
            )
            if is_so
        ]
        click.echo(f"{row['id']}\t{row['email']}\t{row['name'] or ''}\t{', '.join(marks)}")


@users.command()
@click.argument("email")
def disable(email: str) -> None:
    """Close EMAIL's account: the person is out at once and cannot sign in."""
    _set_active(email, is_active=False)


@users.command()
@click.argument("email")
def enable(email: str) -> None:
    """Open EMAIL's account again."""
    _set_active(email, is_active=True)


@users.command("ask-letters")
@click.argument("email")
def ask_letters(email: str) -> None:
    """Ask EMAIL by one letter whether letters with jobs are wanted; none comes without a yes in it.

    Exit status 1 when nobody was asked: they agreed already, or had three letters this hour.
    """
    address = _address(email)
    with transaction():
        user = _account(address)
        if user.email_verified_at is None or not user.is_active:
            raise click.ClickException(f"{address} is not confirmed, or the account is closed.")
        is_asked = optin.propose(user, ConsentKind.DIGEST)
        if is_asked and user.profile.digest_frequency is DigestFrequency.OFF:
            user.profile.digest_frequency = DigestFrequency.DAILY
    if not is_asked:
        raise click.ClickException(f"{address} was not asked: letters are on, or enough for now.")
    click.echo(f"{address} was asked; the letter waits in the outbox.")


def _address(email: str) -> str:
    try:
        return normalise_email(email)
    except InvalidEmailError as error:
        raise click.ClickException(f"{email!r}: {error}.") from error


def _account(address: str) -> User:
    user = service.find(address)
    if user is None:
        raise click.ClickException(f"There is no account for {address}.")
    return user


def _set_active(email: str, *, is_active: bool) -> None:
    address = _address(email)
    with transaction():
        user = _account(address)
        try:
            people.set_active(user.id, is_active, actor_id=None)
        except people.NotAcceptedError as error:
            raise click.ClickException(
                f"{address} was invited and has not accepted: only its owner can open the account."
            ) from error
    click.echo(f"{address} {'enabled' if is_active else 'disabled'}.")


def init_app(app: Flask) -> None:
    """Add the commands to ``app``."""
    app.cli.add_command(users)
