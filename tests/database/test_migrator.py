"""The Migrator: every method, by address and by application, sync and async, and every error."""

import asyncio
import logging
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import create_engine, inspect, make_url, text

from jobscore import paths
from jobscore.database import Migrator, errors
from jobscore.database.guards import Settings
from tests.database.projects import NO_PEOPLE, PEOPLE, project, write

NO_COPY = Settings(copy=False)
METADATA = sa.MetaData()
sa.Table(
    "notes",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.String(20), nullable=False),
)


def tables(url: str) -> set[str]:
    """The tables of a database, those of the bookkeeping left out."""
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names()) - {"alembic_version", "schema_revisions"}
    finally:
        engine.dispose()


def run_sql(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


# Every method


def test_a_new_project_goes_from_nothing_to_a_table_and_back(
    empty_database_url: str, tmp_path: Path
) -> None:
    with project(empty_database_url, tmp_path / "new", metadata=METADATA) as m:
        assert (m.current(), m.heads(), m.history(), m.pending()) == (None, [], [], [])
        path, revision = m.revision("Add notes", autogenerate=True)
        assert path.is_file()
        assert path.parent == tmp_path / "new" / "versions"
        assert m.heads() == [revision]
        assert [(e.revision, e.message, e.is_applied) for e in m.pending()] == [
            (revision, "Add notes", False)
        ]
        assert tables(empty_database_url) == set()
        assert [e.revision for e in m.upgrade()] == [revision]
        assert tables(empty_database_url) == {"notes"}
        assert m.current() == revision
        assert m.pending() == []
        assert m.check() == []
        assert m.validate().is_valid
        [entry] = m.history()
        assert entry.is_applied
        assert entry.created_at is not None
        assert entry.applied_at is not None
        assert abs(entry.applied_at - entry.created_at).total_seconds() < 60
        assert m.upgrade() == []
        assert [e.revision for e in m.downgrade()] == [revision]
        assert m.current() is None
        assert tables(empty_database_url) == set()


def test_a_revision_by_hand_is_empty_and_one_without_difference_is_not_written(
    empty_database_url: str, tmp_path: Path
) -> None:
    with project(empty_database_url, tmp_path / "new", metadata=METADATA) as m:
        m.revision("Add notes", autogenerate=True)
        with pytest.raises(errors.OutOfDateError):
            m.revision("Too early", autogenerate=True)
        m.upgrade()
        with pytest.raises(errors.NoChangesError):
            m.revision("Nothing", autogenerate=True)
        assert len(list((tmp_path / "new" / "versions").glob("*.py"))) == 1
        second = m.revision("By hand: 日本語も")
        assert [e.message for e in m.history()] == ["Add notes", "By hand: 日本語も"]
        assert [e.revision for e in m.pending()] == [second.revision]


def test_stamping_marks_and_changes_nothing_else(empty_database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder) as m:
        write(folder, "a", None, PEOPLE, NO_PEOPLE)
        m.stamp("a")
        assert m.current() == "a"
        assert tables(empty_database_url) == set()
        [entry] = m.history()
        assert (entry.is_applied, entry.applied_at) == (True, None)
        m.stamp("base")
        assert m.current() is None


def test_history_tells_when_a_revision_was_written_and_applied(
    empty_database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder, settings=NO_COPY) as m:
        for name, down in (("a", None), ("b", "a"), ("c", "b")):
            write(folder, name, down, "pass")
        m.upgrade("b")
        told = m.history()
        assert [(e.revision, e.message, e.is_applied) for e in told] == [
            ("a", "step a", True),
            ("b", "step b", True),
            ("c", "step c", False),
        ]
        assert {e.created_at for e in told} == {datetime(2026, 11, 1, 12, tzinfo=UTC)}
        assert [e.applied_at is not None for e in told] == [True, True, False]
        assert [e.down_revisions for e in told] == [(), ("a",), ("b",)]
        assert [e.revision for e in m.pending()] == ["c"]
        assert [e.revision for e in m.upgrade("+1")] == ["c"]
        assert [e.revision for e in m.downgrade("-2")] == ["c", "b"]
        assert [e.revision for e in m.upgrade("head")] == ["b", "c"]
        assert [e.revision for e in m.downgrade("base")] == ["c", "b", "a"]


def test_offline_sql_is_what_an_upgrade_would_run(
    empty_database_url: str, backend: str, tmp_path: Path
) -> None:
    # later revisions copy tables of SQLite, whose definitions must be read from the database
    last = "0004" if backend == "sqlite" else "head"
    with Migrator(empty_database_url, settings=NO_COPY) as m:
        sql = m.offline_sql("base", last)
        assert sql.count("CREATE TABLE jobs") == 1
        assert m.current() is None
        assert "DROP TABLE jobs" in m.offline_sql(last, "base")
        assert "CREATE TABLE jobs" not in m.offline_sql("0001", last)
        assert "DROP TABLE schema_revisions" in m.offline_sql("0002", "0001")
        engine = create_engine(empty_database_url)
        with engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            if backend == "sqlite":
                raw.executescript(sql)
            else:
                raw.autocommit = True
                for statement in sql.split(";\n\n"):  # one by one, as psql does
                    if statement.strip():
                        raw.execute(statement)
        engine.dispose()
        assert m.current() == ("0004" if backend == "sqlite" else m.heads()[0])
        m.upgrade()
        assert m.check() == []


def test_an_application_brings_its_own_address_and_folder(app: Flask) -> None:
    with Migrator(app) as m:
        assert m.directory == paths.MIGRATIONS
        assert m.current() == m.heads()[0]
        assert m.validate().errors == ()


@pytest.mark.parametrize(
    ("backend", "driver"),
    [("sqlite", "aiosqlite"), ("postgresql", "asyncpg"), ("postgresql", "psycopg")],
)
def test_an_async_program_does_the_same(
    empty_database_url: str, tmp_path: Path, driver: str
) -> None:
    url = make_url(empty_database_url)
    url = url.set(drivername=f"{url.get_backend_name()}+{driver}")

    async def work() -> None:
        async with Migrator.open(url, metadata=METADATA) as m:
            await m.init_environment(tmp_path / "new")
            written = await m.revision("Add notes", autogenerate=True)
            assert [e.revision for e in await m.pending()] == [written.revision]
            assert [e.revision for e in await m.upgrade()] == [written.revision]
            assert await m.current() == written.revision
            assert await m.heads() == [written.revision]
            assert (await m.validate()).is_valid
            assert await m.check() == []
            assert "CREATE TABLE notes" in await m.offline_sql()
            assert [loss.rows for loss in await m.losses()] == []
            assert [e.is_applied for e in await m.history()] == [True]
            assert await m.plan() == []
            await m.downgrade()
            await m.stamp("head")
        async with Migrator(url, tmp_path / "new") as again:
            assert await again.current() == written.revision
            with pytest.raises(errors.UnknownRevisionError):
                await again.upgrade("nowhere")

    asyncio.run(work())


@pytest.mark.parametrize(
    ("backend", "driver"),
    [
        ("sqlite", "pysqlite"),
        ("sqlite", "aiosqlite"),
        ("postgresql", "psycopg"),
        ("postgresql", "asyncpg"),
    ],
)
def test_a_new_project_works_with_alembics_own_command(
    empty_database_url: str, tmp_path: Path, driver: str
) -> None:
    url = make_url(empty_database_url)
    url = url.set(drivername=f"{url.get_backend_name()}+{driver}")
    folder = tmp_path / "new"
    with project(empty_database_url, folder):
        write(folder, "a", None, PEOPLE, NO_PEOPLE)
    environ = {**os.environ, "DATABASE_URL": url.render_as_string(hide_password=False)}

    def alembic(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "alembic", "-c", str(folder / "alembic.ini"), *words],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    alembic("upgrade", "head")
    assert tables(empty_database_url) == {"people", "letters"}
    assert "a (head)" in alembic("current")
    assert "CREATE TABLE people" in alembic("upgrade", "head", "--sql")
    alembic("downgrade", "base")
    assert tables(empty_database_url) == set()


@pytest.mark.parametrize("backend", ["postgresql"])
def test_no_connection_stays_open(empty_database_url: str, tmp_path: Path) -> None:
    url = make_url(empty_database_url)
    with project(empty_database_url, tmp_path / "new", metadata=METADATA) as m:
        m.revision("Add notes", autogenerate=True)
        m.upgrade()
        m.validate()
    engine = create_engine(url.set(database="postgres"))
    with engine.connect() as connection:
        count = "SELECT count(*) FROM pg_stat_activity WHERE datname = :name"
        assert connection.scalar(text(count), {"name": url.database}) == 0
    engine.dispose()


def test_a_closed_migrator_says_so(empty_database_url: str) -> None:
    with Migrator(empty_database_url) as m:
        pass
    with pytest.raises(errors.MigrationError, match="closed"):
        m.current()


def test_loggers_of_the_application_stay_alive(empty_database_url: str, tmp_path: Path) -> None:
    mine = logging.getLogger("somebody.elses")
    with project(empty_database_url, tmp_path / "new", metadata=METADATA) as m:
        m.revision("Add notes", autogenerate=True)
        m.upgrade()
    with Migrator(empty_database_url, tmp_path / "new") as m:
        m.downgrade()
    assert not mine.disabled
    assert not logging.getLogger("jobscore.migrations").disabled


def test_without_alembic_the_import_says_what_to_install() -> None:
    code = "import sys; sys.modules['alembic'] = None; from jobscore.database import Migrator"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "pip install alembic" in done.stderr.splitlines()[-1]


def test_it_needs_no_flask() -> None:
    code = (
        "import sys; sys.modules['flask'] = None\n"
        "from jobscore.database import Migrator\n"
        "print(Migrator('sqlite://', '.').url)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "sqlite://", done.stderr


# Edited scripts


def test_a_file_that_was_edited_after_it_ran_is_noticed(
    empty_database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder) as m:
        path = write(folder, "a", None, PEOPLE, NO_PEOPLE)
        m.upgrade()
        assert m.validate().is_valid
        path.write_text(path.read_text().replace("people", "persons"))
        [problem] = m.validate().errors
        assert problem.code == "edited-history"
        assert path.name in problem.message


def test_two_heads_are_named_and_nothing_runs(empty_database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder) as m:
        write(folder, "a", None, PEOPLE, NO_PEOPLE)
        write(folder, "b", "a", "pass")
        write(folder, "c", "a", "pass")
        assert m.heads() == ["b", "c"]
        with pytest.raises(errors.SeveralHeadsError, match="b, c"):
            m.upgrade()
        with pytest.raises(errors.SeveralHeadsError):
            m.revision("one more")
        assert tables(empty_database_url) == set()
        assert "several-heads" in [p.code for p in m.validate().errors]
        assert m.upgrade("heads")[0].revision == "a"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a missing parent", 'revision = "b"\ndown_revision = "nowhere"\n'),
        ("a syntax error", "def upgrade(:\n"),
        ("an import that fails", 'import no_such_thing\nrevision = "b"\n'),
        ("no revision", "x = 1\n"),
    ],
    ids=lambda value: value if " " in value and "\n" not in value else "",
)
@pytest.mark.parametrize("backend", ["sqlite"])
def test_scripts_that_do_not_hang_together_are_named(
    empty_database_url: str, tmp_path: Path, name: str, code: str
) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder) as m:
        write(folder, "a", None, PEOPLE, NO_PEOPLE)
        (folder / "versions" / "b_test.py").write_text(code)
        with pytest.raises(errors.BrokenScriptsError) as caught:
            m.upgrade()
        assert caught.value.advice
        assert tables(empty_database_url) == set()
        assert [p.code for p in m.validate().errors] == ["broken-scripts"]


# Bad input: each named with its way out, nothing changed


def test_an_unknown_revision_is_named_with_the_known_ones(empty_database_url: str) -> None:
    with Migrator(empty_database_url) as m:
        for call in (m.upgrade, m.stamp):
            with pytest.raises(errors.UnknownRevisionError, match="0001, 0002"):
                call("zzz")
        with pytest.raises(errors.UnknownRevisionError):
            m.downgrade("zzz")
        with pytest.raises(errors.UnknownRevisionError):
            m.offline_sql("base", "zzz")
        assert tables(empty_database_url) == set()


def test_a_database_from_a_newer_version_is_left_alone(empty_database_url: str) -> None:
    with Migrator(empty_database_url, settings=NO_COPY) as m:
        m.upgrade()
        run_sql(empty_database_url, "UPDATE alembic_version SET version_num = '9999'")
        assert m.current() == "9999"
        for call in (m.upgrade, m.downgrade, m.history, m.pending):
            with pytest.raises(errors.UnknownRevisionError, match="9999"):
                call()
        assert [p.code for p in m.validate().errors] == ["unknown-revision"]


def test_tables_from_elsewhere_are_left_alone(empty_database_url: str) -> None:
    run_sql(empty_database_url, "CREATE TABLE jobs (id INTEGER)", "INSERT INTO jobs VALUES (7)")
    with Migrator(empty_database_url) as m:
        with pytest.raises(errors.ForeignSchemaError, match="jobs") as caught:
            m.upgrade()
        assert "stamp" in caught.value.advice
        assert [p.code for p in m.validate().errors] == ["foreign-schema"]
    assert tables(empty_database_url) == {"jobs"}


def test_a_schema_that_others_applied_by_half_is_rolled_back_and_named(
    empty_database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder) as m:
        write(folder, "a", None, PEOPLE, NO_PEOPLE)
        run_sql(empty_database_url, "CREATE TABLE letters (id INTEGER)")
        with pytest.raises(errors.FailedMigrationError, match="letters") as caught:
            m.upgrade()
        assert caught.value.revision == "a"
        assert "rolled back" in str(caught.value)
        assert tables(empty_database_url) == {"letters"}
        assert m.current() is None


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        ("nonsense", errors.BadUrlError, "sqlite:///"),
        ("oracle+nodriver://x/y", errors.BadUrlError, "driver"),
        ("sqlite:////no/such/folder/x.db", errors.UnreachableDatabaseError, "folder"),
        ("postgresql://u:secret@127.0.0.1:9/x", errors.UnreachableDatabaseError, "server runs"),
        ("postgresql+asyncpg://u:secret@127.0.0.1:9/x", errors.UnreachableDatabaseError, "server"),
    ],
)
def test_a_wrong_address_is_named_without_its_password(
    url: str, kind: type[errors.MigrationError], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        Migrator(url).upgrade()
    assert "secret" not in str(caught.value)


def test_an_address_of_something_else_is_named(tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("no database at all, only words\n" * 100)
    with Migrator(f"sqlite:///{other}") as m, pytest.raises(errors.UnreachableDatabaseError):
        m.upgrade()
    assert other.read_text().startswith("no database")


def test_looking_makes_no_file(tmp_path: Path) -> None:
    with Migrator(f"sqlite:///{tmp_path}/absent.db") as m:
        assert m.current() is None
        assert len(m.pending()) == len(m.history())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_migrations_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.BrokenScriptsError, match=r"env\.py"):
        Migrator("sqlite://", tmp_path).heads()
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(errors.BrokenScriptsError, match="not empty"):
        Migrator("sqlite://").init_environment(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["precious.txt"]


def test_an_env_that_runs_nothing_is_no_success(empty_database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder) as m:
        write(folder, "a", None, PEOPLE, NO_PEOPLE)
        (folder / "env.py").write_text("")
        for call in (m.upgrade, m.stamp):
            with pytest.raises(errors.NotRunError):
                call()
        assert m.current() is None


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_file_that_cannot_be_written_is_named(empty_database_url: str, tmp_path: Path) -> None:
    with Migrator(empty_database_url, settings=NO_COPY) as m:
        m.upgrade("0001")
    file = make_url(empty_database_url).database
    with Migrator(f"sqlite:///file:{file}?mode=ro&uri=true", settings=NO_COPY) as m:
        assert m.current() == "0001"
        with pytest.raises(errors.ReadOnlyDatabaseError, match="chown"):
            m.upgrade()
        assert m.current() == "0001"


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_server_that_may_only_be_read_is_named(empty_database_url: str) -> None:
    name = make_url(empty_database_url).database
    run_sql(empty_database_url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    with Migrator(empty_database_url) as m, pytest.raises(errors.ReadOnlyDatabaseError):
        m.upgrade()
    assert tables(empty_database_url) == set()


@pytest.mark.parametrize("backend", ["postgresql"])
def test_missing_permission_and_missing_database_are_named(empty_database_url: str) -> None:
    url = make_url(empty_database_url)
    role = f"reader_{url.database}"
    run_sql(
        empty_database_url,
        f'CREATE ROLE "{role}" LOGIN',
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    )
    try:
        weak = url.set(username=role).render_as_string(hide_password=False)
        with Migrator(weak) as m, pytest.raises(errors.AccessDeniedError, match="GRANT"):
            m.upgrade()
        gone = url.set(database="no_such_thing").render_as_string(hide_password=False)
        with Migrator(gone) as m, pytest.raises(errors.UnreachableDatabaseError, match="createdb"):
            m.upgrade()
        assert tables(empty_database_url) == set()
    finally:
        run_sql(empty_database_url, f'DROP OWNED BY "{role}"', f'DROP ROLE "{role}"')


# What a hostile tester found


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("postgresql://u:secret@localhost:port/db", errors.BadUrlError),
        ("postgresql://u:sec@ret@localhost/db", errors.BadUrlError),
        ("postgresql://u:secret@nowhere.invalid/db", errors.UnreachableDatabaseError),
        ("postgresql://127.0.0.1:1/db?user=u&password=secret", errors.UnreachableDatabaseError),
    ],
)
def test_no_part_of_a_password_is_shown_for_a_wrong_address(
    address: str, named: type[errors.MigrationError]
) -> None:
    with pytest.raises(named) as caught:
        Migrator(address).current()
    assert "secret" not in str(caught.value)
    assert "ret" not in str(caught.value).partition("@")[2]


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_role_that_is_not_there_is_a_refusal(empty_database_url: str) -> None:
    url = make_url(empty_database_url).set(username="nobody_here")
    with pytest.raises(errors.AccessDeniedError, match="nobody_here"):
        Migrator(url).current()


def test_a_password_among_the_parameters_is_not_written_into_a_new_folder(tmp_path: Path) -> None:
    m = Migrator("postgresql://host/db?password=secret&sslmode=require")
    written = m.init_environment(tmp_path / "new").read_text("utf-8")
    assert "secret" not in written
    assert "sslmode=require" in written


def test_an_empty_revision_takes_no_mark_off(empty_database_url: str, tmp_path: Path) -> None:
    with project(empty_database_url, tmp_path / "new", settings=NO_COPY) as m:
        write(tmp_path / "new", "a", None, PEOPLE, NO_PEOPLE)
        m.upgrade()
        for ask in (m.upgrade, m.downgrade, m.stamp, m.offline_sql):
            with pytest.raises(errors.UnknownRevisionError):
                ask("")
        assert m.current() == "a"


@pytest.mark.parametrize("code", ["nothing()", "def (", "import sys; sys.exit(0)"])
def test_an_environment_that_fails_is_named(
    empty_database_url: str, tmp_path: Path, code: str
) -> None:
    with project(empty_database_url, tmp_path / "new", settings=NO_COPY) as m:
        write(tmp_path / "new", "a", None, PEOPLE, NO_PEOPLE)
        (tmp_path / "new" / "env.py").write_text(code)
        for ask in (m.upgrade, m.offline_sql):
            with pytest.raises(errors.BrokenScriptsError, match=r"env\.py failed"):
                ask()
        assert m.current() is None


def test_check_does_not_advise_an_upgrade_that_cannot_run(
    empty_database_url: str, tmp_path: Path
) -> None:
    with project(empty_database_url, tmp_path / "new", settings=NO_COPY) as m:
        write(tmp_path / "new", "a", None, PEOPLE, NO_PEOPLE)
        m.upgrade()
        run_sql(empty_database_url, "UPDATE alembic_version SET version_num = 'of_others'")
        with pytest.raises(errors.UnknownRevisionError, match="of_others"):
            m.check()


def test_two_marks_of_one_line_are_named_with_the_way_out(
    empty_database_url: str, tmp_path: Path
) -> None:
    with project(empty_database_url, tmp_path / "new", settings=NO_COPY) as m:
        write(tmp_path / "new", "a", None, PEOPLE, NO_PEOPLE)
        write(tmp_path / "new", "b", "a", "pass")
        m.upgrade()
        run_sql(empty_database_url, "INSERT INTO alembic_version VALUES ('a')")
        with pytest.raises(errors.SeveralHeadsError, match="stamp --purge"):
            m.upgrade()


def test_tables_of_our_names_that_another_program_made_are_told_apart(
    empty_database_url: str, tmp_path: Path
) -> None:
    with project(empty_database_url, tmp_path / "new", settings=NO_COPY) as m:
        write(tmp_path / "new", "a", None, PEOPLE, NO_PEOPLE)
        run_sql(empty_database_url, "CREATE TABLE schema_revisions (x INTEGER)")
        assert [e.is_applied for e in m.history()] == [False]
        run_sql(empty_database_url, "CREATE TABLE alembic_version (x INTEGER)")
        for ask in (m.current, m.upgrade, m.history):
            with pytest.raises(errors.ForeignSchemaError, match="alembic_version"):
                ask()
        assert [p.code for p in m.validate().errors] == ["foreign-schema"]


def test_a_file_that_an_async_driver_cannot_open_leaves_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    m = Migrator(f"sqlite+aiosqlite:///{tmp_path}/none/x.db")
    for _ in range(5):
        with pytest.raises(errors.UnreachableDatabaseError):
            m.current()
    assert raised == []


def test_a_folder_that_one_may_not_look_into_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_path: Path, **_kw: Any) -> bool:
        raise PermissionError(13, "Permission denied", "x.db")

    m = Migrator(f"sqlite:///{tmp_path}/x.db")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", denied)
        with pytest.raises(errors.UnreachableDatabaseError, match="cannot be opened"):
            m.current()


def test_a_folder_that_cannot_be_made_is_not_called_a_database(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(errors.BrokenScriptsError, match="cannot be made"):
            Migrator("sqlite://").init_environment(place)
