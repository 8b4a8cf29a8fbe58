"""A revision of a migrations folder, as the Migrator tells of it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from alembic.script import Script

from jobscore.database.records import Applied

_CREATED = re.compile(r"^Create Date:\s*(\S.*?)\s*$", re.MULTILINE)


class NewRevision(NamedTuple):
    """A revision that was written: its file and its identifier."""

    path: Path
    revision: str


@dataclass(frozen=True, slots=True)
class RevisionEntry:
    """One revision of the folder, and whether this database has it.

    ``created_at`` is when the file was written (None: it does not say), ``applied_at`` when it was
    applied here (None: it is not, or nobody kept that).
    """

    revision: str
    message: str
    created_at: datetime | None
    is_applied: bool
    applied_at: datetime | None
    down_revisions: tuple[str, ...]
    path: Path

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``--json``."""
        return {
            "revision": self.revision,
            "message": self.message,
            "created_at": self.created_at and self.created_at.isoformat(),
            "is_applied": self.is_applied,
            "applied_at": self.applied_at and self.applied_at.isoformat(),
            "down_revisions": list(self.down_revisions),
            "path": self.path.name,
        }


def entry(script: Script, is_applied: bool, applied: Applied | None) -> RevisionEntry:
    """Tell of one script."""
    down = script.down_revision or ()
    return RevisionEntry(
        revision=script.revision,
        message=script.doc or "",
        created_at=_created(script.longdoc or ""),
        is_applied=is_applied,
        applied_at=applied.applied_at if applied and is_applied else None,
        down_revisions=(down,) if isinstance(down, str) else tuple(down),
        path=Path(script.path),
    )


def _created(text: str) -> datetime | None:
    """Read the date in the head of a revision's file; without a zone it counts as UTC."""
    match = _CREATED.search(text)
    try:
        found = datetime.fromisoformat(match[1]) if match else None
    except ValueError:
        return None
    return found and (found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC))
