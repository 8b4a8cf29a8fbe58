"""Undoing a run: what it would do, how far it is, and what it did, in words."""

from dataclasses import dataclass

from flask_babel import gettext, ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.imports import messages, undo_words, undoing
from jobscore.imports.models import (
    ImportAttempt,
    ImportChange,
    ImportUndo,
    UndoOutcome,
    UndoStatus,
)
from jobscore.imports.pages.run import number
from jobscore.imports.undoing import UndoBlocked
from jobscore.imports.verdicts import OPEN, UndoReport

#: A run that wrote more jobs than this is not gone through before the question is asked.
MOST_PREVIEWED = 20_000
#: Jobs that undo left as they are and that are named on the page.
_LEFT_SHOWN = 50


@dataclass(frozen=True, slots=True)
class LeftLine:
    """One job that undo left as it is, and why."""

    job_id: int
    title: str
    why: str
    exists: bool


@dataclass(frozen=True, slots=True)
class Undo:
    """The undoing of a run, for its page; ``sentences`` say what was done."""

    is_running: bool
    done: int
    total: int
    failure: str
    sentences: list[str]
    left: list[LeftLine]
    can_ask: bool
    blocked: str


def target(session: Session, import_id: int) -> ImportAttempt | None:
    """Return the newest run of an import whose jobs can still be given back, in one statement.

    A later run that wrote nothing does not stand in the way.
    """
    own = select(ImportAttempt.id).where(ImportAttempt.csv_import_id == import_id)
    newest = (
        select(ImportChange.attempt_id)
        .where(ImportChange.attempt_id.in_(own), OPEN)
        .order_by(ImportChange.attempt_id.desc())
        .limit(1)
    )
    found = session.scalar(newest)
    return None if found is None else session.get(ImportAttempt, found, populate_existing=True)


def undo(session: Session, last: ImportAttempt) -> Undo:
    """Return how the undoing of an import stands; without one, whether it can be asked for.

    :param last: its newest run.
    """
    attempt = target(session, last.csv_import_id) or last
    row = session.scalar(
        select(ImportUndo)
        .join(ImportAttempt, ImportAttempt.id == ImportUndo.attempt_id)
        .where(ImportAttempt.csv_import_id == last.csv_import_id)
        .order_by(ImportUndo.attempt_id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    reason = undoing.can_undo(session, attempt)
    is_running = row is not None and row.status in (UndoStatus.QUEUED, UndoStatus.RUNNING)
    # what an undo did is told until the file is run again
    is_told = row is not None and (row.completed_at is None or row.completed_at > last.created_at)
    undone = row.attempt_id if row is not None and is_told else None
    report = undoing.report(session, undone) if undone else None
    says_why = reason in (UndoBlocked.JOURNAL_GONE, UndoBlocked.NEWER_RUN)
    return Undo(
        is_running=is_running,
        done=row.done_rows if row else 0,
        total=row.total_rows if row else 0,
        failure=messages.failure(row.failure) if row else "",
        sentences=report_sentences(report) if report else [],
        left=_left(session, undone) if undone and report else [],
        can_ask=reason is None,
        blocked=undo_words.blocked(reason) if reason and says_why else "",
    )


def _left(session: Session, attempt_id: int) -> list[LeftLine]:
    return [
        LeftLine(
            one.job_id,
            one.title or gettext("Job %(number)s", number=one.job_id),
            undo_words.kept_because(one.why, one.import_id),
            one.title is not None,
        )
        for one in undoing.left(session, attempt_id, _LEFT_SHOWN)
    ]


def forecast(session: Session, attempt: ImportAttempt) -> list[str]:
    """Return what undoing a run would do, as sentences; of a large run only the most it can be."""
    wrote = attempt.new_rows + attempt.changed_rows
    if wrote > MOST_PREVIEWED:
        return [
            gettext(
                "The run wrote %(n)s jobs. Each gets back what it was, unless something has "
                "changed it since; the report names those that stay.",
                n=number(wrote),
            )
        ]
    found = undoing.preview(session, attempt)
    sentences = [
        (found.restored, _would_restore(found.restored)),
        (found.removed, _would_remove(found.removed)),
        (found.closed, _would_close(found.closed)),
    ]
    return [text for n, text in sentences if n] + _kept(found)


def _would_restore(n: int) -> str:
    return str(
        ngettext(
            "%(n)s job gets back what it was before.",
            "%(n)s jobs get back what they were before.",
            n,
            n=number(n),
        )
    )


def _would_remove(n: int) -> str:
    return str(
        ngettext(
            "%(n)s job that was new is deleted.",
            "%(n)s jobs that were new are deleted.",
            n,
            n=number(n),
        )
    )


def _would_close(n: int) -> str:
    return str(
        ngettext(
            "%(n)s new job that people have met already is closed, not deleted.",
            "%(n)s new jobs that people have met already are closed, not deleted.",
            n,
            n=number(n),
        )
    )


def _kept(found: UndoReport) -> list[str]:
    return [
        gettext(
            "%(n)s jobs stay as they are. %(why)s",
            n=number(group.jobs),
            why=undo_words.kept_because(group.why, group.import_id),
        )
        for group in found.kept_groups
    ]


def report_sentences(found: UndoReport) -> list[str]:
    """Return what an undo did, as sentences."""
    sentences = [
        (
            found.restored,
            ngettext(
                "%(n)s job is again what it was before.",
                "%(n)s jobs are again what they were before.",
                found.restored,
                n=number(found.restored),
            ),
        ),
        (
            found.removed,
            ngettext(
                "%(n)s job that was new was deleted.",
                "%(n)s jobs that were new were deleted.",
                found.removed,
                n=number(found.removed),
            ),
        ),
        (
            found.closed,
            ngettext(
                "%(n)s new job that people have met already was closed, not deleted.",
                "%(n)s new jobs that people have met already were closed, not deleted.",
                found.closed,
                n=number(found.closed),
            ),
        ),
        (
            found.failed,
            gettext(
                "%(n)s jobs stay as they are. %(why)s",
                n=number(found.failed),
                why=undo_words.kept_because(UndoOutcome.FAILED, None),
            ),
        ),
    ]
    said = [text for n, text in sentences if n] + _kept(found)
    return said or [gettext("No job had to be changed.")]
