"""What the source pages show, in the reader's language."""

from dataclasses import dataclass
from typing import Any

import flask_babel
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from jobscore.imports import messages
from jobscore.imports.models import ImportAttempt
from jobscore.imports.sources.models import (
    AfterTaking,
    ClosingReason,
    ClosingState,
    FeedClosing,
    FeedMode,
    Schedule,
    Source,
)
from jobscore.imports.sources.service import BadSourceError, Overview

MODES: dict[str, Any] = {
    FeedMode.ADD_UPDATE.value: _l("Add and update: jobs that a file lacks stay open"),
    FeedMode.FULL_FEED.value: _l("Full feed: jobs that a file lacks are closed"),
}
SCHEDULES: dict[str, Any] = {
    Schedule.BY_HAND.value: _l("Only by hand"),
    Schedule.QUARTER.value: _l("Every 15 minutes"),
    Schedule.HOURLY.value: _l("Every hour"),
    Schedule.DAILY.value: _l("Every day at a fixed time"),
}
AFTER: dict[str, Any] = {
    AfterTaking.LEAVE.value: _l("Leave them where they are"),
    AfterTaking.MOVE.value: _l("Move them to the folders “taken” and “bad”"),
}
_REFUSALS: dict[tuple[str, str], Any] = {
    ("name", "empty"): _l("Please give the source a name."),
    ("name", "unusable"): _l("Please use up to 100 visible characters."),
    ("name", "taken"): _l("Another source has this name. Please choose another one."),
    ("folder", "outside"): _l(
        "This folder does not lie under the one that the operator laid open for feeds."
    ),
    ("folder", "missing"): _l("There is no such folder. Please ask the operator to create it."),
    ("folder", "needed"): _l("A source without a folder cannot run by itself. Please choose one."),
    ("is_active", "off"): _l("The source is switched off. Switch it on first."),
    ("pattern", "unusable"): _l("Please write a pattern of file names such as *.csv."),
    ("header_line", "unusable"): _l("Please write the number of a line, or nothing."),
    ("daily_at", "unusable"): _l("Please write a time such as 05:30."),
    ("mapping", "unknown_field"): _l("Please write one “field = column name” in each line."),
    ("mapping", "no_title"): _l("Please say which column is the job title (title = …)."),
    ("mapping", "repeated"): _l("One column cannot fill two fields."),
}
_PROBLEMS: dict[str, Any] = {
    "too_large": _l("The file is larger than the operator allows."),
    "unreadable": _l("The file could not be opened. Please check its permissions."),
    "no_title": _l("No column is the job title. Map it by hand, or name it in the source."),
    "columns_missing": _l("The file lacks columns that the source's mapping names."),
    "folder_missing": _l("The folder does not exist or cannot be read."),
    "folder_outside": _l("The folder leads out of the one that the operator laid open for feeds."),
}
_WHY: dict[ClosingReason, Any] = {
    ClosingReason.SHARE: _l("The feed would close more than a fifth of the source's open jobs."),
    ClosingReason.UNKNOWN_ROWS: _l(
        "Some rows were rejected, and nobody can say which jobs they are. They could be among "
        "those that are missing."
    ),
    ClosingReason.EMPTY: _l("The feed has no row that could be read; nothing was closed."),
    ClosingReason.TORN: _l(
        "The file ends in the middle of a row: the rest may be missing. Nothing was closed."
    ),
    ClosingReason.OLD: _l("A newer feed of the source came in between; nothing was closed."),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One source in the list."""

    source: Source
    mode: str
    schedule: str
    state: str
    state_kind: str
    attempt: ImportAttempt | None
    report: str


def refusal(error: BadSourceError) -> str:
    """Return why a value of a source is refused."""
    return str(_REFUSALS.get((error.field, error.code), error.code))


def problem(code: str | None) -> str:
    """Return what is wrong with a file or folder of a source."""
    if code is None:
        return ""
    return str(_PROBLEMS[code]) if code in _PROBLEMS else messages.failure(code)


def row(view: Overview) -> Row:
    """Return a source as the list shows it."""
    source, attempt = view.source, view.last_attempt
    if not source.is_active:
        state, kind = gettext("Switched off"), "neutral"
    elif attempt is not None:
        state, kind = messages.status_label(attempt.status), messages.status_kind(attempt.status)
    else:
        state, kind = gettext("No import yet"), "neutral"
    return Row(
        source,
        str(short_mode(source.mode)),
        schedule(source),
        str(state),
        kind,
        attempt,
        report(source),
    )


def short_mode(mode: FeedMode) -> str:
    """Return a mode in two words."""
    return str(gettext("Full feed") if mode is FeedMode.FULL_FEED else gettext("Add and update"))


def schedule(source: Source) -> str:
    """Return when a source runs."""
    if source.schedule is Schedule.DAILY:
        return str(gettext("Every day at %(time)s", time=source.daily_at))
    return str(SCHEDULES[source.schedule.value])


def report(source: Source) -> str:
    """Return what the last run found, in one sentence."""
    said = source.last_report
    if not said:
        return ""
    if said.get("problem"):
        return problem(said["problem"])
    parts = [
        ngettext("%(n)s new file", "%(n)s new files", said["taken"], n=_number(said["taken"])),
    ]
    if said.get("known"):
        n = said["known"]
        parts.append(ngettext("%(n)s known file", "%(n)s known files", n, n=_number(n)))
    if said.get("bad"):
        n = said["bad"]
        parts.append(ngettext("%(n)s bad file", "%(n)s bad files", n, n=_number(n)))
    if said.get("growing"):
        n = said["growing"]
        parts.append(
            ngettext("%(n)s file still being written", "%(n)s files still being written", n,
                     n=_number(n))
        )  # fmt: skip
    return str(gettext(", ")).join(map(str, parts))


def facts(source: Source) -> list[tuple[str, str]]:
    """Return the settings of a source as (label, value)."""
    dialect = [
        str(source.dialect.get("encoding") or ""),
        {"\t": str(gettext("tab"))}.get(mark := source.dialect.get("delimiter") or "", mark),
    ]
    columns = [f"{messages.field_label(name)} ← {col}" for name, col in source.mapping.items()]
    return [
        (gettext("What its files are"), str(MODES[source.mode.value])),
        (gettext("Folder"), source.folder or gettext("none: files come by upload and command")),
        (gettext("Names of the files"), source.pattern),
        (gettext("Files that were taken"), str(AFTER[source.after_taking.value])),
        (gettext("When it runs"), schedule(source)),
        (gettext("Reading"), ", ".join(filter(None, dialect)) or gettext("found in each file")),
        (
            gettext("Columns of the files"),
            ", ".join(columns) or gettext("as the header's names say"),
        ),
    ]


def closing_sentence(closing: FeedClosing | None) -> str:
    """Return what a full feed closed, or why it did not."""
    if closing is None:
        return ""
    if closing.state is ClosingState.NOTHING and closing.reason is not None:
        return str(_WHY[closing.reason])
    if closing.state is ClosingState.REFUSED:
        return str(gettext("An admin said no: nothing was closed."))
    if closing.state is ClosingState.ASKED:
        return str(gettext("The feed waits for your answer before it closes jobs."))
    if closing.state is ClosingState.DONE and not closing.closed_jobs:
        return str(gettext("The feed has every open job of the source."))
    return str(
        ngettext(
            "%(n)s job that the feed no longer has was closed.",
            "%(n)s jobs that the feed no longer has were closed.",
            closing.closed_jobs,
            n=_number(closing.closed_jobs),
        )
    )


def why(closing: FeedClosing) -> str:
    """Return why a feed asks."""
    return str(_WHY[closing.reason]) if closing.reason is not None else ""


def share(closing: FeedClosing) -> str:
    """Return the part of the source's open jobs that would be closed, in percent."""
    part = closing.missing_jobs / closing.open_jobs if closing.open_jobs else 0
    return str(flask_babel.format_percent(part, "#,##0.#%"))


def _number(value: int) -> str:
    return str(flask_babel.format_decimal(value))
