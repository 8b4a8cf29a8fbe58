"""Sources: named feeds of files, the files seen of each, and what a full feed would close."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, true
from sqlalchemy.orm import Mapped, mapped_column

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


class FeedMode(StrEnum):
    """What a file of the source is."""

    ADD_UPDATE = "add_update"  # some postings; the others stay
    FULL_FEED = "full_feed"  # all of them; the others are closed


class Schedule(StrEnum):
    """When the folder is looked at."""

    BY_HAND = "by_hand"
    QUARTER = "quarter"  # every 15 minutes
    HOURLY = "hourly"
    DAILY = "daily"


class AfterTaking(StrEnum):
    """What happens to a file that was imported."""

    LEAVE = "leave"
    MOVE = "move"


class FileState(StrEnum):
    """What became of one file of a folder."""

    GROWING = "growing"  # seen once; taken when it has stopped changing
    TAKEN = "taken"
    KNOWN = "known"  # the same bytes were taken before
    BAD = "bad"


class ClosingState(StrEnum):
    """The life of the question whether the jobs that a full feed lacks shall be closed."""

    ASKED = "asked"
    ALLOWED = "allowed"
    REFUSED = "refused"
    DONE = "done"
    NOTHING = "nothing"  # nothing may be closed: see the reason


class ClosingReason(StrEnum):
    """Why a full feed asks, or closes nothing."""

    SHARE = "share"  # it would close more than a fifth of the source's open jobs
    UNKNOWN_ROWS = "unknown_rows"  # rejected rows of which nobody can say which job they are
    EMPTY = "empty"
    TORN = "torn"
    OLD = "old"  # a newer file of the source came in between


class Source(Base):
    """One named source."""

    __tablename__ = "sources"

    id: Mapped[int] = primary_key()
    #: What ``jobs.source`` and ``job_sources.source`` say; never changed once it is used.
    name: Mapped[str] = mapped_column(String(100), unique=True)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    mode: Mapped[FeedMode] = mapped_column(
        Status(FeedMode), default=FeedMode.ADD_UPDATE, server_default="add_update"
    )
    #: field -> name of the column, or its number (from 0); empty: what the header's names say.
    mapping: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    #: encoding, delimiter, quote, header line, as far as they are not left to the reader.
    dialect: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, server_default="{}")
    #: Folder under JOBSCORE_FEEDS_DIR; null: files come by upload and command only.
    folder: Mapped[str | None] = mapped_column(String(255))
    #: Shell pattern of the names of its files.
    pattern: Mapped[str] = mapped_column(String(100), default="*.csv", server_default="*.csv")
    after_taking: Mapped[AfterTaking] = mapped_column(
        Status(AfterTaking), default=AfterTaking.LEAVE, server_default="leave"
    )
    schedule: Mapped[Schedule] = mapped_column(
        Status(Schedule), default=Schedule.BY_HAND, server_default="by_hand"
    )
    #: HH:MM in the operator's time zone, for ``daily``.
    daily_at: Mapped[str | None] = mapped_column(String(5))
    #: Null: it is not on schedule. Moved forward by whoever takes the run.
    next_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: What the last run found: ``{"taken": 1, "known": 0, "bad": 0, "growing": 0, "problem": ""}``.
    last_report: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = set_on_insert()
    updated_at: Mapped[datetime] = set_on_change()


class SourceFile(Base):
    """One file of a source's folder, as it was when it was last looked at."""

    __tablename__ = "source_files"
    __table_args__ = (Index("uq_source_files_name", "source_id", "name", unique=True),)

    id: Mapped[int] = primary_key()
    source_id: Mapped[int] = mapped_column(Id, ForeignKey("sources.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(255))
    #: Bytes.
    size: Mapped[int] = mapped_column(BigInteger)
    #: Its time of change, in nanoseconds since 1970.
    changed_ns: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[FileState] = mapped_column(Status(FileState))
    #: SHA-256 of the bytes that were taken, as hex.
    file_hash: Mapped[str | None] = mapped_column(String(64))
    #: Why it is bad: a code of the reader's or ours.
    problem: Mapped[str | None] = mapped_column(String(50))
    import_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("csv_imports.id", ondelete="SET NULL"), index=True
    )
    seen_at: Mapped[datetime] = set_on_change()


class FeedClosing(Base):
    """What one full feed would close, whether it may, and how many it has closed."""

    __tablename__ = "feed_closings"

    attempt_id: Mapped[int] = mapped_column(
        Id,
        ForeignKey("import_attempts.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    state: Mapped[ClosingState] = mapped_column(Status(ClosingState))
    reason: Mapped[ClosingReason | None] = mapped_column(Status(ClosingReason))
    #: Open jobs of the source before.
    open_jobs: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: Of them, those that the feed no longer has.
    missing_jobs: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: Postings that the feed names in rows that were rejected: they stay.
    kept_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: Rejected rows of which nobody can say which posting they are.
    unknown_rows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    closed_jobs: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: Missing postings whose jobs another source still has.
    elsewhere_jobs: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    #: Null: nobody was asked, or a command said yes in advance.
    decided_by: Mapped[int | None] = mapped_column(
        Id, ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = set_on_insert()


__all__ = [
    "AfterTaking",
    "ClosingReason",
    "ClosingState",
    "FeedClosing",
    "FeedMode",
    "FileState",
    "Schedule",
    "Source",
    "SourceFile",
]
