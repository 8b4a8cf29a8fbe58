"""The one road to a schema, both ways, on both databases, with rows in every table."""

import datetime as dt
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Connection, MetaData, create_engine, inspect, select

from jobscore import paths
from jobscore.app import create_app
from jobscore.database import Migrator
from jobscore.database.drift import own_tables
from jobscore.database.guards import Settings
from jobscore.database.validation import SchemaState, head_revision, schema_report
from jobscore.extensions import db
from tests.conftest import SETTINGS

REVISIONS = [s.revision for s in ScriptDirectory(str(paths.MIGRATIONS)).walk_revisions()][::-1]
SEALED = Path(__file__).with_name("revisions.sha256")
#: What a revision's own tables hold, so that they are not asked for before it and after it.
BOOKKEEPING = {"alembic_version", "schema_revisions"}
NO_COPY = Settings(copy=False)


@pytest.fixture
def bare_app(empty_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without tables."""
    app = create_app(
        {**SETTINGS, "database_url": empty_database_url, "instance_dir": str(tmp_path)}
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_there_is_one_head() -> None:
    assert head_revision() == REVISIONS[-1]
    assert ScriptDirectory(str(paths.MIGRATIONS)).get_heads() == [REVISIONS[-1]]


def test_no_committed_revision_is_ever_rewritten() -> None:
    """A new revision's line is added with: sha256sum migrations/versions/0*.py (see the file)."""
    sealed = dict(line.split("  ")[::-1] for line in SEALED.read_text().splitlines())
    files = sorted((paths.MIGRATIONS / "versions").glob("*.py"))
    assert {f.name: sha256(f.read_bytes()).hexdigest() for f in files} == sealed


def test_the_models_equal_the_head(bare_app: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": own_tables}
        )
        assert compare_metadata(context, db.metadata) == []
    with Migrator(bare_app) as migrator:
        assert migrator.check() == []
        assert migrator.validate().errors == ()


@pytest.mark.parametrize("is_filled", [True, False], ids=["rows in every table", "empty"])
@pytest.mark.parametrize("revision", REVISIONS)
def test_every_revision_goes_up_down_and_up(
    empty_database_url: str, revision: str, is_filled: bool
) -> None:
    """Rows are the same after a revision, both ways, but for the columns that it adds."""
    engine = create_engine(empty_database_url)
    with Migrator(empty_database_url, settings=NO_COPY) as migrator:
        parent = next(e for e in migrator.history() if e.revision == revision).down_revisions
        if parent:
            migrator.upgrade(parent[0])
        with engine.begin() as connection:
            if is_filled:
                fill_every_table(connection)
            before = all_rows(connection)
        for way in (migrator.upgrade, migrator.downgrade, migrator.upgrade):
            assert [e.revision for e in way(_target(way, revision, parent))] == [revision]
            with engine.connect() as connection:
                after = all_rows(connection)
            assert {name: _first_columns(after[name], before[name]) for name in before} == before
        assert migrator.current() == revision
        with engine.begin() as connection:
            fill_every_table(connection, only_empty=True)
            assert all(all_rows(connection).values()), "every table takes a row"
        migrator.downgrade("base")
        assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()


def _first_columns(rows: list[Any], before: list[Any]) -> list[Any]:
    """Return the rows without the columns that a revision added at their end."""
    return [row[: len(old)] for row, old in zip(rows, before, strict=True)]


def _target(way: Any, revision: str, parent: tuple[str, ...]) -> str:
    return revision if way.__name__ == "upgrade" else (parent[0] if parent else "base")


def test_flask_db_goes_all_the_way_down_and_up(bare_app: Flask) -> None:
    upgrade()
    with db.engine.begin() as connection:
        fill_every_table(connection)
    downgrade(revision="base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]
    upgrade()
    with db.engine.connect() as connection:
        assert not any(all_rows(connection).values())


def test_a_database_says_where_it_stands(bare_app: Flask) -> None:
    assert schema_report(db.engine).state is SchemaState.EMPTY
    upgrade()
    assert schema_report(db.engine).state is SchemaState.CURRENT
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert schema_report(db.engine).state is SchemaState.AHEAD


def test_every_foreign_key_has_an_index(bare_app: Flask) -> None:
    upgrade()
    inspector = inspect(db.engine)
    for table in db.metadata.tables:
        leading = {tuple(i["column_names"]) for i in inspector.get_indexes(table)}
        leading |= {tuple(u["column_names"]) for u in inspector.get_unique_constraints(table)} | {
            tuple(inspector.get_pk_constraint(table)["constrained_columns"])
        }
        for key in inspector.get_foreign_keys(table):
            columns = tuple(key["constrained_columns"])
            assert any(i[: len(columns)] == columns for i in leading), (table, columns)


def tables_of(connection: Connection) -> list[Any]:
    """The live tables, parents first: a test of an old revision knows no models."""
    metadata = MetaData()
    # the word index is no plain table: virtual on SQLite, of a type without samples on PostgreSQL
    metadata.reflect(connection, only=lambda name, _: not name.startswith("job_words"))
    return [t for t in metadata.sorted_tables if t.name not in BOOKKEEPING]


def fill_every_table(connection: Connection, *, only_empty: bool = False) -> None:
    """Put one row into each table (or each that has none)."""
    for table in tables_of(connection):
        if not only_empty or connection.execute(select(table)).first() is None:
            connection.execute(table.insert().values(sample_row(table, connection)))


def all_rows(connection: Connection) -> dict[str, list[Any]]:
    """Every row of every table."""
    return {
        t.name: sorted(tuple(row) for row in connection.execute(select(t)))
        for t in tables_of(connection)
    }


def sample_row(table: Any, connection: Connection) -> dict[str, Any]:
    """One row that satisfies the table's constraints; foreign keys point at row 1."""
    row: dict[str, Any] = {}
    for column in table.columns:
        value = _sample_value(column, connection)
        if column.primary_key or column.foreign_keys:
            row[column.name] = value
            if column.nullable and table.name == "skills":
                row[column.name] = None
        elif not column.nullable and column.server_default is None:
            row[column.name] = value
    return row


def _sample_value(column: Any, connection: Connection) -> Any:
    shown = str(column.type.compile(connection.dialect)).split("(")[0].split()[0]
    values: dict[str, Any] = {
        "INTEGER": 1,
        "BIGINT": 1,
        "SMALLINT": 1,
        "NUMERIC": 1,
        "VARCHAR": "pending",
        "TEXT": "x",
        "FLOAT": 0.5,
        "DOUBLE": 0.5,
        "BOOLEAN": True,
        "BLOB": b"x",
        "BYTEA": b"x",
        "JSON": {"x": 1},
        "JSONB": {"x": 1},
        "DATE": dt.date(2026, 1, 2),
        "DATETIME": dt.datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001  as the driver keeps it
        "TIMESTAMP": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
    }
    value = values[shown]
    length = getattr(column.type, "length", None)
    return value[:length] if isinstance(value, str) and length else value
