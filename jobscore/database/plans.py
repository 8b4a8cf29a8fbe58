"""What an upgrade would do here and what a downgrade would lose."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Loss:
    """Rows that a downgrade deletes."""

    words: str


@dataclass(frozen=True)
class PlannedRevision:
    """A revision ahead."""

    revision: str
    message: str
    steps: tuple[Any, ...]
    findings: tuple[Any, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {}


def losses(_connection: Any, _script: Any, _revisions: Any) -> list[Loss]:
    """Find nothing."""
    return []


def plan(_connection: Any, _script: Any, _revisions: Any) -> list[PlannedRevision]:
    """Find nothing."""
    return []
