"""Hold rarity still between runs: what was counted, by which run, and on which run one builds

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-23 08:00:00+00:00
"""

import sqlalchemy as sa
from alembic import op

from jobscore.database import safe

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "collection_statistics",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("last_job_id", _id(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_statistics")),
    )
    op.create_index("idx_collection_statistics_digest", "collection_statistics", ["digest", "id"])
    safe.add_column(
        "match_runs",
        sa.Column("is_full", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    safe.add_column("match_runs", sa.Column("since_run_id", _id(), nullable=True))
    safe.add_column("match_runs", sa.Column("statistics_id", _id(), nullable=True))
    safe.create_index("idx_match_runs_since_run_id", "match_runs", ["since_run_id"])
    safe.create_index("idx_match_runs_statistics_id", "match_runs", ["statistics_id"])
    safe.add_foreign_key(
        "fk_match_runs_since_run_id_match_runs",
        "match_runs",
        "match_runs",
        ["since_run_id"],
        ["id"],
        ondelete="SET NULL",
    )
    safe.add_foreign_key(
        "fk_match_runs_statistics_id_collection_statistics",
        "match_runs",
        "collection_statistics",
        ["statistics_id"],
        ["id"],
        ondelete="SET NULL",
    )


def downgrade() -> None:
    safe.drop_constraint("fk_match_runs_statistics_id_collection_statistics", "match_runs")
    safe.drop_constraint("fk_match_runs_since_run_id_match_runs", "match_runs")
    safe.drop_index("idx_match_runs_statistics_id", "match_runs")
    safe.drop_index("idx_match_runs_since_run_id", "match_runs")
    safe.drop_column("match_runs", "statistics_id")
    safe.drop_column("match_runs", "since_run_id")
    safe.drop_column("match_runs", "is_full")
    op.drop_table("collection_statistics")
