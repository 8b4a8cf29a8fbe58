"""Consents are confirmed by a letter where that is needed; letters that nobody follows become fewer

Revision ID: 0019
Revises: 0018
Create Date: 2026-11-23 14:30:00+00:00
"""

import sqlalchemy as sa
from alembic import op

from jobscore.database import safe

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _instant() -> sa.types.TypeEngine:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    safe.add_column("consents", sa.Column("ended_how", sa.String(length=20), nullable=True))
    safe.add_column("consents", sa.Column("asked_at", _instant(), nullable=True))
    safe.add_column("consents", sa.Column("confirmed_at", _instant(), nullable=True))
    safe.add_column("consents", sa.Column("confirmed_how", sa.String(length=20), nullable=True))
    op.create_table(
        "letter_paces",
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("unvisited", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("is_steady", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("visited_at", _instant(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_letter_paces")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_letter_paces_user_id_users"),
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    op.drop_table("letter_paces")
    for name in ("confirmed_how", "confirmed_at", "asked_at", "ended_how"):
        safe.drop_column("consents", name)
