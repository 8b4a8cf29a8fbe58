"""How things stand with a person's letters: whether they come, what holds them up, when next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import func, select

from jobscore import clock, config
from jobscore.accounts import consents, visits
from jobscore.accounts.models import Consent, ConsentKind, DigestFrequency, User
from jobscore.digests import due, emails, pace, reading
from jobscore.digests.models import Digest, DigestItem
from jobscore.emails import suppression
from jobscore.emails.models import EmailType
from jobscore.emails.rendering import Rendered
from jobscore.extensions import db
from jobscore.matching.models import MatchingResult


class State(StrEnum):
    """Whether letters come; the first of these that is true."""

    #: The address is not written to: letters came back, or somebody complained.
    CLOSED = "closed"
    OFF = "off"
    #: Asked for again after a no: a letter waits for the yes.
    WAITING = "waiting"
    #: The address is not confirmed.
    UNCONFIRMED = "unconfirmed"
    PAUSED = "paused"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand with one person's letters."""

    state: State
    chosen: DigestFrequency
    #: 0..100; 0: any.
    min_score: int
    #: How often they come now; None while they are off.
    pace: pace.Pace | None
    #: Letters since the last visit; a visit to this page has just set them back.
    unvisited: int
    is_steady: bool
    #: The first day after a pause; None without one.
    snoozed_until: date | None
    #: The first day on which the next may come; None where none comes.
    next_on: date | None
    #: The entry that stands in the ledger, confirmed or not.
    consent: Consent | None


def of(user: User) -> Standing:
    """Return how things stand with a person's letters today."""
    today = clock.today(config.current().timezone)
    profile, kept = user.profile, visits.pace_of(user.id)
    counted = 0 if kept.is_steady else kept.unvisited
    consent = consents.current(user.id, ConsentKind.DIGEST)
    paused = profile.snoozed_until
    snoozed_until = paused if paused is not None and paused > today else None
    state = _state(user, consent, snoozed_until)
    gait = pace.pace_of(profile.digest_frequency, counted)
    comes = state in (State.ON, State.PAUSED) and gait is not None
    return Standing(
        state=state,
        chosen=profile.digest_frequency,
        min_score=profile.digest_min_score,
        pace=gait,
        unvisited=counted,
        is_steady=kept.is_steady,
        snoozed_until=snoozed_until,
        next_on=pace.next_day(today, gait, due.last_on(user.id), snoozed_until)
        if comes and gait is not None
        else None,
        consent=consent,
    )


def _state(user: User, consent: Consent | None, snoozed_until: date | None) -> State:
    if suppression.suppressed({user.email}, EmailType.DIGEST):
        return State.CLOSED
    if user.profile.digest_frequency is DigestFrequency.OFF or consent is None:
        return State.OFF
    if consents.is_waiting(consent):
        return State.WAITING
    if user.email_verified_at is None and not config.current().demo:
        return State.UNCONFIRMED
    return State.PAUSED if snoozed_until is not None else State.ON


# --- the next letter ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NextLetter:
    """The letter that the newest list would make now, or why it makes none."""

    #: The day of the list; None while there is no list.
    listed_on: date | None
    letter: Rendered | None = None
    #: Jobs of the list that were not sent yet, and how many of them clear the person's minimum.
    waiting: int = 0
    good: int = 0


def next_letter(user_id: int) -> NextLetter:
    """Return what would be sent if a letter were written now, from the newest list. Writes nothing.

    The same code writes the letters.
    """
    newest = select(func.max(MatchingResult.match_on)).where(MatchingResult.user_id == user_id)
    on = db.session.scalar(newest)
    person = next(iter(reading.people_of(reading.everyone().where(User.id == user_id))), None)
    if on is None or person is None:
        return NextLetter(on)
    choices = reading.choices_of([person], on).get(user_id, [])
    good = [c.pick for c in choices if emails.shown_score(c.pick.total) >= person.minimum]
    letter = emails.job_digest(person.reader, good, on) if good else None
    return NextLetter(on, letter, len(choices), len(good))


def job_counts(log_ids: Sequence[int]) -> dict[int, int]:
    """Return how many jobs stood in each of these letters; letters without jobs are left out."""
    rows = db.session.execute(
        select(Digest.email_log_id, func.count(DigestItem.id))
        .join(DigestItem, DigestItem.digest_id == Digest.id)
        .where(Digest.email_log_id.in_(log_ids))
        .group_by(Digest.email_log_id)
    )
    return {log_id: n for log_id, n in rows if log_id is not None}
