"""Sizes of tables and the use of indexes, on both databases, small and large."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine

from jobscore.database import inventory
from jobscore.database.inventory import IndexUse, Serves, index_use, table_sizes

SCHEMA = """
CREATE TABLE teams (id integer NOT NULL PRIMARY KEY, name varchar(40) NOT NULL UNIQUE);
CREATE TABLE members (
    id integer NOT NULL PRIMARY KEY, team_id integer NOT NULL REFERENCES teams (id),
    email varchar(255) NOT NULL, note text
);
CREATE INDEX idx_members_team ON members (team_id, note);
CREATE UNIQUE INDEX idx_members_email ON members (email);
CREATE INDEX idx_members_note ON members (note, id);
CREATE INDEX idx_members_idle ON members (lower(note));
INSERT INTO teams (id, name) VALUES (1, 'one')
"""
MEMBERS = """
INSERT INTO members (id, team_id, email, note)
{series}
SELECT n, 1, 'm' || n || '@example.com', 'note ' || n FROM s
"""
SERIES = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows})",
    "postgresql": "WITH s AS (SELECT generate_series(1, {rows}) AS n)",
}


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[Connection]:
    engine = create_engine(empty_database_url)
    with engine.connect() as connection:
        for statement in SCHEMA.split(";"):
            connection.exec_driver_sql(statement)
        connection.commit()
        yield connection
    engine.dispose()


def fill(connection: Connection, rows: int) -> None:
    series = SERIES[connection.dialect.name].format(rows=rows)
    connection.exec_driver_sql(MEMBERS.format(series=series))
    connection.commit()


def by_name(uses: list[IndexUse]) -> dict[str, IndexUse]:
    return {use.index: use for use in uses}


def test_small_tables_are_counted_and_the_largest_stands_first(connection: Connection) -> None:
    fill(connection, 2_000)
    members, teams = table_sizes(connection)
    assert (members.table, members.rows, members.is_estimate) == ("members", 2_000, False)
    assert (teams.table, teams.rows, teams.is_estimate) == ("teams", 1, False)
    assert (members.bytes or 0) > 50_000
    assert (members.index_bytes or 0) > 50_000


@pytest.mark.parametrize("is_analysed", [True, False])
def test_large_tables_are_estimated(
    connection: Connection, is_analysed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "MOST_COUNTED", 1_000)
    fill(connection, 5_000)
    if is_analysed:
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    members = table_sizes(connection)[0]
    assert members.is_estimate
    assert members.rows == 5_000 or (not is_analysed and members.rows >= 1_000)


def test_indexes_that_nothing_uses_stand_first_and_are_marked(connection: Connection) -> None:
    found = index_use(connection)
    assert [use.index for use in found if use.is_unused] == ["idx_members_idle", "idx_members_note"]
    uses = by_name(found)
    assert uses["idx_members_team"].serves is Serves.FOREIGN_KEY
    assert uses["idx_members_email"].serves is Serves.UNIQUE
    assert uses["idx_members_team"].columns == ("team_id", "note")
    assert {u.serves for u in found if u.table == "teams"} <= {Serves.UNIQUE, Serves.PRIMARY_KEY}


@pytest.mark.parametrize("backend", ["postgresql"])
def test_postgresql_counts_uses_by_itself(connection: Connection, backend: str) -> None:
    fill(connection, 3_000)
    connection.exec_driver_sql("ANALYZE")
    for _ in range(3):
        connection.exec_driver_sql("SELECT id FROM members WHERE note = 'note 7'")
    connection.commit()
    connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
    connection.commit()
    use = by_name(index_use(connection))["idx_members_note"]
    assert use.uses == 3
    assert not use.is_unused
    assert (use.bytes or 0) > 0
    inventory.counted_since(connection)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sqlite_learns_uses_from_the_plans_of_statements(
    connection: Connection, backend: str
) -> None:
    fill(connection, 3_000)
    statements = [
        ("SELECT members.id FROM members WHERE members.note = ?", 5),
        ("SELECT id FROM members WHERE note > ? AND note < ? ORDER BY note", 2),
        ("UPDATE members SET email = ? WHERE email = ?", 4),
        ("DELETE FROM members WHERE id = ?", 9),
        ("SELECT * FROM gone WHERE note = ?", 100),
        ("not even SQL", 100),
        ("SELECT 1; DROP TABLE members", 100),
    ]
    found = by_name(index_use(connection, statements))
    assert found["idx_members_note"].uses == 7
    assert found["idx_members_email"].uses == 4
    assert found["idx_members_idle"].is_unused
    assert connection.exec_driver_sql("SELECT count(*) FROM members").scalar() == 3_000
    raw = connection.connection.driver_connection
    assert raw is not None
    assert not raw.in_transaction


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sqlite_leaves_bytes_unknown_when_adding_up_takes_too_long(
    connection: Connection, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(connection, 30_000)
    assert table_sizes(connection)[0].bytes is not None
    monkeypatch.setattr(inventory, "MOST_SECONDS", -1.0)
    monkeypatch.setattr(inventory, "_STEPS", 1)
    started = time.monotonic()
    assert {size.bytes for size in table_sizes(connection)} == {None}
    assert time.monotonic() - started < 5
    assert connection.exec_driver_sql("SELECT count(*) FROM members").scalar() == 30_000


def test_a_database_without_tables_has_no_sizes(empty_database_url: str) -> None:
    engine = create_engine(empty_database_url)
    with engine.connect() as connection:
        assert table_sizes(connection) == []
        assert index_use(connection, [("SELECT 1", 1)]) == []
    engine.dispose()
