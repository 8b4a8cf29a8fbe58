"""What differs between a live database and the models, one break at a time."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import (
    ARRAY,
    JSON,
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Connection,
    Date,
    DateTime,
    Enum,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    create_engine,
    event,
    false,
    func,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from jobscore.database.drift import MESSAGES, Difference, Kind, differences, own_tables
from jobscore.extensions import db

METADATA = MetaData()
Table(
    "teams",
    METADATA,
    Column("id", Integer, autoincrement=True),
    Column("name", String(40), nullable=False),
    Column("lead_id", Integer, ForeignKey("teams.id", name="fk_lead", ondelete="SET NULL")),
    PrimaryKeyConstraint("id", name="pk_teams"),
    UniqueConstraint("name", name="uq_teams_name"),
)
Table(
    "members",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("email", String(255), nullable=False),
    Column("kind", String(20), nullable=False, server_default="plain"),
    Column("pay", Numeric(14, 2), server_default="0"),
    Column("share", Float(53), server_default="1.0"),
    Column("rank", SmallInteger, server_default=text("-1")),
    Column("is_on", Boolean, nullable=False, server_default=false()),
    Column("note", Text),
    Column("extra", JSON().with_variant(JSONB(), "postgresql"), server_default="{}"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.current_timestamp()),
    Column("team_id", Integer, ForeignKey("teams.id", name="fk_team", ondelete="CASCADE")),
    CheckConstraint("pay >= 0 AND pay <= 100", name="check_pay"),
    CheckConstraint("kind IN ('plain', 'fancy')", name="check_kind"),
    Index("idx_members_team", "team_id", "kind"),
    Index("idx_members_email", func.lower(text("email")), unique=True),
    Index(
        "idx_members_on",
        "at",
        postgresql_where=text("is_on AND note IS NOT NULL"),
        sqlite_where=text("is_on AND note IS NOT NULL"),
    ),
)

#: The same by hand, in spellings of its own; {…} is what the two databases say differently.
SCHEMA = """
CREATE TABLE teams (
    id {counted} NOT NULL,
    name varchar(40) NOT NULL,
    lead_id integer CONSTRAINT fk_lead REFERENCES teams (id) ON DELETE SET NULL,
    CONSTRAINT pk_teams PRIMARY KEY (id),
    CONSTRAINT uq_teams_name UNIQUE (name)
);
CREATE TABLE members (
    id integer NOT NULL PRIMARY KEY,
    email varchar(255) NOT NULL,
    kind varchar(20) DEFAULT 'plain' NOT NULL,
    pay numeric(14, 2) DEFAULT 0.00,
    share {double} DEFAULT 1,
    rank smallint DEFAULT (-1),
    is_on boolean DEFAULT {false} NOT NULL,
    note text,
    extra {json} DEFAULT '{{}}',
    at {instant} NOT NULL DEFAULT {now},
    team_id integer CONSTRAINT fk_team REFERENCES teams (id) ON DELETE CASCADE,
    CONSTRAINT check_pay CHECK (pay BETWEEN 0 AND 100),
    CONSTRAINT check_kind CHECK (kind IN ('plain','fancy'))
);
CREATE INDEX idx_members_team ON members (team_id, kind ASC);
CREATE UNIQUE INDEX idx_members_email ON members (lower(email));
CREATE INDEX idx_members_on ON members (at) WHERE (is_on and (note is not null));
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL);
CREATE TABLE procrastinate_jobs (id integer);
"""
WORDS_OF = {
    "sqlite": {
        "counted": "integer",
        "double": "float",
        "json": "json",
        "instant": "datetime",
        "now": "current_timestamp",
        "false": "0",
    },
    "postgresql": {
        "counted": "serial",
        "double": "double precision",
        "json": "jsonb",
        "instant": "timestamp with time zone",
        "now": "now()",
        "false": "'f'",
    },
}
#: What is broken (the old words, the new ones), and the sentence that is said of it.
CASES: dict[str, tuple[str, str, Kind, str]] = {
    "a column less": (
        "    rank smallint DEFAULT (-1),\n",
        "",
        Kind.MISSING_COLUMN,
        "Column members.rank (SMALLINT) is missing.",
    ),
    "a column more": (
        "note text,",
        "note text, shade varchar(7),",
        Kind.EXTRA_COLUMN,
        "Column members.shade (VARCHAR(7)) is in the database, but not in the model.",
    ),
    "another type": (
        "note text,",
        "note integer,",
        Kind.DIFFERENT_TYPE,
        "Column members.note has the type INTEGER; the model says TEXT.",
    ),
    "a shorter text": (
        "email varchar(255)",
        "email varchar(100)",
        Kind.DIFFERENT_TYPE,
        "Column members.email has the type VARCHAR(100); the model says VARCHAR(255).",
    ),
    "text without a length": (
        "email varchar(255)",
        "email varchar",
        Kind.DIFFERENT_TYPE,
        "Column members.email has the type VARCHAR; the model says VARCHAR(255).",
    ),
    "other digits": (
        "numeric(14, 2)",
        "numeric(10, 2)",
        Kind.DIFFERENT_TYPE,
        "Column members.pay has the type NUMERIC(10, 2); the model says NUMERIC(14, 2).",
    ),
    "null where none may be": (
        "email varchar(255) NOT NULL",
        "email varchar(255)",
        Kind.DIFFERENT_NULLABLE,
        "Column members.email is NULL in the database; the model says NOT NULL.",
    ),
    "not null where null may be": (
        "note text,",
        "note text NOT NULL,",
        Kind.DIFFERENT_NULLABLE,
        "Column members.note is NOT NULL in the database; the model says NULL.",
    ),
    "another default": (
        "DEFAULT 'plain'",
        "DEFAULT 'fancy'",
        Kind.DIFFERENT_DEFAULT,
        "Column members.kind has the default 'fancy'; the model says 'plain'.",
    ),
    "no default": (
        " DEFAULT 'plain'",
        "",
        Kind.MISSING_DEFAULT,
        "Column members.kind has no default; the model says 'plain'.",
    ),
    "a default too many": (
        "note text,",
        "note text DEFAULT 'x',",
        Kind.EXTRA_DEFAULT,
        "Column members.note has the default 'x'; the model has none.",
    ),
    "another number by default": (
        "DEFAULT (-1)",
        "DEFAULT 1",
        Kind.DIFFERENT_DEFAULT,
        "Column members.rank has the default 1; the model says -1.",
    ),
    "another primary key": (
        "NOT NULL PRIMARY KEY,\n    email varchar(255) NOT NULL",
        "NOT NULL,\n    email varchar(255) NOT NULL",
        Kind.DIFFERENT_PRIMARY_KEY,
        "The primary key of members is (); the model says (id).",
    ),
    "no unique constraint": (
        ",\n    CONSTRAINT uq_teams_name UNIQUE (name)",
        "",
        Kind.MISSING_UNIQUE,
        "Unique constraint uq_teams_name (name) on teams is missing.",
    ),
    "a unique constraint more": (
        "UNIQUE (name)",
        "UNIQUE (name), CONSTRAINT uq_lead UNIQUE (lead_id)",
        Kind.EXTRA_UNIQUE,
        "Unique constraint uq_lead (lead_id) on teams is in the database, but not in the model.",
    ),
    "another unique constraint": (
        "UNIQUE (name)",
        "UNIQUE (name, lead_id)",
        Kind.DIFFERENT_UNIQUE,
        "Unique constraint uq_teams_name on teams covers (name, lead_id); the model says (name).",
    ),
    "no foreign key": (
        "CONSTRAINT fk_lead REFERENCES teams (id) ON DELETE SET NULL",
        "",
        Kind.MISSING_FOREIGN_KEY,
        "Foreign key fk_lead (lead_id) -> teams (id) ON DELETE SET NULL on teams is missing.",
    ),
    "a foreign key more": (
        "rank smallint DEFAULT (-1)",
        "rank smallint DEFAULT (-1) CONSTRAINT fk_rank REFERENCES teams (id)",
        Kind.EXTRA_FOREIGN_KEY,
        "Foreign key fk_rank (rank) -> teams (id) on members is in the database, but not in the "
        "model.",
    ),
    "another deed on delete": (
        "ON DELETE CASCADE",
        "",
        Kind.DIFFERENT_FOREIGN_KEY,
        "Foreign key fk_team on members is (team_id) -> teams (id); "
        "the model says (team_id) -> teams (id) ON DELETE CASCADE.",
    ),
    "no check": (
        ",\n    CONSTRAINT check_kind CHECK (kind IN ('plain','fancy'))",
        "",
        Kind.MISSING_CHECK,
        "Check check_kind (kind IN ('plain', 'fancy')) on members is missing.",
    ),
    "a check more": (
        "name varchar(40) NOT NULL",
        "name varchar(40) NOT NULL CONSTRAINT check_name CHECK (id > 0)",
        Kind.EXTRA_CHECK,
        "Check check_name (id > 0) on teams is in the database, but not in the model.",
    ),
    "another bound": (
        "BETWEEN 0 AND 100",
        "BETWEEN 0 AND 10",
        Kind.DIFFERENT_CHECK,
        "Check check_pay on members demands ",
    ),
    "no index": (
        "CREATE INDEX idx_members_team ON members (team_id, kind ASC);",
        "",
        Kind.MISSING_INDEX,
        "Index idx_members_team (team_id, kind) on members is missing.",
    ),
    "an index more": (
        "CREATE TABLE alembic_version",
        "CREATE INDEX idx_more ON members (note); CREATE TABLE alembic_version",
        Kind.EXTRA_INDEX,
        "Index idx_more (note) on members is in the database, but not in the model.",
    ),
    "columns of an index the other way round": (
        "(team_id, kind ASC)",
        "(kind, team_id)",
        Kind.DIFFERENT_INDEX,
        "Index idx_members_team on members is (kind, team_id); the model says (team_id, kind).",
    ),
    "an index that is not unique": (
        "CREATE UNIQUE INDEX",
        "CREATE INDEX",
        Kind.DIFFERENT_INDEX,
        "Index idx_members_email on members is (lower(",
    ),
    "an index over another expression": (
        "lower(email)",
        "upper(email)",
        Kind.DIFFERENT_INDEX,
        "Index idx_members_email on members is unique (upper(",
    ),
    "an index over other rows": (
        "is_on and (note is not null)",
        "is_on or (note is not null)",
        Kind.DIFFERENT_INDEX,
        "Index idx_members_on on members is (at) WHERE ",
    ),
    "an index over all rows": (
        " WHERE (is_on and (note is not null))",
        "",
        Kind.DIFFERENT_INDEX,
        "Index idx_members_on on members is (at); the model says (at) WHERE is_on AND note IS NOT "
        "NULL.",
    ),
    "a descending index": (
        "kind ASC",
        "kind DESC",
        Kind.DIFFERENT_INDEX,
        "Index idx_members_team on members is (team_id, kind DESC); "
        "the model says (team_id, kind).",
    ),
    "a table more": (
        "CREATE TABLE alembic_version",
        "CREATE TABLE leftovers (id integer); CREATE TABLE alembic_version",
        Kind.EXTRA_TABLE,
        "Table leftovers is in the database, but no model has it.",
    ),
}


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[Connection]:
    engine = create_engine(empty_database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def build(connection: Connection, old: str = "", new: str = "") -> list[Difference]:
    assert old in SCHEMA, "the case breaks nothing"
    schema = SCHEMA.replace(old, new, 1) if old else SCHEMA
    for statement in schema.format(**WORDS_OF[connection.dialect.name]).split(";"):
        if statement.strip():
            connection.exec_driver_sql(statement)
    return differences(connection, METADATA, own_tables)


def test_the_same_in_other_spellings_is_no_difference(connection: Connection) -> None:
    assert build(connection) == []


@pytest.mark.parametrize(("old", "new", "kind", "words"), CASES.values(), ids=list(CASES))
def test_one_break_is_one_sentence(
    connection: Connection, old: str, new: str, kind: Kind, words: str
) -> None:
    found = build(connection, old, new)
    assert [d.kind for d in found] == [kind], [d.words for d in found]
    assert found[0].words.replace("::text", "").replace("::character varying", "").startswith(words)


def test_a_table_less_is_one_sentence(connection: Connection) -> None:
    build(connection)
    connection.exec_driver_sql("DROP TABLE members")
    assert [d.words for d in differences(connection, METADATA, own_tables)] == [
        "Table members is missing."
    ]


def test_what_sql_alchemy_builds_is_no_difference(connection: Connection) -> None:
    METADATA.create_all(connection)
    assert differences(connection, METADATA) == []


def rich(dialect: str) -> MetaData:
    """Tables of all sorts, as other programs have them."""
    m = MetaData()
    is_pg = dialect == "postgresql"
    Table(
        "things",
        m,
        Column("a", Integer, primary_key=True),
        Column("B c", String(10), primary_key=True),
        Column("colour", Enum("red", "green", name="colours", create_constraint=True)),
        Column("is_x", Boolean(create_constraint=True, name="x_is_bool"), server_default=true()),
        Column("uid", Uuid, server_default=None),
        Column("span", Interval),
        Column("clock", Time(timezone=True)),
        Column("day", Date, server_default=func.current_date()),
        Column("raw", LargeBinary),
        Column("twice", Integer, Computed("a * 2", persisted=True)),
        Column("word", String(collation="C" if is_pg else "NOCASE"), server_default="it's"),
        Column("half", Numeric(5, 1), server_default=text("0.5")),
        Column("tiny", REAL),
        Column("many", ARRAY(Integer) if is_pg else JSON),
        Column("note", Text, server_default=text("NULL")),
        UniqueConstraint("day", "clock"),
        UniqueConstraint("a"),
        CheckConstraint("a > 0 OR (a < -5 AND NOT a = -7)"),
        CheckConstraint("word LIKE 'x%' OR word IS NOT NULL", name="Word Check"),
        Index("order", "day", text("clock DESC")),
        Index("ix_upper", func.upper(text("word")), unique=True),
        Index(
            "ix_some",
            "half",
            postgresql_where=text("half > 0.5 AND colour IN ('red')"),
            sqlite_where=text("half > 0.5 AND colour IN ('red')"),
        ),
    )
    Table(
        "parts",
        m,
        Column("id", BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True),
        Column("x", Integer),
        Column("y", String(10)),
        ForeignKeyConstraint(
            ["x", "y"],
            ["things.a", "things.B c"],
            onupdate="CASCADE",
            ondelete="SET NULL",
            deferrable=True,
            initially="DEFERRED",
        ),
        Column("other", Integer, ForeignKey("parts.id")),
    )
    if is_pg:
        things = m.tables["things"]
        Index("ix_gin", things.c.many, postgresql_using="gin")
        Index("ix_ops", things.c.word, postgresql_ops={"word": "varchar_pattern_ops"})
        Index("ix_include", things.c.day, postgresql_include=["half"])
    return m


def test_whatever_sql_alchemy_builds_is_no_difference(connection: Connection) -> None:
    m = rich(connection.dialect.name)
    m.create_all(connection)
    assert [d.words for d in differences(connection, m)] == []
    connection.exec_driver_sql('DROP INDEX "order"')
    assert [d.name for d in differences(connection, m)] == ["order"]


def test_several_differences_stand_in_a_fixed_order(connection: Connection) -> None:
    build(connection)
    connection.exec_driver_sql("DROP INDEX idx_members_on")
    connection.exec_driver_sql("DROP INDEX idx_members_team")
    connection.exec_driver_sql("ALTER TABLE members DROP COLUMN note")
    connection.exec_driver_sql("ALTER TABLE teams ADD COLUMN shade text")
    found = differences(connection, METADATA, own_tables)
    assert [(d.table, d.kind, d.name) for d in found] == [
        ("members", Kind.MISSING_COLUMN, "note"),
        ("members", Kind.MISSING_INDEX, "idx_members_on"),
        ("members", Kind.MISSING_INDEX, "idx_members_team"),
        ("teams", Kind.EXTRA_COLUMN, "shade"),
    ]


@pytest.mark.parametrize("backend", ["postgresql"])
def test_an_index_whose_concurrent_build_failed_is_named(
    connection: Connection, backend: str
) -> None:
    build(connection)
    connection.exec_driver_sql(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_members_team'::regclass"
    )
    assert [d.words for d in differences(connection, METADATA, own_tables)] == [
        "Index idx_members_team on members is invalid: its concurrent build failed. "
        "Drop it and build it again."
    ]


@pytest.mark.parametrize("backend", ["postgresql"])
@pytest.mark.parametrize(
    ("name", "definition"),
    [
        ("check_pay", "CHECK (pay >= 0 AND pay <= 100)"),
        ("fk_team", "FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE"),
    ],
)
def test_a_constraint_that_was_never_validated_is_named(
    connection: Connection, backend: str, name: str, definition: str
) -> None:
    build(connection)
    connection.exec_driver_sql(f"ALTER TABLE members DROP CONSTRAINT {name}")
    connection.exec_driver_sql(f"ALTER TABLE members ADD CONSTRAINT {name} {definition} NOT VALID")
    assert [d.words for d in differences(connection, METADATA, own_tables)] == [
        f"Constraint {name} on members was never validated: older rows may break it. "
        f"Run: ALTER TABLE members VALIDATE CONSTRAINT {name}"
    ]
    connection.exec_driver_sql(f"ALTER TABLE members VALIDATE CONSTRAINT {name}")
    assert differences(connection, METADATA, own_tables) == []


@pytest.mark.parametrize("backend", ["postgresql"])
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "ALTER TABLE teams ALTER COLUMN id DROP DEFAULT",
            "Column teams.id has no default; the model says nextval(…).",
        ),
        (
            "ALTER TABLE members ALTER COLUMN at TYPE timestamp",
            "Column members.at has the type TIMESTAMP WITHOUT TIME ZONE; the model says TIMESTAMP "
            "WITH TIME ZONE.",
        ),
        (
            "COMMENT ON COLUMN members.note IS 'free text'",
            "The comment of column members.note is “free text”; the model says “”.",
        ),
    ],
)
def test_what_only_postgresql_can_lose(
    connection: Connection, backend: str, statement: str, words: str
) -> None:
    build(connection)
    connection.exec_driver_sql(statement)
    assert [d.words for d in differences(connection, METADATA, own_tables)] == [words]


@pytest.mark.parametrize("backend", ["postgresql"])
def test_an_identity_counts_as_a_sequence(connection: Connection, backend: str) -> None:
    assert build(connection, "{counted} NOT NULL", "integer GENERATED BY DEFAULT AS IDENTITY") == []


def test_a_difference_is_told_to_scripts_too(connection: Connection) -> None:
    (found,) = build(connection, "    rank smallint DEFAULT (-1),\n", "")
    assert found.as_json() == {
        "kind": "missing_column",
        "table": "members",
        "name": "rank",
        "expected": "SMALLINT",
        "found": None,
        "words": "Column members.rank (SMALLINT) is missing.",
    }


def test_every_kind_has_a_sentence_that_uses_only_what_a_difference_knows() -> None:
    for kind in Kind:
        difference = Difference(kind, "t", "n", "e", "f")
        assert MESSAGES[kind] in {MESSAGES[k] for k in Kind}
        assert "%(" not in difference.words


# --- the database that this application migrates ------------------------------------------------


def test_a_database_at_the_newest_revision_equals_the_models(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        assert differences(connection, db.metadata, own_tables) == []


HANDS = {
    "an index": (
        "DROP INDEX idx_jobs_open",
        "Index idx_jobs_open (is_active, expires_at, posted_date) on jobs is missing.",
    ),
    "a column": (
        "ALTER TABLE jobs ADD COLUMN shade varchar(7)",
        "Column jobs.shade (VARCHAR(7)) is in the database, but not in the model.",
    ),
    "a table": ("DROP TABLE job_features", "Table job_features is missing."),
    "a column less": (
        "ALTER TABLE users DROP COLUMN full_name",
        "Column users.full_name (VARCHAR(255)) is missing.",
    ),
}


@pytest.mark.parametrize(("statement", "words"), HANDS.values(), ids=list(HANDS))
def test_a_hand_in_the_real_database_is_seen(app: Flask, statement: str, words: str) -> None:
    with app.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql(statement)
        assert [d.words for d in differences(connection, db.metadata, own_tables)] == [words]


def test_reading_the_schema_reads_no_row(app: Flask) -> None:
    statements: list[str] = []
    with app.app_context(), db.engine.connect() as connection:
        event.listen(
            db.engine, "before_cursor_execute", lambda *given: statements.append(str(given[2]))
        )
        differences(connection, db.metadata, own_tables)
    assert statements
    for table in db.metadata.tables:
        assert not any(f"FROM {table}" in statement for statement in statements)


def test_the_parts_that_look_at_a_schema_stand_alone() -> None:
    parts = ("drift", "inventory", "graph", "graph.picture")
    code = "\n".join(
        [
            "import sys",
            *(f"import jobscore.database.{part}" for part in parts),
            "print(sorted({m.split('.')[0] for m in sys.modules} & {'flask', 'flask_sqlalchemy'}))",
        ]
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
