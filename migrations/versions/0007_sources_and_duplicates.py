"""Remember named sources and their files, ask before a full feed closes much, find near-duplicates

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-23 07:40:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from jobscore.database import safe

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _json() -> sa.types.TypeEngine:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "duplicate_passes",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("status", sa.String(length=20), server_default="queued", nullable=False),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("counts", _json(), server_default="{}", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_passes")),
    )
    op.create_index(
        "idx_duplicate_passes_status", "duplicate_passes", ["status", "id"], unique=False
    )
    op.create_table(
        "sources",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("mode", sa.String(length=20), server_default="add_update", nullable=False),
        sa.Column("mapping", _json(), server_default="{}", nullable=False),
        sa.Column("dialect", _json(), server_default="{}", nullable=False),
        sa.Column("folder", sa.String(length=255), nullable=True),
        sa.Column("pattern", sa.String(length=100), server_default="*.csv", nullable=False),
        sa.Column("after_taking", sa.String(length=20), server_default="leave", nullable=False),
        sa.Column("schedule", sa.String(length=20), server_default="by_hand", nullable=False),
        sa.Column("daily_at", sa.String(length=5), nullable=True),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_report", _json(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("name", name=op.f("uq_sources_name")),
    )
    op.create_table(
        "source_files",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("source_id", _id(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("changed_ns", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=True),
        sa.Column("problem", sa.String(length=50), nullable=True),
        sa.Column("import_id", _id(), nullable=True),
        sa.Column(
            "seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["csv_imports.id"],
            name=op.f("fk_source_files_import_id_csv_imports"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["sources.id"],
            name=op.f("fk_source_files_source_id_sources"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_files")),
    )
    op.create_index(op.f("idx_source_files_import_id"), "source_files", ["import_id"], unique=False)
    op.create_index("uq_source_files_name", "source_files", ["source_id", "name"], unique=True)
    op.create_table(
        "duplicate_pairs",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("job_a", _id(), nullable=False),
        sa.Column("job_b", _id(), nullable=False),
        sa.Column("found", sa.String(length=20), nullable=True),
        sa.Column("decision", sa.String(length=20), nullable=True),
        sa.Column("similarity", sa.Float(), nullable=True),
        sa.Column("evidence", _json(), server_default="{}", nullable=False),
        sa.Column("decided_by", _id(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "found_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.CheckConstraint("job_a <= job_b", name=op.f("check_duplicate_pairs_order")),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["users.id"],
            name=op.f("fk_duplicate_pairs_decided_by_users"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["job_a"], ["jobs.id"], name=op.f("fk_duplicate_pairs_job_a_jobs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["job_b"], ["jobs.id"], name=op.f("fk_duplicate_pairs_job_b_jobs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pairs")),
    )
    op.create_index(
        op.f("idx_duplicate_pairs_decided_by"), "duplicate_pairs", ["decided_by"], unique=False
    )
    op.create_index(op.f("idx_duplicate_pairs_job_b"), "duplicate_pairs", ["job_b"], unique=False)
    op.create_index(
        "idx_duplicate_pairs_queue",
        "duplicate_pairs",
        ["decision", "found", "similarity"],
        unique=False,
    )
    op.create_index("uq_duplicate_pairs_jobs", "duplicate_pairs", ["job_a", "job_b"], unique=True)
    op.create_table(
        "feed_closings",
        sa.Column("attempt_id", _id(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("open_jobs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missing_jobs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("kept_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unknown_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_jobs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("elsewhere_jobs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("decided_by", _id(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["import_attempts.id"],
            name=op.f("fk_feed_closings_attempt_id_import_attempts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["users.id"],
            name=op.f("fk_feed_closings_decided_by_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_feed_closings")),
    )
    op.create_index(
        op.f("idx_feed_closings_decided_by"), "feed_closings", ["decided_by"], unique=False
    )
    op.create_table(
        "job_fingerprints",
        sa.Column("job_id", _id(), autoincrement=False, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.Column("id_key", sa.BigInteger(), nullable=True),
        sa.Column("url_key", sa.BigInteger(), nullable=True),
        sa.Column("text_key", sa.BigInteger(), nullable=True),
        sa.Column("company_key", sa.BigInteger(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("is_compared", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
            name=op.f("fk_job_fingerprints_job_id_jobs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_fingerprints")),
    )
    safe.add_column("job_sources", sa.Column("gone_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    safe.drop_column("job_sources", "gone_at")
    op.drop_table("feed_closings")
    op.drop_table("source_files")
    op.drop_table("sources")
    op.drop_table("duplicate_pairs")
    op.drop_table("job_fingerprints")
    op.drop_table("duplicate_passes")
