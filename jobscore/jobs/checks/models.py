"""What the posting checks found, and the minimum wages that pay is compared with."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from jobscore.database.types import Id, Json, UtcDateTime, primary_key, set_on_insert
from jobscore.extensions import Base


class JobFinding(Base):
    """One thing that a rule found in a posting, with the words or values that prove it."""

    __tablename__ = "job_findings"
    __table_args__ = (
        # the queue: the jobs of one rule, newest first
        Index("idx_job_findings_rule", "rule", "job_id"),
    )

    job_id: Mapped[int] = mapped_column(
        Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True
    )
    #: A word of ``checks.rules.Rule``.
    rule: Mapped[str] = mapped_column(String(40), primary_key=True)
    #: The words of the posting that prove it; empty where something is missing.
    quote: Mapped[str] = mapped_column(String(255), default="", server_default="")
    #: Where the words stand: title, requirements, description, pay; empty for the whole posting.
    field: Mapped[str] = mapped_column(String(20), default="", server_default="")
    #: What the rule's sentence needs: amounts, hours, the items that are missing.
    params: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    #: An admin looked at it and let it stand; the same words again stay settled.
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )


class MinimumWage(Base):
    """The least hourly pay of one prefecture from one day on (地域別最低賃金)."""

    __tablename__ = "minimum_wages"
    __table_args__ = (
        CheckConstraint("hourly_yen > 0", name="check_minimum_wages_hourly_yen_positive"),
        Index("uq_minimum_wages_prefecture_day", "prefecture_code", "valid_from", unique=True),
    )

    id: Mapped[int] = primary_key()
    #: ``JP-13`` (JIS X 0401).
    prefecture_code: Mapped[str] = mapped_column(String(5))
    #: Yen for one hour.
    hourly_yen: Mapped[int] = mapped_column(Integer)
    #: The day on which it takes effect (発効日).
    valid_from: Mapped[date] = mapped_column(Date)
    #: The official page that states it.
    source_url: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = set_on_insert()
    created_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    #: When postings were compared with it; null: a worker does so from its day on.
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
