"""Keep what people note of applications, why they hide, and which list held a match before

Revision ID: 0013
Revises: 0012
Create Date: 2026-11-23 11:40:00+00:00
"""

import sqlalchemy as sa

from jobscore.database import safe

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

#: All nullable and without default: neither database rewrites the table for them.
COLUMNS: tuple[tuple[str, sa.types.TypeEngine], ...] = (
    ("previous_on", sa.Date()),
    ("previous_position", sa.SmallInteger()),
    ("dropped_at", sa.DateTime(timezone=True)),
    ("apply_clicked_at", sa.DateTime(timezone=True)),
    ("apply_ask_on", sa.Date()),
    ("applied_on", sa.Date()),
    ("application_notes", sa.Text()),
    ("application_outcome", sa.String(length=20)),
    ("next_step_on", sa.Date()),
)


def upgrade() -> None:
    for name, kind in COLUMNS:
        safe.add_column("matching_results", sa.Column(name, kind, nullable=True))
    safe.add_column("feedback", sa.Column("note", sa.String(length=200), nullable=True))


def downgrade() -> None:
    safe.drop_column("feedback", "note")
    for name, _ in reversed(COLUMNS):
        safe.drop_column("matching_results", name)
