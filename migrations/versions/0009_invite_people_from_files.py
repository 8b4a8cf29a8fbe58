"""Invite the people that a file brings, with the consent that it records

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-23 07:40:00+00:00
"""

import sqlalchemy as sa
from alembic import op

from jobscore.database import safe

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("import_id", _id(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("user_id", _id(), nullable=True),
        sa.Column("status", sa.String(length=20), server_default="waiting", nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("invited_by", _id(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["csv_imports.id"],
            name=op.f("fk_invitations_import_id_csv_imports"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_invitations_user_id_users"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"],
            ["users.id"],
            name=op.f("fk_invitations_invited_by_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("user_id", name=op.f("uq_invitations_user_id")),
    )
    op.create_index("idx_invitations_import", "invitations", ["import_id", "status", "id"])
    op.create_index("idx_invitations_expires", "invitations", ["status", "expires_at"])
    op.create_index("idx_invitations_invited_by", "invitations", ["invited_by"])
    op.create_table(
        "person_fills",
        sa.Column("invitation_id", _id(), nullable=False),
        sa.Column("field", sa.String(length=30), nullable=False),
        sa.Column("import_id", _id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_person_fills_invitation_id_invitations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["csv_imports.id"],
            name=op.f("fk_person_fills_import_id_csv_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("invitation_id", "field", name=op.f("pk_person_fills")),
    )
    op.create_index("idx_person_fills_import_id", "person_fills", ["import_id"])
    op.create_table(
        "consent_statements",
        sa.Column("attempt_id", _id(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=20), server_default="", nullable=False),
        sa.Column("method", sa.String(length=255), server_default="", nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("stated_by", _id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["import_attempts.id"],
            name=op.f("fk_consent_statements_attempt_id_import_attempts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["stated_by"],
            ["users.id"],
            name=op.f("fk_consent_statements_stated_by_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_consent_statements")),
    )
    op.create_index("idx_consent_statements_stated_by", "consent_statements", ["stated_by"])
    safe.add_column("consents", sa.Column("method", sa.String(length=255), nullable=True))
    safe.add_column("consents", sa.Column("recorded_by", _id(), nullable=True))
    safe.create_index("idx_consents_recorded_by", "consents", ["recorded_by"])
    safe.add_foreign_key(
        "fk_consents_recorded_by_users",
        "consents",
        "users",
        ["recorded_by"],
        ["id"],
        ondelete="SET NULL",
    )


def downgrade() -> None:
    safe.drop_constraint("fk_consents_recorded_by_users", "consents")
    safe.drop_index("idx_consents_recorded_by", "consents")
    safe.drop_column("consents", "recorded_by")
    safe.drop_column("consents", "method")
    op.drop_table("consent_statements")
    op.drop_table("person_fills")
    op.drop_table("invitations")
