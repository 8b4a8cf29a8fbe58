"""Digests: which jobs went to whom in which letter, with the numbers of that day."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Float, ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jobscore.accounts.models import User
from jobscore.database.types import Id, Json, primary_key, set_on_insert
from jobscore.emails.models import EmailLog
from jobscore.extensions import Base


class Digest(Base):
    """One letter of jobs to one person on one day: a second run the same day makes none."""

    __tablename__ = "digests"
    __table_args__ = (
        UniqueConstraint("user_id", "digest_on", "kind", name="uq_digests_user_day_kind"),
    )

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    digest_on: Mapped[date] = mapped_column(Date, index=True)
    kind: Mapped[str] = mapped_column(String(20), default="digest", server_default="digest")
    email_log_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("email_logs.id", ondelete="SET NULL"), index=True
    )
    policy_version: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = set_on_insert()

    user: Mapped[User] = relationship()
    email_log: Mapped[EmailLog | None] = relationship()
    items: Mapped[list["DigestItem"]] = relationship(
        back_populates="digest",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="DigestItem.position",
    )


class DigestItem(Base):
    """One job in one letter: a snapshot. Unique by person and job: never sent twice."""

    __tablename__ = "digest_items"
    __table_args__ = (
        UniqueConstraint("user_id", "job_id", name="uq_digest_items_user_job"),
        Index("idx_digest_items_digest", "digest_id", "position"),
        Index("idx_digest_items_job", "job_id"),
    )

    id: Mapped[int] = primary_key()
    digest_id: Mapped[int] = mapped_column(Id, ForeignKey("digests.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    #: Null when the posting itself has been deleted since.
    job_id: Mapped[int | None] = mapped_column(Id, ForeignKey("jobs.id", ondelete="SET NULL"))
    section: Mapped[str] = mapped_column(String(20))
    position: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str] = mapped_column(String(255))
    company_name: Mapped[str] = mapped_column(String(255))
    #: 0..100, as are the components (null: could not be judged).
    total_score: Mapped[float] = mapped_column(Float(53))
    components: Mapped[dict[str, Any]] = mapped_column(Json)
    weights: Mapped[dict[str, Any]] = mapped_column(Json)
    #: The job, when the letter ended without being delivered: then `job_id` is null, and the job
    #: may stand in another letter. No foreign key: the posting may go.
    undelivered_job_id: Mapped[int | None] = mapped_column(Id)

    digest: Mapped[Digest] = relationship(back_populates="items")
