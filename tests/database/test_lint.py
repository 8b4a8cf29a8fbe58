"""The linter: for every rule a step that alarms, and a near miss that must not."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from hypothesis import given
from hypothesis import strategies as st

from jobscore import paths
from jobscore.database.lint import BOTH, RULES, Finding, Severity, lint, lint_script
from jobscore.database.lint.rules import as_table
from jobscore.database.lint.sql import judge_sql
from jobscore.database.lint.state import State
from jobscore.database.sql_text import tokens

HEAD = '''"""A revision."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from jobscore.database import safe

revision = "0001"
down_revision = None
'''
WAY_BACK = "op.execute('SELECT 1')"


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Script]:
    """Write a revision with this body and load it."""

    def write(body: str, down: str = WAY_BACK, head: str = "", number: int = 1) -> Script:
        versions = tmp_path / f"m{number}" / "versions"
        versions.mkdir(parents=True)
        lines = "\n    ".join(body.strip().split("\n"))
        (versions / "0001_a.py").write_text(
            f"{HEAD}{head}\n\ndef upgrade():\n    {lines}\n\n\ndef downgrade():\n    {down}\n",
            encoding="utf-8",
        )
        return ScriptDirectory(str(versions.parent)).get_revision("0001")

    return write


class Case(NamedTuple):
    """A step that breaks ``rule`` on ``dialect``, about ``subject``; and one that does not."""

    rule: str
    dialect: str
    bad: str
    good: str
    subject: str | None = None


def pg(rule: str, bad: str, good: str, subject: str | None = None) -> Case:
    return Case(rule, "postgresql", bad, good, subject)


def lite(rule: str, bad: str, good: str, subject: str | None = None) -> Case:
    return Case(rule, "sqlite", bad, good, subject)


def sql(*statements: str) -> str:
    return "\n".join(f"op.execute({statement!r})" for statement in statements)


def batch(*calls: str) -> str:
    lines = "\n".join(f"    b.{call}" for call in calls)
    return f"with op.batch_alter_table('jobs') as b:\n{lines}"


def autocommit(*lines: str) -> str:
    inner = "\n".join(f"    {line}" for line in lines)
    return f"with op.get_context().autocommit_block():\n{inner}"


NEW = "op.create_table('jobs', sa.Column('id', sa.BigInteger(), primary_key=True))\n"


def typed(old: str, new: str) -> str:
    return f"op.alter_column('jobs', 'a', type_=sa.{new}, existing_type=sa.{old})"


def added(*column: str) -> str:
    return f"op.add_column('jobs', sa.Column('a', {', '.join(column)}))"


CASES = [
    # what is lost
    pg("drop-column", "op.drop_column('jobs', 'a')", NEW + "op.drop_column('jobs', 'a')", "a"),
    lite("drop-column", batch("drop_column('a')"), NEW + batch("drop_column('a')"), "a"),
    pg("drop-column", "safe.drop_column('jobs', 'a')", NEW + "safe.drop_column('jobs', 'a')", "a"),
    pg("drop-column", sql("ALTER TABLE jobs DROP a"), sql("ALTER TABLE jobs ALTER a DROP DEFAULT")),
    pg(
        "drop-column",
        sql('ALTER TABLE IF EXISTS ONLY public."jobs" ADD b INT, DROP COLUMN IF EXISTS a'),
        sql("-- ALTER TABLE jobs DROP COLUMN a\nSELECT 'ALTER TABLE jobs DROP COLUMN a'"),
        "a",
    ),
    pg("drop-table", "op.drop_table('jobs')", NEW + "op.drop_table('jobs')"),
    lite("drop-table", "safe.drop_table('jobs')", NEW + "safe.drop_table('jobs')"),
    lite(
        "drop-table",
        sql("DROP TABLE IF EXISTS jobs"),
        sql("CREATE TABLE jobs (x)", "DROP TABLE jobs"),
    ),
    pg("replace-table", "op.drop_table('jobs')\n" + NEW, "op.drop_table('people')\n" + NEW),
    lite(
        "replace-table",
        sql("CREATE TABLE n (x)", "DROP TABLE jobs", "ALTER TABLE n RENAME TO jobs"),
        sql("CREATE TABLE n (x)", "ALTER TABLE n RENAME TO jobs"),
    ),
    pg("drop-schema", sql("DROP SCHEMA old CASCADE"), sql("CREATE SCHEMA old")),
    pg("truncate", sql("TRUNCATE TABLE jobs CASCADE"), NEW + sql("TRUNCATE jobs")),
    pg(
        "drop-constraint",
        "op.drop_constraint('ck_a', 'jobs')",
        "safe.add_check('ck_a', 'jobs', 'a > 0')\nsafe.drop_constraint('ck_a', 'jobs')",
        "ck_a",
    ),
    pg(
        "drop-constraint",
        sql("ALTER TABLE jobs DROP CONSTRAINT ck_a"),
        sql("ALTER TABLE jobs RENAME CONSTRAINT ck_a TO ck_b"),
    ),
    pg(
        "drop-not-null",
        "op.alter_column('jobs', 'a', nullable=True)",
        "op.alter_column('jobs', 'a', server_default='1')",
    ),
    lite("drop-not-null", "safe.drop_not_null('jobs', 'a')", "safe.set_not_null('jobs', 'a')"),
    # names
    pg(
        "rename-column",
        "op.alter_column('jobs', 'a', new_column_name='b')",
        NEW + "op.alter_column('jobs', 'a', new_column_name='b')",
        "a",
    ),
    lite("rename-column", sql("ALTER TABLE jobs RENAME a TO b"), sql("ALTER TABLE jobs ADD b INT")),
    pg("rename-table", "op.rename_table('jobs', 'b')", NEW + "op.rename_table('jobs', 'b')"),
    pg(
        "rename-table",
        sql("ALTER TABLE jobs SET SCHEMA other"),
        sql("ALTER TABLE jobs SET (fillfactor = 90)"),
    ),
    pg("rename-schema", sql("ALTER SCHEMA a RENAME TO b"), sql("ALTER SCHEMA a OWNER TO b")),
    # types
    pg("change-type", typed("Integer()", "BigInteger()"), typed("String(20)", "String(40)")),
    pg("change-type", "op.alter_column('jobs', 'a', type_=sa.Text())", typed("Text()", "Text()")),
    pg("change-type", typed("Integer()", "Text()"), typed("String(20)", "Text()")),
    pg("change-type", typed("Text()", "Integer()"), typed("Text()", "String()")),
    pg(
        "change-type",
        typed("Numeric(9, 2)", "Numeric(12, 4)"),
        typed("Numeric(9, 2)", "Numeric(12, 2)"),
    ),
    pg("change-type", typed("Numeric(9, 2)", "Float()"), typed("Numeric(9, 2)", "Numeric()")),
    pg("change-type", typed("String(20)", "Enum('a', name='e')"), typed("Text()", "Unicode()")),
    pg("change-type", typed("CHAR(3)", "String(9)"), typed("VARCHAR(3)", "String(9)")),
    pg(
        "change-type",
        typed("String(9)", "String(9, collation='C')"),
        typed("String(8, collation='C')", "String(9, collation='C')"),
    ),
    pg(
        "change-type",
        sql("ALTER TABLE jobs ALTER COLUMN a SET DATA TYPE bigint"),
        NEW + sql("ALTER TABLE jobs ALTER a TYPE bigint"),
        "a",
    ),
    pg("narrow-type", typed("String(40)", "String(20)"), typed("String(20)", "String(20)")),
    pg("narrow-type", typed("Text()", "String(20)"), typed("Text()", "Unicode()")),
    pg(
        "narrow-type",
        typed("Numeric(9, 2)", "Numeric(8, 2)"),
        typed("Numeric(9, 2)", "Numeric(10, 2)"),
    ),
    pg("narrow-type", typed("Numeric()", "Numeric(8, 2)"), typed("Numeric()", "Numeric()")),
    lite(
        "narrow-type",
        batch("alter_column('a', existing_type=sa.String(40), type_=sa.String(20))"),
        batch("alter_column('a', existing_type=sa.String(40), type_=sa.String(60))"),
    ),
    pg(
        "timestamp-to-timestamptz",
        typed("DateTime()", "DateTime(timezone=True)"),
        typed("DateTime(timezone=True)", "DateTime(timezone=True)"),
    ),
    pg("json-column", added("sa.JSON()"), added("postgresql.JSONB()")),
    pg(
        "json-column",
        "safe.add_column('jobs', sa.Column('a', sa.JSON()))",
        NEW + added("sa.JSON()"),
    ),
    pg("json-column", sql("ALTER TABLE jobs ADD a json"), sql("ALTER TABLE jobs ADD a jsonb")),
    pg(
        "integer-primary-key",
        "op.create_table('t', sa.Column('id', sa.Integer(), primary_key=True))",
        "op.create_table('t', sa.Column('id', sa.BigInteger(), primary_key=True))",
    ),
    pg(
        "integer-primary-key",
        "op.create_table('t', sa.Column('id', sa.Integer()), sa.PrimaryKeyConstraint('id'))",
        "op.create_table('t', sa.Column('id', sa.BigInteger()), sa.PrimaryKeyConstraint('id'))",
    ),
    pg("timestamp-without-zone", added("sa.DateTime()"), added("sa.DateTime(timezone=True)")),
    pg(
        "timestamp-without-zone",
        sql("ALTER TABLE jobs ADD a timestamp"),
        sql("ALTER TABLE jobs ADD a timestamp with time zone"),
    ),
    pg("char-column", added("sa.CHAR(3)"), added("sa.String(3)")),
    # new columns
    pg(
        "not-null-without-default",
        added("sa.Integer()", "nullable=False"),
        added("sa.Integer()", "nullable=False", "server_default='0'"),
    ),
    lite(
        "not-null-without-default",
        added("sa.Integer()", "nullable=False"),
        "safe.add_column('jobs', sa.Column('a', sa.Integer(), server_default='0', nullable=False))",
    ),
    lite(
        "not-null-without-default",
        sql("ALTER TABLE jobs ADD a INT NOT NULL"),
        sql("ALTER TABLE jobs ADD a INT NOT NULL DEFAULT (0)"),
    ),
    pg(
        "volatile-default",
        added("sa.Uuid()", "server_default=sa.text('gen_random_uuid()')"),
        added("sa.DateTime(timezone=True)", "server_default=sa.func.now()"),
    ),
    pg(
        "volatile-default",
        added("sa.Float()", "server_default=sa.func.random()"),
        added("sa.String(9)", "server_default='random()'"),
    ),
    pg(
        "volatile-default",
        sql("ALTER TABLE jobs ADD a timestamptz DEFAULT clock_timestamp()"),
        sql("ALTER TABLE jobs ADD a timestamptz DEFAULT now(), ADD b text DEFAULT 'x'::varchar(9)"),
    ),
    pg("serial-column", added("sa.BigInteger()", "sa.Identity()"), added("sa.BigInteger()")),
    pg(
        "serial-column",
        added("sa.BigInteger()", "server_default=sa.text(\"nextval('s')\")"),
        added("sa.BigInteger()", "server_default=sa.text('7')"),
    ),
    pg(
        "serial-column",
        sql("ALTER TABLE jobs ADD a bigserial"),
        sql("ALTER TABLE jobs ADD a bigint"),
    ),
    pg(
        "generated-column",
        added("sa.Integer()", "sa.Computed('id * 2', persisted=True)"),
        added("sa.Integer()", "sa.Computed('id * 2', persisted=False)"),
    ),
    lite(
        "generated-column",
        added("sa.Integer()", "sa.Computed('id * 2', persisted=True)"),
        added("sa.Integer()", "sa.Computed('id * 2')"),
    ),
    pg(
        "add-column-foreign-key",
        added("sa.Integer()", "sa.ForeignKey('firms.id')"),
        "op.add_column('jobs', sa.Column('a', sa.Integer(), sa.ForeignKey('firms.id')),"
        " inline_references=True)",
    ),
    lite(
        "add-column-foreign-key",
        added("sa.Integer()", "sa.ForeignKey('firms.id')"),
        "op.add_column('jobs', sa.Column('a', sa.Integer(), sa.ForeignKey('firms.id')),"
        " inline_references=True)",
    ),
    pg("add-column-unique", added("sa.Integer()", "unique=True"), added("sa.Integer()")),
    lite("add-column-unique", added("sa.Integer()", "primary_key=True"), added("sa.Integer()")),
    lite(
        "add-column-unique",
        sql("ALTER TABLE jobs ADD a INT UNIQUE"),
        sql("ALTER TABLE jobs ADD a INT DEFAULT 'unique'"),
    ),
    lite(
        "non-constant-default",
        added("sa.DateTime()", "server_default=sa.func.current_timestamp()"),
        added("sa.DateTime()", "server_default='2026-01-01'"),
    ),
    lite(
        "non-constant-default",
        added("sa.Integer()", "server_default=sa.text('(1 + 1)')"),
        added("sa.Integer()", "server_default=sa.text('2')"),
    ),
    lite(
        "reference-with-default",
        "op.add_column('jobs', sa.Column('a', sa.Integer(), sa.ForeignKey('firms.id'),"
        " server_default='1'), inline_references=True)",
        sql("ALTER TABLE jobs ADD a INT REFERENCES firms (id) DEFAULT NULL"),
    ),
    # constraints
    pg(
        "set-not-null",
        "op.alter_column('jobs', 'a', nullable=False)",
        "safe.set_not_null('jobs', 'a')",
    ),
    pg(
        "set-not-null",
        sql(
            "ALTER TABLE jobs ADD CONSTRAINT c CHECK (b IS NOT NULL) NOT VALID",
            "ALTER TABLE jobs VALIDATE CONSTRAINT c",
            "ALTER TABLE jobs ALTER a SET NOT NULL",
        ),
        autocommit(
            "op.create_check_constraint('c', 'jobs', 'a IS NOT NULL', postgresql_not_valid=True)",
            "op.execute('ALTER TABLE jobs VALIDATE CONSTRAINT c')",
        )
        + "\nop.alter_column('jobs', 'a', nullable=False)",
    ),
    pg(
        "check-without-not-valid",
        "op.create_check_constraint('c', 'jobs', 'a > 0')",
        "op.create_check_constraint('c', 'jobs', 'a > 0', postgresql_not_valid=True)",
        "c",
    ),
    pg(
        "check-without-not-valid",
        sql("ALTER TABLE jobs ADD CONSTRAINT c CHECK (a > 0)"),
        sql("ALTER TABLE jobs ADD CONSTRAINT c CHECK (a > 0) NOT VALID"),
    ),
    pg(
        "foreign-key-without-not-valid",
        "op.create_foreign_key('f', 'jobs', 'firms', ['a'], ['id'])",
        "safe.add_foreign_key('f', 'jobs', 'firms', ['a'], ['id'])",
        "f",
    ),
    pg(
        "foreign-key-without-not-valid",
        sql("ALTER TABLE jobs ADD FOREIGN KEY (a) REFERENCES firms"),
        NEW + sql("ALTER TABLE jobs ADD FOREIGN KEY (a) REFERENCES firms"),
    ),
    pg(
        "validate-in-same-transaction",
        "op.create_foreign_key('f', 'jobs', 'firms', ['a'], ['id'], postgresql_not_valid=True)\n"
        + sql("ALTER TABLE jobs VALIDATE CONSTRAINT f"),
        "op.create_foreign_key('f', 'jobs', 'firms', ['a'], ['id'], postgresql_not_valid=True)\n"
        + autocommit("op.execute('ALTER TABLE jobs VALIDATE CONSTRAINT f')"),
    ),
    pg(
        "validate-in-same-transaction",
        sql(
            "ALTER TABLE jobs ADD CONSTRAINT c CHECK (a > 0) NOT VALID",
            "ALTER TABLE jobs VALIDATE CONSTRAINT c",
        ),
        sql("ALTER TABLE jobs ADD CONSTRAINT c CHECK (a > 0) NOT VALID")
        + "\nsafe.create_index('i', 'jobs', ['a'])\n"
        + sql("ALTER TABLE jobs VALIDATE CONSTRAINT c"),
    ),
    pg(
        "unique-without-index",
        "op.create_unique_constraint('u', 'jobs', ['a'])",
        "safe.add_unique('u', 'jobs', ['a'])",
    ),
    pg(
        "unique-without-index",
        sql("ALTER TABLE jobs ADD CONSTRAINT u UNIQUE (a)"),
        sql("ALTER TABLE jobs ADD CONSTRAINT u UNIQUE USING INDEX u"),
    ),
    pg(
        "primary-key-without-index",
        "op.create_primary_key('p', 'jobs', ['a'])",
        sql("ALTER TABLE jobs ADD CONSTRAINT p PRIMARY KEY USING INDEX p"),
    ),
    pg(
        "exclusion-constraint",
        "op.create_exclude_constraint('x', 'jobs', ('a', '='), using='gist')",
        NEW + "op.create_exclude_constraint('x', 'jobs', ('a', '='), using='gist')",
    ),
    pg(
        "domain-constraint",
        sql("ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0)"),
        sql("ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID"),
    ),
    pg(
        "unnamed-constraint",
        "op.create_unique_constraint(None, 'jobs', ['a'])",
        "op.create_unique_constraint('u', 'jobs', ['a'])",
    ),
    lite(
        "unnamed-constraint",
        "op.create_table('t', sa.Column('a', sa.Integer()), sa.CheckConstraint('a > 0'))",
        "op.create_table('t', sa.Column('a', sa.Integer()), sa.CheckConstraint('a > 0', name='c'),"
        " sa.PrimaryKeyConstraint('a'))",
    ),
    lite(
        "constraint-outside-batch",
        "op.create_foreign_key('f', 'jobs', 'firms', ['a'], ['id'])",
        batch("create_foreign_key('f', 'firms', ['a'], ['id'])"),
    ),
    lite(
        "constraint-outside-batch",
        "op.alter_column('jobs', 'a', nullable=False)",
        "op.alter_column('jobs', 'a', new_column_name='b')",
    ),
    lite(
        "rebuild-table",
        batch("alter_column('a', nullable=False)"),
        "safe.set_not_null('jobs', 'a')",
    ),
    lite(
        "rebuild-table",
        batch("drop_column('a')"),
        batch("add_column(sa.Column('b', sa.Integer()))", "create_index('i', ['b'])"),
        "DropColumn",
    ),
    lite("rebuild-table", batch("drop_constraint('c')"), NEW + batch("drop_constraint('c')")),
    # indexes
    pg(
        "index-not-concurrent",
        "op.create_index('i', 'jobs', ['a'])",
        "safe.create_index('i', 'jobs', ['a'])",
    ),
    pg(
        "index-not-concurrent",
        batch("create_index('i', ['a'])"),
        NEW + batch("create_index('i', ['a'])"),
        "i",
    ),
    pg(
        "index-not-concurrent",
        sql("CREATE UNIQUE INDEX IF NOT EXISTS i ON public.jobs (a)"),
        sql("CREATE TABLE jobs (a int)", "CREATE UNIQUE INDEX i ON jobs (a)"),
        "i",
    ),
    pg("index-not-concurrent", added("sa.Integer()", "index=True"), added("sa.Integer()")),
    pg(
        "drop-index-not-concurrent",
        "op.drop_index('i', 'jobs')",
        autocommit("op.drop_index('i', 'jobs', postgresql_concurrently=True)"),
    ),
    pg("drop-index-not-concurrent", sql("DROP INDEX i"), "safe.drop_index('i', 'jobs')"),
    pg(
        "reindex-not-concurrent",
        sql("REINDEX TABLE jobs"),
        autocommit("op.execute('REINDEX TABLE CONCURRENTLY jobs')"),
    ),
    pg(
        "concurrent-in-transaction",
        "op.create_index('i', 'jobs', ['a'], postgresql_concurrently=True)",
        autocommit("op.create_index('i', 'jobs', ['a'], postgresql_concurrently=True)"),
    ),
    pg(
        "concurrent-in-transaction",
        sql("DROP INDEX CONCURRENTLY i"),
        autocommit("op.execute('DROP INDEX CONCURRENTLY i')"),
    ),
    pg(
        "wide-index",
        "safe.create_index('i', 'jobs', ['a', 'b', 'c', 'd'])",
        "safe.create_index('i', 'jobs', ['a', 'b', 'c', 'd'], unique=True)",
    ),
    lite(
        "wide-index",
        sql("CREATE INDEX i ON jobs (a, b, c, d)"),
        sql("CREATE INDEX i ON jobs (a, coalesce(b, 1, 2), c)"),
    ),
    pg(
        "long-name",
        f"safe.create_index('{'i' * 64}', 'jobs', ['a'])",
        f"safe.create_index('{'i' * 63}', 'jobs', ['a'])",
    ),
    # statements
    pg(
        "backfill-in-one-statement",
        sql("UPDATE jobs SET a = 1 WHERE a IS NULL"),
        sql("UPDATE jobs SET a = 1 WHERE id BETWEEN 1 AND 500"),
        "UPDATE",
    ),
    lite(
        "backfill-in-one-statement",
        sql("DELETE FROM jobs"),
        sql("DELETE FROM jobs WHERE jobs.id IN (1, 2)"),
        "DELETE",
    ),
    pg(
        "backfill-in-one-statement",
        sql("UPDATE jobs SET a = 1 WHERE id = 4 OR a IS NULL"),
        "safe.backfill('jobs', 'a = 1', 'a IS NULL')",
    ),
    pg(
        "backfill-in-one-statement",
        "op.execute(sa.table('jobs', sa.column('a')).update().values(a=1))",
        "t = sa.table('jobs', sa.column('a'), sa.column('id'))\n"
        "op.execute(t.update().values(a=1).where(t.c.id == 7))",
    ),
    pg(
        "backfill-in-one-statement",
        "op.get_bind().execute(sa.text('UPDATE jobs SET a = :a'), {'a': 1})",
        NEW + "op.get_bind().execute(sa.text('UPDATE jobs SET a = :a'), {'a': 1})",
    ),
    pg(
        "backfill-in-one-statement",
        sql("WITH x AS (SELECT 1) UPDATE jobs SET a = 1"),
        sql("WITH x AS (SELECT 1 FOR UPDATE) INSERT INTO t SELECT 1 ON CONFLICT DO UPDATE SET a=1"),
    ),
    pg(
        "backfill-in-one-statement",
        sql("UPDATE jobs SET a = 1 WHERE id IN (SELECT id FROM jobs)"),
        sql("UPDATE jobs SET a = 1 WHERE id IN (SELECT id FROM jobs LIMIT 99)"),
    ),
    pg(
        "data-with-schema",
        added("sa.Integer()") + "\n" + sql("UPDATE jobs SET a = 1 WHERE id = 1"),
        added("sa.Integer()") + "\nsafe.backfill('jobs', 'a = 1', 'a IS NULL')",
    ),
    pg(
        "data-with-schema",
        added("sa.Integer()") + "\nop.bulk_insert(sa.table('jobs', sa.column('a')), [{'a': 1}])",
        NEW + "op.bulk_insert(sa.table('jobs', sa.column('id')), [{'id': 1}])",
    ),
    pg("rewrite-table", sql("VACUUM FULL jobs"), autocommit("op.execute('ANALYZE jobs')")),
    pg("rewrite-table", sql("CLUSTER jobs USING i"), sql("COMMENT ON TABLE jobs IS 'CLUSTER'")),
    pg("rewrite-table", sql("ALTER TABLE jobs SET UNLOGGED"), sql("ALTER TABLE jobs OWNER TO me")),
    pg("lock-table", sql("LOCK TABLE jobs"), sql("SET lock_timeout = '1s'")),
    pg(
        "detach-partition",
        sql("ALTER TABLE jobs DETACH PARTITION p"),
        autocommit("op.execute('ALTER TABLE jobs DETACH PARTITION p CONCURRENTLY')"),
        "p",
    ),
    pg(
        "transaction-statement",
        sql("COMMIT"),
        sql("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $x$ SELECT 1; COMMIT; $x$"),
    ),
    pg(
        "enum-value-in-transaction",
        sql("ALTER TYPE mood ADD VALUE 'glad'"),
        autocommit("op.execute(\"ALTER TYPE mood ADD VALUE 'glad'\")"),
    ),
    pg("raw-sql", sql("DO $$ BEGIN PERFORM 1; END $$"), sql("SELECT 1; SET x = 1;")),
    lite("raw-sql", sql("ATTACH 'x.db' AS x"), sql("PRAGMA user_version = 4")),
    # the revision itself
    pg(
        "unreadable",
        "if op.get_bind().execute(sa.text('SELECT 1')).scalar():\n    pass",
        "if op.get_bind().dialect.name == 'postgresql':\n    pass",
    ),
    lite("unreadable", "sa.inspect(op.get_bind())", "op.get_bind().execution_options(x=1)"),
    pg("unreadable", "raise KeyError('what')", "op.f('name')"),
    pg(
        "unreadable",
        "safe.add_column('jobs', sa.Column('a', sa.Integer(), nullable=False))",
        "safe.add_column('jobs', sa.Column('a', sa.Integer()))",
    ),
]


def found(script: Script, dialect: str) -> list[Finding]:
    return lint_script(script, [dialect])


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{n}-{case.rule}-{case.dialect}" for n, case in enumerate(CASES)]
)
def test_the_danger_is_named_and_the_near_miss_is_not(
    script: Callable[..., Script], case: Case
) -> None:
    hits = [f for f in found(script(case.bad), case.dialect) if f.rule == case.rule]
    assert hits, "the danger is named"
    (hit,) = hits
    if case.subject is not None:
        assert hit.subject == case.subject
    assert "%(" not in hit.message
    assert hit.advice
    rules = [f.rule for f in found(script(case.good, number=2), case.dialect)]
    assert case.rule not in rules
    assert "unreadable" not in rules


def test_every_rule_has_a_case() -> None:
    others = {"missing-downgrade", "assured-without-reason", "assured-unknown-rule"}
    assert {case.rule for case in CASES} | others == set(RULES)


def test_every_rule_stands_only_where_it_is_said_to() -> None:
    for case in CASES:
        assert case.dialect in RULES[case.rule].dialects


SAFE = """
safe.add_column('jobs', sa.Column('a', sa.Integer(), server_default='0', nullable=False))
safe.add_column('jobs', sa.Column('b', postgresql.JSONB().with_variant(sa.JSON(), 'sqlite')))
safe.create_index('idx_a', 'jobs', ['a'])
safe.drop_index('idx_b', 'jobs')
safe.backfill('jobs', 'a = 1', 'a = 0')
safe.set_not_null('jobs', 'b')
safe.add_check('ck_a', 'jobs', 'a > 0')
safe.add_foreign_key('fk_a', 'jobs', 'firms', ['a'], ['id'], ondelete='CASCADE')
safe.add_unique('uq_a', 'jobs', ['a', 'b'])
"""


@pytest.mark.parametrize("dialect", BOTH)
def test_the_safe_forms_raise_no_alarm_at_all(script: Callable[..., Script], dialect: str) -> None:
    assert found(script(SAFE), dialect) == []


@pytest.mark.parametrize("dialect", BOTH)
def test_what_is_done_to_a_table_of_the_same_revision_raises_no_alarm(
    script: Callable[..., Script], dialect: str
) -> None:
    body = NEW + "\n".join(
        [
            "op.create_index('i', 'jobs', ['id'])",
            batch("create_unique_constraint('u', ['id'])", "alter_column('id', nullable=False)"),
            "op.add_column('jobs', sa.Column('a', sa.Integer(), nullable=False))",
            "op.add_column('jobs', sa.Column('f', sa.Integer(), sa.ForeignKey('x.id', name='f')))",
            sql("ALTER TABLE jobs ADD CONSTRAINT c CHECK (a > 0)", "UPDATE jobs SET a = 1"),
            "op.drop_index('i', 'jobs')",
            "op.drop_column('jobs', 'a')",
            "op.rename_table('jobs', 'works')",
            "op.create_index('i', 'works', ['id'])",
        ]
    )
    assert found(script(body), dialect) == []


def test_our_own_revisions_hold_no_danger() -> None:
    findings = lint(ScriptDirectory(str(paths.MIGRATIONS)))
    assert [f.as_json() for f in findings if f.is_refused] == []
    assert [f for f in findings if f.revision == "0001"] == []


def test_a_finding_says_where_it_stands(script: Callable[..., Script]) -> None:
    inner = batch("drop_column(1 and 'title')").replace("jobs", "people")
    made = script(f"{NEW}x = 1\n{inner}")
    (finding,) = [f for f in found(made, "sqlite") if f.rule == "drop-column"]
    lines = Path(finding.path).read_text(encoding="utf-8").splitlines()
    assert finding.line is not None
    assert "drop_column" in lines[finding.line - 1]
    assert (finding.table, finding.subject, finding.revision) == ("people", "title", "0001")
    assert "people.title" in finding.message
    assert json.loads(json.dumps(finding.as_json()))["severity"] == "dangerous"


def test_an_operation_in_a_function_of_the_file_has_the_line_there(
    script: Callable[..., Script],
) -> None:
    made = script("drop_it()", head="\n\ndef drop_it():\n    op.drop_table('jobs')\n")
    finding = found(made, "postgresql")[0]
    lines = Path(finding.path).read_text(encoding="utf-8").splitlines()
    assert finding.line is not None
    assert "op.drop_table" in lines[finding.line - 1]


@pytest.mark.parametrize(
    ("body", "down", "rules"),
    [
        (added("sa.Integer()"), "pass", ["missing-downgrade"]),
        (added("sa.Integer()"), "raise NotImplementedError", ["missing-downgrade"]),
        (added("sa.Integer()"), "op.drop_column('jobs', 'a')", []),
        (added("sa.Integer()"), "raise RuntimeError('restore the copy')", []),
        (added("sa.Integer()"), "op.get_bind().execute(sa.text('SELECT 1')).all()", []),
        ("pass", "pass", []),
    ],
    ids=["pass", "not-implemented", "there", "speaks", "unreadable", "nothing-to-undo"],
)
def test_there_must_be_a_way_back(
    script: Callable[..., Script], body: str, down: str, rules: list[str]
) -> None:
    assert [f.rule for f in found(script(body, down=down), "postgresql")] == rules


def test_a_revision_without_a_downgrade_function_has_no_way_back(
    script: Callable[..., Script],
) -> None:
    made = script(added("sa.Integer()"))
    del made.module.downgrade
    assert [f.rule for f in found(made, "sqlite")] == ["missing-downgrade"]


@pytest.mark.parametrize(
    ("assured", "reason", "others"),
    [
        ("{'drop-table': 'empty since 1.4'}", "empty since 1.4", []),
        ("{'drop-table': '  '}", None, ["assured-without-reason"]),
        ("{'drop-table': None}", None, ["assured-without-reason"]),
        ("{'drop-tables': 'oh'}", None, ["assured-unknown-rule"]),
        ("['drop-table']", None, ["assured-without-reason"]),
        ("{'drop-column': 'another rule'}", None, []),
        ("{}", None, []),
    ],
)
def test_a_danger_is_assured_only_with_a_reason_and_by_its_name(
    script: Callable[..., Script], assured: str, reason: str | None, others: list[str]
) -> None:
    findings = found(script("op.drop_table('jobs')", head=f"assured = {assured}"), "postgresql")
    drop = findings[-1]
    assert (drop.rule, drop.assured, drop.is_refused) == ("drop-table", reason, reason is None)
    assert [f.rule for f in findings[:-1]] == others
    assert not any(f.is_refused for f in findings[:-1])


def test_what_stands_before_an_unreadable_line_counts(script: Callable[..., Script]) -> None:
    body = "op.drop_table('jobs')\nop.get_bind().scalar(sa.text('SELECT count(*) FROM jobs'))"
    findings = found(script(body), "postgresql")
    assert [f.rule for f in findings] == ["drop-table", "unreadable"]
    assert findings[1].severity is Severity.WARNING
    assert "SELECT count(*) FROM jobs" in findings[1].message
    assert (findings[0].line or 0) + 1 == findings[1].line


def test_a_statement_for_one_database_alarms_only_there(script: Callable[..., Script]) -> None:
    body = (
        "if op.get_context().dialect.name == 'postgresql':\n"
        "    op.execute('CREATE INDEX i ON jobs (a)')"
    )
    made = script(body)
    assert [f.rule for f in found(made, "sqlite")] == []
    assert [f.rule for f in found(made, "postgresql")] == ["index-not-concurrent"]


def test_reading_leaves_a_running_upgrade_alone(script: Callable[..., Script]) -> None:
    engine = sa.create_engine("sqlite://")
    made = script("op.drop_table('jobs')\nraise KeyError")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        lint_script(made)
        op.execute("CREATE TABLE jobs (id INTEGER)")
        assert sa.inspect(connection).get_table_names() == ["jobs"]
    engine.dispose()
    lint_script(made)
    with pytest.raises((NameError, AttributeError)):
        op.execute("SELECT 1")


def test_several_threads_read_one_after_the_other(script: Callable[..., Script]) -> None:
    scripts = [script(f"op.drop_table('t{n}')", number=n) for n in range(4)]
    seen: dict[int, set[str]] = {}

    def read(n: int) -> None:
        seen[n] = {f.subject for _ in range(10) for f in lint_script(scripts[n])}

    threads = [threading.Thread(target=read, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {n: {f"t{n}"} for n in range(4)}


def test_an_upgrade_that_begins_meanwhile_gets_its_own_steps_and_no_others(
    script: Callable[..., Script],
) -> None:
    made = script("pause()\nop.drop_table('jobs')\nsafe.drop_table('jobs')")
    half_way, go_on = threading.Event(), threading.Event()
    made.module.pause = lambda: (half_way.set(), go_on.wait(30))
    seen: list[Finding] = []
    reader = threading.Thread(target=lambda: seen.extend(found(made, "sqlite")))
    reader.start()
    assert half_way.wait(30)
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        op.execute("CREATE TABLE jobs (id INTEGER)")
        go_on.set()
        reader.join()
        assert sa.inspect(connection).get_table_names() == ["jobs"]
    engine.dispose()
    assert [(f.rule, f.subject) for f in seen] == [("drop-table", "jobs")] * 2


def test_an_upgrade_that_runs_already_is_not_swallowed(script: Callable[..., Script]) -> None:
    made = script("pause()\nop.drop_table('jobs')")
    engine = sa.create_engine(
        "sqlite://", connect_args={"check_same_thread": False}, poolclass=sa.pool.StaticPool
    )
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):

        def on_another_thread() -> None:
            work = threading.Thread(target=op.execute, args=("CREATE TABLE jobs (id INTEGER)",))
            work.start()
            work.join()

        made.module.pause = on_another_thread
        assert [f.rule for f in found(made, "sqlite")] == ["drop-table"]
        assert sa.inspect(connection).get_table_names() == ["jobs"]
    engine.dispose()


def test_revisions_can_be_picked_and_an_unknown_one_is_named(
    script: Callable[..., Script],
) -> None:
    directory = ScriptDirectory(str(Path(script("op.drop_table('jobs')").path).parents[1]))
    assert [f.dialect for f in lint(directory, ["0001"])] == ["postgresql", "sqlite"]
    assert lint(directory, []) == []
    with pytest.raises(CommandError, match="0009"):
        lint(directory, ["0009"])


WORDS = st.sampled_from(
    [
        "ALTER",
        "TABLE",
        "jobs",
        "ADD",
        "DROP",
        "COLUMN",
        "CONSTRAINT",
        "a",
        "CHECK",
        "(",
        ")",
        ",",
        ";",
        "NOT",
        "VALID",
        "NULL",
        "SET",
        "TYPE",
        "RENAME",
        "TO",
        "CREATE",
        "UNIQUE",
        "INDEX",
        "CONCURRENTLY",
        "ON",
        "UPDATE",
        "DELETE",
        "FROM",
        "WHERE",
        "id",
        "=",
        "IN",
        "<",
        "WITH",
        "AS",
        "INSERT",
        "INTO",
        "VACUUM",
        "FULL",
        "REINDEX",
        "TRUNCATE",
        "LOCK",
        "CLUSTER",
        "DETACH",
        "PARTITION",
        "DEFAULT",
        "'x'",
        '"q"',
        ".",
        "--",
        "/*",
        "$$",
        "TYPE",
        "DOMAIN",
        "SCHEMA",
        "VALIDATE",
        "PRIMARY",
        "KEY",
    ]
)


@given(st.lists(WORDS, max_size=14), st.sampled_from(BOTH))
def test_no_text_however_odd_stops_the_linter(words: list[str], dialect: str) -> None:
    state = State(sa.make_url(f"{dialect}://").get_dialect()())
    for hit in judge_sql(" ".join(words), state):
        assert hit.rule in RULES


@given(st.text())
def test_pieces_of_sql_stand_where_they_say(text: str) -> None:
    for token in tokens(text):
        assert text[token.at : token.end] == token.text


FAILS = {
    "constraint-outside-batch",
    "non-constant-default",
    "reference-with-default",
    "not-null-without-default",
    "add-column-unique",
    "add-column-foreign-key",
    "concurrent-in-transaction",
}
FAILING = [
    case
    for case in CASES
    if case.rule in FAILS
    and not (case.dialect == "postgresql" and case.rule.startswith("add-column"))
]


@pytest.mark.parametrize(
    ("backend", "case"),
    [(case.dialect, case) for case in FAILING],
    ids=[f"{n}-{case.rule}" for n, case in enumerate(FAILING)],
)
def test_what_is_said_to_fail_does_fail_on_a_real_database(
    script: Callable[..., Script], empty_database_url: str, case: Case
) -> None:
    engine = sa.create_engine(empty_database_url)
    has_a = "sa.Column('a'" not in case.bad and "ADD a" not in case.bad
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE firms (id INTEGER PRIMARY KEY)",
            f"CREATE TABLE jobs (id INTEGER PRIMARY KEY{', a INTEGER' * has_a})",
            "INSERT INTO firms VALUES (1)",
            "INSERT INTO jobs (id) VALUES (1)",
        ):
            connection.exec_driver_sql(statement)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context), pytest.raises(Exception, match=r"\w"):
            script(case.bad).module.upgrade()
    engine.dispose()


def test_the_page_about_migrations_lists_the_rules() -> None:
    page = (Path(__file__).parents[2] / "docs" / "migrations.md").read_text(encoding="utf-8")
    begin, end = "<!-- rules: begin -->\n", "\n<!-- rules: end -->"
    assert page.partition(begin)[2].partition(end)[0].strip() == as_table()


def test_advice_names_only_helpers_that_exist() -> None:
    import re

    from jobscore.database import safe

    for rule in RULES.values():
        for name in re.findall(r"safe\.(\w+)", rule.advice):
            assert hasattr(safe, name), (rule.name, name)
