"""Keep each try to deliver a letter; pace letters by domain; jobs of letters that never arrived

Revision ID: 0018
Revises: 0017
Create Date: 2026-11-23 14:30:00+00:00
"""

import sqlalchemy as sa
from alembic import op

from jobscore.database import safe

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _instant() -> sa.types.TypeEngine:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    # what commits by itself comes first and may be done again; the tables come whole or not
    # no foreign key: a posting may go before the letter that never arrived is tried again
    for table in ("digest_items", "alert_items"):
        safe.add_column(table, sa.Column("undelivered_job_id", _id(), nullable=True))
    safe.create_index(
        "idx_email_logs_waiting",
        "email_logs",
        ["email_type", "next_attempt_at", "id"],
        where="status = 'pending'",
    )
    op.create_table(
        "email_attempts",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("email_log_id", _id(), nullable=False),
        sa.Column("started_at", _instant(), nullable=False),
        sa.Column("ended_at", _instant(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("worker", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_attempts")),
        sa.ForeignKeyConstraint(
            ["email_log_id"],
            ["email_logs.id"],
            name=op.f("fk_email_attempts_email_log_id_email_logs"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("idx_email_attempts_log", "email_attempts", ["email_log_id", "id"])
    op.create_table(
        "mail_lanes",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("free_at", _instant(), nullable=False),
        sa.Column("queue_until", _instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mail_lanes")),
    )


def downgrade() -> None:
    safe.drop_index("idx_email_logs_waiting", "email_logs")
    for table in ("alert_items", "digest_items"):
        safe.drop_column(table, "undelivered_job_id")
    op.drop_table("mail_lanes")
    op.drop_table("email_attempts")
