"""Bounces and complaints, keys that outlive the secret key, notices to admins

Revision ID: 0020
Revises: 0019
Create Date: 2026-11-23 14:30:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _created() -> sa.Column:
    return sa.Column(
        "created_at",
        sa.DateTime(timezone=True),
        server_default=sa.func.current_timestamp(),
        nullable=False,
    )


def upgrade() -> None:
    op.create_table(
        "kept_keys",
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        _created(),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_kept_keys")),
    )
    op.create_table(
        "email_returns",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("email_log_id", _id(), nullable=False),
        sa.Column("user_id", _id(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status_code", sa.String(length=11), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("is_counted", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("report_hash", sa.String(length=64), nullable=False),
        _created(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_returns")),
        sa.UniqueConstraint("report_hash", name=op.f("uq_email_returns_report_hash")),
        sa.ForeignKeyConstraint(
            ["email_log_id"],
            ["email_logs.id"],
            name=op.f("fk_email_returns_email_log_id_email_logs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_email_returns_user_id_users"),
            ondelete="CASCADE",
        ),
    )
    op.create_index(op.f("idx_email_returns_email_log_id"), "email_returns", ["email_log_id"])
    op.create_index(op.f("idx_email_returns_user_id"), "email_returns", ["user_id"])
    op.create_index("idx_email_returns_created", "email_returns", ["created_at", "kind"])
    op.create_table(
        "admin_notices",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("event", sa.String(length=150), nullable=False),
        sa.Column("letters", sa.Integer(), server_default="0", nullable=False),
        _created(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_notices")),
        sa.UniqueConstraint("event", name=op.f("uq_admin_notices_event")),
    )


def downgrade() -> None:
    op.drop_table("admin_notices")
    op.drop_table("email_returns")
    op.drop_table("kept_keys")
