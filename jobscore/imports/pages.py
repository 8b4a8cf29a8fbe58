"""What the import pages show: values ready for the templates, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import flask_babel
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.imports import messages, service
from jobscore.imports.columns import COLUMNS
from jobscore.imports.drafting import Drafter, Severity
from jobscore.imports.models import CsvImport, ImportAttempt, ImportMessage, ImportStatus
from jobscore.imports.reader import ReadOptions
from jobscore.imports.running import STALE
from jobscore.jobs.drafts import JobDraft

ENCODINGS = ("utf-8", "cp932", "euc_jp", "iso2022_jp_ext", "utf-16", "cp1252", "gb18030", "cp949")
DELIMITERS = (",", "\t", ";", "|")
#: A run that waits longer than this has nobody to take it.
PATIENCE = timedelta(seconds=20)
_SHOWN_MESSAGES = 50


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
    """All messages of one kind: what they say, how many, and how to mend them."""

    heading: str
    hint: str
    count: int


@dataclass(frozen=True, slots=True)
class Understood:
    """What we understood of a file, and what can be decided otherwise."""

    facts: list[tuple[str, str]]
    skipped: list[str]
    encodings: list[tuple[str, str]]
    delimiters: list[tuple[str, str]]
    encoding: str
    delimiter: str
    header_line: str


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


def delimiter_name(mark: str) -> str:
    """Return a delimiter in words."""
    names = {
        ",": gettext("comma"),
        "\t": gettext("tab"),
        ";": gettext("semicolon"),
        "|": gettext("vertical bar"),
    }
    return str(names.get(mark, mark))


def field_options() -> list[tuple[str, str]]:
    """Return the choices for what a column holds."""
    fields = [(column.field, messages.field_label(column.field)) for column in COLUMNS]
    return [("", gettext("Do not import")), *fields]


def understood(seen: service.Preview, options: ReadOptions) -> Understood:
    """Return what the reader understood of a file."""
    table = seen.table
    found = table.encoding.name
    header = (
        gettext("line %(line)s", line=table.header_line)
        if table.header is not None
        else gettext("none: the columns have no names")
    )
    facts = [(gettext("Header"), str(header))]
    if table.kind == "csv":
        facts = [
            (gettext("Encoding"), found),
            (gettext("Delimiter"), delimiter_name(table.dialect.delimiter)),
            *facts,
        ]
    facts.append((gettext("Columns"), str(len(seen.columns))))
    return Understood(
        facts=facts,
        skipped=[
            gettext("Line %(line)s: %(text)s", line=line, text=text)
            for line, text in table.skipped[:10]
        ],
        encodings=[
            ("", gettext("found: %(name)s", name=found)),
            *((name, name) for name in ENCODINGS),
        ],
        delimiters=[
            ("", gettext("found: %(name)s", name=delimiter_name(table.dialect.delimiter))),
            *((mark, delimiter_name(mark)) for mark in DELIMITERS),
        ],
        encoding=options.encoding or "",
        delimiter=options.delimiter or "",
        header_line="" if options.header_line is None else str(options.header_line),
    )


def first_job(seen: service.Preview, mapping: dict[str, int]) -> JobDraft | None:
    """Return the first row as it would be imported, or None when that cannot be."""
    today = clock.today(config.current().timezone)
    drafter = Drafter(mapping, seen.table.header, today)
    for row in seen.rows:
        draft, _ = drafter.draft(row.line, row.cells)
        if draft is not None:
            return draft
    return None


def running(csv_import: CsvImport, attempt: ImportAttempt) -> Running:
    """Return the state of a run in words."""
    status = attempt.status
    now = clock.now()
    is_running = status in (ImportStatus.QUEUED, ImportStatus.RUNNING)
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
        progress_text=_progress_text(csv_import, attempt),
        is_waiting_long=is_stale
        or (status is ImportStatus.QUEUED and now - attempt.created_at > PATIENCE),
        can_stop=is_running,
        can_continue=status in service.RESUMABLE,
    )


def _sentence(csv_import: CsvImport, attempt: ImportAttempt, status: ImportStatus) -> str:
    if status is ImportStatus.QUEUED:
        return str(gettext("The import waits for a worker."))
    if status is ImportStatus.RUNNING:
        return str(gettext("%(n)s rows handled so far.", n=_number(csv_import.processed_rows)))
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
    if attempt.rejected_rows:
        return str(
            ngettext(
                "The import is done. %(n)s row was rejected; the others are jobs now.",
                "The import is done. %(n)s rows were rejected; the others are jobs now.",
                attempt.rejected_rows,
                n=_number(attempt.rejected_rows),
            )
        )
    return str(gettext("The import is done. Every row was imported."))


def _progress_text(csv_import: CsvImport, attempt: ImportAttempt) -> str:
    total, done = csv_import.total_rows, csv_import.processed_rows
    if total is None:
        return str(gettext("counting rows"))
    shown = gettext("%(done)s of %(total)s rows", done=_number(done), total=_number(total))
    if attempt.started_at is None or attempt.completed_at is not None or not done:
        return str(shown)
    seconds = max((clock.now() - attempt.started_at).total_seconds(), 0.1)
    left = (total - done) * seconds / done
    return str(
        gettext(
            "%(done)s of %(total)s rows, %(rate)s a second, about %(left)s s left",
            done=_number(done),
            total=_number(total),
            rate=_number(round(done / seconds)),
            left=_number(round(left)),
        )
    )


def _number(value: int) -> str:
    return str(flask_babel.format_decimal(value))


def said(rows: Sequence[ImportMessage], header: Sequence[str]) -> list[Said]:
    """Return messages in words, with the letter and name of their column."""
    result = []
    for row in rows:
        column = ""
        if row.column is not None:
            name = header[row.column] if row.column < len(header) else ""
            letter = service.column_letter(row.column)
            column = letter if name in ("", letter) else f"{letter} ({name})"
        value = str(row.params.get("value", "")) or " ".join(row.cells or [])
        result.append(
            Said(
                row.line,
                column,
                value[:120],
                messages.sentence(row.code, row.params),
                messages.hint(row.code),
            )
        )
    return result


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
