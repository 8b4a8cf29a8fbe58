"""Jobs (求人情報): the postings, where they came from, what they ask and what they offer."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    false,
    func,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jobscore.database.types import (
    Id,
    Money,
    Status,
    UtcDateTime,
    primary_key,
    set_on_change,
    set_on_insert,
)
from jobscore.extensions import Base
from jobscore.vocabulary.models import Place, Skill


class Remote(StrEnum):
    """What a posting says of remote work; null where it says nothing."""

    NONE = "none"
    HYBRID = "hybrid"
    FULL = "full"


class PayPeriod(StrEnum):
    """The unit of a pay amount."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Job(Base):
    """One posting."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("salary_min >= 0", name="check_salary_min_positive"),
        CheckConstraint("salary_max >= salary_min", name="check_salary_max_greater_than_min"),
        Index("idx_jobs_company_active", "company_name", "is_active"),
        Index("idx_jobs_location_industry", "location", "industry"),
        # the newest open jobs, page by page
        Index("idx_jobs_active_posted", "is_active", "posted_date", "id"),
        # how many jobs are open, and of them new, without reading a row (home page)
        Index("idx_jobs_open", "is_active", "expires_at", "posted_date"),
        # what changed since the scoring frame was built
        Index("idx_jobs_updated_at", "updated_at"),
        # whether any open job has changed: the stamp of the scoring columns, without reading a row
        Index("idx_jobs_active_updated", "is_active", "updated_at", "id"),
        # the few held jobs, newest first
        Index("idx_jobs_held_at", "held_at"),
    )

    id: Mapped[int] = primary_key()
    title: Mapped[str] = mapped_column(String(255))
    company_name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    requirements: Mapped[str | None] = mapped_column(Text)
    location: Mapped[str | None] = mapped_column(String(255))
    #: In ``salary_currency`` for each ``salary_period``.
    salary_min: Mapped[Decimal | None] = mapped_column(Money)
    salary_max: Mapped[Decimal | None] = mapped_column(Money)
    #: schema.org words: FULL_TIME, PART_TIME, CONTRACTOR, TEMPORARY, INTERN, OTHER.
    employment_type: Mapped[str | None] = mapped_column(String(50))
    #: none, junior, mid, senior or lead.
    experience_level: Mapped[str | None] = mapped_column(String(50))
    industry: Mapped[str | None] = mapped_column(String(100))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    posted_date: Mapped[date] = mapped_column(Date, server_default=func.current_date())
    created_at: Mapped[datetime] = set_on_insert()
    updated_at: Mapped[datetime] = set_on_change()

    source: Mapped[str] = mapped_column(String(100), default="upload", server_default="upload")
    external_id: Mapped[str | None] = mapped_column(String(255))
    url: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: Labelled on screen, outside of every ranking.
    is_sponsored: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    remote: Mapped[Remote | None] = mapped_column(Status(Remote))
    salary_text: Mapped[str | None] = mapped_column(Text)
    salary_period: Mapped[PayPeriod | None] = mapped_column(Status(PayPeriod))
    salary_currency: Mapped[str | None] = mapped_column(String(3))
    #: The same pay for a full year, for comparison only (constants: docs/scoring/salary.md).
    yearly_min: Mapped[Decimal | None] = mapped_column(Money)
    yearly_max: Mapped[Decimal | None] = mapped_column(Money)
    experience_min_years: Mapped[int | None] = mapped_column(SmallInteger)
    experience_max_years: Mapped[int | None] = mapped_column(SmallInteger)
    place_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("places.id", ondelete="SET NULL"), index=True
    )
    language: Mapped[str | None] = mapped_column(String(5))
    import_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("csv_imports.id", ondelete="SET NULL"), index=True
    )
    #: The smallest job id of postings that are the same job; null: none known.
    duplicate_group: Mapped[int | None] = mapped_column(Id, index=True)
    #: Fingerprint of the imported content: an unchanged row is not written again.
    content_hash: Mapped[str | None] = mapped_column(String(64))
    #: Taken from everybody's sight by an admin; imports leave it so (``is_active`` is false).
    held_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    held_reason: Mapped[str | None] = mapped_column(Text)

    place: Mapped[Place | None] = relationship()
    skills: Mapped[list["JobSkill"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="JobSkill.skill_id"
    )
    features: Mapped[list["JobFeature"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="JobFeature.feature"
    )


class JobSource(Base):
    """Where a job was seen: the same posting again is an update, not a second job."""

    __tablename__ = "job_sources"
    __table_args__ = (Index("uq_job_sources_identity", "source", "identity", unique=True),)

    id: Mapped[int] = primary_key()
    job_id: Mapped[int] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    source: Mapped[str] = mapped_column(String(100))
    #: SHA-256 of the external id, else of the URL, else of company + title + place.
    identity: Mapped[str] = mapped_column(String(64))
    external_id: Mapped[str | None] = mapped_column(String(255))
    url: Mapped[str | None] = mapped_column(Text)
    last_seen_at: Mapped[datetime] = set_on_insert()
    #: Since when a full feed of the source lacks it; null: the source has it.
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JobSkill(Base):
    """A skill that a posting asks for."""

    __tablename__ = "job_skills"

    job_id: Mapped[int] = mapped_column(
        Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True
    )
    skill_id: Mapped[int] = mapped_column(
        Id, ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    is_required: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    #: 1..100, in percent of a full mention.
    weight: Mapped[int] = mapped_column(SmallInteger, default=100, server_default="100")
    #: The words of the posting that prove it.
    quote: Mapped[str] = mapped_column(String(255), default="", server_default="")

    skill: Mapped[Skill] = relationship(lazy="joined", innerjoin=True)


class JobFeature(Base):
    """A work-style feature that a posting states or denies, with the words that prove it."""

    __tablename__ = "job_features"
    __table_args__ = (Index("idx_job_features_feature", "feature", "is_stated"),)

    job_id: Mapped[int] = mapped_column(
        Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True
    )
    #: A code of ``vocabulary/data/features.tsv``.
    feature: Mapped[str] = mapped_column(String(50), primary_key=True)
    #: False: the posting denies it (高校生不可).
    is_stated: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    quote: Mapped[str] = mapped_column(String(255), default="", server_default="")
