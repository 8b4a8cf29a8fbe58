"""Keep what an admin decided about a file, its dry runs, and how jobs would change

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-23 07:40:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _json() -> sa.types.TypeEngine:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _instant(name: str, *, is_set: bool = False) -> sa.Column:
    default = sa.func.current_timestamp() if is_set else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not is_set)


def _count(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def _reference(table: str, column: str, other: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=ondelete)


def upgrade() -> None:
    op.create_table(
        "import_plans",
        sa.Column("csv_import_id", _id(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("dialect", _json(), server_default="{}", nullable=False),
        sa.Column("mapping", _json(), nullable=True),
        sa.Column("source", sa.String(length=100), server_default="upload", nullable=False),
        sa.Column("mode", sa.String(length=20), server_default="add_update", nullable=False),
        sa.Column("header_hash", sa.String(length=64), nullable=True),
        sa.Column("mended_from", _id(), nullable=True),
        sa.Column("edited_by", _id(), nullable=True),
        _instant("edited_at", is_set=True),
        sa.Column("started_by", _id(), nullable=True),
        _instant("started_at"),
        _reference("import_plans", "csv_import_id", "csv_imports", "CASCADE"),
        _reference("import_plans", "mended_from", "csv_imports", "SET NULL"),
        _reference("import_plans", "edited_by", "users", "SET NULL"),
        _reference("import_plans", "started_by", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("csv_import_id", name=op.f("pk_import_plans")),
    )
    op.create_index("idx_import_plans_header", "import_plans", ["header_hash", "edited_at"])
    for column in ("mended_from", "edited_by", "started_by"):
        op.create_index(f"idx_import_plans_{column}", "import_plans", [column])
    op.create_table(
        "import_checks",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("csv_import_id", _id(), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="queued", nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=100), server_default="upload", nullable=False),
        sa.Column("mode", sa.String(length=20), server_default="add_update", nullable=False),
        sa.Column("dialect", _json(), server_default="{}", nullable=False),
        sa.Column("mapping", _json(), server_default="{}", nullable=False),
        sa.Column("total_rows", sa.Integer(), nullable=True),
        _count("processed_rows"),
        _count("new_rows"),
        _count("changed_rows"),
        _count("unchanged_rows"),
        _count("duplicate_rows"),
        _count("rejected_rows"),
        _count("warning_rows"),
        sa.Column("open_jobs", sa.Integer(), nullable=True),
        sa.Column("closing_jobs", sa.Integer(), nullable=True),
        sa.Column("findings", _json(), server_default="[]", nullable=False),
        sa.Column("effect", _json(), nullable=True),
        sa.Column("failure", sa.String(length=50), nullable=True),
        sa.Column("requested_by", _id(), nullable=True),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        _instant("heartbeat_at"),
        _instant("started_at"),
        _instant("completed_at"),
        _instant("created_at", is_set=True),
        _reference("import_checks", "csv_import_id", "csv_imports", "CASCADE"),
        _reference("import_checks", "requested_by", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_checks")),
    )
    for column in ("csv_import_id", "requested_by"):
        op.create_index(f"idx_import_checks_{column}", "import_checks", [column])
    op.create_table(
        "import_differences",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("check_id", _id(), nullable=False),
        sa.Column("job_id", _id(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("changes", _json(), server_default="[]", nullable=False),
        _reference("import_differences", "check_id", "import_checks", "CASCADE"),
        _reference("import_differences", "job_id", "jobs", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_differences")),
    )
    op.create_index("idx_import_differences_check", "import_differences", ["check_id", "id"])
    op.create_index("idx_import_differences_job_id", "import_differences", ["job_id"])


def downgrade() -> None:
    op.drop_table("import_differences")
    op.drop_table("import_checks")
    op.drop_table("import_plans")
