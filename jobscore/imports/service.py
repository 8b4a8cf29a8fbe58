"""Imports as an admin sees them: receive a file, show what was understood, start, stop, report."""

import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.imports import mapping as mappings
from jobscore.imports.columns import BY_FIELD
from jobscore.imports.drafting import Severity
from jobscore.imports.models import (
    CsvImport,
    ImportAttempt,
    ImportMessage,
    ImportStatus,
    ImportType,
)
from jobscore.imports.reader import (
    FileProblem,
    FileRefusedError,
    ReadOptions,
    Row,
    RowError,
    Table,
    open_table,
)
from jobscore.imports.reading import magic

#: Rows shown before an import is started, and sample values a column.
PREVIEW_ROWS = 8
SAMPLES = 3
_COPY_BYTES = 1024 * 1024
#: An attempt in one of these states will not change by itself.
FINISHED = frozenset(
    {
        ImportStatus.DONE,
        ImportStatus.DONE_WITH_ERRORS,
        ImportStatus.FAILED,
        ImportStatus.CANCELLED,
        ImportStatus.UNDONE,
    }
)
#: An attempt in one of these states can be taken up again where it stopped.
RESUMABLE = frozenset({ImportStatus.FAILED, ImportStatus.CANCELLED, ImportStatus.INTERRUPTED})


class DuplicateFileError(Exception):
    """The same bytes were received before, as import ``import_id``."""

    def __init__(self, import_id: int) -> None:
        super().__init__(f"the file is import {import_id} already")
        self.import_id = import_id


class FileTooLargeError(Exception):
    """The file is larger than the operator allows."""

    def __init__(self, limit_mb: int) -> None:
        super().__init__(f"the file is larger than {limit_mb} MB")
        self.limit_mb = limit_mb


class MissingFieldError(Exception):
    """A mapping lacks a field without which no row can be imported."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class RepeatedFieldError(MissingFieldError):
    """A mapping fills one field from two columns."""


class NotRunningError(Exception):
    """The import is not in a state in which that can be done."""


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column of a file before the import: its name, some values, and our guess."""

    index: int
    letter: str
    name: str
    samples: list[str]
    field: str | None
    score: float


@dataclass(frozen=True, slots=True)
class Preview:
    """What we understood of a file: the table, its first rows, its columns."""

    table: Table
    rows: list[Row]
    errors: list[RowError]
    columns: list[ColumnView]

    @property
    def is_empty(self) -> bool:
        """Say whether the file has no row at all under its header."""
        return not self.rows and not self.errors

    @property
    def mapping(self) -> dict[str, int]:
        """Return field -> column for the guesses that are preselected."""
        return {column.field: column.index for column in self.columns if column.field}


# -- receiving -------------------------------------------------------------------------------


def uploads_folder() -> Path:
    """Return the folder that keeps received files; it exists."""
    folder = config.current().instance / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def path_of(csv_import: CsvImport) -> Path:
    """Return where the bytes of an import lie."""
    return uploads_folder() / csv_import.stored_name


def register_upload(
    session: Session, stream: BinaryIO, filename: str, uploaded_by: int | None = None
) -> CsvImport:
    """Keep a file, copied and hashed in one pass, as a new import.

    :raises FileTooLargeError: beyond ``upload_limit_mb``; nothing is kept.
    :raises FileRefusedError: when it is no table (also an empty file); nothing is kept.
    :raises DuplicateFileError: when the same bytes were received before.
    """
    limit_mb = config.current().upload_limit_mb
    folder = uploads_folder()
    draft = folder / f"receiving-{secrets.token_hex(8)}"
    try:
        size, digest = _copy(stream, draft, limit_mb)
        if size == 0:
            raise FileRefusedError(FileProblem.EMPTY)
        _refuse_duplicate(session, digest)
        refuse_unreadable(draft)
        csv_import = CsvImport(
            filename=clean_filename(filename),
            file_size=size,
            file_hash=digest,
            import_type=ImportType.JOBS,
            status=ImportStatus.INSPECTED,
            stored_name=f"{digest}.csv",
            uploaded_by=uploaded_by,
        )
        try:
            with session.begin_nested():
                session.add(csv_import)
        except IntegrityError:
            # Two admins sent the same file at once: the unique hash decides.
            _refuse_duplicate(session, digest)
            raise
        draft.replace(folder / csv_import.stored_name)
    finally:
        draft.unlink(missing_ok=True)
    return csv_import


def keep_bytes(csv_import: CsvImport, file: Path) -> None:
    """Store the bytes of a known import again if they are no longer there."""
    target = path_of(csv_import)
    if not target.exists():
        part = target.with_suffix(f".{secrets.token_hex(4)}")
        shutil.copyfile(file, part)
        part.replace(target)


def _copy(stream: BinaryIO, target: Path, limit_mb: int) -> tuple[int, str]:
    """Copy ``stream`` to ``target``; return its size in bytes and its SHA-256 as hex."""
    limit, size, digest = limit_mb * 1024 * 1024, 0, hashlib.sha256()
    with target.open("xb") as out:
        while block := stream.read(_COPY_BYTES):
            size += len(block)
            if size > limit:
                raise FileTooLargeError(limit_mb)
            digest.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    return size, digest.hexdigest()


def _refuse_duplicate(session: Session, digest: str) -> None:
    known = session.scalar(select(CsvImport.id).where(CsvImport.file_hash == digest))
    if known is not None:
        raise DuplicateFileError(known)


def refuse_unreadable(path: Path) -> None:
    """Raise when the file at ``path`` is no table that could be imported.

    :raises FileRefusedError: with the reason.
    """
    with path.open("rb") as stream:
        if magic.is_html(stream.read(1024)):
            raise FileRefusedError(FileProblem.HTML)
    table = open_table(path)
    if table.header is None and next(table.records(), None) is None:
        raise FileRefusedError(FileProblem.EMPTY)


def clean_filename(name: str) -> str:
    """Return the last part of a file's name without control characters, at most 255 long."""
    name = re.split(r"[/\\]", name)[-1]
    name = re.sub(r"[\x00-\x1f\x7f]", "", name).strip()
    return name[-255:] or "upload.csv"


# -- looking ---------------------------------------------------------------------------------


def preview(path: Path, options: ReadOptions | None = None) -> Preview:
    """Read the beginning of a file: what we understood, first rows, guesses for its columns.

    :raises FileRefusedError: when it cannot be read with these options.
    """
    table = open_table(path, options)
    rows: list[Row] = []
    errors: list[RowError] = []
    for record in islice(table.records(), PREVIEW_ROWS):
        if isinstance(record, Row):
            rows.append(record)
        else:
            errors.append(record)
    return Preview(table, rows, errors, _columns(table, rows))


def _columns(table: Table, rows: Sequence[Row]) -> list[ColumnView]:
    names = table.header or []
    guesses = mappings.guess(names)
    by_column = {guess.column: guess for guess in guesses.values()}
    columns = []
    for index in range(max(table.width, len(names)) if rows or names else 0):
        values = [row.cells[index].strip() for row in rows if index < len(row.cells)]
        guess = by_column.get(index)
        is_sure = guess is not None and guess.score >= mappings.SURE * 0.9
        columns.append(
            ColumnView(
                index,
                column_letter(index),
                names[index] if index < len(names) else "",
                list(dict.fromkeys(value[:80] for value in values if value))[:SAMPLES],
                guess.field if guess and is_sure else None,
                guess.score if guess else 0.0,
            )
        )
    return columns


def column_letter(index: int) -> str:
    """Return the name that spreadsheets give the column ``index`` (from 0): A, Z, AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def latest(session: Session, limit: int = 50) -> list[CsvImport]:
    """Return the newest imports first."""
    return list(session.scalars(select(CsvImport).order_by(CsvImport.id.desc()).limit(limit)))


def import_of(session: Session, attempt_id: int) -> CsvImport:
    """Return the import that an attempt belongs to, as the database has it now."""
    attempt = session.get_one(ImportAttempt, attempt_id, populate_existing=True)
    return session.get_one(CsvImport, attempt.csv_import_id, populate_existing=True)


def last_attempt(session: Session, import_id: int) -> ImportAttempt | None:
    """Return the newest attempt of an import, if there is one."""
    return session.scalar(
        select(ImportAttempt)
        .where(ImportAttempt.csv_import_id == import_id)
        .order_by(ImportAttempt.id.desc())
        .limit(1)
    )


def first_messages(
    session: Session, attempt_id: int, severity: Severity, limit: int = 50
) -> list[ImportMessage]:
    """Return the first messages of an attempt, in file order."""
    return list(
        session.scalars(
            select(ImportMessage)
            .where(ImportMessage.attempt_id == attempt_id, ImportMessage.severity == severity)
            .order_by(ImportMessage.line, ImportMessage.id)
            .limit(limit)
        )
    )


def rejected(session: Session, attempt_id: int) -> Iterator[ImportMessage]:
    """Yield the errors of an attempt with the cells of their rows, in file order."""
    statement = (
        select(ImportMessage)
        .where(ImportMessage.attempt_id == attempt_id, ImportMessage.severity == Severity.ERROR)
        .order_by(ImportMessage.line, ImportMessage.id)
        .execution_options(yield_per=500)
    )
    yield from session.scalars(statement)


def stored_header(csv_import: CsvImport, attempt: ImportAttempt) -> list[str]:
    """Return the header of the file as an attempt reads it; letters where it has none.

    Empty when the file is no longer there or cannot be read.
    """
    try:
        table = open_table(path_of(csv_import), options_of(attempt.dialect))
    except (OSError, FileRefusedError):
        return []
    names = table.header or []
    return [
        names[index] if index < len(names) else column_letter(index)
        for index in range(max(table.width, len(names)))
    ]


# -- starting and stopping -------------------------------------------------------------------


def options_of(dialect: dict[str, Any]) -> ReadOptions:
    """Return the reading options that an attempt keeps."""
    known = {name: dialect.get(name) for name in ReadOptions.__dataclass_fields__}
    return ReadOptions(**known)


def check_mapping(columns: Sequence[tuple[int, str]]) -> dict[str, int]:
    """Return field -> column for pairs (column, field), checked.

    :raises RepeatedFieldError: when two columns fill the same field.
    :raises MissingFieldError: when there is no title.
    """
    mapping: dict[str, int] = {}
    for column, field in columns:
        if field not in BY_FIELD:
            continue
        if field in mapping:
            raise RepeatedFieldError(field)
        mapping[field] = column
    if "title" not in mapping:
        raise MissingFieldError("title")
    return mapping


def start(
    session: Session,
    csv_import: CsvImport,
    mapping: dict[str, int],
    options: ReadOptions,
    source: str = "upload",
    mode: str = "add_update",
) -> ImportAttempt:
    """Queue a run of the file with this mapping; a worker takes it from there.

    :param mode: ``full_feed``: the file is all that its source has; the rest is closed after it.
    :raises MissingFieldError: when the mapping lacks the title.
    :raises NotRunningError: when a run of this file is under way.
    """
    check_mapping([(column, field) for field, column in mapping.items()])
    claimed = session.execute(
        update(CsvImport)
        .where(
            CsvImport.id == csv_import.id,
            CsvImport.status.not_in(
                [ImportStatus.QUEUED, ImportStatus.RUNNING, ImportStatus.UNDOING]
            ),
        )
        .values(
            status=ImportStatus.QUEUED,
            total_rows=None,
            processed_rows=0,
            success_rows=0,
            error_rows=0,
            error_details=None,
            started_at=None,
            completed_at=None,
        )
    )
    if not _rows(claimed):
        raise NotRunningError
    attempt = ImportAttempt(
        csv_import_id=csv_import.id,
        status=ImportStatus.QUEUED,
        source=source,
        mode=mode,
        mapping=dict(mapping),
        dialect=asdict(options),
    )
    session.add(attempt)
    session.flush()
    session.refresh(csv_import)
    return attempt


def cancel(session: Session, attempt: ImportAttempt) -> None:
    """Stop a run after its current batch; what was imported stays.

    :raises NotRunningError: when it is not under way.
    """
    stopped = session.execute(
        update(ImportAttempt)
        .where(
            ImportAttempt.id == attempt.id,
            ImportAttempt.status.in_([ImportStatus.QUEUED, ImportStatus.RUNNING]),
        )
        .values(status=ImportStatus.CANCELLED, completed_at=clock.now())
    )
    if not _rows(stopped):
        raise NotRunningError
    session.execute(
        update(CsvImport)
        .where(CsvImport.id == attempt.csv_import_id)
        .values(status=ImportStatus.CANCELLED, completed_at=clock.now())
    )


def resume(session: Session, attempt: ImportAttempt) -> None:
    """Queue a stopped run again; it goes on behind the last row that it handled.

    :raises NotRunningError: when it is finished or under way, or a newer run exists.
    """
    newest = last_attempt(session, attempt.csv_import_id)
    if newest is None or newest.id != attempt.id:
        raise NotRunningError
    queued = session.execute(
        update(ImportAttempt)
        .where(ImportAttempt.id == attempt.id, ImportAttempt.status.in_(RESUMABLE))
        .values(status=ImportStatus.QUEUED, claimed_by=None, completed_at=None)
    )
    if not _rows(queued):
        raise NotRunningError
    session.execute(
        update(CsvImport)
        .where(CsvImport.id == attempt.csv_import_id)
        .values(status=ImportStatus.QUEUED, completed_at=None)
    )


def _rows(result: Any) -> int:
    """Return how many rows a statement changed."""
    return int(result.rowcount)
