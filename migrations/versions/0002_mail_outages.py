"""Remember since when the mail server cannot be used.

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-22 22:45:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_outages",
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
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="1", nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_outages")),
    )
    with op.batch_alter_table("mail_outages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_mail_outages_ended_at"), ["ended_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("mail_outages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_mail_outages_ended_at"))

    op.drop_table("mail_outages")
