"""Alerts of saved searches: what was told in which letter; who looked at a person's data

Revision ID: 0016
Revises: 0015
Create Date: 2026-11-23 11:40:00+00:00
"""

import sqlalchemy as sa
from alembic import op

from jobscore.database import safe

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _instant() -> sa.types.TypeEngine:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    safe.add_column(
        "saved_searches",
        sa.Column("min_new", sa.SmallInteger(), server_default="1", nullable=False),
    )
    for name in ("news_since", "looked_at", "deleted_at"):
        safe.add_column("saved_searches", sa.Column(name, _instant(), nullable=True))
    op.create_table(
        "alerts",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("alert_on", sa.Date(), nullable=False),
        sa.Column("email_log_id", _id(), nullable=True),
        sa.Column(
            "created_at",
            _instant(),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("user_id", "alert_on", name="uq_alerts_user_day"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_alerts_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["email_log_id"],
            ["email_logs.id"],
            name=op.f("fk_alerts_email_log_id_email_logs"),
            ondelete="SET NULL",
        ),
    )
    op.create_index(op.f("idx_alerts_email_log_id"), "alerts", ["email_log_id"])
    op.create_table(
        "alert_items",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("alert_id", _id(), nullable=False),
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("search_id", _id(), nullable=True),
        sa.Column("job_id", _id(), nullable=True),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("company_name", sa.String(length=255), nullable=False),
        sa.Column("total_score", sa.Float(precision=53), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_items")),
        sa.UniqueConstraint("user_id", "job_id", name="uq_alert_items_user_job"),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alerts.id"],
            name=op.f("fk_alert_items_alert_id_alerts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_alert_items_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["search_id"],
            ["saved_searches.id"],
            name=op.f("fk_alert_items_search_id_saved_searches"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_alert_items_job_id_jobs"), ondelete="SET NULL"
        ),
    )
    op.create_index(op.f("idx_alert_items_alert_id"), "alert_items", ["alert_id"])
    op.create_index(op.f("idx_alert_items_search_id"), "alert_items", ["search_id"])
    op.create_index(op.f("idx_alert_items_job_id"), "alert_items", ["job_id"])
    safe.create_index("idx_audit_log_target", "audit_log", ["target", "created_at"])


def downgrade() -> None:
    safe.drop_index("idx_audit_log_target", "audit_log")
    op.drop_table("alert_items")
    op.drop_table("alerts")
    for name in ("deleted_at", "looked_at", "news_since", "min_new"):
        safe.drop_column("saved_searches", name)
