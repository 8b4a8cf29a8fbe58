"""Commands: ``flask people list | invite | undo | withdraw | tend``, and the run of a file."""

import sys
import time
from collections import Counter
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask
from flask.cli import AppGroup
from flask_babel import force_locale
from sqlalchemy import select

from jobscore import clock, config
from jobscore.accounts.addresses import InvalidEmailError, normalise_email
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.emails.service import SendingRefusedError
from jobscore.extensions import db
from jobscore.imports import messages
from jobscore.imports import running as claiming
from jobscore.imports import service as imports
from jobscore.imports.batches import Counts
from jobscore.imports.models import CsvImport, ImportStatus, ImportType
from jobscore.imports.people import emails, inviting, running, service, writing
from jobscore.imports.people.drafting import ConsentProof, PeopleDrafter
from jobscore.imports.people.models import OPEN, Invitation, InvitationStatus
from jobscore.imports.reader import FileRefusedError, ReadOptions

#: Exit statuses besides 0: failed; the file or the command is wrong; some rows were rejected.
FAILED, WRONG, SOME_REJECTED = 1, 2, 3

people = AppGroup("people", help="People from files: invite them, take them back.")


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(people)


# -- flask imports run FILE --type people ----------------------------------------------------


def run_file(
    file: Path,
    mapping: dict[str, int] | None,
    options: ReadOptions,
    statement: ConsentProof | None,
    *,
    dry_run: bool,
) -> None:
    """Import the people of FILE and end with the status of ``flask imports run``."""
    try:
        service.refuse(file)
        seen = service.preview(file, options)
        columns = mapping or seen.mapping
        service.check_statement(columns, statement)
    except FileRefusedError as error:
        with force_locale("en"):
            _end(" ".join(messages.refusal(error.code, error.params)))
    except service.PasswordColumnError as error:
        _end(
            f"A column looks like passwords: {', '.join(error.columns)}. Nothing was kept: take "
            "it out of the file."
        )
    except service.MissingConsentError as error:
        _end(
            f"Nothing says the {error.part} of the consent: map a column to consent_text and "
            "consent_on, or give --consent-text and --consent-date."
        )
    except service.ConsentDateError:
        _end("--consent-date is a day that is over, such as 2026-04-01.")
    if "email" not in columns:
        _end(
            "No column is the e-mail address. Name it: --mapping email=N (columns count from 0).\n"
            f"The columns are: {', '.join(f'{c.index}={c.name!r}' for c in seen.columns)}"
        )
    if dry_run:
        return _dry_run(seen, columns, statement)
    try:
        attempt_id = _start(file, columns, options, statement)
    except imports.FileTooLargeError as error:
        _end(f"The file is larger than {error.limit_mb} MB (JOBSCORE_UPLOAD_LIMIT_MB).")
    except imports.DuplicateFileError as error:
        _end(f"This very file is import {error.import_id} already, of jobs.")
    except imports.NotRunningError:
        _end("A run of this file is under way; see: flask imports list")
    worker = claiming.worker_name()
    if claiming.claim(worker, attempt_id, ImportType.PEOPLE) is None:
        click.echo("A worker has taken this import; see: flask imports list", err=True)
        return None
    begin = time.perf_counter()
    status = running.run(attempt_id, worker)
    with transaction() as session:
        csv_import = imports.import_of(session, attempt_id)
        number, details = csv_import.id, csv_import.error_details or {}
        attempt = imports.last_attempt(session, number)
        counts = (
            {
                "new": attempt.new_rows,
                "filled up": attempt.changed_rows,
                "known": attempt.unchanged_rows,
                "repeated": attempt.duplicate_rows,
                "rejected": attempt.rejected_rows,
            }
            if attempt
            else {}
        )
    click.echo(f"import {number}: {status.value} in {time.perf_counter() - begin:.1f} s")
    _print(counts, Counter(details.get("codes", {})))
    if counts.get("new"):
        click.echo(f"Nobody was written to. Invite them: flask people invite {number}")
    sys.exit(
        {ImportStatus.DONE: 0, ImportStatus.DONE_WITH_ERRORS: SOME_REJECTED}.get(status, FAILED)
    )


def statement(
    text: str | None, given_on: datetime | None, version: str, method: str
) -> ConsentProof | None:
    """Return what the options of the command state; None when they state nothing.

    :raises click.UsageError: when words come without a day.
    """
    if given_on is None:
        if text or version or method:
            raise click.UsageError("--consent-text needs --consent-date: words without a day.")
        return None
    return ConsentProof(
        text=(text or "").strip(), given_on=given_on.date(), version=version, method=method
    )


def _end(text: str) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(WRONG)


def _start(
    file: Path, columns: dict[str, int], options: ReadOptions, statement: ConsentProof | None
) -> int:
    """Register the file (or find it) and queue a run; a stopped run of it goes on."""
    with transaction() as session, file.open("rb") as stream:
        csv_import = service.register(session, stream, file.name, None)
        attempt = imports.last_attempt(session, csv_import.id)
        if attempt is not None and attempt.status in imports.UNDER_WAY:
            return attempt.id
        if attempt is not None and attempt.status in imports.RESUMABLE:
            imports.resume(session, attempt)
            return attempt.id
        return service.start(session, csv_import, columns, options, statement, None).id


def _dry_run(
    seen: imports.Preview, columns: dict[str, int], statement: ConsentProof | None
) -> None:
    today = clock.today(config.current().timezone)
    drafter = PeopleDrafter(columns, seen.table.header, today, statement)
    counts, codes = Counts(), Counter[str]()
    lines: dict[str, int] = {}
    records = seen.table.records()
    while chunk := list(islice(records, running.BATCH_ROWS)):
        batch = running.read(drafter, chunk, lines)
        outcomes = writing.compare(db.session(), [draft for draft, _ in batch.drafts])
        running.tally(counts, batch, outcomes)
        codes.update(message.code for message in running.said(batch, outcomes))
        codes.update(error.code for error in batch.errors)
    click.echo("Nothing was written. An import would be:")
    shown = {"new": counts.new, "filled up": counts.changed, "known": counts.unchanged,
             "repeated": counts.duplicate, "rejected": counts.rejected}  # fmt: skip
    _print(shown, codes)


def _print(counts: dict[str, int], codes: Counter[str]) -> None:
    for name, n in counts.items():
        click.echo(f"{name:10} {n:>10,}")
    with force_locale("en"):
        for code, n in codes.most_common():
            click.echo(f"  {n:>8}  {messages.general(code)}")


# -- flask people … --------------------------------------------------------------------------


@people.command("list")
def list_imports() -> None:
    """List the imports of people with what became of their invitations."""
    session = db.session()
    query = select(CsvImport).where(CsvImport.import_type == ImportType.PEOPLE)
    for one in session.scalars(query.order_by(CsvImport.id.desc()).limit(50)):
        counts = inviting.counts(session, one.id)
        told = ", ".join(f"{n} {status.value}" for status, n in counts.items() if n)
        click.echo(f"{one.id:>5}  {one.created_at:%Y-%m-%d %H:%M}  {one.filename}  {told}")


@people.command("invite")
@click.argument("import_id", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--language", type=click.Choice(["en", "ja"]), default="en", help="Of the preview.")
def invite(import_id: int, yes: bool, language: str) -> None:
    """Send the invitations of an import of people; shows the letter and asks before."""
    _people_import(import_id)
    example = inviting.first_waiting(db.session(), import_id)
    if example is None:
        click.echo("Nobody waits for an invitation in this import.")
        return
    n = inviting.counts(db.session(), import_id)[InvitationStatus.WAITING]
    if not yes:
        letter = emails.preview(example, language)
        click.echo(f"{letter.subject}\n\n{letter.text}")
        click.confirm(f"Send {n:,} invitations like this one?", abort=True)
    db.session.rollback()
    try:
        with transaction() as session:
            n = inviting.request_all(session, import_id, None)
    except SendingRefusedError as error:
        raise click.ClickException(str(error)) from error
    while True:
        with transaction() as session:
            if not inviting.write_queued(session):
                break
    click.echo(f"{n:,} letters are in the outbox; they leave by: flask work, or flask emails send")


@people.command("undo")
@click.argument("import_id", type=int)
@click.option("--yes", is_flag=True, help="Do not ask.")
def undo(import_id: int, yes: bool) -> None:
    """Erase the people of an import who have not accepted."""
    _people_import(import_id)
    if not yes:
        counts = inviting.counts(db.session(), import_id)
        n = sum(counts[status] for status in OPEN)
        click.confirm(f"Erase {n:,} people who have not accepted?", abort=True)
    db.session.rollback()
    try:
        with transaction() as session:
            done = service.undo(session, session.get_one(CsvImport, import_id), None)
    except imports.NotRunningError as error:
        raise click.ClickException("The import is under way; stop it first.") from error
    while inviting.tend().erased:
        pass
    click.echo(
        f"{done.taken_back:,} taken back and erased, {done.emptied:,} answers emptied, "
        f"{done.accepted:,} kept because they have accepted."
    )


@people.command("withdraw")
@click.argument("email")
def withdraw(email: str) -> None:
    """Take the invitation of EMAIL back and erase what the file said of that person."""
    try:
        address = normalise_email(email)
    except InvalidEmailError as error:
        raise click.ClickException(f"{email!r}: {error}.") from error
    with transaction() as session:
        found = session.scalar(
            select(Invitation)
            .join(User, Invitation.user_id == User.id)
            .where(User.email == address, Invitation.status.in_(OPEN))
        )
        if found is None:
            raise click.ClickException(f"There is no open invitation for {address}.")
        inviting.withdraw(found, None)
    click.echo(f"{address}: withdrawn and erased.")


@people.command("tend")
def tend() -> None:
    """Do what invitations need every day: write, remind once, expire, erase.

    ``flask work`` does the same by itself.
    """
    total = inviting.Tended()
    while (done := inviting.tend()).did_something:
        total = inviting.Tended(*(a + b for a, b in zip(total.numbers, done.numbers, strict=True)))
    for name, n in zip(("written", "reminded", "expired", "erased", "files"), total.numbers,
                       strict=True):  # fmt: skip
        click.echo(f"{name:10} {n:>8,}")


def _people_import(import_id: int) -> CsvImport:
    found = db.session.get(CsvImport, import_id)
    if found is None or found.import_type is not ImportType.PEOPLE:
        raise click.ClickException(f"There is no import of people with number {import_id}.")
    return found
