"""What an admin decides about letters, one or many at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from jobscore.database.transaction import transaction
from jobscore.emails import searching, service
from jobscore.emails.models import EmailStatus
from jobscore.emails.searching import Filters

#: What can be done to a letter, by the word in addresses and commands.
ACTIONS: Final[Mapping[str, Callable[[int], None]]] = MappingProxyType(
    {
        "retry": service.retry,
        "cancel": service.cancel,
        "send-again": service.send_again,
        "count-as-sent": service.count_as_sent,
    }
)
#: What can be done to a letter in each state.
POSSIBLE: Final[Mapping[EmailStatus, Sequence[str]]] = MappingProxyType(
    {
        EmailStatus.PENDING: ("retry", "cancel"),
        EmailStatus.FAILED: ("retry",),
        EmailStatus.CANCELLED: ("retry",),
        EmailStatus.IN_DOUBT: ("send-again", "count-as-sent"),
    }
)
#: Letters of one transaction: short enough that senders do not wait for it.
STEP = 100


@dataclass(slots=True)
class Settled:
    """How many letters were changed, and how many were in another state by then."""

    done: int = 0
    refused: int = 0


def settle(action: str, ids: Sequence[int]) -> Settled:
    """Do ``action`` to letters by their ids. Commits every :data:`STEP` letters.

    Letters in a state that does not allow it stay as they are and are counted.
    """
    result = Settled()
    for start in range(0, len(ids), STEP):
        _step(action, ids[start : start + STEP], result)
    return result


def settle_all(action: str, filters: Filters) -> Settled:
    """Do ``action`` to every letter that the filters find. Commits every :data:`STEP` letters."""
    result = Settled()
    for group in _groups(filters):
        _step(action, group, result)
    return result


def _groups(filters: Filters) -> Iterator[Sequence[int]]:
    after = 0
    while found := searching.ids(filters, after=after, most=STEP):
        after = found[-1]
        yield found


def _step(action: str, ids: Sequence[int], result: Settled) -> None:
    act = ACTIONS[action]
    with transaction():
        for log_id in ids:
            try:
                act(log_id)
            except service.EmailStateError:
                result.refused += 1
            else:
                result.done += 1
