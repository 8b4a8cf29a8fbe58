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
    UNDOING = "undoing"
    UNDONE = "undone"


class CheckStatus(StrEnum):
    """The life of a dry run, in order."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


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


class ImportPlan(Base):
    """What an admin decided about a file before its run: how to read it, what its columns are.

    One row a file; ``version`` rises with every change, so that of two admins at once the second
    is told instead of overwriting the first.
    """

    __tablename__ = "import_plans"
    __table_args__ = (
        # the newest plan of a file with the same header: its mapping is proposed again
        Index("idx_import_plans_header", "header_hash", "edited_at"),
    )

    csv_import_id: Mapped[int] = mapped_column(
        Id,
        ForeignKey("csv_imports.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    #: encoding, delimiter, quote, header line: what was decided otherwise than found.
    dialect: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    #: field name -> column index; null until the columns were confirmed.
    mapping: Mapped[dict[str, Any] | None] = mapped_column(Json)
    source: Mapped[str] = mapped_column(String(100), default="upload", server_default="upload")
    #: add_update or full_feed.
    mode: Mapped[str] = mapped_column(String(20), default="add_update", server_default="add_update")
    #: SHA-256 of the header's names; null for a file without a header, or not yet mapped.
    header_hash: Mapped[str | None] = mapped_column(String(64))
    #: The import whose rejected rows were mended into this file.
    mended_from: Mapped[int | None] = mapped_column(
        Id, ForeignKey("csv_imports.id", ondelete="SET NULL"), index=True
    )
    edited_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    edited_at: Mapped[datetime] = set_on_insert()
    #: Who started the newest run, and when.
    started_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportCheck(Base):
    """One dry run of a file: what a run would do, and for whom lists would change."""

    __tablename__ = "import_checks"

    id: Mapped[int] = primary_key()
    csv_import_id: Mapped[int] = mapped_column(
        Id, ForeignKey("csv_imports.id", ondelete="CASCADE"), index=True
    )
    status: Mapped[CheckStatus] = mapped_column(
        Status(CheckStatus), default=CheckStatus.QUEUED, server_default="queued"
    )
    #: The version of the plan that was checked.
    plan_version: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(String(100), default="upload", server_default="upload")
    mode: Mapped[str] = mapped_column(String(20), default="add_update", server_default="add_update")
    dialect: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    #: field name -> column index.
    mapping: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    #: Null until the whole file has been counted.
    total_rows: Mapped[int | None] = mapped_column(Integer)
    processed_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    new_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    changed_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    unchanged_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    duplicate_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    rejected_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    warning_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: Open jobs of the source, and how many of them a full feed would close; null: not asked.
    open_jobs: Mapped[int | None] = mapped_column(Integer)
    closing_jobs: Mapped[int | None] = mapped_column(Integer)
    #: One entry a kind of message: code, severity, count, first examples (line, column, value).
    findings: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list, server_default="[]")
    #: For whom lists would change: state waiting, exact, estimate or not_computed, and figures.
    effect: Mapped[dict[str, Any] | None] = mapped_column(Json)
    failure: Mapped[str | None] = mapped_column(String(50))
    requested_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = set_on_insert()


class ImportDifference(Base):
    """How one job would change, field by field; the first ones of a check are kept."""

    __tablename__ = "import_differences"
    __table_args__ = (Index("idx_import_differences_check", "check_id", "id"),)

    id: Mapped[int] = primary_key()
    check_id: Mapped[int] = mapped_column(Id, ForeignKey("import_checks.id", ondelete="CASCADE"))
    job_id: Mapped[int] = mapped_column(Id, ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    #: 1-based physical line of the row.
    line: Mapped[int] = mapped_column(Integer)
    #: The job's title before the change.
    title: Mapped[str] = mapped_column(String(255))
    #: One entry a field: name, before, after as plain values.
    changes: Mapped[list[list[Any]]] = mapped_column(Json, default=list, server_default="[]")


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


class UndoOutcome(StrEnum):
    """What undo made of one job."""

    RESTORED = "restored"
    #: It was new, and is deleted.
    REMOVED = "removed"
    #: It was new, but people have met it: closed instead of deleted.
    CLOSED = "closed"
    #: Kept: a later import changed it.
    KEPT_LATER = "kept_later"
    #: Kept: a later import of the same source had it too, unchanged.
    KEPT_SEEN = "kept_seen"
    #: Kept: somebody changed it by hand.
    KEPT_BY_HAND = "kept_by_hand"
    #: It was changed, and has been deleted since.
    GONE = "gone"
    #: The database refused what it was before.
    FAILED = "failed"


class UndoStatus(StrEnum):
    """The life of an undo, in order."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ImportChange(Base):
    """What an attempt did to one job: what undo writes back."""

    __tablename__ = "import_changes"
    __table_args__ = (Index("uq_import_changes_job", "attempt_id", "job_id", unique=True),)

    id: Mapped[int] = primary_key()
    attempt_id: Mapped[int] = mapped_column(
        Id, ForeignKey("import_attempts.id", ondelete="CASCADE")
    )
    #: Without a foreign key: what was done stays known when the job is deleted.
    job_id: Mapped[int] = mapped_column(Id, index=True)
    #: The columns and skills that the attempt changed, as they were; null: the job was new.
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    #: ``jobs.images.hash_of`` the job as the attempt left it.
    after_hash: Mapped[str] = mapped_column(String(64))
    #: The error of the database where undo failed.
    note: Mapped[str | None] = mapped_column(Text)
    #: Null until undo came to it.
    outcome: Mapped[UndoOutcome | None] = mapped_column(Status(UndoOutcome))
    #: The later import (csv_imports.id) for which undo kept the job.
    kept_for: Mapped[int | None] = mapped_column(Id)


class ImportUndo(Base):
    """The undoing of one attempt: the queue, and its report."""

    __tablename__ = "import_undos"

    attempt_id: Mapped[int] = mapped_column(
        Id,
        ForeignKey("import_attempts.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    status: Mapped[UndoStatus] = mapped_column(Status(UndoStatus), default=UndoStatus.QUEUED)
    #: Jobs that the attempt wrote, and those of them that undo has come to.
    total_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    done_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: Undo goes from the newest job to the oldest; null: none is done.
    checkpoint: Mapped[int | None] = mapped_column(Id)
    #: ``imports.undoing.UndoReport`` as JSON; null until it is done.
    report: Mapped[dict[str, Any] | None] = mapped_column(Json)
    #: Why it stopped: database.
    failure: Mapped[str | None] = mapped_column(String(50))
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = set_on_insert()

    attempt: Mapped[ImportAttempt] = relationship()
