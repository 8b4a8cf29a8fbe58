"""Keep what an import changed when the job itself is gone, and what undo made of it

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-23 07:45:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from jobscore.database import safe

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
assured = {
    "drop-constraint": "undo removes new jobs and keeps saying what became of them; the downgrade "
    "deletes the rows of jobs that are gone"
}


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _json() -> sa.types.TypeEngine:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "import_undos",
        sa.Column("attempt_id", _id(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("total_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("checkpoint", _id(), nullable=True),
        sa.Column("report", _json(), nullable=True),
        sa.Column("failure", sa.String(length=50), nullable=True),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["import_attempts.id"],
            name=op.f("fk_import_undos_attempt_id_import_attempts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_import_undos")),
    )
    safe.add_column("import_changes", sa.Column("outcome", sa.String(length=20)))
    safe.add_column("import_changes", sa.Column("kept_for", _id()))
    safe.drop_constraint("fk_import_changes_job_id_jobs", "import_changes")
    safe.create_index(
        "uq_import_changes_job", "import_changes", ["attempt_id", "job_id"], unique=True
    )
    safe.drop_index("idx_import_changes_attempt_id", "import_changes")


def downgrade() -> None:
    # What is known of jobs that are gone has no place before this revision.
    op.execute("DELETE FROM import_changes WHERE job_id NOT IN (SELECT id FROM jobs)")
    safe.create_index("idx_import_changes_attempt_id", "import_changes", ["attempt_id"])
    safe.drop_index("uq_import_changes_job", "import_changes")
    safe.add_foreign_key(
        "fk_import_changes_job_id_jobs",
        "import_changes",
        "jobs",
        ["job_id"],
        ["id"],
        ondelete="CASCADE",
    )
    safe.drop_column("import_changes", "kept_for")
    safe.drop_column("import_changes", "outcome")
    op.drop_table("import_undos")
