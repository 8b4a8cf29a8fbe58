"""What the pages about letters say of states, choices and the ledger, in the reader's language."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from jobscore.accounts.models import ConsentKind, DigestFrequency
from jobscore.digests import pace
from jobscore.digests.standing import State
from jobscore.digests.wishes import Fewer

#: State -> (word, kind of badge, what it means).
STATES: Final[MappingProxyType[State, tuple[Any, str, Any]]] = MappingProxyType(
    {
        State.ON: (
            _l("Letters are on"),
            "success",
            _l("A letter comes when there are new matches for you."),
        ),
        State.PAUSED: (_l("Paused"), "warning", _l("No letter comes before the pause is over.")),
        State.WAITING: (
            _l("Waits for your yes"),
            "warning",
            _l(
                "You had ended these letters. Because only you read your mailbox, we sent a letter "
                "there; they begin when you say yes by its link."
            ),
        ),
        State.UNCONFIRMED: (
            _l("Address not confirmed"),
            "warning",
            _l("Letters begin when you have confirmed your address by the link in our letter."),
        ),
        State.OFF: (
            _l("Letters are off"),
            "neutral",
            _l("You get no letters with jobs. Your matches are here on the site all the same."),
        ),
        State.CLOSED: (
            _l("We do not write to your address"),
            "danger",
            _l(
                "Letters to it came back, or one was marked as unwanted. Give another address, or "
                "ask the operator to open this one again."
            ),
        ),
    }
)
#: Choice -> (button, what it means, what is said when it is done).
FEWER: Final = MappingProxyType(
    {
        Fewer.WEEKLY: (
            _l("Once a week"),
            _l("The best of seven days in one letter."),
            _l("From now on a letter comes once a week at most."),
        ),
        Fewer.BEST: (
            _l("Only strong matches"),
            _l("Only jobs with a score of 80 or more, so many days bring no letter."),
            _l("From now on only jobs with a score of 80 or more come by letter."),
        ),
        Fewer.PAUSE: (
            _l("A pause of 30 days"),
            _l("No letters with jobs for a month; then they come as before."),
            _l("No letters with jobs come for 30 days; then they come as before."),
        ),
    }
)
KINDS: Final = MappingProxyType(
    {
        ConsentKind.TERMS: _l("Terms"),
        ConsentKind.DIGEST: _l("Letters with jobs"),
        ConsentKind.ALERT: _l("Search alerts"),
        ConsentKind.CONTACT: _l("Contact by the operator"),
    }
)
_HOW: Final = MappingProxyType(
    {
        "form": _l("on this site"),
        "sign-up": _l("when you signed up"),
        "invitation": _l("by the link of your invitation"),
        "import": _l("by a file of the operator"),
        "link": _l("by the link of a letter"),
        "asked": _l("asked by the operator"),
        "demo": _l("as part of the sample"),
    }
)
_CONFIRMED: Final = MappingProxyType(
    {
        "session": _l("signed in, with a confirmed address"),
        "address": _l("with your address"),
        "letter": _l("by the link of a letter"),
    }
)
_ENDED: Final = MappingProxyType(
    {
        "form": _l("on this site"),
        "link": _l("by the link of a letter"),
        "one-click": _l("by the button of your mail program"),
        "complaint": _l("because a letter was marked as unwanted"),
        "replaced": _l("because its wording has changed"),
        "unused": _l("because nothing needed it any more"),
    }
)


def how(code: str) -> Any:
    """Return how a consent was given, in words; an unknown way stands as it is."""
    return _HOW.get(code, code)


def confirmed_how(code: str | None) -> Any:
    """Return how a consent was confirmed, in words."""
    return _CONFIRMED.get(code or "", code or "")


def ended_how(code: str | None) -> Any:
    """Return how a consent ended, in words; empty where nobody wrote it down."""
    return _ENDED.get(code or "", code or "")


def first_step(state: State) -> str:
    """Return what a person must do before letters begin; nothing where there is nothing to do."""
    said: dict[State, str] = {
        State.WAITING: gettext("We sent you a letter. They begin when you say yes by its link."),
        State.UNCONFIRMED: gettext(
            "Confirm your address by the link in our letter; then they begin."
        ),
    }
    return said.get(state, "")


def pace_rules(chosen: DigestFrequency) -> list[str]:
    """Return the rule by which letters become fewer, sentence by sentence; for daily when off."""
    steps = pace.STEPS.get(chosen, pace.STEPS[DigestFrequency.DAILY])
    said: dict[pace.Pace, Callable[[int], str]] = {
        pace.Pace.WEEKLY: lambda n: gettext(
            "After %(n)s letters without a visit to our pages, they come once a week.", n=n
        ),
        pace.Pace.FOUR_WEEKLY: lambda n: gettext(
            "After %(n)s letters without a visit to our pages, they come once in four weeks.", n=n
        ),
    }
    return [str(said[step](least)) for least, step in steps if least]
