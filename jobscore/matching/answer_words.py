"""The words of what people answer: why a job is hidden, what became of an application."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from jobscore.matching.models import HideReason, Outcome

HIDE_REASONS: Final[Mapping[HideReason, Any]] = MappingProxyType(
    {
        HideReason.TOO_FAR: _l("Too far"),
        HideReason.PAY: _l("Pay too low"),
        HideReason.WORK: _l("Wrong kind of work"),
        HideReason.KNOWN: _l("I know it already"),
        HideReason.COMPANY: _l("Not this company"),
        HideReason.OTHER: _l("Another reason"),
    }
)
OUTCOMES: Final[Mapping[Outcome, tuple[Any, str]]] = MappingProxyType(
    {
        Outcome.WAITING: (_l("Waiting for an answer"), "neutral"),
        Outcome.INTERVIEW: (_l("Interview"), "accent"),
        Outcome.OFFER: (_l("Offer received"), "success"),
        Outcome.DECLINED: (_l("Declined by me"), "neutral"),
        Outcome.REJECTED: (_l("Not chosen"), "neutral"),
    }
)
"""In words, and the kind of its badge."""


def reason_words(reason: str | None) -> str:
    """Return why a job is hidden; empty where no reason was told or none of ours."""
    if reason is None or reason not in set(HideReason):
        return ""
    return str(HIDE_REASONS[HideReason(reason)])
