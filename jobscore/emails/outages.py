"""The times in which the mail server could not be used."""

from collections.abc import Sequence

from sqlalchemy import select

from jobscore.emails.models import MailOutage
from jobscore.extensions import db

#: Outages that a page lists.
MOST = 10


def latest(most: int = MOST) -> Sequence[MailOutage]:
    """Return the last outages, the newest first."""
    query = select(MailOutage).order_by(MailOutage.started_at.desc(), MailOutage.id.desc())
    return db.session.scalars(query.limit(most)).all()
