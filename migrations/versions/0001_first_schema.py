"""The first schema: the six tables and what joins them.

Revision ID: 0001
Revises:
Create Date: 2026-11-22 23:31:00.292199+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "attempts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(
            "idx_attempts_kind_subject", ["kind", "subject", "created_at"], unique=False
        )

    op.create_table(
        "mail_outages",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="1", nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_outages")),
    )
    with op.batch_alter_table("mail_outages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_mail_outages_ended_at"), ["ended_at"], unique=False)

    op.create_table(
        "places",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name_en", sa.String(length=255), nullable=False),
        sa.Column("name_ja", sa.String(length=255), nullable=True),
        sa.Column("aliases", sa.Text(), server_default="", nullable=False),
        sa.Column("parent_code", sa.String(length=64), nullable=True),
        sa.Column("region_code", sa.String(length=64), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("latitude", sa.Float(precision=53), nullable=True),
        sa.Column("longitude", sa.Float(precision=53), nullable=True),
        sa.Column("population", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("code", name=op.f("uq_places_code")),
    )
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.create_index("idx_places_name_en", ["name_en"], unique=False)
        batch_op.create_index("idx_places_name_ja", ["name_ja"], unique=False)
        batch_op.create_index(batch_op.f("idx_places_parent_code"), ["parent_code"], unique=False)
        batch_op.create_index(batch_op.f("idx_places_region_code"), ["region_code"], unique=False)

    op.create_table(
        "skills",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name_en", sa.String(length=255), nullable=False),
        sa.Column("name_ja", sa.String(length=255), nullable=True),
        sa.Column("family", sa.String(length=50), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("is_ambiguous", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["skills.id"],
            name=op.f("fk_skills_parent_id_skills"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skills")),
        sa.UniqueConstraint("code", name=op.f("uq_skills_code")),
    )
    with op.batch_alter_table("skills", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_skills_family"), ["family"], unique=False)
        batch_op.create_index(batch_op.f("idx_skills_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "suppressions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("address_hash", name=op.f("uq_suppressions_address_hash")),
    )
    op.create_table(
        "users",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("hashed_password", sa.String(length=255), nullable=False),
        sa.Column("full_name", sa.String(length=255), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("is_superuser", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index("idx_users_email", ["email"], unique=False)

    op.create_table(
        "audit_log",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("actor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("action", sa.String(length=50), nullable=False),
        sa.Column("target", sa.String(length=100), server_default="", nullable=False),
        sa.Column(
            "details",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["users.id"],
            name=op.f("fk_audit_log_actor_id_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.create_index("idx_audit_log_action", ["action", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("idx_audit_log_actor_id"), ["actor_id"], unique=False)

    op.create_table(
        "consents",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("how", sa.String(length=50), nullable=False),
        sa.Column(
            "given_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_consents_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_consents_user_id"), ["user_id"], unique=False)

    op.create_table(
        "csv_imports",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("file_hash", sa.String(length=64), nullable=False),
        sa.Column("import_type", sa.String(50), nullable=False),
        sa.Column("status", sa.String(20), server_default="pending", nullable=False),
        sa.Column("total_rows", sa.Integer(), nullable=True),
        sa.Column("processed_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("success_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "error_details", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column("stored_name", sa.String(length=255), server_default="", nullable=False),
        sa.Column(
            "uploaded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint("file_size > 0", name=op.f("check_file_size_positive")),
        sa.ForeignKeyConstraint(
            ["uploaded_by"],
            ["users.id"],
            name=op.f("fk_csv_imports_uploaded_by_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_csv_imports")),
        sa.UniqueConstraint("file_hash", name=op.f("uq_csv_imports_file_hash")),
    )
    with op.batch_alter_table("csv_imports", schema=None) as batch_op:
        batch_op.create_index("idx_csv_imports_status", ["status"], unique=False)
        batch_op.create_index("idx_csv_imports_type", ["import_type"], unique=False)
        batch_op.create_index(
            batch_op.f("idx_csv_imports_uploaded_by"), ["uploaded_by"], unique=False
        )

    op.create_table(
        "email_logs",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("email_type", sa.String(50), nullable=False),
        sa.Column("recipient_email", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.String(20), server_default="pending", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column("html_z", sa.LargeBinary(), nullable=True),
        sa.Column(
            "headers",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("locale", sa.String(length=5), server_default="ja", nullable=False),
        sa.Column("message_id", sa.String(length=255), nullable=True),
        sa.Column("is_held", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("smtp_reply", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_email_logs_user_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_logs")),
        sa.UniqueConstraint("message_id", name=op.f("uq_email_logs_message_id")),
    )
    with op.batch_alter_table("email_logs", schema=None) as batch_op:
        batch_op.create_index(
            "idx_email_logs_queue", ["status", "next_attempt_at", "id"], unique=False
        )
        batch_op.create_index("idx_email_logs_recipient", ["recipient_email"], unique=False)
        batch_op.create_index("idx_email_logs_status", ["status"], unique=False)
        batch_op.create_index("idx_email_logs_type", ["email_type"], unique=False)
        batch_op.create_index("idx_email_logs_user", ["user_id", "created_at"], unique=False)

    op.create_table(
        "home_points",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("label", sa.String(length=255), server_default="", nullable=False),
        sa.Column("latitude", sa.Float(precision=53), nullable=False),
        sa.Column("longitude", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_id"],
            ["places.id"],
            name=op.f("fk_home_points_place_id_places"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_home_points_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home_points")),
    )
    with op.batch_alter_table("home_points", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_home_points_place_id"), ["place_id"], unique=False)
        batch_op.create_index("uq_home_points_user_place", ["user_id", "place_id"], unique=True)

    op.create_table(
        "match_runs",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), server_default="queued", nullable=False),
        sa.Column("run_on", sa.Date(), nullable=False),
        sa.Column("policy_version", sa.String(length=20), nullable=True),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("processed", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "counts",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "timings",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "requested_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
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
            ["requested_by"],
            ["users.id"],
            name=op.f("fk_match_runs_requested_by_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_runs")),
    )
    with op.batch_alter_table("match_runs", schema=None) as batch_op:
        batch_op.create_index("idx_match_runs_kind_status", ["kind", "status"], unique=False)
        batch_op.create_index(
            batch_op.f("idx_match_runs_requested_by"), ["requested_by"], unique=False
        )
        batch_op.create_index(batch_op.f("idx_match_runs_run_on"), ["run_on"], unique=False)

    op.create_table(
        "profiles",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("headline", sa.String(length=255), nullable=True),
        sa.Column("locale", sa.String(length=5), server_default="ja", nullable=False),
        sa.Column("half_distance_km", sa.SmallInteger(), server_default="20", nullable=False),
        sa.Column("remote_wish", sa.String(20), nullable=True),
        sa.Column(
            "move_to",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("pay_min", sa.Numeric(14, 2), nullable=True),
        sa.Column("pay_period", sa.String(length=10), nullable=True),
        sa.Column("pay_currency", sa.String(length=3), nullable=True),
        sa.Column("years_experience", sa.SmallInteger(), nullable=True),
        sa.Column("level", sa.String(length=50), nullable=True),
        sa.Column(
            "employment_types",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="[]",
            nullable=False,
        ),
        sa.Column(
            "features",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="[]",
            nullable=False,
        ),
        sa.Column("is_adult", sa.Boolean(), nullable=True),
        sa.Column("no_profiling", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "weights", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True
        ),
        sa.Column("digest_frequency", sa.String(20), server_default="off", nullable=False),
        sa.Column("digest_min_score", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("snoozed_until", sa.Date(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_profiles_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_profiles")),
    )
    op.create_table(
        "saved_searches",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("frequency", sa.String(20), server_default="off", nullable=False),
        sa.Column("min_score", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_saved_searches_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_searches")),
    )
    with op.batch_alter_table("saved_searches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_saved_searches_user_id"), ["user_id"], unique=False)

    op.create_table(
        "score_policies",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column(
            "definition", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("active_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["users.id"],
            name=op.f("fk_score_policies_created_by_users"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_policies")),
        sa.UniqueConstraint("version", name=op.f("uq_score_policies_version")),
    )
    with op.batch_alter_table("score_policies", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("idx_score_policies_created_by"), ["created_by"], unique=False
        )

    op.create_table(
        "skill_aliases",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("alias", sa.String(length=255), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.ForeignKeyConstraint(
            ["skill_id"],
            ["skills.id"],
            name=op.f("fk_skill_aliases_skill_id_skills"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skill_aliases")),
    )
    with op.batch_alter_table("skill_aliases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_skill_aliases_skill_id"), ["skill_id"], unique=False)
        batch_op.create_index("uq_skill_aliases_alias", ["alias", "language"], unique=True)

    op.create_table(
        "user_sessions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=255), server_default="", nullable=False),
        sa.Column("address", sa.String(length=45), server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column(
            "last_seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_user_sessions_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_sessions_token_hash")),
    )
    with op.batch_alter_table("user_sessions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("idx_user_sessions_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(batch_op.f("idx_user_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "user_skills",
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("level", sa.SmallInteger(), server_default="3", nullable=False),
        sa.ForeignKeyConstraint(
            ["skill_id"],
            ["skills.id"],
            name=op.f("fk_user_skills_skill_id_skills"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_skills_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "skill_id", name=op.f("pk_user_skills")),
    )
    with op.batch_alter_table("user_skills", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_user_skills_skill_id"), ["skill_id"], unique=False)

    op.create_table(
        "user_titles",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("is_wanted", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_titles_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_titles")),
    )
    with op.batch_alter_table("user_titles", schema=None) as batch_op:
        batch_op.create_index("uq_user_titles", ["user_id", "is_wanted", "title"], unique=True)

    op.create_table(
        "digests",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=20), server_default="digest", nullable=False),
        sa.Column(
            "email_log_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("policy_version", sa.String(length=20), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["email_log_id"],
            ["email_logs.id"],
            name=op.f("fk_digests_email_log_id_email_logs"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_digests_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("user_id", "digest_on", "kind", name="uq_digests_user_day_kind"),
    )
    with op.batch_alter_table("digests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_digests_digest_on"), ["digest_on"], unique=False)
        batch_op.create_index(
            batch_op.f("idx_digests_email_log_id"), ["email_log_id"], unique=False
        )

    op.create_table(
        "import_attempts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "csv_import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("source", sa.String(length=100), server_default="upload", nullable=False),
        sa.Column("mode", sa.String(length=20), server_default="add_update", nullable=False),
        sa.Column(
            "dialect",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column(
            "mapping",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("checkpoint", sa.Integer(), server_default="0", nullable=False),
        sa.Column("new_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("duplicate_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rejected_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("warning_rows", sa.Integer(), server_default="0", nullable=False),
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
            ["csv_import_id"],
            ["csv_imports.id"],
            name=op.f("fk_import_attempts_csv_import_id_csv_imports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_attempts")),
    )
    with op.batch_alter_table("import_attempts", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("idx_import_attempts_csv_import_id"), ["csv_import_id"], unique=False
        )

    op.create_table(
        "jobs",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("company_name", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("requirements", sa.Text(), nullable=True),
        sa.Column("location", sa.String(length=255), nullable=True),
        sa.Column("salary_min", sa.Numeric(14, 2), nullable=True),
        sa.Column("salary_max", sa.Numeric(14, 2), nullable=True),
        sa.Column("employment_type", sa.String(length=50), nullable=True),
        sa.Column("experience_level", sa.String(length=50), nullable=True),
        sa.Column("industry", sa.String(length=100), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("posted_date", sa.Date(), server_default=sa.func.current_date(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column("source", sa.String(length=100), server_default="upload", nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_sponsored", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("remote", sa.String(20), nullable=True),
        sa.Column("salary_text", sa.Text(), nullable=True),
        sa.Column("salary_period", sa.String(20), nullable=True),
        sa.Column("salary_currency", sa.String(length=3), nullable=True),
        sa.Column("yearly_min", sa.Numeric(14, 2), nullable=True),
        sa.Column("yearly_max", sa.Numeric(14, 2), nullable=True),
        sa.Column("experience_min_years", sa.SmallInteger(), nullable=True),
        sa.Column("experience_max_years", sa.SmallInteger(), nullable=True),
        sa.Column("place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "duplicate_group", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("content_hash", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "salary_max >= salary_min", name=op.f("check_salary_max_greater_than_min")
        ),
        sa.CheckConstraint("salary_min >= 0", name=op.f("check_salary_min_positive")),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["csv_imports.id"],
            name=op.f("fk_jobs_import_id_csv_imports"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["place_id"], ["places.id"], name=op.f("fk_jobs_place_id_places"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(
            "idx_jobs_active_posted", ["is_active", "posted_date", "id"], unique=False
        )
        batch_op.create_index(
            "idx_jobs_company_active", ["company_name", "is_active"], unique=False
        )
        batch_op.create_index(
            batch_op.f("idx_jobs_duplicate_group"), ["duplicate_group"], unique=False
        )
        batch_op.create_index(batch_op.f("idx_jobs_import_id"), ["import_id"], unique=False)
        batch_op.create_index("idx_jobs_location_industry", ["location", "industry"], unique=False)
        batch_op.create_index(
            "idx_jobs_open", ["is_active", "expires_at", "posted_date"], unique=False
        )
        batch_op.create_index(batch_op.f("idx_jobs_place_id"), ["place_id"], unique=False)
        batch_op.create_index("idx_jobs_updated_at", ["updated_at"], unique=False)

    op.create_table(
        "digest_items",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "digest_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("section", sa.String(length=20), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("company_name", sa.String(length=255), nullable=False),
        sa.Column("total_score", sa.Float(precision=53), nullable=False),
        sa.Column(
            "components", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column(
            "weights", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["digest_id"],
            ["digests.id"],
            name=op.f("fk_digest_items_digest_id_digests"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_digest_items_job_id_jobs"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_digest_items_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_items")),
        sa.UniqueConstraint("user_id", "job_id", name="uq_digest_items_user_job"),
    )
    with op.batch_alter_table("digest_items", schema=None) as batch_op:
        batch_op.create_index("idx_digest_items_digest", ["digest_id", "position"], unique=False)
        batch_op.create_index("idx_digest_items_job", ["job_id"], unique=False)

    op.create_table(
        "feedback",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("company_name", sa.String(length=255), nullable=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(length=255), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_feedback_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_feedback_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_feedback_job_id"), ["job_id"], unique=False)
        batch_op.create_index("idx_feedback_user", ["user_id", "kind"], unique=False)

    op.create_table(
        "import_changes",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "before", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True
        ),
        sa.Column("after_hash", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["import_attempts.id"],
            name=op.f("fk_import_changes_attempt_id_import_attempts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_import_changes_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_changes")),
    )
    with op.batch_alter_table("import_changes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("idx_import_changes_attempt_id"), ["attempt_id"], unique=False
        )
        batch_op.create_index(batch_op.f("idx_import_changes_job_id"), ["job_id"], unique=False)

    op.create_table(
        "import_messages",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column(
            "attempt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column_index", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=50), nullable=False),
        sa.Column(
            "params",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("cells", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"],
            ["import_attempts.id"],
            name=op.f("fk_import_messages_attempt_id_import_attempts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_messages")),
    )
    with op.batch_alter_table("import_messages", schema=None) as batch_op:
        batch_op.create_index(
            "idx_import_messages_attempt", ["attempt_id", "severity", "line"], unique=False
        )

    op.create_table(
        "job_features",
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("feature", sa.String(length=50), nullable=False),
        sa.Column("is_stated", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("quote", sa.String(length=255), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_features_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "feature", name=op.f("pk_job_features")),
    )
    with op.batch_alter_table("job_features", schema=None) as batch_op:
        batch_op.create_index("idx_job_features_feature", ["feature", "is_stated"], unique=False)

    op.create_table(
        "job_scores",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("total_score", sa.Float(precision=53), nullable=False),
        sa.Column("skill_match_score", sa.Float(precision=53), nullable=True),
        sa.Column("experience_score", sa.Float(precision=53), nullable=True),
        sa.Column("location_score", sa.Float(precision=53), nullable=True),
        sa.Column("salary_score", sa.Float(precision=53), nullable=True),
        sa.Column("culture_fit_score", sa.Float(precision=53), nullable=True),
        sa.Column(
            "scoring_algorithm_version", sa.String(length=20), server_default="1.0", nullable=False
        ),
        sa.Column("rank_points", sa.Integer(), server_default="0", nullable=False),
        sa.Column("coverage", sa.Float(precision=53), server_default="1.0", nullable=False),
        sa.Column(
            "weights", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True
        ),
        sa.Column(
            "scored_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.CheckConstraint(
            "total_score >= 0 AND total_score <= 100", name=op.f("check_total_score_range")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_scores_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_job_scores_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_scores")),
        sa.UniqueConstraint(
            "user_id", "job_id", "scoring_algorithm_version", name="unique_user_job_score"
        ),
    )
    with op.batch_alter_table("job_scores", schema=None) as batch_op:
        batch_op.create_index("idx_job_scores_job", ["job_id"], unique=False)
        batch_op.create_index("idx_job_scores_total_score", ["total_score"], unique=False)
        batch_op.create_index("idx_job_scores_user_job", ["user_id", "job_id"], unique=False)

    op.create_table(
        "job_skills",
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("skill_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("is_required", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("weight", sa.SmallInteger(), server_default="100", nullable=False),
        sa.Column("quote", sa.String(length=255), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_skills_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["skill_id"],
            ["skills.id"],
            name=op.f("fk_job_skills_skill_id_skills"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("job_id", "skill_id", name=op.f("pk_job_skills")),
    )
    with op.batch_alter_table("job_skills", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_job_skills_skill_id"), ["skill_id"], unique=False)

    op.create_table(
        "job_sources",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column(
            "last_seen_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_job_sources_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_sources")),
    )
    with op.batch_alter_table("job_sources", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_job_sources_job_id"), ["job_id"], unique=False)
        batch_op.create_index("uq_job_sources_identity", ["source", "identity"], unique=True)

    op.create_table(
        "score_history",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("total_score", sa.Float(precision=53), nullable=False),
        sa.Column(
            "components", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("scoring_algorithm_version", sa.String(length=20), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_score_history_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_score_history_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_history")),
    )
    with op.batch_alter_table("score_history", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("idx_score_history_job_id"), ["job_id"], unique=False)
        batch_op.create_index("idx_score_history_user_job", ["user_id", "job_id"], unique=False)

    op.create_table(
        "matching_results",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "job_score_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("match_status", sa.String(20), server_default="pending", nullable=False),
        sa.Column("recommendation_reason", sa.Text(), nullable=True),
        sa.Column("confidence_level", sa.Float(precision=53), nullable=True),
        sa.Column("is_viewed", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_applied", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "matched_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.func.current_timestamp(),
            nullable=False,
        ),
        sa.Column("match_on", sa.Date(), nullable=False),
        sa.Column("section", sa.String(length=20), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("is_fill_up", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("viewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "confidence_level >= 0 AND confidence_level <= 1", name=op.f("check_confidence_range")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
            name=op.f("fk_matching_results_job_id_jobs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["job_score_id"],
            ["job_scores.id"],
            name=op.f("fk_matching_results_job_score_id_job_scores"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["match_runs.id"],
            name=op.f("fk_matching_results_run_id_match_runs"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["users.id"],
            name=op.f("fk_matching_results_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_results")),
        sa.UniqueConstraint("user_id", "job_id", name="uq_matching_results_user_job"),
    )
    with op.batch_alter_table("matching_results", schema=None) as batch_op:
        batch_op.create_index("idx_matching_results_job", ["job_id"], unique=False)
        batch_op.create_index("idx_matching_results_job_score", ["job_score_id"], unique=False)
        batch_op.create_index(batch_op.f("idx_matching_results_run_id"), ["run_id"], unique=False)
        batch_op.create_index("idx_matching_results_status", ["match_status"], unique=False)
        batch_op.create_index("idx_matching_results_user", ["user_id"], unique=False)
        batch_op.create_index(
            "idx_matching_results_user_day", ["user_id", "match_on", "position"], unique=False
        )


def downgrade() -> None:

    with op.batch_alter_table("matching_results", schema=None) as batch_op:
        batch_op.drop_index("idx_matching_results_user_day")
        batch_op.drop_index("idx_matching_results_user")
        batch_op.drop_index("idx_matching_results_status")
        batch_op.drop_index(batch_op.f("idx_matching_results_run_id"))
        batch_op.drop_index("idx_matching_results_job_score")
        batch_op.drop_index("idx_matching_results_job")

    op.drop_table("matching_results")
    with op.batch_alter_table("score_history", schema=None) as batch_op:
        batch_op.drop_index("idx_score_history_user_job")
        batch_op.drop_index(batch_op.f("idx_score_history_job_id"))

    op.drop_table("score_history")
    with op.batch_alter_table("job_sources", schema=None) as batch_op:
        batch_op.drop_index("uq_job_sources_identity")
        batch_op.drop_index(batch_op.f("idx_job_sources_job_id"))

    op.drop_table("job_sources")
    with op.batch_alter_table("job_skills", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_job_skills_skill_id"))

    op.drop_table("job_skills")
    with op.batch_alter_table("job_scores", schema=None) as batch_op:
        batch_op.drop_index("idx_job_scores_user_job")
        batch_op.drop_index("idx_job_scores_total_score")
        batch_op.drop_index("idx_job_scores_job")

    op.drop_table("job_scores")
    with op.batch_alter_table("job_features", schema=None) as batch_op:
        batch_op.drop_index("idx_job_features_feature")

    op.drop_table("job_features")
    with op.batch_alter_table("import_messages", schema=None) as batch_op:
        batch_op.drop_index("idx_import_messages_attempt")

    op.drop_table("import_messages")
    with op.batch_alter_table("import_changes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_import_changes_job_id"))
        batch_op.drop_index(batch_op.f("idx_import_changes_attempt_id"))

    op.drop_table("import_changes")
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index("idx_feedback_user")
        batch_op.drop_index(batch_op.f("idx_feedback_job_id"))

    op.drop_table("feedback")
    with op.batch_alter_table("digest_items", schema=None) as batch_op:
        batch_op.drop_index("idx_digest_items_job")
        batch_op.drop_index("idx_digest_items_digest")

    op.drop_table("digest_items")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("idx_jobs_updated_at")
        batch_op.drop_index(batch_op.f("idx_jobs_place_id"))
        batch_op.drop_index("idx_jobs_open")
        batch_op.drop_index("idx_jobs_location_industry")
        batch_op.drop_index(batch_op.f("idx_jobs_import_id"))
        batch_op.drop_index(batch_op.f("idx_jobs_duplicate_group"))
        batch_op.drop_index("idx_jobs_company_active")
        batch_op.drop_index("idx_jobs_active_posted")

    op.drop_table("jobs")
    with op.batch_alter_table("import_attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_import_attempts_csv_import_id"))

    op.drop_table("import_attempts")
    with op.batch_alter_table("digests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_digests_email_log_id"))
        batch_op.drop_index(batch_op.f("idx_digests_digest_on"))

    op.drop_table("digests")
    with op.batch_alter_table("user_titles", schema=None) as batch_op:
        batch_op.drop_index("uq_user_titles")

    op.drop_table("user_titles")
    with op.batch_alter_table("user_skills", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_user_skills_skill_id"))

    op.drop_table("user_skills")
    with op.batch_alter_table("user_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_user_sessions_user_id"))
        batch_op.drop_index(batch_op.f("idx_user_sessions_expires_at"))

    op.drop_table("user_sessions")
    with op.batch_alter_table("skill_aliases", schema=None) as batch_op:
        batch_op.drop_index("uq_skill_aliases_alias")
        batch_op.drop_index(batch_op.f("idx_skill_aliases_skill_id"))

    op.drop_table("skill_aliases")
    with op.batch_alter_table("score_policies", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_score_policies_created_by"))

    op.drop_table("score_policies")
    with op.batch_alter_table("saved_searches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_saved_searches_user_id"))

    op.drop_table("saved_searches")
    op.drop_table("profiles")
    with op.batch_alter_table("match_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_match_runs_run_on"))
        batch_op.drop_index(batch_op.f("idx_match_runs_requested_by"))
        batch_op.drop_index("idx_match_runs_kind_status")

    op.drop_table("match_runs")
    with op.batch_alter_table("home_points", schema=None) as batch_op:
        batch_op.drop_index("uq_home_points_user_place")
        batch_op.drop_index(batch_op.f("idx_home_points_place_id"))

    op.drop_table("home_points")
    with op.batch_alter_table("email_logs", schema=None) as batch_op:
        batch_op.drop_index("idx_email_logs_user")
        batch_op.drop_index("idx_email_logs_type")
        batch_op.drop_index("idx_email_logs_status")
        batch_op.drop_index("idx_email_logs_recipient")
        batch_op.drop_index("idx_email_logs_queue")

    op.drop_table("email_logs")
    with op.batch_alter_table("csv_imports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_csv_imports_uploaded_by"))
        batch_op.drop_index("idx_csv_imports_type")
        batch_op.drop_index("idx_csv_imports_status")

    op.drop_table("csv_imports")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_consents_user_id"))

    op.drop_table("consents")
    with op.batch_alter_table("audit_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_audit_log_actor_id"))
        batch_op.drop_index("idx_audit_log_action")

    op.drop_table("audit_log")
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index("idx_users_email")

    op.drop_table("users")
    op.drop_table("suppressions")
    with op.batch_alter_table("skills", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_skills_parent_id"))
        batch_op.drop_index(batch_op.f("idx_skills_family"))

    op.drop_table("skills")
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_places_region_code"))
        batch_op.drop_index(batch_op.f("idx_places_parent_code"))
        batch_op.drop_index("idx_places_name_ja")
        batch_op.drop_index("idx_places_name_en")

    op.drop_table("places")
    with op.batch_alter_table("mail_outages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("idx_mail_outages_ended_at"))

    op.drop_table("mail_outages")
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index("idx_attempts_kind_subject")

    op.drop_table("attempts")
