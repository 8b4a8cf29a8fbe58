"""Pause letters; find them in the log by day; ask for letters that are held back

Revision ID: 0021
Revises: 0020
Create Date: 2026-11-23 14:30:00+00:00
"""

import sqlalchemy as sa
from alembic import op

from jobscore.database import safe

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # what commits by itself comes first and may be done again; the table comes whole or not
    safe.add_column(
        "match_runs",
        sa.Column("is_held", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    safe.create_index("idx_email_logs_created", "email_logs", ["created_at", "status"])
    safe.create_index("idx_email_logs_sent", "email_logs", ["sent_at"])
    op.create_table(
        "mail_pauses",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_only_many", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_pauses")),
    )
    op.create_index(op.f("idx_mail_pauses_ended_at"), "mail_pauses", ["ended_at"])


def downgrade() -> None:
    safe.drop_index("idx_email_logs_sent", "email_logs")
    safe.drop_index("idx_email_logs_created", "email_logs")
    safe.drop_column("match_runs", "is_held")
    op.drop_table("mail_pauses")
