"""Keep what people answer to the conditions that postings set

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-23 05:00:00.000000+00:00
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from jobscore.database import safe

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    safe.add_column(
        "profiles",
        sa.Column(
            "conditions",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
    )


def downgrade() -> None:
    safe.drop_column("profiles", "conditions")
