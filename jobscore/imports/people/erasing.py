"""Erase people who were invited and did not accept: what is left says that somebody was, not who.

Flushes only. An invitation is closed first, in one statement; its account goes with the next batch
of :func:`erase_closed`, so that closing ten thousand is as quick as closing one.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import CursorResult, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.accounts import audit
from jobscore.accounts.models import UNUSABLE, User
from jobscore.emails import service as outbox
from jobscore.imports import service
from jobscore.imports.models import CsvImport, ImportAttempt, ImportMessage, ImportType
from jobscore.imports.people.models import OPEN, Invitation, InvitationStatus

#: Accounts of one batch.
BATCH = 500
#: Of these there is an account, or there was one until the person went; of others none is kept.
KEPT = (*OPEN, InvitationStatus.ACCEPTED)


def close(session: Session, status: InvitationStatus, *where: Any) -> int:
    """Close the open invitations that fit ``where``; return how many. Their links are dead."""
    result = session.execute(
        update(Invitation)
        .where(Invitation.status.in_(OPEN), *where)
        .values(status=status, closed_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )
    return cast("CursorResult[Any]", result).rowcount


def expire(session: Session) -> int:
    """Close the open invitations whose time is over; return how many."""
    return close(session, InvitationStatus.EXPIRED, Invitation.expires_at <= clock.now())


def erase_closed(session: Session, most: int = BATCH) -> int:
    """Erase up to ``most`` accounts whose invitation was closed; return how many."""
    rows = session.execute(
        select(Invitation.id, Invitation.user_id, Invitation.import_id, Invitation.line)
        .where(Invitation.user_id.is_not(None), Invitation.status.not_in(KEPT))
        .order_by(Invitation.id)
        .limit(most)
    ).all()
    if not rows:
        return 0
    _forget_messages(session, [(row.import_id, row.line) for row in rows])
    user_ids = [int(row.user_id) for row in rows]
    outbox.forget(user_ids)
    for start in range(0, len(user_ids), BATCH):
        ids = user_ids[start : start + BATCH]
        session.execute(
            update(Invitation)
            .where(Invitation.user_id.in_(ids))
            .values(user_id=None, nonce="")
            .execution_options(synchronize_session="fetch")
        )
        # an account that has been opened meanwhile is nobody's to erase
        session.execute(
            delete(User)
            .where(User.id.in_(ids), User.is_active.is_(False), User.hashed_password == UNUSABLE)
            .execution_options(synchronize_session=False)
        )
    session.expire_all()
    audit.record("invitation.erased", n=len(user_ids))
    return len(user_ids)


def forget_person(session: Session, user_id: int) -> None:
    """Take a person who is erased out of their invitation, and drop what runs said of their row."""
    rows = session.execute(
        select(Invitation.import_id, Invitation.line).where(Invitation.user_id == user_id)
    ).all()
    _forget_messages(session, [(row.import_id, row.line) for row in rows])
    session.execute(
        update(Invitation)
        .where(Invitation.user_id == user_id, Invitation.status.in_(OPEN))
        .values(status=InvitationStatus.WITHDRAWN, closed_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )
    session.execute(
        update(Invitation)
        .where(Invitation.user_id == user_id)
        .values(user_id=None, nonce="")
        .execution_options(synchronize_session="fetch")
    )


def _forget_messages(session: Session, rows: Sequence[tuple[int | None, int]]) -> None:
    """Drop what runs said about these lines: a message holds words of its row."""
    by_import: dict[int, list[int]] = {}
    for import_id, line in rows:
        if import_id is not None:
            by_import.setdefault(import_id, []).append(line)
    for import_id, lines in by_import.items():
        attempts = select(ImportAttempt.id).where(ImportAttempt.csv_import_id == import_id)
        session.execute(
            delete(ImportMessage)
            .where(ImportMessage.attempt_id.in_(attempts), ImportMessage.line.in_(lines))
            .execution_options(synchronize_session=False)
        )


# -- files -----------------------------------------------------------------------------------


def forget_files(session: Session) -> int:
    """Delete received files and messages of people imports as old as invitations may get.

    A file that was imported is gone already; this is for those that never were, and for rejected
    rows, which hold the data of people who have not even an account. Returns how many imports.
    """
    oldest = clock.now() - timedelta(days=config.current().invitation_days)
    is_over = and_(CsvImport.completed_at.is_not(None), CsvImport.completed_at < oldest)
    never_ran = and_(CsvImport.completed_at.is_(None), CsvImport.created_at < oldest)
    is_idle = CsvImport.status.not_in([*service.UNDER_WAY])
    found = session.scalars(
        select(CsvImport).where(
            CsvImport.import_type == ImportType.PEOPLE,
            CsvImport.stored_name != "",
            is_idle,
            or_(is_over, never_ran),
        )
    ).all()
    for csv_import in found:
        drop_file(csv_import)
        attempts = select(ImportAttempt.id).where(ImportAttempt.csv_import_id == csv_import.id)
        session.execute(
            delete(ImportMessage)
            .where(ImportMessage.attempt_id.in_(attempts))
            .execution_options(synchronize_session=False)
        )
        csv_import.stored_name = ""
    session.flush()
    return len(found)


def drop_file(csv_import: CsvImport) -> None:
    """Delete the bytes of an import."""
    if csv_import.stored_name:
        Path(service.path_of(csv_import)).unlink(missing_ok=True)
