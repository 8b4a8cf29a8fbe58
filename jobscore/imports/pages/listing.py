"""The list of imports: filters that stand in the address, and what waits for an admin."""

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from jobscore.imports.models import CsvImport, ImportStatus, ImportType


class Shelf(StrEnum):
    """Imports by what they need."""

    ATTENTION = "attention"
    UNDER_WAY = "under_way"
    DONE = "done"
    UNDONE = "undone"


_STATES: dict[Shelf, tuple[ImportStatus, ...]] = {
    Shelf.UNDER_WAY: (
        ImportStatus.CHECKING,
        ImportStatus.QUEUED,
        ImportStatus.RUNNING,
        ImportStatus.UNDOING,
    ),
    Shelf.DONE: (ImportStatus.DONE, ImportStatus.DONE_WITH_ERRORS),
    Shelf.UNDONE: (ImportStatus.UNDONE,),
}
#: What is on no other shelf waits for somebody: a state that is new included.
_ELSEWHERE = tuple(state for states in _STATES.values() for state in states)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The filters of the list; empty means all."""

    q: str
    shelf: str
    kind: str

    @property
    def values(self) -> dict[str, str]:
        """Return what stands in the address."""
        pairs = {"q": self.q, "status": self.shelf, "type": self.kind}
        return {name: value for name, value in pairs.items() if value}


def chosen(values: dict[str, str]) -> Chosen:
    """Read the filters of an address; what is not known counts as not chosen."""
    shelf, kind = values.get("status", ""), values.get("type", "")
    return Chosen(
        values.get("q", "").strip()[:200],
        shelf if shelf in list(Shelf) else "",
        kind if kind in list(ImportType) else "",
    )


def query(filters: Chosen) -> Select[CsvImport]:
    """Return the imports that the filters let through, unordered."""
    found = select(CsvImport)
    if filters.q:
        name = func.lower(CsvImport.filename)
        found = found.where(name.contains(filters.q.lower(), autoescape=True))
    if filters.kind:
        found = found.where(CsvImport.import_type == ImportType(filters.kind))
    if filters.shelf == Shelf.ATTENTION:
        found = found.where(CsvImport.status.not_in(_ELSEWHERE))
    elif filters.shelf:
        found = found.where(CsvImport.status.in_(_STATES[Shelf(filters.shelf)]))
    return found


def count_waiting(session: Session) -> int:
    """Return how many imports wait for an admin."""
    waiting = select(func.count()).select_from(CsvImport)
    return session.scalar(waiting.where(CsvImport.status.not_in(_ELSEWHERE))) or 0


def shelves() -> list[tuple[str, str]]:
    """Return the choices of the status filter."""
    return [
        ("", gettext("Every status")),
        (Shelf.ATTENTION.value, gettext("Waits for you")),
        (Shelf.UNDER_WAY.value, gettext("Under way")),
        (Shelf.DONE.value, gettext("Done")),
        (Shelf.UNDONE.value, gettext("Undone")),
    ]


def kinds() -> list[tuple[str, str]]:
    """Return the choices of the type filter."""
    return [
        ("", gettext("Every type")),
        (ImportType.JOBS.value, gettext("Jobs")),
        (ImportType.PEOPLE.value, gettext("People")),
    ]


def kind_label(kind: ImportType) -> str:
    """Return a type of import in words."""
    return dict(kinds())[kind.value]
