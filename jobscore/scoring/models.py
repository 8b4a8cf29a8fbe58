"""Scores (スコアリング結果) and the policies that made them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    event,
    inspect,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jobscore.accounts.models import User
from jobscore.database.types import Id, Json, Status, UtcDateTime, primary_key, set_on_insert
from jobscore.extensions import Base
from jobscore.jobs.models import Job


class PolicyStatus(StrEnum):
    """The life of a policy; exactly one is active."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class PolicyChangeKind(StrEnum):
    """Why a version became live."""

    ACTIVATED = "activated"
    ROLLED_BACK = "rolled_back"


class UsedPolicyError(RuntimeError):
    """A version that is or was live would be rewritten: scores refer to it."""


class ScorePolicy(Base):
    """One version of the arithmetic. Only a draft may change; at most one is active."""

    __tablename__ = "score_policies"
    __table_args__ = (
        Index(
            "uq_score_policies_one_active",
            "status",
            unique=True,
            sqlite_where=text("status = 'active'"),
            postgresql_where=text("status = 'active'"),
        ),
    )

    id: Mapped[int] = primary_key()
    version: Mapped[str] = mapped_column(String(20), unique=True)
    status: Mapped[PolicyStatus] = mapped_column(Status(PolicyStatus), default=PolicyStatus.DRAFT)
    #: ``scoring.policy.Policy`` as JSON.
    definition: Mapped[dict[str, Any]] = mapped_column(Json)
    text: Mapped[str] = mapped_column(Text, default="", server_default="")
    active_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    active_to: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = set_on_insert()


@event.listens_for(ScorePolicy, "before_update")
def _keep_used_policies(_mapper: Any, _connection: Any, policy: ScorePolicy) -> None:
    """Refuse to rewrite what is or was live, whoever tries."""
    state = inspect(policy)
    before = state.attrs.status.history.deleted or [policy.status]
    is_changed = any(state.attrs[n].history.has_changes() for n in ("version", "definition"))
    if is_changed and before[0] is not PolicyStatus.DRAFT:
        raise UsedPolicyError(f"policy {policy.version} is {before[0]}: it is not rewritten")


class PolicyChange(Base):
    """A version became live: which, in place of which, by whom and when."""

    __tablename__ = "policy_changes"

    id: Mapped[int] = primary_key()
    policy_id: Mapped[int] = mapped_column(
        Id, ForeignKey("score_policies.id", ondelete="CASCADE"), index=True
    )
    previous_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("score_policies.id", ondelete="SET NULL"), index=True
    )
    kind: Mapped[PolicyChangeKind] = mapped_column(Status(PolicyChangeKind))
    changed_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    changed_at: Mapped[datetime] = set_on_insert()

    policy: Mapped[ScorePolicy] = relationship(foreign_keys=[policy_id])
    previous: Mapped[ScorePolicy | None] = relationship(foreign_keys=[previous_id])
    user: Mapped[User | None] = relationship()


class CollectionStatistics(Base):
    """How rare pieces, words, terms and skills were among the open jobs when a run counted them.

    All machines score by the newest row of a set of parameters, until so many jobs have come and
    gone that a run counts anew (docs/decisions/0027).
    """

    __tablename__ = "collection_statistics"
    __table_args__ = (Index("idx_collection_statistics_digest", "digest", "id"),)

    id: Mapped[int] = primary_key()
    #: SHA-256 of the release and of the policy parameters that decide what is counted.
    digest: Mapped[str] = mapped_column(String(64))
    #: How many jobs were open, and the largest id among them.
    jobs: Mapped[int] = mapped_column(Integer)
    last_job_id: Mapped[int] = mapped_column(Id)
    #: ``scoring.rarity.Statistics.to_bytes``.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    counted_at: Mapped[datetime] = set_on_insert()


class JobScore(Base):
    """One person, one job, one policy version. Null components could not be judged."""

    __tablename__ = "job_scores"
    __table_args__ = (
        CheckConstraint("total_score >= 0 AND total_score <= 100", name="check_total_score_range"),
        UniqueConstraint(
            "user_id", "job_id", "scoring_algorithm_version", name="unique_user_job_score"
        ),
        Index("idx_job_scores_user_job", "user_id", "job_id"),
        Index("idx_job_scores_total_score", "total_score"),
        Index("idx_job_scores_job", "job_id"),
    )

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    job_id: Mapped[int] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"))
    #: 0..100, as are the components.
    total_score: Mapped[float] = mapped_column(Float(53))
    skill_match_score: Mapped[float | None] = mapped_column(Float(53))
    experience_score: Mapped[float | None] = mapped_column(Float(53))
    location_score: Mapped[float | None] = mapped_column(Float(53))
    salary_score: Mapped[float | None] = mapped_column(Float(53))
    culture_fit_score: Mapped[float | None] = mapped_column(Float(53))
    scoring_algorithm_version: Mapped[str] = mapped_column(
        String(20), default="1.0", server_default="1.0"
    )
    #: Order key: 0..1,000,000 (docs/scoring/total.md).
    rank_points: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: 0..1: judged weight of all weight.
    coverage: Mapped[float] = mapped_column(Float(53), default=1.0, server_default="1.0")
    #: The person's own weights; null: the policy's.
    weights: Mapped[dict[str, int] | None] = mapped_column(Json)
    scored_at: Mapped[datetime] = set_on_insert()
    created_at: Mapped[datetime] = set_on_insert()

    user: Mapped[User] = relationship()
    job: Mapped[Job] = relationship()


class ScoreHistory(Base):
    """A score that a person was shown and that then changed."""

    __tablename__ = "score_history"
    __table_args__ = (Index("idx_score_history_user_job", "user_id", "job_id"),)

    id: Mapped[int] = primary_key()
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    job_id: Mapped[int] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    total_score: Mapped[float] = mapped_column(Float(53))
    components: Mapped[dict[str, Any]] = mapped_column(Json)
    scoring_algorithm_version: Mapped[str] = mapped_column(String(20))
    scored_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: When it stopped being the score shown.
    created_at: Mapped[datetime] = set_on_insert()
    #: What changed while it stood, as codes with a space after each: ``policy weights job ``.
    causes: Mapped[str] = mapped_column(String(100), default="", server_default="")
