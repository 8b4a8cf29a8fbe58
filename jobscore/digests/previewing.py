"""The letter of a person's matches as it would be, beside the list before it. Writes nothing."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from jobscore.accounts.models import DigestFrequency, Profile, User
from jobscore.digests import comparing, due, service
from jobscore.digests.difference import Compared
from jobscore.digests.models import Digest
from jobscore.emails import suppression
from jobscore.emails.models import EmailType
from jobscore.emails.rendering import Rendered
from jobscore.extensions import db


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter that may never leave; ``letter`` is None on a day without matches.

    :ivar is_due: the person wants a letter on that day and has none yet.
    :ivar is_suppressed: the address is on the suppression list.
    :ivar sent_log_id: the letter of that day in the log, where one was written.
    :ivar compared: held against the letter before, or the list; None where there was none.
    """

    person: User
    frequency: DigestFrequency
    minimum: int
    locale: str
    letter: Rendered | None
    is_due: bool
    is_suppressed: bool
    sent_log_id: int | None
    compared: Compared | None


def preview_of(user_id: int, on: date) -> Preview | None:
    """Return the letter of a day as it would be for a person; None when there is nobody."""
    row = db.session.execute(
        select(User, Profile).join(Profile, Profile.user_id == User.id).where(User.id == user_id)
    ).one_or_none()
    if row is None:
        return None
    person, profile = row
    letter = service.preview(user_id, on)
    return Preview(
        person=person,
        frequency=profile.digest_frequency,
        minimum=profile.digest_min_score,
        locale=profile.locale,
        letter=letter,
        is_due=_is_due(user_id, on),
        is_suppressed=person.email in suppression.suppressed({person.email}, EmailType.DIGEST),
        sent_log_id=db.session.scalar(
            select(Digest.email_log_id).where(
                Digest.user_id == user_id, Digest.digest_on == on, Digest.kind == due.KIND
            )
        ),
        compared=comparing.compare(user_id, on) if letter else None,
    )


def _is_due(user_id: int, on: date) -> bool:
    wanted = select(User.id).join(Profile, Profile.user_id == User.id)
    wanted = wanted.where(User.id == user_id, due.is_due(on))
    return db.session.scalar(wanted) is not None
