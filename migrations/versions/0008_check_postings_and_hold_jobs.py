"""Check postings, keep minimum wages, hold jobs

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-23 07:50:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from jobscore.database import safe

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _json() -> sa.types.TypeEngine:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_users")
    return sa.ForeignKeyConstraint([column], ["users.id"], name=name, ondelete="SET NULL")


def upgrade() -> None:
    op.create_table(
        "job_findings",
        sa.Column("job_id", _id(), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("quote", sa.String(length=255), server_default="", nullable=False),
        sa.Column("field", sa.String(length=20), server_default="", nullable=False),
        sa.Column("params", _json(), server_default="{}", nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", _id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_findings_job_id_jobs"), ondelete="CASCADE"
        ),
        _person("job_findings", "settled_by"),
        sa.PrimaryKeyConstraint("job_id", "rule", name=op.f("pk_job_findings")),
    )
    op.create_index("idx_job_findings_rule", "job_findings", ["rule", "job_id"])
    op.create_index("idx_job_findings_settled_by", "job_findings", ["settled_by"])
    op.create_table(
        "minimum_wages",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("prefecture_code", sa.String(length=5), nullable=False),
        sa.Column("hourly_yen", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column("created_by", _id(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("hourly_yen > 0", name=op.f("check_minimum_wages_hourly_yen_positive")),
        _person("minimum_wages", "created_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minimum_wages")),
    )
    op.create_index(
        "uq_minimum_wages_prefecture_day",
        "minimum_wages",
        ["prefecture_code", "valid_from"],
        unique=True,
    )
    op.create_index("idx_minimum_wages_created_by", "minimum_wages", ["created_by"])
    safe.add_column("jobs", sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    safe.add_column("jobs", sa.Column("held_by", _id(), nullable=True))
    safe.add_column("jobs", sa.Column("held_reason", sa.Text(), nullable=True))
    safe.create_index("idx_jobs_held_by", "jobs", ["held_by"])
    safe.create_index("idx_jobs_held_at", "jobs", ["held_at"])
    safe.add_foreign_key(
        op.f("fk_jobs_held_by_users"), "jobs", "users", ["held_by"], ["id"], ondelete="SET NULL"
    )


def downgrade() -> None:
    safe.drop_constraint(op.f("fk_jobs_held_by_users"), "jobs")
    safe.drop_index("idx_jobs_held_at", "jobs")
    safe.drop_index("idx_jobs_held_by", "jobs")
    for column in ("held_reason", "held_by", "held_at"):
        safe.drop_column("jobs", column)
    op.drop_table("minimum_wages")
    op.drop_table("job_findings")
