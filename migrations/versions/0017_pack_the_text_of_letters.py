"""Pack the text of letters in the log, as their HTML is

The column `body` stays for what was written before; new letters leave it empty. The way back
unpacks the texts into it.

Revision ID: 0017
Revises: 0016
Create Date: 2026-11-23 14:30:00+00:00
"""

import zlib

import sqlalchemy as sa
from alembic import op

from jobscore.database import safe

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

#: Letters unpacked at once; their texts are in memory.
STEP = 500


def upgrade() -> None:
    safe.add_column("email_logs", sa.Column("text_z", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    _unpack()
    safe.drop_column("email_logs", "text_z")


def _unpack() -> None:
    bind = op.get_bind()
    if not isinstance(bind, sa.Connection):
        return  # written down as SQL, or read by the linter: no rows to look at
    logs = sa.table(
        "email_logs",
        sa.column("id", sa.BigInteger),
        sa.column("body", sa.Text),
        sa.column("text_z", sa.LargeBinary),
    )
    after = 0
    while rows := bind.execute(
        sa.select(logs.c.id, logs.c.text_z)
        .where(logs.c.id > after, logs.c.text_z.is_not(None))
        .order_by(logs.c.id)
        .limit(STEP)
    ).all():
        for row in rows:
            try:
                text = zlib.decompress(row.text_z).decode("utf-8")
            except (zlib.error, UnicodeDecodeError):
                continue  # a damaged text is lost in either shape
            bind.execute(sa.update(logs).where(logs.c.id == row.id).values(body=text))
        after = rows[-1].id
