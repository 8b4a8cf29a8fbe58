"""Letters about saved searches: which jobs went to whom, with the scores of that day."""

from datetime import date, datetime

from sqlalchemy import Date, Float, ForeignKey, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from jobscore.database.types import Id, primary_key, set_on_insert
from jobscore.extensions import Base


class Alert(Base):
    """One letter to one person on one day, about all of their searches that were due."""

    __tablename__ = "alerts"
    __table_args__ = (UniqueConstraint("user_id", "alert_on", name="uq_alerts_user_day"),)

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    alert_on: Mapped[date] = mapped_column(Date)
    email_log_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("email_logs.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = set_on_insert()


class AlertItem(Base):
    """One job in one such letter. Unique by person and job: no job is alerted twice."""

    __tablename__ = "alert_items"
    __table_args__ = (UniqueConstraint("user_id", "job_id", name="uq_alert_items_user_job"),)

    id: Mapped[int] = primary_key()
    alert_id: Mapped[int] = mapped_column(
        Id, ForeignKey("alerts.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    #: Null when the search has been removed since.
    search_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("saved_searches.id", ondelete="SET NULL"), index=True
    )
    #: Null when the posting itself has been deleted since.
    job_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("jobs.id", ondelete="SET NULL"), index=True
    )
    position: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str] = mapped_column(String(255))
    company_name: Mapped[str] = mapped_column(String(255))
    #: 0..100; null where there was no number.
    total_score: Mapped[float | None] = mapped_column(Float(53))
    #: The job, when the letter ended without being delivered: then `job_id` is null, and the job
    #: may stand in another letter. No foreign key: the posting may go.
    undelivered_job_id: Mapped[int | None] = mapped_column(Id)
