"""Say of a home point what it is: home, work or school

Revision ID: 0015
Revises: 0014
Create Date: 2026-11-23 11:50:00+00:00
"""

import sqlalchemy as sa

from jobscore.database import safe

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safe.add_column("home_points", sa.Column("kind", sa.String(length=20), nullable=True))


def downgrade() -> None:
    safe.drop_column("home_points", "kind")
