"""Invitations of people whom a file brought, what was filled in for them, and by what right."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jobscore.accounts.models import User
from jobscore.database.types import Id, Status, UtcDateTime, primary_key, set_on_insert
from jobscore.extensions import Base


class InvitationStatus(StrEnum):
    """The life of an invitation: open while waiting, queued or sent, else closed for good.

    Only of the open and the accepted is there an account.
    """

    WAITING = "waiting"  # imported, no letter yet
    QUEUED = "queued"  # a worker is to write the letter
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    UNDONE = "undone"


OPEN = (InvitationStatus.WAITING, InvitationStatus.QUEUED, InvitationStatus.SENT)


class Invitation(Base):
    """One person whom a file brought; outlives the account, then without saying whose it was."""

    __tablename__ = "invitations"
    __table_args__ = (
        # the counts and the list of one import
        Index("idx_invitations_import", "import_id", "status", "id"),
        # what the daily maintenance looks for
        Index("idx_invitations_expires", "status", "expires_at"),
    )

    id: Mapped[int] = primary_key()
    import_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("csv_imports.id", ondelete="SET NULL")
    )
    #: Line of the row in the file.
    line: Mapped[int] = mapped_column(Integer)
    #: Null once the account is erased.
    user_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), unique=True
    )
    status: Mapped[InvitationStatus] = mapped_column(
        Status(InvitationStatus), default=InvitationStatus.WAITING, server_default="waiting"
    )
    #: Random; the links in the letters are signed over it. Another one ends them all.
    nonce: Mapped[str] = mapped_column(String(32))
    #: Who had the letter sent.
    invited_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = set_on_insert()
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When the one reminder was written.
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: From then on the links are worthless, and the account is erased.
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When it was accepted, refused, withdrawn, undone or expired.
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User | None] = relationship(foreign_keys=[user_id])


class PersonFill(Base):
    """An answer that a later file filled in because it was empty; undoing empties it again."""

    __tablename__ = "person_fills"

    invitation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("invitations.id", ondelete="CASCADE"), primary_key=True
    )
    #: Of ``people.writing.FIELDS``.
    field: Mapped[str] = mapped_column(String(30), primary_key=True)
    import_id: Mapped[int] = mapped_column(
        Id, ForeignKey("csv_imports.id", ondelete="CASCADE"), index=True
    )


class ConsentStatement(Base):
    """What an admin states about the consent of everybody in a file, for one run of it."""

    __tablename__ = "consent_statements"

    attempt_id: Mapped[int] = mapped_column(
        Id, ForeignKey("import_attempts.id", ondelete="CASCADE"), primary_key=True
    )
    #: The words that the people agreed to.
    text: Mapped[str] = mapped_column(Text)
    version: Mapped[str] = mapped_column(String(20), default="", server_default="")
    #: How they agreed: on paper, by a form, by telephone …
    method: Mapped[str] = mapped_column(String(255), default="", server_default="")
    given_on: Mapped[date] = mapped_column(Date)
    stated_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
