"""Remember who activated which policy, hold to one live version, keep what a backtest found

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-23 04:50:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from jobscore.database import safe

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _json() -> sa.types.TypeEngine:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    # Where two versions were live, the newest one counted: it stays.
    safe.backfill(
        "score_policies",
        "status = 'retired'",
        "status = 'active' AND id NOT IN (SELECT id FROM score_policies WHERE status = 'active' "
        "ORDER BY COALESCE(active_from, created_at) DESC, id DESC LIMIT 1)",
    )
    safe.create_index(
        "uq_score_policies_one_active",
        "score_policies",
        ["status"],
        unique=True,
        where="status = 'active'",
    )
    op.create_table(
        "policy_changes",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("policy_id", _id(), nullable=False),
        sa.Column("previous_id", _id(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("changed_by", _id(), nullable=True),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["policy_id"],
            ["score_policies.id"],
            name=op.f("fk_policy_changes_policy_id_score_policies"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["score_policies.id"],
            name=op.f("fk_policy_changes_previous_id_score_policies"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"],
            ["users.id"],
            name=op.f("fk_policy_changes_changed_by_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_changes")),
    )
    op.create_index("idx_policy_changes_policy_id", "policy_changes", ["policy_id"])
    op.create_index("idx_policy_changes_previous_id", "policy_changes", ["previous_id"])
    op.create_index("idx_policy_changes_changed_by", "policy_changes", ["changed_by"])
    op.create_table(
        "backtests",
        sa.Column("run_id", _id(), autoincrement=False, nullable=False),
        sa.Column("policy", _json(), nullable=False),
        sa.Column("against", _json(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("result", _json(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["match_runs.id"],
            name=op.f("fk_backtests_run_id_match_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_backtests")),
    )
    # What was activated before this revision, as far as it is known.
    op.execute(
        "INSERT INTO policy_changes (policy_id, kind, changed_by, changed_at) "
        "SELECT id, 'activated', created_by, active_from FROM score_policies "
        "WHERE active_from IS NOT NULL ORDER BY active_from, id"
    )


def downgrade() -> None:
    op.drop_table("backtests")
    op.drop_table("policy_changes")
    safe.drop_index("uq_score_policies_one_active", "score_policies")
