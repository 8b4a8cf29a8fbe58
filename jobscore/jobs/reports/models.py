"""Reports of postings. Who reported is not kept: neither account nor address."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jobscore.database.types import Id, Status, UtcDateTime, primary_key, set_on_insert
from jobscore.extensions import Base
from jobscore.jobs.models import Job


class ReportReason(StrEnum):
    """Why somebody reports a posting."""

    FRAUD = "fraud"
    DISCRIMINATION = "discrimination"
    CLOSED = "closed"
    WRONG = "wrong"
    SPAM = "spam"
    OTHER = "other"


class JobReport(Base):
    """One report of a posting."""

    __tablename__ = "job_reports"
    __table_args__ = (
        # the reports of a job that wait
        Index("idx_job_reports_job", "job_id", "settled_at"),
        # the queue, newest first
        Index("idx_job_reports_settled", "settled_at", "id"),
    )

    id: Mapped[int] = primary_key()
    job_id: Mapped[int] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"))
    reason: Mapped[ReportReason] = mapped_column(Status(ReportReason))
    #: In the reporter's words; may be empty.
    text: Mapped[str] = mapped_column(Text, default="", server_default="")
    created_at: Mapped[datetime] = set_on_insert()
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    #: What the admin did about it.
    note: Mapped[str | None] = mapped_column(Text)

    job: Mapped[Job] = relationship()
