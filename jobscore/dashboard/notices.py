"""Letters to admins about what needs a hand: of each event once, and at most one an hour."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from jobscore import clock, config, logs
from jobscore.accounts.models import User
from jobscore.dashboard import events, service
from jobscore.dashboard.events import Event
from jobscore.dashboard.models import AdminNotice
from jobscore.database.transaction import transaction
from jobscore.emails import rendering
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailType
from jobscore.extensions import db
from jobscore.web.i18n import speaking

#: What happens meanwhile waits, and stands in the next letter.
PAUSE = timedelta(hours=1)
#: Events that one letter lists; the others are counted.
MOST_EVENTS = 20
#: Events that go on for days: told again after so long.
AGAIN_AFTER = timedelta(days=1)
_ONGOING = ("bounces:", "complaints:", "queue:")

log = logs.get("jobscore.notices")


def tell() -> int:
    """Write to every admin about what happened and was not told yet; return how many letters.

    Commits. Of two workers that do this at once one writes.
    """
    session = db.session()
    settings = config.current()
    found = events.happened(session, settings, service.count_late(session, settings))
    session.rollback()
    if not found:
        return 0
    try:
        with transaction():
            return _tell(session, found)
    except IntegrityError:
        return 0  # another worker was faster


def _tell(session: Session, found: Sequence[Event]) -> int:
    now = clock.now()
    last = session.scalar(select(func.max(AdminNotice.created_at)).where(AdminNotice.letters > 0))
    if last is not None and last > now - PAUSE:
        return 0
    new = _untold(session, found)
    if not new:
        return 0
    admins = session.scalars(
        select(User).where(User.is_superuser, User.is_active).order_by(User.id)
    ).all()
    letters = outbox.enqueue_all([_draft(admin, new) for admin in admins])
    session.add_all(
        AdminNotice(event=event.key, letters=len(letters), created_at=now) for event in new
    )
    session.flush()
    log.warning("admins told", events=[event.key for event in new], letters=len(letters))
    return len(letters)


def _untold(session: Session, found: Sequence[Event]) -> list[Event]:
    keys = {event.key: event for event in found}
    told = set(session.scalars(select(AdminNotice.event).where(AdminNotice.event.in_(keys))))
    recent = session.scalars(
        select(AdminNotice.event).where(AdminNotice.created_at > clock.now() - AGAIN_AFTER)
    ).all()
    going_on = {name for name in _ONGOING for event in recent if event.startswith(name)}
    return [
        event
        for key, event in keys.items()
        if key not in told and not any(key.startswith(name) for name in going_on)
    ]


def _draft(admin: User, new: Sequence[Event]) -> outbox.Draft:
    locale = admin.profile.locale
    with speaking(locale):
        letter = rendering.render_here(
            "admin_notice",
            locale,
            items=[
                {
                    "title": str(event.title),
                    "text": str(event.text),
                    "url": rendering.absolute_url(event.endpoint, **event.values),
                }
                for event in new[:MOST_EVENTS]
            ],
            n_events=len(new),
            n_more=max(0, len(new) - MOST_EVENTS),
            home_url=rendering.absolute_url("dashboard.admin"),
        )
    return outbox.Draft(
        email_type=EmailType.NOTICE,
        recipient=admin.email,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        locale=locale,
        user_id=admin.id,
    )
