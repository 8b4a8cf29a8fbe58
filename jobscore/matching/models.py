"""Matches (マッチング結果): the chosen forty, the runs that chose them, what people answered."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jobscore.accounts.models import User
from jobscore.database.types import (
    Id,
    Json,
    Status,
    UtcDateTime,
    primary_key,
    set_on_change,
    set_on_insert,
)
from jobscore.extensions import Base
from jobscore.jobs.models import Job
from jobscore.scoring.models import JobScore


class MatchStatus(StrEnum):
    """What became of a match."""

    PENDING = "pending"
    SENT = "sent"
    SAVED = "saved"
    APPLIED = "applied"
    DISMISSED = "dismissed"
    EXPIRED = "expired"


class RunKind(StrEnum):
    """Which leg of the day a run is."""

    DAY = "day"
    MATCH = "match"
    DIGEST = "digest"
    SEND = "send"
    BACKTEST = "backtest"
    ALERT = "alert"


class RunStatus(StrEnum):
    """The life of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class FeedbackKind(StrEnum):
    """What a person answered to a job. Hidden is one thing; with a reason it is not interested."""

    HIDE = "hide"
    NOT_INTERESTED = "not_interested"
    BLOCK_COMPANY = "block_company"


class ComplaintStatus(StrEnum):
    """How far somebody has looked into what a person says is wrong."""

    OPEN = "open"
    #: The person was right, and what was wrong is mended.
    MENDED = "mended"
    #: The score stands, and the answer says why.
    EXPLAINED = "explained"


class HideReason(StrEnum):
    """Why a person does not want a job."""

    TOO_FAR = "too_far"
    PAY = "pay"
    WORK = "work"
    KNOWN = "known"
    COMPANY = "company"
    OTHER = "other"


class Outcome(StrEnum):
    """What became of an application, as its person says."""

    WAITING = "waiting"
    INTERVIEW = "interview"
    OFFER = "offer"
    DECLINED = "declined"
    REJECTED = "rejected"


class MatchRun(Base):
    """One run over people: progress, counts, seconds of each stage, lease and heartbeat."""

    __tablename__ = "match_runs"
    __table_args__ = (Index("idx_match_runs_kind_status", "kind", "status"),)

    id: Mapped[int] = primary_key()
    kind: Mapped[RunKind] = mapped_column(Status(RunKind))
    status: Mapped[RunStatus] = mapped_column(
        Status(RunStatus), default=RunStatus.QUEUED, server_default="queued"
    )
    #: The day that the run is for, in the operator's time zone.
    run_on: Mapped[date] = mapped_column(Date, index=True)
    policy_version: Mapped[str | None] = mapped_column(String(20))
    #: Units of work: people, or letters.
    total: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    processed: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    counts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    #: Seconds by stage.
    timings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    error: Mapped[str | None] = mapped_column(Text)
    #: Everybody is matched again, whether anything has changed for them or not.
    is_full: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    #: Of letters: they wait in the outbox until somebody has looked and releases them.
    is_held: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    #: The run of that day on whose lists this one builds; null: it began anew.
    #: No foreign key, nor the next one: either may go before it.
    since_run_id: Mapped[int | None] = mapped_column(Id)
    #: By which counts of rarity it scored.
    statistics_id: Mapped[int | None] = mapped_column(Id)
    requested_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = set_on_insert()


class Backtest(Base):
    """What a run of the kind backtest compares, and what it found; no person's match refers to it.

    The policies stand here whole: a draft may change or go while the run waits.
    """

    __tablename__ = "backtests"

    run_id: Mapped[int] = mapped_column(
        Id, ForeignKey("match_runs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: ``scoring.policy.Policy`` as JSON: the one on trial, and the one that it is held against.
    policy: Mapped[dict[str, Any]] = mapped_column(Json)
    against: Mapped[dict[str, Any]] = mapped_column(Json)
    #: How many people at most; null: all.
    people: Mapped[int | None] = mapped_column(Integer)
    #: ``matching.backtest.summary`` as JSON; null until the run is done.
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)

    run: Mapped[MatchRun] = relationship()


class MatchingResult(Base):
    """One job chosen for one person. A pair has one row; choosing it again renews the row."""

    __tablename__ = "matching_results"
    __table_args__ = (
        CheckConstraint(
            "confidence_level >= 0 AND confidence_level <= 1", name="check_confidence_range"
        ),
        UniqueConstraint("user_id", "job_id", name="uq_matching_results_user_job"),
        Index("idx_matching_results_user", "user_id"),
        Index("idx_matching_results_status", "match_status"),
        # a person's list of one day, in order
        Index("idx_matching_results_user_day", "user_id", "match_on", "position"),
        Index("idx_matching_results_job", "job_id"),
        Index("idx_matching_results_job_score", "job_score_id"),
    )

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    job_id: Mapped[int] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"))
    job_score_id: Mapped[int] = mapped_column(Id, ForeignKey("job_scores.id", ondelete="CASCADE"))
    match_status: Mapped[MatchStatus] = mapped_column(
        Status(MatchStatus), default=MatchStatus.PENDING, server_default="pending"
    )
    #: Message ids with numbers as JSON text (matching.reasons): each reader gets their language.
    recommendation_reason: Mapped[str | None] = mapped_column(Text)
    #: 0..1: coverage × quality of the evidence.
    confidence_level: Mapped[float | None] = mapped_column(Float(53))
    is_viewed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    is_applied: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    matched_at: Mapped[datetime] = set_on_insert()
    created_at: Mapped[datetime] = set_on_insert()
    updated_at: Mapped[datetime] = set_on_change()
    #: The day whose list holds it.
    match_on: Mapped[date] = mapped_column(Date)
    section: Mapped[str] = mapped_column(String(20))
    #: 1-based place in that day's list.
    position: Mapped[int] = mapped_column(SmallInteger)
    #: The section had too few, and this job fills it from the next best overall.
    is_fill_up: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    run_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("match_runs.id", ondelete="SET NULL"), index=True
    )
    viewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    saved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: The day of the list before that held it to its end: tells what is new and what moved.
    previous_on: Mapped[date | None] = mapped_column(Date)
    #: 1-based place in that list.
    previous_position: Mapped[int | None] = mapped_column(SmallInteger)
    #: When a later run of the same day took it out of the list of `match_on`; null: it stayed.
    dropped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: When the person last went from here to the posting's own page to apply.
    apply_clicked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: From which day on the person is asked whether they applied; null: nothing to ask.
    apply_ask_on: Mapped[date | None] = mapped_column(Date)
    #: The rest is what the person notes of an application; it stays when that is taken back.
    applied_on: Mapped[date | None] = mapped_column(Date)
    application_notes: Mapped[str | None] = mapped_column(Text)
    application_outcome: Mapped[Outcome | None] = mapped_column(Status(Outcome))
    next_step_on: Mapped[date | None] = mapped_column(Date)

    user: Mapped[User] = relationship()
    job: Mapped[Job] = relationship()
    job_score: Mapped[JobScore] = relationship()


class Feedback(Base):
    """What a person answered to a job or a company; kept when undone."""

    __tablename__ = "feedback"
    __table_args__ = (Index("idx_feedback_user", "user_id", "kind"),)

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    job_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("jobs.id", ondelete="CASCADE"), index=True
    )
    company_name: Mapped[str | None] = mapped_column(String(255))
    kind: Mapped[FeedbackKind] = mapped_column(Status(FeedbackKind))
    #: A `HideReason`; null: none was told.
    reason: Mapped[str | None] = mapped_column(String(255))
    #: In the person's own words.
    note: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = set_on_insert()
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FeedToken(Base):
    """The secret in the address of a person's private feed: one a person, kept as its hash."""

    __tablename__ = "feed_tokens"

    user_id: Mapped[int] = mapped_column(
        Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: SHA-256 of the token, as hex.
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = set_on_insert()


class ScoreComplaint(Base):
    """A person says that a score is wrong; with it what went into the score at that moment."""

    __tablename__ = "score_complaints"
    __table_args__ = (
        Index("idx_score_complaints_user_job", "user_id", "job_id"),
        Index("idx_score_complaints_job", "job_id"),
        # the admin's queue, oldest first
        Index("idx_score_complaints_status", "status", "id"),
        Index("idx_score_complaints_answered_by", "answered_by"),
    )

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    job_id: Mapped[int] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"))
    #: A component, or ``whole``.
    part: Mapped[str] = mapped_column(String(30))
    #: What is wrong, a code of ``matching.complaints.Problem``.
    problem: Mapped[str] = mapped_column(String(30))
    text: Mapped[str] = mapped_column(Text, default="", server_default="")
    policy_version: Mapped[str] = mapped_column(String(20))
    #: Answers and posting as they were read, weights, parts and total: see
    #: ``matching.complaint_inputs``.
    inputs: Mapped[dict[str, Any]] = mapped_column(Json)
    status: Mapped[ComplaintStatus] = mapped_column(
        Status(ComplaintStatus), default=ComplaintStatus.OPEN, server_default="open"
    )
    #: What the admin says to the person; empty while open.
    answer: Mapped[str] = mapped_column(Text, default="", server_default="")
    answered_by: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = set_on_insert()

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    job: Mapped[Job] = relationship()
