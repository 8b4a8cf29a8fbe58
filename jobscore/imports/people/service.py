"""From a file of people to a run of it: receive, look, start, undo. Flushes; the edge commits."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.accounts import audit
from jobscore.imports import service
from jobscore.imports.models import CsvImport, ImportAttempt, ImportStatus, ImportType
from jobscore.imports.people import erasing, writing
from jobscore.imports.people.columns import guess, is_known_header, password_columns
from jobscore.imports.people.drafting import (
    EARLIEST_CONSENT,
    ConsentProof,
    PeopleDrafter,
    PersonDraft,
)
from jobscore.imports.people.models import (
    ConsentStatement,
    Invitation,
    InvitationStatus,
    PersonFill,
)
from jobscore.imports.reader import ReadOptions, Row, open_table
from jobscore.imports.service import Preview, column_letter

#: Rows looked at for hashes before a file is kept.
_LOOKED_AT = 200


class PasswordColumnError(Exception):
    """A column looks as if it held passwords: the file is not kept.

    :ivar columns: letters and names, such as ``C “Password”``; never a value.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = list(columns)
        super().__init__(", ".join(columns))


class MissingConsentError(Exception):
    """Neither a column nor the admin states what the people agreed to, or not since when.

    :ivar part: ``text`` or ``date``.
    """

    def __init__(self, part: str) -> None:
        self.part = part
        super().__init__(part)


class ConsentDateError(Exception):
    """The stated day of consent is still to come, or older than e-mail itself."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing an import did."""

    #: Invitations taken back; their accounts are erased (at once, or by the next worker).
    taken_back: int
    #: Answers emptied that the file had filled in for people whom another file brought.
    emptied: int
    #: Kept: they have accepted, and the accounts are theirs.
    accepted: int


# -- receiving -------------------------------------------------------------------------------


def register(
    session: Session, stream: BinaryIO, filename: str, uploaded_by: int | None
) -> CsvImport:
    """Keep a file of people as a new import.

    The same bytes again lead to the import that there is, with its file in place again.

    :raises PasswordColumnError: when a column looks like passwords; nothing is kept.
    :raises DuplicateFileError: when the bytes are those of an import of jobs.
    :raises FileTooLargeError: beyond the limit; nothing is kept.
    :raises FileRefusedError: when it is no table; nothing is kept.
    """
    try:
        return service.register_upload(
            session, stream, filename, uploaded_by, kind=ImportType.PEOPLE, refuse=refuse
        )
    except service.DuplicateFileError as error:
        known = session.get_one(CsvImport, error.import_id)
        if known.import_type is not ImportType.PEOPLE:
            raise
        known.stored_name = f"{known.file_hash}.csv"
        target = service.path_of(known)
        if not target.exists():
            stream.seek(0)
            part = target.with_suffix(".part")
            with part.open("wb") as out:
                shutil.copyfileobj(stream, out)
            part.replace(target)
        return known


def refuse(path: Path) -> None:
    """Raise when the file at ``path`` may not be imported as people.

    :raises PasswordColumnError: when a column looks like passwords.
    :raises FileRefusedError: when it is no table.
    """
    service.refuse_unreadable(path)
    refuse_passwords(path, None)


def refuse_passwords(path: Path, options: ReadOptions | None) -> None:
    """Raise when a column looks like passwords, read with these options.

    :raises PasswordColumnError: with the columns, never their values.
    """
    table = open_table(path, options, is_known_header)
    cells = []
    for record in table.records():
        if isinstance(record, Row):
            cells.append(record.cells)
        if len(cells) == _LOOKED_AT:
            break
    found = password_columns(table.header, cells)
    if found:
        names = table.header or []
        raise PasswordColumnError(
            [
                f"{column_letter(n)} “{names[n][:60]}”" if n < len(names) else column_letter(n)
                for n in found
            ]
        )


def preview(path: Path, options: ReadOptions | None = None) -> Preview:
    """Read the beginning of a file: what we understood, first rows, guesses for its columns.

    :raises PasswordColumnError: when, read this way, a column looks like passwords.
    :raises FileRefusedError: when it cannot be read with these options.
    """
    refuse_passwords(path, options)
    return service.preview(path, options, guess=guess, known_header=is_known_header)


def first_person(
    seen: Preview, mapping: dict[str, int], statement: ConsentProof | None
) -> PersonDraft | None:
    """Return the first row as it would be imported, or None when none of the first can be."""
    drafter = PeopleDrafter(mapping, seen.table.header, _today(), statement)
    drafts = (drafter.draft(row.line, row.cells)[0] for row in seen.rows)
    return next((draft for draft in drafts if draft is not None), None)


# -- starting --------------------------------------------------------------------------------


def check_statement(mapping: dict[str, int], statement: ConsentProof | None) -> None:
    """Refuse a run in which no row could have a consent.

    :raises MissingConsentError: when the words or the day come neither from a column nor from
        the admin.
    :raises ConsentDateError: when the stated day cannot be.
    """
    if "consent_text" not in mapping and not (statement and statement.text):
        raise MissingConsentError("text")
    if "consent_on" not in mapping and statement is None:
        raise MissingConsentError("date")
    if statement and not EARLIEST_CONSENT <= statement.given_on <= _today():
        raise ConsentDateError


def start(
    session: Session,
    csv_import: CsvImport,
    mapping: dict[str, int],
    options: ReadOptions,
    statement: ConsentProof | None,
    actor_id: int | None,
) -> ImportAttempt:
    """Queue a run of the file with this mapping and this statement; a worker takes it from there.

    :raises MissingFieldError: when no column is the address.
    :raises MissingConsentError: when no row could have a consent.
    :raises ConsentDateError: when the stated day cannot be.
    :raises NotRunningError: when a run of this file is under way.
    """
    check_statement(mapping, statement)
    attempt = service.start(session, csv_import, mapping, options)
    table = open_table(service.path_of(csv_import), options, is_known_header)
    # the file is deleted when the run is over; its header is needed for the rejected rows
    attempt.dialect = {**asdict(options), "names": list(table.header or [])}
    if statement is not None:
        session.add(
            ConsentStatement(
                attempt_id=attempt.id,
                text=statement.text,
                version=statement.version,
                method=statement.method,
                given_on=statement.given_on,
                stated_by=actor_id,
            )
        )
    audit.record("people_import.started", f"csv_import:{csv_import.id}", actor_id=actor_id)
    session.flush()
    return attempt


def header_of(attempt: ImportAttempt) -> list[str]:
    """Return the header of the file as an attempt read it, though the file is gone."""
    return [str(name) for name in attempt.dialect.get("names", [])]


def statement_of(session: Session, attempt: ImportAttempt) -> ConsentStatement | None:
    """Return what the admin stated for a run; None where the file's own columns did."""
    return session.get(ConsentStatement, attempt.id)


# -- undoing ---------------------------------------------------------------------------------


def undo(session: Session, csv_import: CsvImport, actor_id: int | None) -> Undone:
    """Take back what an import brought, but for those who have accepted.

    Their links are dead at once. Accounts are erased in batches: the first here, the others by
    the next worker.

    :raises NotRunningError: while a run of it is under way.
    """
    if csv_import.status in service.UNDER_WAY:
        raise service.NotRunningError
    emptied = 0
    filled = select(PersonFill.invitation_id).where(PersonFill.import_id == csv_import.id)
    for invitation in session.scalars(select(Invitation).where(Invitation.id.in_(filled))):
        emptied += writing.unfill(session, invitation, csv_import.id)
    of_import = Invitation.import_id == csv_import.id
    taken_back = erasing.close(session, InvitationStatus.UNDONE, of_import)
    accepted = len(
        session.scalars(
            select(Invitation.id).where(of_import, Invitation.status == InvitationStatus.ACCEPTED)
        ).all()
    )
    attempt = service.last_attempt(session, csv_import.id)
    if attempt is not None:
        attempt.status = ImportStatus.UNDONE
    csv_import.status = ImportStatus.UNDONE
    csv_import.completed_at = clock.now()
    erasing.drop_file(csv_import)
    erasing.erase_closed(session)
    audit.record(
        "people_import.undone", f"csv_import:{csv_import.id}", actor_id=actor_id, n=taken_back
    )
    session.flush()
    return Undone(taken_back, emptied, accepted)


def _today() -> date:
    return clock.today(config.current().timezone)
