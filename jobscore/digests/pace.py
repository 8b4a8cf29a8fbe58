"""How often a letter really comes: as chosen, and less often while it brings nobody to our pages.

Letters hold no picture that would tell us who opens them. What counts is a visit: any page of ours
seen by the person while signed in. The rule is said in the letter and on the page about letters; a
visit sets the count back, and who wants them steady says so once.
"""

from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from flask_babel import gettext

from jobscore.accounts.models import DigestFrequency


class Pace(StrEnum):
    """How often a letter comes at most."""

    DAILY = "daily"
    WEEKLY = "weekly"
    FOUR_WEEKLY = "four_weekly"


#: Days from one letter to the next at least.
DAYS: Final = MappingProxyType({Pace.DAILY: 1, Pace.WEEKLY: 7, Pace.FOUR_WEEKLY: 28})
#: From how many letters without a visit on which pace holds, by what was chosen.
STEPS: Final = MappingProxyType(
    {
        DigestFrequency.DAILY: ((0, Pace.DAILY), (20, Pace.WEEKLY), (28, Pace.FOUR_WEEKLY)),
        DigestFrequency.WEEKLY: ((0, Pace.WEEKLY), (12, Pace.FOUR_WEEKLY)),
    }
)
#: A letter tells so many letters ahead that they will be fewer.
TOLD_AHEAD: Final = 3


def pace_of(chosen: DigestFrequency, unvisited: int) -> Pace | None:
    """Return how often letters come after so many without a visit; None where they are off.

    :param unvisited: 0 for who wants them steady.
    """
    reached = [pace for least, pace in STEPS.get(chosen, ()) if least <= unvisited]
    return reached[-1] if reached else None


def is_slowed(chosen: DigestFrequency, unvisited: int) -> bool:
    """Tell whether letters come less often than chosen."""
    return pace_of(chosen, unvisited) is not pace_of(chosen, 0)


def until_next_step(chosen: DigestFrequency, unvisited: int) -> tuple[int, Pace] | None:
    """Return after how many more letters without a visit which pace begins; None: never."""
    ahead = [(least - unvisited, pace) for least, pace in STEPS.get(chosen, ()) if least]
    return next((step for step in ahead if step[0] > 0), None)


def next_day(
    today: date, pace: Pace, last_on: date | None, snoozed_until: date | None = None
) -> date:
    """Return the first day on which a letter may come; whether it does, the matches decide.

    :param last_on: the day of the last letter, which may be today.
    :param snoozed_until: the first day after a pause.
    """
    days = [today]
    if last_on is not None:
        days.append(last_on + timedelta(days=DAYS[pace]))
    if snoozed_until is not None:
        days.append(snoozed_until)
    return max(days)


# --- in words -------------------------------------------------------------------------------------


def words(pace: Pace) -> str:
    """Return a pace in the reader's language, to stand alone."""
    said: dict[Pace, str] = {
        Pace.DAILY: gettext("On every day with new matches"),
        Pace.WEEKLY: gettext("Once a week"),
        Pace.FOUR_WEEKLY: gettext("Once in four weeks"),
    }
    return said[pace]


def note(chosen: DigestFrequency, unvisited: int) -> str:
    """Return what a letter says about fewer letters: that they are, or soon will be; or nothing."""
    pace = pace_of(chosen, unvisited)
    if pace is None:
        return ""
    if is_slowed(chosen, unvisited):
        return _slowed(pace, unvisited)
    ahead = until_next_step(chosen, unvisited)
    if ahead is None or ahead[0] > TOLD_AHEAD:
        return ""
    return _soon(ahead[1])


def _slowed(pace: Pace, unvisited: int) -> str:
    if pace is Pace.WEEKLY:
        return str(
            gettext(
                "For now it comes once a week: %(n)s letters went by without a visit to our pages. "
                "Your next visit while signed in brings it back to as often as you chose.",
                n=unvisited,
            )
        )
    return str(
        gettext(
            "For now it comes once in four weeks: %(n)s letters went by without a visit to our "
            "pages. Your next visit while signed in brings it back to as often as you chose.",
            n=unvisited,
        )
    )


def _soon(pace: Pace) -> str:
    if pace is Pace.WEEKLY:
        return str(
            gettext(
                "You have not been on our pages for a while, so this letter will soon come once a "
                "week. A visit while signed in keeps it as it is."
            )
        )
    return str(
        gettext(
            "You have not been on our pages for a while, so this letter will soon come once in "
            "four weeks. A visit while signed in keeps it as it is."
        )
    )
