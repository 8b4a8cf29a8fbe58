"""Reports about letters of ours: each counts once."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column

from jobscore.database.types import Id, Status, primary_key, set_on_insert
from jobscore.emails.bounces.reports import ReturnKind
from jobscore.extensions import Base


class EmailReturn(Base):
    """One report about one letter."""

    __tablename__ = "email_returns"
    __table_args__ = (
        # the share of the last day's letters that came back
        Index("idx_email_returns_created", "created_at", "kind"),
    )

    id: Mapped[int] = primary_key()
    email_log_id: Mapped[int] = mapped_column(
        Id, ForeignKey("email_logs.id", ondelete="CASCADE"), index=True
    )
    #: Whose letter it was; null where it went to an address without an account.
    user_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[ReturnKind] = mapped_column(Status(ReturnKind))
    #: RFC 3463, such as 5.1.1; null where the report gives none.
    status_code: Mapped[str | None] = mapped_column(String(11))
    #: What the other server said, without addresses.
    detail: Mapped[str | None] = mapped_column(Text)
    #: False once an admin took the address from the list: it begins anew.
    is_counted: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    #: SHA-256 of what makes the report this one: read twice, it counts once.
    report_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = set_on_insert()
