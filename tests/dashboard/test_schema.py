"""The page about the database: who sees it, what it says, and what it never says."""

import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from jobscore.dashboard import schema, schema_words
from jobscore.database import drift, inventory, queries
from jobscore.database.drift import Difference, Kind
from jobscore.database.errors import UnreachableDatabaseError
from jobscore.database.migrator import Migrator
from jobscore.extensions import db
from tests.accounts import people

PATH = "/admin/schema"


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    queries.start_over()
    return people.browser_of(app, people.create(app, "boss@example.com", is_superuser=True))


def read(client: FlaskClient, path: str = PATH) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", html.unescape(answer.text))


def in_japanese(client: FlaskClient) -> None:
    client.post("/language", data={"language": "ja", "next": "/"})


def run(app: Flask, *statements: str) -> None:
    with app.app_context(), db.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_nobody_is_sent_to_sign_in(client: FlaskClient) -> None:
    answer = client.get(PATH)
    assert answer.status_code in {302, 303}
    assert "/login" in answer.location


def test_a_seeker_is_refused(app: Flask) -> None:
    seeker = people.browser_of(app, people.create(app))
    assert seeker.get(PATH).status_code == 403


def test_an_admin_sees_that_all_is_well(admin: FlaskClient) -> None:
    shown = read(admin)
    assert "Up to date" in shown
    assert "The database equals the models." in shown
    assert "What wants a hand" not in shown
    assert "Waiting revisions" not in shown
    assert "The first schema" in shown
    assert ">jobs<" in shown
    assert "cannot be read" not in shown


def test_the_page_speaks_japanese(admin: FlaskClient) -> None:
    in_japanese(admin)
    shown = read(admin)
    assert "データベース" in shown
    assert "The database equals the models." not in shown


def test_only_get_is_answered(admin: FlaskClient) -> None:
    assert admin.post(PATH).status_code == 405


def test_reading_the_page_changes_nothing(app: Flask, admin: FlaskClient) -> None:
    def rows() -> dict[str, list[object]]:
        with app.app_context(), db.engine.connect() as connection:
            return {
                name: [tuple(r) for r in connection.execute(table.select())]
                for name, table in db.metadata.tables.items()
                if name != "user_sessions"
            }

    before = rows()
    read(admin)
    assert rows() == before


def test_drift_is_said_in_plain_words_with_the_command_that_helps(
    app: Flask, admin: FlaskClient
) -> None:
    run(app, "DROP INDEX idx_jobs_open", "ALTER TABLE jobs ADD COLUMN shade varchar(7)")
    shown = read(admin)
    assert "Index idx_jobs_open (is_active, expires_at, posted_date) on jobs is missing." in shown
    assert "Column jobs.shade (VARCHAR(7)) is in the database, but not in the model." in shown
    assert "2 differences" in shown
    assert "flask db migrate" in shown
    in_japanese(admin)
    assert "jobs.shade" in read(admin)
    assert "is in the database, but not in the model" not in read(admin)


def test_tables_of_a_newer_version_are_not_to_be_mended(app: Flask, admin: FlaskClient) -> None:
    """The server has not looked again yet: a revision made now would drop what is newer."""
    read(admin)
    run(
        app,
        "ALTER TABLE jobs ADD COLUMN shade varchar(7)",
        "UPDATE alembic_version SET version_num = '9999'",
    )
    shown = read(admin)
    assert "flask db migrate" not in shown
    assert "newer than this version" in shown


@pytest.mark.parametrize("backend", ["postgresql"])
def test_what_one_statement_mends_stands_beside_the_problem(
    app: Flask, admin: FlaskClient, backend: str
) -> None:
    run(
        app,
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_jobs_open'::regclass",
        "ALTER TABLE jobs DROP CONSTRAINT check_salary_min_positive",
        "ALTER TABLE jobs ADD CONSTRAINT check_salary_min_positive CHECK (salary_min >= 0) "
        "NOT VALID",
    )
    shown = read(admin)
    assert "REINDEX INDEX CONCURRENTLY idx_jobs_open;" in shown
    assert "ALTER TABLE jobs VALIDATE CONSTRAINT check_salary_min_positive;" in shown
    assert "flask db migrate" not in shown


def test_slow_statements_come_with_who_sent_them_and_without_values(
    app: Flask, admin: FlaskClient
) -> None:
    assert admin.get("/jobs?q=secretword").status_code == 200
    shown = read(admin, f"{PATH}?by=calls")
    assert "GET jobs.index" in shown
    assert "FROM jobs" in shown
    assert "secretword" not in shown
    assert "sqlite_master" not in shown
    for word in ("total", "mean", "p95", "nonsense"):
        assert "GET jobs.index" in read(admin, f"{PATH}?by={word}")


def test_statements_sent_for_each_row_are_named(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), db.engine.connect() as connection, queries.unit("GET some.page"):
        for _ in range(25):
            connection.exec_driver_sql("SELECT title FROM jobs WHERE id = 1")
    shown = read(admin)
    assert "Sent once for each row (N+1)" in shown
    assert "up to 25 times, seen once" in shown
    assert "flask schema slow" in shown


def test_nothing_recorded_yet_says_what_to_do(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = queries.Statistics(queries.own().since, 0, (), ())
    monkeypatch.setattr(queries, "merged", lambda _folder: empty)
    assert "No statement was recorded yet." in read(admin)


def test_a_part_that_cannot_be_read_says_so_and_the_others_stand(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object) -> object:
        raise UnreachableDatabaseError("Permission denied for pg_class.", "Ask the owner.")

    monkeypatch.setattr(inventory, "table_sizes", refuse)
    monkeypatch.setattr(Migrator, "history", refuse)
    shown = read(admin)
    assert shown.count("This part cannot be read: Permission denied for pg_class.") == 2
    assert "The database equals the models." in shown


def test_an_error_of_the_database_itself_is_one_line(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        inventory, "index_use", lambda c, _s: c.exec_driver_sql("SELECT * FROM no_such_table")
    )
    shown = read(admin)
    assert re.search(r"This part cannot be read: [^<]*no_such_table", shown)
    assert "The database equals the models." in shown


def test_the_place_is_shown_without_a_password(app: Flask, admin: FlaskClient) -> None:
    shown = read(admin)
    with app.app_context():
        url = db.engine.url
        assert str(url.database) in shown
        found = schema._with(db.engine, schema._facts)
    if url.get_backend_name() == "postgresql":
        assert found.engine == "PostgreSQL"
        url = url.set(password="hunter2", host="db.example", port=5433)
        assert "hunter2" not in shown
    assert found.version in shown


def test_every_kind_of_difference_has_a_sentence_in_japanese(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "ja"}):
        for kind in Kind:
            shown = schema_words.sentence(Difference(kind, "jobs", "title", "text", "varchar"))
            assert shown != drift.MESSAGES[kind] % {
                "table": "jobs",
                "name": "title",
                "expected": "text",
                "found": "varchar",
            }
            assert "jobs" in shown


def test_the_menu_leads_here(admin: FlaskClient) -> None:
    assert f'href="{PATH}" aria-current="page"' in read(admin)
