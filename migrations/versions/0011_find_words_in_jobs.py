"""Find words in jobs: the index of words, which document is whose, and lines of what changed

No posting is read here: a job without a document waits, and the worker (or `flask jobs index`)
reads those that wait in batches. Until then jobs are found by title, company and place.

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-23 11:40:00+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

assured = {
    "raw-sql": "CREATE VIRTUAL TABLE makes a new, empty index of words; no other table is touched.",
}


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "job_documents",
        sa.Column("doc", _id(), autoincrement=True, nullable=False),
        sa.Column("job_id", _id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_documents_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("doc", name=op.f("pk_job_documents")),
        sa.UniqueConstraint("job_id", name=op.f("uq_job_documents_job_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "job_changes",
        sa.Column("id", _id(), autoincrement=True, nullable=False),
        sa.Column("job_id", _id(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index("idx_job_changes_stamp", "job_changes", ["stamp"])
    if op.get_context().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE job_words USING fts5(words, content='', tokenize='ascii')")
        return
    op.create_table(
        "job_words",
        sa.Column("doc", sa.BigInteger(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(
            ["doc"],
            ["job_documents.doc"],
            name=op.f("fk_job_words_doc_job_documents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("doc", name=op.f("pk_job_words")),
    )
    op.create_index("idx_job_words_words", "job_words", ["words"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_table("job_words")
    op.drop_table("job_changes")
    op.drop_table("job_documents")
