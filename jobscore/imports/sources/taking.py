"""Take the files of a source's folder: complete ones, each once, a bad one never in the way.

Each file is a transaction of its own: copied, hashed, registered and queued, or written down as
bad with the reason. The import queue does the rest.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import clock, config, logs
from jobscore.database.transaction import transaction
from jobscore.imports import full_feed, service
from jobscore.imports.models import CsvImport, ImportAttempt, ImportStatus
from jobscore.imports.reader import FileRefusedError
from jobscore.imports.sources import folders
from jobscore.imports.sources import service as sources
from jobscore.imports.sources.folders import SeenFile
from jobscore.imports.sources.models import AfterTaking, FeedMode, FileState, Source, SourceFile

log = logs.get("jobscore.sources")

#: A run that was killed comes due again after this.
LEASE = timedelta(minutes=5)
#: ``changed_ns`` of a file that was moved away.
_MOVED = -1
_SETTLED_STATES = frozenset({FileState.TAKEN, FileState.KNOWN, FileState.BAD})


@dataclass(slots=True)
class TakeReport:
    """What one look into a folder found."""

    taken: int = 0
    known: int = 0
    bad: int = 0
    growing: int = 0
    #: Why the folder could not be read: ``folder_missing`` or ``folder_outside``; empty: it was.
    problem: str = ""
    #: Runs that were queued, in the order of their files.
    attempts: list[int] = field(default_factory=list)

    def kept(self) -> dict[str, Any]:
        """Return what the source remembers of it."""
        values = asdict(self)
        del values["attempts"]
        return values


class _ChangedMeanwhileError(Exception):
    """The file was written to while it was copied."""


def take_files(
    source_id: int,
    *,
    is_allowed: bool = False,
    on_file: Callable[[str, FileState], None] | None = None,
) -> TakeReport:
    """Queue an import for each new file of a source's folder. Commits once for each file.

    :param is_allowed: a full feed may close as much as it lacks without asking.
    """
    report = TakeReport()
    tell = on_file or (lambda name, state: None)
    with transaction() as session:
        source = session.get_one(Source, source_id, populate_existing=True)
        folder, pattern = source.folder or "", source.pattern
    try:
        path = folders.resolve(config.current().feeds, folder)
        files = folders.look(path, pattern)
    except folders.FolderError as error:
        outside = isinstance(error, folders.FolderOutsideError)
        report.problem = "folder_outside" if outside else "folder_missing"
        files = []
    for file in files:
        state = _take(source_id, file, report, is_allowed=is_allowed)
        if state is not None:
            setattr(report, state.value, getattr(report, state.value) + 1)
            tell(file.name, state)
    with transaction() as session:
        sources.finish_run(session, source_id, report.kept())
    return report


def _take(
    source_id: int, file: SeenFile, report: TakeReport, *, is_allowed: bool
) -> FileState | None:
    """Look at one file; return what became of it, None when it was dealt with before."""
    with transaction() as session:
        row = _row(session, source_id, file)
        if row is not None and _is_same(row, file) and row.state in _SETTLED_STATES:
            return None
        if not _is_complete(row, file):
            if row is None or not _is_same(row, file):  # else the first look counts
                _note(session, source_id, file, FileState.GROWING)
            return FileState.GROWING
    try:
        with transaction() as session:
            state, attempt_id = _queue(session, source_id, file, is_allowed=is_allowed)
        if attempt_id is not None:
            report.attempts.append(attempt_id)
    except (_ChangedMeanwhileError, service.NotRunningError):
        return FileState.GROWING
    except FileRefusedError as error:
        state = _write_down_bad(source_id, file, error.code.value)
    except service.FileTooLargeError:
        state = _write_down_bad(source_id, file, "too_large")
    except OSError:
        log.exception("file of a source not readable", source=source_id)
        state = _write_down_bad(source_id, file, "unreadable")
    _put_away(source_id, file, state)
    return state


def _row(session: Session, source_id: int, file: SeenFile) -> SourceFile | None:
    return session.scalar(
        select(SourceFile).where(SourceFile.source_id == source_id, SourceFile.name == file.name)
    )


def _is_same(row: SourceFile, file: SeenFile) -> bool:
    return (row.size, row.changed_ns) == (file.size, file.changed_ns)


def _is_complete(row: SourceFile | None, file: SeenFile) -> bool:
    """Say whether a file is complete: it has not changed for a while, by its clock or by ours."""
    now = clock.now()
    if file.is_settled(now):
        return True
    was_same = row is not None and _is_same(row, file)
    return was_same and row is not None and now - row.seen_at >= folders.SETTLED


def _note(
    session: Session,
    source_id: int,
    file: SeenFile,
    state: FileState,
    *,
    file_hash: str | None = None,
    problem: str | None = None,
    import_id: int | None = None,
) -> None:
    """Remember a file as it is now."""
    row = _row(session, source_id, file)
    if row is None:
        row = SourceFile(source_id=source_id, name=file.name)
        session.add(row)
    row.size, row.changed_ns, row.state = file.size, file.changed_ns, state
    row.file_hash, row.problem, row.import_id = file_hash, problem, import_id
    row.seen_at = clock.now()
    session.flush()


def _write_down_bad(source_id: int, file: SeenFile, problem: str) -> FileState:
    with transaction() as session:
        _note(session, source_id, file, FileState.BAD, problem=problem)
    log.warning("bad file of a source", source=source_id, problem=problem)
    return FileState.BAD


def _queue(
    session: Session, source_id: int, file: SeenFile, *, is_allowed: bool
) -> tuple[FileState, int | None]:
    """Register a file and queue its run, unless its bytes were taken before."""
    source = session.get_one(Source, source_id, populate_existing=True)
    try:
        with file.path.open("rb") as stream:
            csv_import = service.register_upload(session, stream, file.name)
    except service.DuplicateFileError as error:
        csv_import = session.get_one(CsvImport, error.import_id)
        service.keep_bytes(csv_import, file.path)
        if _was_taken(session, source, csv_import):
            _note(
                session, source_id, file, FileState.KNOWN,
                file_hash=csv_import.file_hash, import_id=csv_import.id,
            )  # fmt: skip
            return FileState.KNOWN, None
    if not folders.is_unchanged(file):
        raise _ChangedMeanwhileError
    options = sources.options_of(source)
    seen = service.preview(service.path_of(csv_import), options)
    kept: dict[str, Any] = {"file_hash": csv_import.file_hash, "import_id": csv_import.id}
    try:
        columns = sources.columns_for(source, seen.table.header)
        attempt = service.start(
            session, csv_import, columns, options, source.name, source.mode.value
        )
    except (sources.ColumnsMissingError, service.MissingFieldError) as error:
        # it stays among the imports, where an admin can map it by hand
        is_changed = isinstance(error, sources.ColumnsMissingError)
        problem = "columns_missing" if is_changed else "no_title"
        _note(session, source_id, file, FileState.BAD, problem=problem, **kept)
        return FileState.BAD, None
    if is_allowed and source.mode is FeedMode.FULL_FEED:
        full_feed.allow_beforehand(session, attempt.id)
    _note(session, source_id, file, FileState.TAKEN, **kept)
    return FileState.TAKEN, attempt.id


def _was_taken(session: Session, source: Source, csv_import: CsvImport) -> bool:
    """Say whether these bytes have said already what they can say.

    Of a full feed only its last file counts: an older state may come back. Of the others any
    file counts that was ever taken.
    """
    tried = select(ImportAttempt).where(
        ImportAttempt.source == source.name,
        ImportAttempt.status.not_in(
            [ImportStatus.CANCELLED, ImportStatus.FAILED, ImportStatus.UNDONE]
        ),
    )
    if source.mode is FeedMode.FULL_FEED:
        last = session.scalar(tried.order_by(ImportAttempt.id.desc()).limit(1))
        return last is not None and last.csv_import_id == csv_import.id
    same = tried.where(ImportAttempt.csv_import_id == csv_import.id)
    return bool(session.scalar(select(same.exists())))


def _put_away(source_id: int, file: SeenFile, state: FileState) -> None:
    """Move a file that was dealt with, where the source wants it so."""
    with transaction() as session:
        wanted = session.get_one(Source, source_id).after_taking
    if wanted is not AfterTaking.MOVE:
        return
    try:
        folders.move(file, folders.BAD if state is FileState.BAD else folders.TAKEN)
    except OSError:  # it is remembered by name, size and time and stays where it is
        log.exception("file of a source not moved", source=source_id)
        return
    with transaction() as session:
        row = _row(session, source_id, file)
        if row is not None:
            row.changed_ns = _MOVED  # the next file of this name is another one
