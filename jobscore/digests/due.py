"""Who is due a letter on a day: what a person decided, and what they had already."""

from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, true

from jobscore import config
from jobscore.accounts.models import Consent, ConsentKind, DigestFrequency, Profile, User
from jobscore.digests.models import Digest

KIND = "digest"
#: A weekly letter: not when one went out within so many days.
WEEK = timedelta(days=7)


def is_due(on: date) -> ColumnElement[bool]:
    """Return the condition under which a person wants a letter on that day and has none yet.

    It is for queries that join users with their profiles.
    """
    consent = exists().where(
        Consent.user_id == User.id,
        Consent.kind == ConsentKind.DIGEST,
        Consent.withdrawn_at.is_(None),
    )
    had_today = exists().where(
        Digest.user_id == User.id, Digest.digest_on == on, Digest.kind == KIND
    )
    had_this_week = exists().where(
        Digest.user_id == User.id,
        Digest.digest_on > on - WEEK,
        Digest.digest_on < on,
        Digest.kind == KIND,
    )
    is_confirmed = true() if config.current().demo else User.email_verified_at.is_not(None)
    return and_(
        User.is_active.is_(True),
        consent,
        ~had_today,
        or_(
            Profile.digest_frequency == DigestFrequency.DAILY,
            and_(Profile.digest_frequency == DigestFrequency.WEEKLY, ~had_this_week),
        ),
        or_(Profile.snoozed_until.is_(None), Profile.snoozed_until <= on),
        is_confirmed,
    )
