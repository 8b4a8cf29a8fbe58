"""Small migration projects for tests: a folder, revisions given as code, a database."""

from pathlib import Path

from jobscore.database import Migrator
from jobscore.database.guards import Settings

REVISION = '''"""{message}

Revision ID: {revision}
Revises: {down}
Create Date: 2026-11-01 12:00:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}
{extra}


def upgrade() -> None:
{upgrade}


def downgrade() -> None:
{downgrade}
'''

PEOPLE = """\
op.create_table("people", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
op.create_table(
    "letters",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "person_id",
        sa.Integer,
        sa.ForeignKey("people.id", name="fk_letters_person", ondelete="CASCADE"),
        nullable=False,
    ),
)
op.create_index("idx_letters_person", "letters", ["person_id"])
"""
NO_PEOPLE = 'op.drop_table("letters")\nop.drop_table("people")'


def project(
    url: str, folder: Path, *, settings: Settings | None = None, metadata: object = None
) -> Migrator:
    """Return a Migrator of a new, empty folder."""
    migrator = Migrator(url, settings=settings, metadata=metadata)  # type: ignore[arg-type]
    migrator.init_environment(folder)
    return migrator


def write(
    folder: Path,
    revision: str,
    down: str | None,
    upgrade: str,
    downgrade: str = "pass",
    *,
    message: str = "",
    extra: str = "",
) -> Path:
    """Write a revision of a folder; return its file."""
    path = folder / "versions" / f"{revision}_test.py"
    path.write_text(
        REVISION.format(
            message=message or f"step {revision}",
            revision=revision,
            down=down,
            upgrade=_indented(upgrade),
            downgrade=_indented(downgrade),
            extra=extra,
        ),
        encoding="utf-8",
    )
    return path


def _indented(code: str) -> str:
    return "\n".join(f"    {line}" for line in code.strip().splitlines())
