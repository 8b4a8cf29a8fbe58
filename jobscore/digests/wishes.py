"""What a person decides about letters: how often, from which score, a pause, fewer, none.

One road for all: the page about letters, the profile, and the link of a letter. Flushes only.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import update

from jobscore import clock, config
from jobscore.accounts import audit, consents, optin, visits
from jobscore.accounts.models import (
    Consent,
    ConsentKind,
    DigestFrequency,
    Profile,
    SavedSearch,
    User,
)
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailType
from jobscore.extensions import db

#: The pause that a letter's link offers, and the longest that anybody may choose.
SHORT_PAUSE: Final = timedelta(days=30)
LONGEST_PAUSE: Final = timedelta(days=365)
#: The score from which on jobs come to who asks for the best only.
BEST: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How often letters are to come, and from which score (0..100) on a job stands in them."""

    frequency: DigestFrequency
    min_score: int


class Fewer(StrEnum):
    """What the link of a letter offers instead of the end."""

    WEEKLY = "weekly"
    BEST = "best"
    PAUSE = "pause"


def keep(user: User, wish: Wish, *, locale: str) -> None:
    """Keep what the person wishes, with the consent in the words of ``locale``, or its end.

    ``OFF`` takes effect at once: letters that wait in the outbox are not sent.
    """
    if wish.frequency is DigestFrequency.OFF:
        consents.withdraw(user.id, ConsentKind.DIGEST)
        outbox.suppress_waiting(user.id, [EmailType.DIGEST])
    else:
        optin.agree(user, ConsentKind.DIGEST, locale=locale, how="form")
    user.profile.digest_frequency = wish.frequency
    user.profile.digest_min_score = wish.min_score
    db.session.flush()


def pause(user: User, until: date | None) -> None:
    """Let no letter with jobs or alerts come before the day ``until``; None ends a pause.

    :raises ValueError: when that day is not after today, or more than a year ahead.
    """
    today = clock.today(config.current().timezone)
    if until is not None and not today < until <= today + LONGEST_PAUSE:
        raise ValueError(until)
    user.profile.snoozed_until = until
    db.session.flush()


def offers(user: User) -> list[Fewer]:
    """Return what would make a person's letters fewer; nothing while all are off.

    Search alerts have their own settings; a pause holds them too.
    """
    profile = user.profile
    is_on = profile.digest_frequency is not DigestFrequency.OFF
    found = []
    if profile.digest_frequency is DigestFrequency.DAILY:
        found.append(Fewer.WEEKLY)
    if is_on and profile.digest_min_score < BEST:
        found.append(Fewer.BEST)
    today = clock.today(config.current().timezone)
    is_paused = profile.snoozed_until is not None and profile.snoozed_until > today
    has_letters = is_on or consents.current(user.id, ConsentKind.ALERT) is not None
    if has_letters and not is_paused:
        found.append(Fewer.PAUSE)
    return found


def choose_fewer(user_id: int, choice: Fewer) -> bool:
    """Make a person's letters fewer, by the link of one; False where that changes nothing.

    It can only take away: who holds the link can bring no letter on anybody.
    """
    user = db.session.get(User, user_id)
    if user is None or choice not in offers(user):
        return False
    if choice is Fewer.WEEKLY:
        user.profile.digest_frequency = DigestFrequency.WEEKLY
    elif choice is Fewer.BEST:
        user.profile.digest_min_score = BEST
    else:
        pause(user, clock.today(config.current().timezone) + SHORT_PAUSE)
    visits.note(user_id)
    audit.record("letters.fewer", f"user:{user_id}", choice=choice.value)
    db.session.flush()
    return True


def ask_for_them_again(user_id: int, locale: str) -> bool:
    """Ask by letter whether a person who just ended letters wants them after all, once a week.

    Nothing is sent but that one letter before they say yes in it. False where there is nobody to
    ask, or letters are on.
    """
    user = db.session.get(User, user_id)
    if user is None or not user.is_active:
        return False
    if user.profile.digest_frequency is not DigestFrequency.OFF:
        return False
    optin.agree(user, ConsentKind.DIGEST, locale=locale, how="link")
    user.profile.digest_frequency = DigestFrequency.WEEKLY
    db.session.flush()
    return True


def refuse(entry: Consent) -> None:
    """Take the no to the letters of one entry of the ledger; other letters go on as they are."""
    consents.withdraw(entry.user_id, entry.kind, how="link")
    if entry.kind is ConsentKind.DIGEST:
        profile = db.session.get_one(Profile, entry.user_id)
        profile.digest_frequency = DigestFrequency.OFF
    elif entry.kind is ConsentKind.ALERT:
        db.session.execute(
            update(SavedSearch)
            .where(SavedSearch.user_id == entry.user_id)
            .values(frequency=DigestFrequency.OFF, news_since=None)
        )
    db.session.flush()
