"""CSV imports (CSV取り込み履歴): one row a file; its attempts, messages and undo journal."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from jobscore.database.types import Id, Json, Status, UtcDateTime, primary_key, set_on_insert
from jobscore.extensions import Base


class ImportType(StrEnum):
    """What the rows of a file are."""

    JOBS = "jobs"
    PEOPLE = "people"


class ImportStatus(StrEnum):
    """The life of an import, in order."""

    PENDING = "pending"  # received
    INSPECTED = "inspected"
    MAPPING = "mapping"
    CHECKING = "checking"
    READY = "ready"
    QUEUED = "queued"
    RUNNING = "running"
    ASKING = "asking"  # a full feed waits for a yes or no before it closes jobs
    DONE = "done"
    DONE_WITH_ERRORS = "done_with_errors"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    UNDONE = "undone"


class CsvImport(Base):
    """One file."""

    __tablename__ = "csv_imports"
    __table_args__ = (
        CheckConstraint("file_size > 0", name="check_file_size_positive"),
        Index("idx_csv_imports_status", "status"),
        Index("idx_csv_imports_type", "import_type"),
    )

    id: Mapped[int] = primary_key()
    filename: Mapped[str] = mapped_column(String(255))
    #: Bytes.
    file_size: Mapped[int] = mapped_column(BigInteger)
    #: SHA-256 of the bytes, as hex.
    file_hash: Mapped[str] = mapped_column(String(64), unique=True)
    import_type: Mapped[ImportType] = mapped_column(Status(ImportType, 50))
    status: Mapped[ImportStatus] = mapped_column(
        Status(ImportStatus), default=ImportStatus.PENDING, server_default="pending"
    )
    #: Null until the whole file has been read.
    total_rows: Mapped[int | None] = mapped_column(Integer)
    processed_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    success_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    error_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: Grouped: ``{"codes": {code: count}, "failure": message or null}``.
    error_details: Mapped[dict[str, Any] | None] = mapped_column(Json)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = set_on_insert()
    #: Name under the instance folder's ``uploads/``.
    stored_name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    uploaded_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )

    attempts: Mapped[list["ImportAttempt"]] = relationship(
        back_populates="csv_import",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="ImportAttempt.id",
    )


class ImportAttempt(Base):
    """One run of a file: its reading, mapping, checkpoint and counts."""

    __tablename__ = "import_attempts"

    id: Mapped[int] = primary_key()
    csv_import_id: Mapped[int] = mapped_column(
        Id, ForeignKey("csv_imports.id", ondelete="CASCADE"), index=True
    )
    status: Mapped[ImportStatus] = mapped_column(Status(ImportStatus), default=ImportStatus.QUEUED)
    source: Mapped[str] = mapped_column(String(100), default="upload", server_default="upload")
    #: add_update or full_feed.
    mode: Mapped[str] = mapped_column(String(20), default="add_update", server_default="add_update")
    #: encoding, delimiter, quote, header line.
    dialect: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    #: field name -> column index.
    mapping: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    #: Data records handled so far, accepted or not: where a resumed run goes on.
    checkpoint: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    new_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    changed_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    unchanged_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    duplicate_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    rejected_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    warning_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = set_on_insert()

    csv_import: Mapped[CsvImport] = relationship(back_populates="attempts")


class ImportMessage(Base):
    """What was said about one row: an error (the row was not imported) or a warning."""

    __tablename__ = "import_messages"
    __table_args__ = (Index("idx_import_messages_attempt", "attempt_id", "severity", "line"),)

    id: Mapped[int] = primary_key()
    attempt_id: Mapped[int] = mapped_column(
        Id, ForeignKey("import_attempts.id", ondelete="CASCADE")
    )
    #: error, warning or info.
    severity: Mapped[str] = mapped_column(String(10))
    #: 1-based physical line where the record starts.
    line: Mapped[int] = mapped_column(Integer)
    #: Zero-based column; null: the whole row.
    column: Mapped[int | None] = mapped_column("column_index", Integer)
    code: Mapped[str] = mapped_column(String(50))
    params: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    #: The original cells of a rejected row; null for warnings.
    cells: Mapped[list[str] | None] = mapped_column(Json)


class ImportChange(Base):
    """The before-image of one job that an attempt wrote: what undo writes back."""

    __tablename__ = "import_changes"

    id: Mapped[int] = primary_key()
    attempt_id: Mapped[int] = mapped_column(
        Id, ForeignKey("import_attempts.id", ondelete="CASCADE"), index=True
    )
    job_id: Mapped[int] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    #: Null: the job was new.
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    after_hash: Mapped[str] = mapped_column(String(64))
    note: Mapped[str | None] = mapped_column(Text)
