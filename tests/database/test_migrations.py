"""The one road to a schema, both ways, on both databases."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import String, inspect, select

from jobscore import paths
from jobscore.app import create_app
from jobscore.database.drift import differences
from jobscore.database.validation import SchemaState, head_revision, schema_report
from jobscore.extensions import db
from tests.conftest import SETTINGS

REVISIONS = [s.revision for s in ScriptDirectory(str(paths.MIGRATIONS)).walk_revisions()][::-1]


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


def test_the_models_equal_the_head(bare_app: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        found = differences(connection, db.metadata)
    assert [difference.words for difference in found] == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_revision_goes_up_down_and_up_again(bare_app: Flask, revision: str) -> None:
    upgrade(revision=revision)
    tables = set(inspect(db.engine).get_table_names())
    downgrade(revision="-1")
    before = set(inspect(db.engine).get_table_names())
    assert before < tables or revision != REVISIONS[0]
    upgrade(revision=revision)
    assert set(inspect(db.engine).get_table_names()) == tables


def test_rows_in_every_table_survive_going_down_to_the_first_revision_and_up(
    bare_app: Flask,
) -> None:
    upgrade()
    _fill_every_table()
    before = _all_rows()
    assert all(before.values()), "every table holds a row"
    downgrade(revision=REVISIONS[0])
    upgrade()
    assert _all_rows() == before


def test_going_down_to_nothing_works_with_rows_in_every_table(bare_app: Flask) -> None:
    upgrade()
    _fill_every_table()
    downgrade(revision="base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]
    upgrade()
    assert not any(_all_rows().values())


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


def _fill_every_table() -> None:
    with db.engine.begin() as connection:
        for table in db.metadata.sorted_tables:
            connection.execute(table.insert().values(sample_row(table)))


def _all_rows() -> dict[str, list[Any]]:
    with db.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in db.metadata.sorted_tables
        }


def sample_row(table: Any) -> dict[str, Any]:
    """One row that satisfies the table's constraints; foreign keys point at row 1."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.primary_key or column.foreign_keys:
            row[column.name] = 1 if not isinstance(column.type, String) else "x"
            if column.nullable and table.name == "skills":
                row[column.name] = None
        elif column.nullable or column.server_default is not None:
            continue
        else:
            row[column.name] = _sample_value(column)
    return row


def _sample_value(column: Any) -> Any:

    members = getattr(column.type, "members", None)
    if members is not None:
        return next(iter(members))
    shown = str(column.type.compile(db.engine.dialect)).split("(")[0].split()[0]
    values: dict[str, Any] = {
        "INTEGER": 1,
        "BIGINT": 1,
        "SMALLINT": 1,
        "VARCHAR": "x",
        "TEXT": "x",
        "FLOAT": 0.5,
        "DOUBLE": 0.5,
        "BOOLEAN": True,
        "BLOB": b"x",
        "BYTEA": b"x",
        "JSON": {"x": 1},
        "JSONB": {"x": 1},
        "DATE": dt.date(2026, 1, 2),
        "DATETIME": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
        "TIMESTAMP": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
    }
    return values[shown]
