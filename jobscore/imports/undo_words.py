"""Sentences about undoing an import, for pages and commands."""

from flask_babel import lazy_gettext as _l

from jobscore.imports.models import UndoOutcome
from jobscore.imports.undoing import UndoBlocked

_BLOCKED = {
    UndoBlocked.NOT_FINISHED: _l("The import is under way. Stop it first, or wait for its end."),
    UndoBlocked.UNDER_WAY: _l("The import is being undone."),
    UndoBlocked.UNDONE: _l("The import has been undone."),
    UndoBlocked.NOTHING_WRITTEN: _l("The import changed nothing, so there is nothing to undo."),
    UndoBlocked.JOURNAL_GONE: _l(
        "What the import changed is no longer kept, so it cannot be undone."
    ),
    UndoBlocked.NEWER_RUN: _l("The file was run again later. Undo the newer run first."),
}

_LEFT = {
    UndoOutcome.KEPT_LATER: _l("Kept: import %(number)s changed it later."),
    UndoOutcome.KEPT_SEEN: _l("Kept: import %(number)s has it too."),
    UndoOutcome.KEPT_BY_HAND: _l("Kept: it was changed by hand since."),
    UndoOutcome.GONE: _l("It has been deleted since."),
    UndoOutcome.FAILED: _l(
        "The database refused what it was before, for instance a skill that is gone."
    ),
}


def blocked(reason: UndoBlocked) -> str:
    """Return why an import cannot be undone, in the reader's language."""
    return str(_BLOCKED[reason])


def kept_because(why: UndoOutcome, import_id: int | None) -> str:
    """Return why undo left a job as it is, in the reader's language."""
    return str(_LEFT[why]) % {"number": import_id}
