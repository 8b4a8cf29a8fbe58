"""Fingerprints of postings, pairs that look alike, what people decided, and the passes."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from jobscore.database.types import Id, Json, Status, UtcDateTime, primary_key, set_on_insert
from jobscore.extensions import Base


class Finding(StrEnum):
    """What the comparison says of two postings that look alike."""

    SURE = "sure"  # the same job: grouped at once
    UNSURE = "unsure"  # a person decides


class Decision(StrEnum):
    """What a person says of two postings."""

    SAME = "same"
    DIFFERENT = "different"


class PassStatus(StrEnum):
    """The life of one search for duplicates."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class JobFingerprint(Base):
    """What a posting is compared by; made anew when its content changes."""

    __tablename__ = "job_fingerprints"

    job_id: Mapped[int] = mapped_column(
        Id, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: ``jobs.content_hash`` of the content that it was made from.
    content_hash: Mapped[str | None] = mapped_column(String(64))
    #: Hashes (63 bits) of what is compared whole; null where the posting does not state it.
    id_key: Mapped[int | None] = mapped_column(BigInteger)
    url_key: Mapped[int | None] = mapped_column(BigInteger)
    #: Title, company and place.
    text_key: Mapped[int | None] = mapped_column(BigInteger)
    company_key: Mapped[int | None] = mapped_column(BigInteger)
    #: 64 numbers of 32 bits (MinHash of the text's shingles); null for a short text.
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)
    #: Whether it was compared with all others since it was made.
    is_compared: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())


class DuplicatePair(Base):
    """Two postings that may be the same job. A decision counts more than what was found."""

    __tablename__ = "duplicate_pairs"
    __table_args__ = (
        CheckConstraint("job_a <= job_b", name="check_duplicate_pairs_order"),
        Index("uq_duplicate_pairs_jobs", "job_a", "job_b", unique=True),
        # the review queue, most alike first
        Index("idx_duplicate_pairs_queue", "decision", "found", "similarity"),
    )

    id: Mapped[int] = primary_key()
    job_a: Mapped[int] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"))
    job_b: Mapped[int] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    #: Null: nobody found them alike; a person joined them by hand.
    found: Mapped[Finding | None] = mapped_column(Status(Finding))
    #: Null: nobody has decided.
    decision: Mapped[Decision | None] = mapped_column(Status(Decision))
    #: 0..1, of the texts; null where one of them has no text to compare.
    similarity: Mapped[float | None] = mapped_column(Float)
    #: ``{"rule": …, "differs": [fields]}``
    evidence: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    decided_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    found_at: Mapped[datetime] = set_on_insert()


class DuplicatePass(Base):
    """One search for duplicates: after an import, or of everything."""

    __tablename__ = "duplicate_passes"
    __table_args__ = (Index("idx_duplicate_passes_status", "status", "id"),)

    id: Mapped[int] = primary_key()
    status: Mapped[PassStatus] = mapped_column(
        Status(PassStatus), default=PassStatus.QUEUED, server_default="queued"
    )
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: How many postings were compared, pairs found, groups there are.
    counts: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = set_on_insert()
