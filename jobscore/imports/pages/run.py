"""One run: its progress while it goes on, then what became of each row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import format_decimal, gettext, ngettext
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.imports import messages, plans, service
from jobscore.imports.drafting import Severity
from jobscore.imports.models import CsvImport, ImportAttempt, ImportMessage, ImportStatus
from jobscore.imports.running import STALE
from jobscore.imports.sources.models import FeedClosing
from jobscore.imports.sources.pages import closing_sentence
from jobscore.jobs.checks import queue as checks

#: A run that waits longer than this has nobody to take it.
PATIENCE = timedelta(seconds=20)
_SHOWN_MESSAGES = 50
#: A run in one of these states has written what it will write.
_OVER = (
    ImportStatus.DONE,
    ImportStatus.DONE_WITH_ERRORS,
    ImportStatus.CANCELLED,
    ImportStatus.UNDONE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """One message about one row, in words."""

    line: int
    column: str
    value: str
    sentence: str
    hint: str


@dataclass(frozen=True, slots=True)
class Group:
    """All messages of one kind: what they say, how many, how to mend them, the first of them."""

    heading: str
    hint: str
    count: int
    label: str = ""
    kind: str = "neutral"
    examples: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Running:
    """The state of an import for its page."""

    is_running: bool
    label: str
    kind: str
    sentence: str
    failure: str
    progress_text: str
    is_waiting_long: bool
    can_stop: bool
    can_continue: bool


@dataclass(frozen=True, slots=True)
class ComesNext:
    """What a full feed closed, and what an admin may do once the jobs of a file are there."""

    is_shown: bool
    n_findings: int = 0
    #: What a full feed closed, or why it did not; empty for other files and while it goes on.
    closed: str = ""


def comes_next(session: Session, csv_import: CsvImport, attempt: ImportAttempt) -> ComesNext:
    """Return what can be done after a run that changed jobs; nothing while it goes on."""
    if attempt.status not in _OVER:
        return ComesNext(is_shown=False)
    closing = session.get(FeedClosing, attempt.id)
    n_closed = closing.closed_jobs if closing else 0
    of_file = checks.Filters(import_id=csv_import.id)
    return ComesNext(
        is_shown=bool(attempt.new_rows or attempt.changed_rows or n_closed),
        n_findings=checks.count(session, of_file, clock.now()),
        closed="" if attempt.status is ImportStatus.UNDONE else closing_sentence(closing),
    )


def running(csv_import: CsvImport, attempt: ImportAttempt) -> Running:
    """Return the state of a run in words."""
    status = attempt.status
    now = clock.now()
    is_running = status in plans.UNDER_WAY and status is not ImportStatus.ASKING
    is_stale = (
        status is ImportStatus.RUNNING
        and attempt.heartbeat_at is not None
        and now - attempt.heartbeat_at > STALE
    )
    shown = ImportStatus.INTERRUPTED if is_stale else status
    details = csv_import.error_details or {}
    return Running(
        is_running=is_running,
        label=messages.status_label(shown),
        kind=messages.status_kind(shown),
        sentence=_sentence(csv_import, attempt, shown),
        failure=messages.failure(details.get("failure")),
        progress_text=progress_text(
            csv_import.processed_rows,
            csv_import.total_rows,
            None if attempt.completed_at else attempt.started_at,
        ),
        is_waiting_long=is_stale
        or (status is ImportStatus.QUEUED and now - attempt.created_at > PATIENCE),
        can_stop=is_running and status is not ImportStatus.UNDOING,
        can_continue=status in service.RESUMABLE,
    )


def _sentence(csv_import: CsvImport, attempt: ImportAttempt, status: ImportStatus) -> str:
    if status is ImportStatus.QUEUED:
        return str(gettext("The import waits for a worker."))
    if status is ImportStatus.RUNNING:
        return str(gettext("%(n)s rows handled so far.", n=number(csv_import.processed_rows)))
    if status is ImportStatus.ASKING:
        return str(
            gettext("Every row was handled. An admin decides whether the missing jobs are closed.")
        )
    if status is ImportStatus.INTERRUPTED:
        return str(gettext("The worker has stopped; the next one goes on where it was."))
    if status is ImportStatus.CANCELLED:
        return str(gettext("The import was stopped. What was imported before stays."))
    if status is ImportStatus.FAILED:
        return str(gettext("The import failed. What was imported before stays."))
    if status is ImportStatus.UNDOING:
        return str(gettext("The import is being undone."))
    if status is ImportStatus.UNDONE:
        return str(gettext("The import was undone."))
    if attempt.rejected_rows:
        return str(
            ngettext(
                "The import is done. %(n)s row was rejected; the others are jobs now.",
                "The import is done. %(n)s rows were rejected; the others are jobs now.",
                attempt.rejected_rows,
                n=number(attempt.rejected_rows),
            )
        )
    return str(gettext("The import is done. Every row was imported."))


def progress_text(done: int, total: int | None, since: datetime | None) -> str:
    """Return how far some work is: rows, rows a second, time left; without ``since`` rows only."""
    if total is None:
        return str(gettext("counting rows"))
    if since is None or not done:
        return str(gettext("%(done)s of %(total)s rows", done=number(done), total=number(total)))
    seconds = max((clock.now() - since).total_seconds(), 0.1)
    left = round((total - done) * seconds / done)
    texts = {"done": number(done), "total": number(total), "rate": number(round(done / seconds))}
    if left < 90:
        text = gettext("%(done)s of %(total)s rows, %(rate)s a second, about %(left)s s left")
        return str(text % (texts | {"left": number(left)}))
    text = gettext("%(done)s of %(total)s rows, %(rate)s a second, about %(left)s min left")
    return str(text % (texts | {"left": number(round(left / 60))}))


def number(value: int) -> str:
    """Return a number as the reader's language writes it."""
    return str(format_decimal(value))


def column_name(index: int | None, header: Sequence[str]) -> str:
    """Return the letter and name of a column; empty for the whole row."""
    if index is None:
        return ""
    name = header[index] if index < len(header) else ""
    letter = service.column_letter(index)
    return letter if name in ("", letter) else f"{letter} ({name})"


def said(rows: Sequence[ImportMessage], header: Sequence[str]) -> list[Said]:
    """Return messages in words, with the letter and name of their column."""
    return [
        Said(
            row.line,
            column_name(row.column, header),
            (str(row.params.get("value", "")) or " ".join(row.cells or []))[:120],
            messages.sentence(row.code, row.params),
            messages.hint(row.code),
        )
        for row in rows
    ]


def groups(csv_import: CsvImport) -> list[Group]:
    """Return how often each thing was said, the most frequent first."""
    codes: dict[str, int] = (csv_import.error_details or {}).get("codes", {})
    ordered = sorted(codes.items(), key=lambda pair: (-pair[1], pair[0]))
    return [Group(messages.general(code), messages.hint(code), n) for code, n in ordered]


def report(session: Session, csv_import: CsvImport, attempt: ImportAttempt) -> dict[str, Any]:
    """Return all that the page of a started import shows."""
    header = service.stored_header(csv_import, attempt)
    errors = service.first_messages(session, attempt.id, Severity.ERROR, _SHOWN_MESSAGES)
    warnings = service.first_messages(session, attempt.id, Severity.WARNING, _SHOWN_MESSAGES)
    return {
        "one": csv_import,
        "attempt": attempt,
        "state": running(csv_import, attempt),
        "groups": groups(csv_import),
        "errors": said(errors, header),
        "warnings": said(warnings, header),
        "now": clock.now(),
    }
