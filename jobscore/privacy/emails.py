"""The letters about a person's data: that it was downloaded, and that everything is erased."""

from datetime import timedelta
from typing import Any, Final

import flask_babel
from sqlalchemy import select

from jobscore import clock
from jobscore.accounts.models import AuditLog, User
from jobscore.accounts.service import letters_can_leave
from jobscore.emails import rendering
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailLog, EmailType
from jobscore.extensions import db
from jobscore.web.i18n import speaking

#: Downloads within so long are told in one letter.
ONE_LETTER: Final = timedelta(hours=1)
EXPORTED: Final = "person.exported"


def data_downloaded(user: User) -> EmailLog | None:
    """Tell a person that an export of their data was downloaded, at most once an hour. Flushes.

    Call it before the export is written into the audit log. None where no letter is written.
    """
    told = select(AuditLog.id).where(
        AuditLog.target == f"user:{user.id}",
        AuditLog.action == EXPORTED,
        AuditLog.created_at > clock.now() - ONE_LETTER,
    )
    is_known = user.email_verified_at is not None
    if not is_known or not letters_can_leave() or db.session.scalar(told.limit(1)) is not None:
        return None
    draft = _draft(
        "data_downloaded",
        user,
        user_id=user.id,
        full_name=user.full_name,
        data_url=rendering.absolute_url("privacy.index"),
        account_url=rendering.absolute_url("accounts.account"),
    )
    return outbox.enqueue(draft)


def account_erased(user: User) -> outbox.Draft | None:
    """Return the last letter to a person who is about to be erased. Writes nothing.

    It names nobody and belongs to no account. Its address goes when it has left
    (:mod:`jobscore.privacy.farewells`). None where no letter can leave.
    """
    if user.email_verified_at is None or not letters_can_leave():
        return None
    return _draft("account_erased", user, user_id=None)


def _draft(name: str, user: User, *, user_id: int | None, **values: Any) -> outbox.Draft:
    locale = user.profile.locale
    with speaking(locale):
        at = flask_babel.format_datetime(clock.now())
    letter = rendering.render(name, locale, at=at, **values)
    return outbox.Draft(
        email_type=EmailType.NOTICE,
        recipient=user.email,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        locale=locale,
        user_id=user_id,
    )
