"""Commands: ``flask emails bounces``, ``flask suppressions count | check | add | lift``."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from jobscore import config
from jobscore.accounts import audit
from jobscore.accounts.addresses import InvalidEmailError, normalise_email
from jobscore.database.transaction import transaction
from jobscore.emails import suppression
from jobscore.emails.bounces import boxes, service
from jobscore.emails.bounces.boxes import Found
from jobscore.emails.cli import group as emails

suppressions = AppGroup("suppressions", help="Addresses that are not written to.")
#: Addresses of ``add`` written in one transaction.
BATCH = 500
#: Exit statuses besides 0: on the list (``check``), some were wrong (``add``); not on it.
FOUND, WRONG, NOT_FOUND = 3, 1, 4


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(suppressions)


@emails.command("bounces")
@click.argument("place", required=False)
@click.option("--dry-run", is_flag=True, help="Only look; write nothing, mark nothing as read.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def bounces(place: str | None, dry_run: bool, as_json: bool) -> None:
    """Read bounces and complaints from PLACE and let them count.

    PLACE is a file with one message, an mbox, a Maildir, a folder of .eml files, or - for what
    comes in (a mail server may pipe each message here). Without it: JOBSCORE_MAIL_BOUNCE_BOX.
    Read again, nothing counts twice.

    Exit status: 0 read, 1 the place cannot be read.
    """
    place = place or config.current().mail_bounce_box
    if not place:
        raise click.UsageError("Name a PLACE, or set JOBSCORE_MAIL_BOUNCE_BOX.")
    found: Iterator[Found]
    if place == "-":
        found = (Found(raw) for raw in boxes.split(sys.stdin.buffer))
    else:
        found = boxes.messages(Path(place))
    try:
        tally = service.take_all(found, is_dry_run=dry_run)
    except boxes.BoxError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(as_plain(tally)) if as_json else "\n".join(sentences(tally)))


def as_plain(tally: service.Tally) -> dict[str, object]:
    """Return the counts as plain values."""
    return {
        "read": tally.read,
        "taken": {str(kind): n for kind, n in tally.taken.items()},
        "repeated": tally.repeated,
        "foreign": tally.foreign,
        "ignored": {str(why): n for why, n in tally.ignored.items()},
        "suppressed": tally.suppressed,
    }


def sentences(tally: service.Tally) -> list[str]:
    """Return the counts in words."""
    taken = tally.taken
    lines = [
        f"{tally.read} messages read: {taken['hard']} bounced for good, {taken['soft']} for now, "
        f"{taken['delayed']} delayed, {taken['complaint']} complaints; {tally.repeated} known "
        f"already, {tally.foreign} about no letter of ours, {tally.ignored.total()} no reports."
    ]
    if tally.suppressed:
        lines.append(f"{tally.suppressed} addresses are not written to any more.")
    return lines


@suppressions.command("count")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def count(as_json: bool) -> None:
    """Count the addresses on the list, by reason."""
    counts = suppression.counts()
    if as_json:
        click.echo(json.dumps(counts))
        return
    for reason, n in sorted(counts.items()):
        click.echo(f"{n:>8,}  {reason}")
    click.echo(f"{sum(counts.values()):>8,}  in all")


@suppressions.command("check")
@click.argument("address")
def check(address: str) -> None:
    """Tell whether ADDRESS is on the list (- reads it from what comes in).

    Exit status: 0 it may be written to, 3 it is on the list.
    """
    entry = suppression.find(_address(address))
    if entry is None:
        click.echo("Not on the list.")
        return
    note = f": {entry.note}" if entry.note else ""
    click.echo(f"On the list since {entry.created_at:%Y-%m-%d}, {entry.reason}{note}")
    sys.exit(FOUND)


@suppressions.command("add")
@click.argument("address")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in suppression.Reason if reason != "erased"]),
    default="admin",
    show_default=True,
)
@click.option("--note", help="Why; addresses in it are taken out.")
def add(address: str, reason: str, note: str | None) -> None:
    """Write to ADDRESS no more (- reads many, one a line, for example from another service).

    Commits in batches. Exit status: 1 some lines were no addresses; the others are on the list.
    """
    lines = sys.stdin if address == "-" else [address]
    wrong = new = known = 0
    batch: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            batch.append(normalise_email(line))
        except InvalidEmailError as error:
            wrong += 1
            click.echo(f"Line {number}: {error}.", err=True)
        if len(batch) == BATCH:
            new, known = _add(batch, reason, note, new, known)
            batch = []
    new, known = _add(batch, reason, note, new, known)
    click.echo(f"{new} added, {known} were on the list already.")
    sys.exit(WRONG if wrong else 0)


def _add(
    addresses: list[str], reason: str, note: str | None, new: int, known: int
) -> tuple[int, int]:
    if not addresses:
        return new, known
    with transaction():
        added = sum(
            suppression.suppress(one, suppression.Reason(reason), note) for one in addresses
        )
        audit.record("suppression.added", reason=reason, n=added, by="command")
    return new + added, known + len(addresses) - added


@suppressions.command("lift")
@click.argument("address")
@click.option("--why", required=True, help="Kept in the audit log; addresses are taken out.")
def lift(address: str, why: str) -> None:
    """Take ADDRESS from the list (- reads it from what comes in); its bounces count from 0 again.

    Exit status: 1 its owner had everything erased, 4 it was not on the list.
    """
    wanted = _address(address)
    try:
        with transaction():
            entries = suppression.lift(wanted)
            service.forgive(wanted)
            audit.record(
                "suppression.lifted",
                f"suppression:{entries[0].id}",
                reason=entries[0].reason,
                why=suppression.without_addresses(why),
                by="command",
            )
    except suppression.NotListedError:
        click.echo("Not on the list.", err=True)
        sys.exit(NOT_FOUND)
    except suppression.ErasedError as error:
        raise click.ClickException(
            "The owner had everything erased. Only they can come back, by signing up."
        ) from error
    click.echo("Taken from the list: letters may go there again.")


def _address(text: str) -> str:
    """Return an address as the list knows it; whatever stands there is compared."""
    if text == "-":
        text = sys.stdin.readline()
    try:
        return normalise_email(text)
    except InvalidEmailError:
        return text.strip().lower()
