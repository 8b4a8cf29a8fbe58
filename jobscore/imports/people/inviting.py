"""Invitations: send, remind once, accept, refuse, withdraw; and what they need every day.

Flushes only, except :func:`tend`, which commits step by step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql.base import ExecutableOption

from jobscore import clock, config, logs
from jobscore.accounts import audit, consents, limits, waiting
from jobscore.accounts.models import ConsentKind, DigestFrequency, Profile, User
from jobscore.accounts.service import letters_can_leave
from jobscore.database.transaction import transaction
from jobscore.emails import service as outbox
from jobscore.emails import suppression
from jobscore.extensions import db
from jobscore.imports.people import emails, erasing, links
from jobscore.imports.people.links import StaleInvitationError
from jobscore.imports.people.models import OPEN, Invitation, InvitationStatus

log = logs.get("jobscore.imports.people")

#: Letters of one transaction.
BATCH = 200
#: The admin may have the letter sent again this often an hour, like any letter to one mailbox.
TOO_SOON = timedelta(minutes=10)


class NotOpenError(Exception):
    """The invitation is not in a state in which that can be done."""


class TooSoonError(Exception):
    """The same letter was written moments ago."""


@dataclass(frozen=True, slots=True)
class Tended:
    """What the daily round did."""

    written: int = 0
    reminded: int = 0
    expired: int = 0
    erased: int = 0
    files: int = 0

    @property
    def numbers(self) -> tuple[int, int, int, int, int]:
        """All counts, in the order of their declaration."""
        return self.written, self.reminded, self.expired, self.erased, self.files

    @property
    def did_something(self) -> bool:
        """Whether there was anything to do."""
        return any(self.numbers)


def counts(session: Session, import_id: int) -> dict[InvitationStatus, int]:
    """Return how many invitations of an import are in each state; every state is there."""
    rows = session.execute(
        select(Invitation.status, func.count())
        .where(Invitation.import_id == import_id)
        .group_by(Invitation.status)
    )
    found = {row[0]: row[1] for row in rows}
    return {status: found.get(status, 0) for status in InvitationStatus}


def first_waiting(session: Session, import_id: int) -> Invitation | None:
    """Return the first invitation of an import without a letter: the example of a preview."""
    return session.scalar(
        select(Invitation)
        .where(Invitation.import_id == import_id, Invitation.status == InvitationStatus.WAITING)
        .order_by(Invitation.id)
        .limit(1)
    )


# -- sending ---------------------------------------------------------------------------------


def request_all(session: Session, import_id: int, actor_id: int | None) -> int:
    """Queue the letters of all who wait in an import, for a worker to write; return how many.

    :raises SendingRefusedError: while the operator's name, address or contact are missing.
    """
    outbox.sender()
    queued = session.execute(
        update(Invitation)
        .where(Invitation.import_id == import_id, Invitation.status == InvitationStatus.WAITING)
        .values(status=InvitationStatus.QUEUED, invited_by=actor_id)
        .execution_options(synchronize_session="fetch")
    )
    n = int(queued.rowcount)  # type: ignore[attr-defined] # an UPDATE's result has a row count
    if n:
        audit.record("invitations.sent", f"csv_import:{import_id}", actor_id=actor_id, n=n)
    return n


def write_queued(session: Session) -> int:
    """Write one batch of queued letters into the outbox; return how many.

    They leave at the outbox's rate and by its rules. Status and letter are one transaction of the
    caller's: whatever stops in between, everybody gets one.
    """
    query = (
        select(Invitation)
        .where(Invitation.status == InvitationStatus.QUEUED)
        .order_by(Invitation.id)
        .limit(BATCH)
        .options(*_people())
    )
    if session.get_bind().dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True, of=Invitation)
    some = list(session.scalars(query))
    if some:
        _send(some)
    return len(some)


def _people() -> tuple[ExecutableOption, ...]:
    profile = selectinload(Invitation.user).selectinload(User.profile)
    return (
        profile.selectinload(Profile.homes),
        profile.selectinload(Profile.titles),
        profile.selectinload(Profile.skills),
    )


def _send(some: Sequence[Invitation]) -> None:
    """Write letters into the outbox; their links work from now on for the days of the setting."""
    now = clock.now()
    for invitation in some:
        invitation.status = InvitationStatus.SENT
        invitation.sent_at = now
        invitation.expires_at = now + timedelta(days=config.current().invitation_days)
    db.session.flush()
    outbox.enqueue_all([emails.draft(invitation) for invitation in some])


def send_again(invitation: Invitation, actor_id: int | None) -> None:
    """Write one letter again (or for the first time); its time starts anew.

    :raises NotOpenError: when the invitation is closed.
    :raises TooSoonError: when one was written moments ago.
    :raises SendingRefusedError: while the operator's name, address or contact are missing.
    """
    outbox.sender()
    if invitation.status not in OPEN or invitation.user is None:
        raise NotOpenError
    now = clock.now()
    last = invitation.sent_at
    if last is not None and now - last < TOO_SOON:
        raise TooSoonError
    if actor_id is not None:
        invitation.invited_by = actor_id
    _send([invitation])
    audit.record("invitation.sent", f"invitation:{invitation.id}", actor_id=actor_id)


@waiting.writes_invitation
def write_to_asker(user: User) -> None:
    """Write the invitation again to somebody who signs up or asks for a password meanwhile."""
    invitation = db.session.scalar(
        select(Invitation).where(Invitation.user_id == user.id, Invitation.status.in_(OPEN))
    )
    if invitation is not None and letters_can_leave():
        _send([invitation])


def withdraw(invitation: Invitation, actor_id: int | None) -> None:
    """Take one invitation back: its links are dead, and what the file brought is erased.

    :raises NotOpenError: when it is closed already.
    """
    session = db.session()
    if not erasing.close(session, InvitationStatus.WITHDRAWN, Invitation.id == invitation.id):
        raise NotOpenError
    audit.record("invitation.withdrawn", f"invitation:{invitation.id}", actor_id=actor_id)
    erasing.erase_closed(session)


# -- answers of the invited ------------------------------------------------------------------


def accept(token: str, hashed_password: str, *, locale: str, wants_digest: bool) -> User:
    """Open the account: password set, address confirmed, agreed to the terms. Returns its owner.

    :param locale: the language in which the terms were shown.
    :param wants_digest: whether the box for letters was ticked; nothing else turns them on.
    :raises StaleInvitationError: when the link is not good (any more).
    """
    invitation = links.read(token)
    user = invitation.user
    if user is None or not _settle(invitation, InvitationStatus.ACCEPTED):
        raise StaleInvitationError
    now = clock.now()
    user.hashed_password = hashed_password
    user.password_changed_at = user.email_verified_at = now
    user.is_active = True
    user.profile.locale = locale
    db.session.flush()
    consents.give(user.id, ConsentKind.TERMS, locale=locale, how="invitation")
    if wants_digest:
        agreed = consents.give(user.id, ConsentKind.DIGEST, locale=locale, how="invitation")
        consents.confirm(agreed, "letter")
        user.profile.digest_frequency = DigestFrequency.DAILY
    limits.forget_account(user.email)
    audit.record("invitation.accepted", user, actor_id=user.id)
    db.session.flush()
    return user


def refuse(token: str) -> None:
    """Erase the person and never write to the address again, whatever file it stands in.

    :raises StaleInvitationError: when the link is not good (any more).
    """
    invitation = links.read(token)
    user = invitation.user
    if user is None or not _settle(invitation, InvitationStatus.REFUSED):
        raise StaleInvitationError
    suppression.suppress(user.email, suppression.Reason.ERASED)
    audit.record("invitation.refused", f"invitation:{invitation.id}")
    erasing.erase_closed(db.session())


def _settle(invitation: Invitation, status: InvitationStatus) -> bool:
    """Close a sent invitation, once: of two clicks at the same moment one wins."""
    closed = db.session.execute(
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.status == InvitationStatus.SENT)
        .values(status=status, closed_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )
    return int(closed.rowcount) == 1  # type: ignore[attr-defined] # an UPDATE's result has it


# -- every day -------------------------------------------------------------------------------


def tend() -> Tended:
    """Remind, expire and erase: one batch of each; run until nothing is left. Commits per step."""
    with transaction() as session:
        expired = erasing.expire(session)
    with transaction() as session:
        erased = erasing.erase_closed(session)
    written = reminded = 0
    if letters_can_leave():
        with transaction() as session:
            written = write_queued(session)
        with transaction() as session:
            reminded = _remind(session)
    with transaction() as session:
        files = erasing.forget_files(session)
    return Tended(written, reminded, expired, erased, files)


def _remind(session: Session) -> int:
    """Write the one reminder to those who have not answered; return to how many."""
    days = config.current().invitation_reminder_days
    if not days:
        return 0
    now = clock.now()
    query = (
        select(Invitation)
        .where(
            Invitation.status == InvitationStatus.SENT,
            Invitation.reminded_at.is_(None),
            Invitation.sent_at <= now - timedelta(days=days),
            Invitation.expires_at > now + timedelta(days=1),
        )
        .order_by(Invitation.id)
        .limit(BATCH)
        .options(*_people())
    )
    if session.get_bind().dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True, of=Invitation)
    some = list(session.scalars(query))
    for invitation in some:
        invitation.reminded_at = now
    session.flush()
    outbox.enqueue_all([emails.draft(one, is_reminder=True) for one in some])
    return len(some)
