"""The e-mail log (メール送信ログ), which is the outbox, and who must not be written to."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from jobscore.database.types import Id, Json, Status, UtcDateTime, primary_key, set_on_insert
from jobscore.extensions import Base


class EmailType(StrEnum):
    """The kinds of letters."""

    DIGEST = "digest"
    ALERT = "alert"
    VERIFY = "verify"
    RESET = "reset"
    INVITATION = "invitation"
    NOTICE = "notice"


class EmailStatus(StrEnum):
    """The life of a letter."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    IN_DOUBT = "in_doubt"


class AttemptOutcome(StrEnum):
    """How one try to deliver a letter ended."""

    SENT = "sent"
    #: Refused for now.
    DEFERRED = "deferred"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"


class EmailLog(Base):
    """One letter: the log row is the queue entry and the record of what happened."""

    __tablename__ = "email_logs"
    __table_args__ = (
        Index("idx_email_logs_status", "status"),
        Index("idx_email_logs_type", "email_type"),
        # the sender's queue: what is due, oldest first
        Index("idx_email_logs_queue", "status", "next_attempt_at", "id"),
        Index("idx_email_logs_user", "user_id", "created_at"),
        Index("idx_email_logs_recipient", "recipient_email"),
        # the log by days: its date filter and its chart, and how fast letters leave
        Index("idx_email_logs_created", "created_at", "status"),
        Index("idx_email_logs_sent", "sent_at"),
        # the sender asks before each letter for one that somebody waits for, behind any digests
        Index(
            "idx_email_logs_waiting",
            "email_type",
            "next_attempt_at",
            "id",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )

    id: Mapped[int] = primary_key()
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"))
    email_type: Mapped[EmailType] = mapped_column(Status(EmailType, 50))
    recipient_email: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    #: The plain text part of letters written before it was packed; read it by service.text_of.
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[EmailStatus] = mapped_column(
        Status(EmailStatus), default=EmailStatus.PENDING, server_default="pending"
    )
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_message: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = set_on_insert()
    #: The HTML part, UTF-8, zlib.
    html_z: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Further headers by name (List-Unsubscribe, …).
    headers: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    locale: Mapped[str] = mapped_column(String(5), default="ja", server_default="ja")
    #: Without angle brackets; the same for every attempt, so that a receiver can drop a repeat.
    message_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    #: Built, and waiting for somebody to release it.
    is_held: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: What the server answered at last.
    smtp_reply: Mapped[str | None] = mapped_column(Text)
    #: The plain text part, UTF-8, zlib.
    text_z: Mapped[bytes | None] = mapped_column(LargeBinary)


class EmailAttempt(Base):
    """One try to deliver a letter. A row comes when the try is over, however it ended."""

    __tablename__ = "email_attempts"
    __table_args__ = (Index("idx_email_attempts_log", "email_log_id", "id"),)

    id: Mapped[int] = primary_key()
    email_log_id: Mapped[int] = mapped_column(Id, ForeignKey("email_logs.id", ondelete="CASCADE"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Null: the sender stopped in the middle.
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[AttemptOutcome] = mapped_column(Status(AttemptOutcome))
    #: What the server answered, or what went wrong; may hold the address.
    reply: Mapped[str | None] = mapped_column(Text)
    #: Which sender tried: machine, process and a random part.
    worker: Mapped[str] = mapped_column(String(100))


class Suppression(Base):
    """An address that must not be written to, by keyed hash."""

    __tablename__ = "suppressions"

    id: Mapped[int] = primary_key()
    #: HMAC-SHA256 of the lower-case address, as hex.
    address_hash: Mapped[str] = mapped_column(String(64), unique=True)
    #: bounce, complaint, unsubscribe, erased or admin.
    reason: Mapped[str] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = set_on_insert()


class KeptKey(Base):
    """A signing key that must outlive the secret key it once came from (``emails.keys``)."""

    __tablename__ = "kept_keys"

    #: What it signs.
    purpose: Mapped[str] = mapped_column(String(20), primary_key=True)
    #: Hex.
    key: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime] = set_on_insert()


class MailOutage(Base):
    """A time in which the mail server could not be used; open while ``ended_at`` is null."""

    __tablename__ = "mail_outages"

    id: Mapped[int] = primary_key()
    started_at: Mapped[datetime] = set_on_insert()
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    #: No sender tries again before.
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    #: What was answered at last.
    error: Mapped[str] = mapped_column(Text)


class MailPause(Base):
    """A time in which somebody keeps letters from leaving; open while ``ended_at`` is null."""

    __tablename__ = "mail_pauses"

    id: Mapped[int] = primary_key()
    started_at: Mapped[datetime] = set_on_insert()
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    #: Only letters to many wait; what somebody just asked for (a new password) still leaves.
    is_only_many: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    #: Why, in the words of whoever paused; shown to other admins.
    reason: Mapped[str | None] = mapped_column(Text)


class MailLane(Base):
    """The road to one receiving domain, where a rate is set for it; gone when long unused."""

    __tablename__ = "mail_lanes"

    #: The domain in lower case; ``*`` is the road that all letters share.
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    #: No further letter may leave before.
    free_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Letters that found the road taken were put off, one behind the other, until before this.
    queue_until: Mapped[datetime] = mapped_column(UtcDateTime)
