"""Say why a shown score changed; keep what people say is wrong; tell fast that no job changed

Revision ID: 0014
Revises: 0013
Create Date: 2026-11-23 11:30:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from jobscore.database import safe

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _json() -> sa.types.TypeEngine:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    safe.add_column(
        "score_history",
        sa.Column("causes", sa.String(length=100), server_default="", nullable=False),
    )
    op.create_table(
        "score_complaints",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("job_id", _id(), nullable=False),
        sa.Column("part", sa.String(length=30), nullable=False),
        sa.Column("problem", sa.String(length=30), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("policy_version", sa.String(length=20), nullable=False),
        sa.Column("inputs", _json(), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="open", nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_by", _id(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_score_complaints_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
            name=op.f("fk_score_complaints_job_id_jobs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["users.id"],
            name=op.f("fk_score_complaints_answered_by_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_complaints")),
    )
    op.create_index("idx_score_complaints_user_job", "score_complaints", ["user_id", "job_id"])
    op.create_index("idx_score_complaints_job", "score_complaints", ["job_id"])
    op.create_index("idx_score_complaints_status", "score_complaints", ["status", "id"])
    op.create_index("idx_score_complaints_answered_by", "score_complaints", ["answered_by"])
    safe.create_index("idx_jobs_active_updated", "jobs", ["is_active", "updated_at", "id"])


def downgrade() -> None:
    safe.drop_index("idx_jobs_active_updated", "jobs")
    op.drop_table("score_complaints")
    safe.drop_column("score_history", "causes")
