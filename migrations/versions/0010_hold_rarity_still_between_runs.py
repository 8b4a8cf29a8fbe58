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
    safe.add_column(
        "match_runs",
        sa.Column("is_full", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    # No foreign keys: what they name may go before them, and tells nothing any more then.
    safe.add_column("match_runs", sa.Column("since_run_id", _id(), nullable=True))
    safe.add_column("match_runs", sa.Column("statistics_id", _id(), nullable=True))
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


def downgrade() -> None:
    op.drop_table("collection_statistics")
    safe.drop_column("match_runs", "statistics_id")
    safe.drop_column("match_runs", "since_run_id")
    safe.drop_column("match_runs", "is_full")
