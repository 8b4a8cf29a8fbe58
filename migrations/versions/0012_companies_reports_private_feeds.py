"""Companies by one key, reports of postings, private feeds

Revision ID: 0012
Revises: 0011
Create Date: 2026-11-23 12:00:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _now(name: str) -> sa.Column:
    return sa.Column(
        name,
        sa.DateTime(timezone=True),
        server_default=sa.func.current_timestamp(),
        nullable=False,
    )


def upgrade() -> None:
    op.create_table(
        "company_names",
        sa.Column("company_name", sa.String(length=255), nullable=False),
        # null: a worker has yet to work it out
        sa.Column("digest", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("company_name", name=op.f("pk_company_names")),
    )
    op.execute("INSERT INTO company_names (company_name) SELECT DISTINCT company_name FROM jobs")
    op.create_index("idx_company_names_digest", "company_names", ["digest"])
    op.create_table(
        "job_reports",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("job_id", _id(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        _now("created_at"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", _id(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_reports_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["settled_by"],
            ["users.id"],
            name=op.f("fk_job_reports_settled_by_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_reports")),
    )
    op.create_index("idx_job_reports_job", "job_reports", ["job_id", "settled_at"])
    op.create_index("idx_job_reports_settled", "job_reports", ["settled_at", "id"])
    op.create_index("idx_job_reports_settled_by", "job_reports", ["settled_by"])
    op.create_table(
        "feed_tokens",
        sa.Column("user_id", _id(), autoincrement=False, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        _now("created_at"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_feed_tokens_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_feed_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_feed_tokens_token_hash")),
    )


def downgrade() -> None:
    op.drop_table("feed_tokens")
    op.drop_table("job_reports")
    op.drop_table("company_names")
