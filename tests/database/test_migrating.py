"""A migration that fails, is killed, or is run three times at once leaves nothing half done."""

import logging
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, inspect, make_url, text

from jobscore import paths
from jobscore.database import Migrator, errors
from jobscore.database.guards import KEPT_COPIES, Settings
from tests.database.projects import NO_PEOPLE, PEOPLE, project, write

NO_COPY = Settings(copy=False)
REVISIONS = [s.revision for s in ScriptDirectory(str(paths.MIGRATIONS)).walk_revisions()][::-1]
#: Rebuilds the parent of a foreign key with ON DELETE CASCADE, then more, so that a lot can fail.
REBUILD = """\
with op.batch_alter_table("people") as batch:
    batch.alter_column("name", existing_type=sa.Text(), nullable=False)
    batch.add_column(sa.Column("mail", sa.Text, nullable=False, server_default="-"))
op.execute("UPDATE people SET mail = name || '@example.com'")
op.create_table("extra", sa.Column("id", sa.Integer, primary_key=True))
op.create_index("idx_people_mail", "people", ["mail"])
"""
BACK = """\
op.drop_index("idx_people_mail", "people")
op.drop_table("extra")
with op.batch_alter_table("people") as batch:
    batch.drop_column("mail")
    batch.alter_column("name", existing_type=sa.Text(), nullable=True)
"""
ALLOWED = Settings(
    copy=False,
    allow=frozenset({"backfill-in-one-statement", "set-not-null", "index-not-concurrent"}),
)


class InjectedError(RuntimeError):
    """The failure that a test puts in the way."""


@contextmanager
def failing_at(statement: int) -> Iterator[list[str]]:
    """Fail the given statement (1, 2, …) of every engine; yields what was sent so far."""
    sent: list[str] = []

    def fail(_c: Any, _cursor: Any, sql: str, _p: Any, _x: Any, _m: bool) -> None:
        sent.append(sql)
        if len(sent) == statement:
            raise InjectedError(sql)

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", fail)


def everything(url: str) -> dict[str, Any]:
    """The whole schema and all rows, to compare."""
    engine = create_engine(url)
    found: dict[str, Any] = {}
    with engine.connect() as connection:
        inspector = inspect(connection)
        for name in inspector.get_table_names():
            found[name] = (
                [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)],
                sorted(i["name"] or "" for i in inspector.get_indexes(name)),
                sorted(str(k["options"]) for k in inspector.get_foreign_keys(name)),
                sorted(map(tuple, connection.execute(text(f'SELECT * FROM "{name}"')))),
            )
    engine.dispose()
    return found


def with_people(m: Migrator, folder: Path, url: str) -> None:
    """Bring a project to a parent with a child row."""
    write(folder, "a", None, PEOPLE, NO_PEOPLE)
    m.upgrade()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO people VALUES (1, 'Aoi'), (2, 'Ben')"))
        connection.execute(text("INSERT INTO letters VALUES (1, 1), (2, 1), (3, 2)"))
    engine.dispose()


def test_a_failure_at_any_statement_leaves_the_old_schema_whole(
    empty_database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder, settings=ALLOWED) as m:
        with_people(m, folder, empty_database_url)
        before = everything(empty_database_url)
        write(folder, "b", "a", REBUILD, BACK)
        failed = 0
        for statement in range(1, 500):
            try:
                with failing_at(statement):
                    m.upgrade()
                break
            except (InjectedError, errors.MigrationError):
                failed += 1
                if everything(empty_database_url) != before:
                    # Only what follows the commit (looking whether it is so) may fail after it.
                    assert m.current() == "b"
                    m.downgrade()
                assert everything(empty_database_url) == before
        assert failed > 15
        assert m.current() == "b"
        after = everything(empty_database_url)
        assert after["letters"][3] == [(1, 1), (2, 1), (3, 2)], "no child row is lost"
        assert sorted(row[-1] for row in after["people"][3]) == [
            "Aoi@example.com",
            "Ben@example.com",
        ]
        m.downgrade()
        assert everything(empty_database_url) == before


def test_a_failure_among_our_own_statements_leaves_an_older_revision_whole(
    empty_database_url: str, backend: str
) -> None:
    """Every seventh statement (the test above tries every one of a smaller upgrade)."""
    step = 7 if backend == "sqlite" else 25
    schemas: dict[str | None, dict[str, Any]] = {}
    for statement in range(1, 2000, step):
        with Migrator(empty_database_url, settings=NO_COPY) as m:
            try:
                with failing_at(statement):
                    m.upgrade()
                break
            except (InjectedError, errors.MigrationError):
                current = m.current()
                now = set(everything(empty_database_url)) - {"alembic_version"}
                if current is None:
                    assert now == set()
                elif current not in schemas:
                    schemas[current] = everything(empty_database_url)
                    assert m.current() in REVISIONS
                else:
                    assert set(schemas[current]) == set(everything(empty_database_url))
    with Migrator(empty_database_url, settings=NO_COPY) as m:
        m.upgrade()
        assert m.check() == []


def _upgrades(url: str, folder: Path, n: int) -> list[subprocess.Popen[str]]:
    code = (
        "import sys; from jobscore.database import Migrator\n"
        "print(*[e.revision for e in Migrator(sys.argv[1], sys.argv[2]).upgrade()])"
    )
    return [
        subprocess.Popen(
            [sys.executable, "-c", code, url, str(folder)],
            cwd=paths.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(n)
    ]


def test_three_upgrades_at_once_all_end_well_and_each_revision_runs_once(
    empty_database_url: str,
) -> None:
    done = [p.communicate(timeout=120) for p in _upgrades(empty_database_url, paths.MIGRATIONS, 3)]
    assert [err for _, err in done if "Error" in err] == []
    ran = sorted(word for out, _ in done for word in out.split())
    assert ran == REVISIONS
    with Migrator(empty_database_url) as m:
        assert m.validate().errors == ()


def test_three_threads_of_one_process_all_end_well(empty_database_url: str) -> None:
    ran: list[str] = []

    def upgrade() -> None:
        with Migrator(empty_database_url, settings=NO_COPY) as m:
            ran.extend(e.revision for e in m.upgrade())

    threads = [threading.Thread(target=upgrade) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == REVISIONS


def test_an_upgrade_that_is_killed_leaves_the_old_schema_and_a_second_try_works(
    empty_database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder, settings=ALLOWED) as m:
        with_people(m, folder, empty_database_url)
        before = everything(empty_database_url)
        here = tmp_path / "here"
        hang = f"import pathlib, time; pathlib.Path({str(here)!r}).touch(); time.sleep(300)"
        write(folder, "b", "a", f'op.create_table("c", sa.Column("x", sa.Integer))\n{hang}')
        [process] = _upgrades(empty_database_url, folder, 1)
        deadline = time.monotonic() + 60
        while not here.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert here.exists()
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert m.current() == "a"
        assert everything(empty_database_url) == before
        write(folder, "b", "a", REBUILD, BACK)
        assert [e.revision for e in m.upgrade()] == ["b"]


def test_code_that_fails_is_named_with_its_revision(
    empty_database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder) as m:
        write(folder, "a", None, PEOPLE, NO_PEOPLE)
        write(folder, "b", "a", 'raise ValueError("no good")', message="Do no good")
        with pytest.raises(errors.FailedMigrationError, match=r"Do no good.*no good") as caught:
            m.upgrade()
        assert caught.value.revision == "b"
        assert "rolled back" in str(caught.value)


# Locks


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_file_that_another_process_writes_is_named(
    empty_database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    settings = Settings(copy=False, lock_wait=0.2)
    with project(empty_database_url, folder, settings=settings) as m:
        with_people(m, folder, empty_database_url)
        write(folder, "b", "a", 'op.create_table("c", sa.Column("x", sa.Integer))')
        engine = create_engine(empty_database_url)
        with engine.connect() as other:
            other.exec_driver_sql("BEGIN IMMEDIATE")
            with pytest.raises(errors.LockedDatabaseError, match="flask work"):
                m.upgrade()
            other.rollback()
        engine.dispose()
        assert m.current() == "a"
        assert [e.revision for e in m.upgrade()] == ["b"]


@pytest.mark.parametrize("backend", ["postgresql"])
def test_another_upgrade_is_waited_for_and_named(empty_database_url: str) -> None:
    from jobscore.database.guards import one_at_a_time

    engine = create_engine(empty_database_url)
    with (
        Migrator(empty_database_url, settings=Settings(lock_wait=0.3)) as m,
        one_at_a_time(engine, 1),
        pytest.raises(errors.LockedDatabaseError, match="Another upgrade"),
    ):
        m.upgrade()
    engine.dispose()
    with Migrator(empty_database_url) as m:
        assert m.current() is None
        m.upgrade()


# SQLite: rows that point nowhere, and the copy before


@pytest.mark.parametrize("backend", ["sqlite"])
def test_rows_that_would_point_nowhere_undo_it(empty_database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder, settings=NO_COPY) as m:
        with_people(m, folder, empty_database_url)
        before = everything(empty_database_url)
        write(folder, "b", "a", 'op.execute("DELETE FROM people WHERE id = 1")')
        with pytest.raises(errors.BrokenRowsError, match="letters"):
            m.upgrade()
        assert everything(empty_database_url) == before


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_copy_of_the_file_is_kept_before_it_changes(
    empty_database_url: str, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/my.db"
    folder = tmp_path / "new"
    with project(url, folder) as m:
        with_people(m, folder, url)
        assert list(tmp_path.glob("my.db.before*")) == [], "an empty database needs none"
        before = everything(url)
        write(
            folder,
            "b",
            "a",
            'op.create_table("c", sa.Column("x", sa.Integer))',
            'op.drop_table("c")',
        )
        m.upgrade()
        [copy] = tmp_path.glob("my.db.before-b-*")
        assert everything(f"sqlite:///{copy}") == before
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        m.upgrade()
        assert len(list(tmp_path.glob("my.db.before*"))) == 1, "nothing to do, nothing to copy"
        for _ in range(3):
            m.downgrade()
            m.upgrade()
        assert len(list(tmp_path.glob("my.db.before*"))) == KEPT_COPIES


@pytest.mark.parametrize("backend", ["sqlite"])
def test_without_room_for_the_copy_nothing_changes(
    empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder) as m:
        with_people(m, folder, empty_database_url)
        write(folder, "b", "a", 'op.create_table("c", sa.Column("x", sa.Integer))')

        def full(*_args: Any) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "open", full)
        with pytest.raises(errors.CopyError, match="--no-copy"):
            m.upgrade()
        monkeypatch.undo()
        assert m.current() == "a"


# Danger and loss


def test_dangerous_steps_are_refused_before_anything_runs(
    empty_database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder, settings=NO_COPY) as m:
        with_people(m, folder, empty_database_url)
        write(folder, "b", "a", 'op.create_table("c", sa.Column("x", sa.Integer))')
        write(folder, "c", "b", 'op.drop_column("people", "name")')
        with pytest.raises(errors.DangerousMigrationError, match="--allow drop-column") as caught:
            m.upgrade()
        assert {f.rule for f in caught.value.findings} == {"drop-column"}
        assert m.current() == "a", "not even the harmless revision before it ran"
        assert [f.rule for p in m.plan() for f in p.findings if f.is_refused] == ["drop-column"]
    told = Settings(copy=False, allow=frozenset({"drop-column"}))
    with Migrator(empty_database_url, folder, settings=told) as m:
        assert [e.revision for e in m.upgrade()] == ["b", "c"]


def test_what_a_revision_assures_runs(empty_database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder, settings=NO_COPY) as m:
        with_people(m, folder, empty_database_url)
        reason = 'assured = {"drop-column": "nothing reads it since 1.4"}'
        write(folder, "b", "a", 'op.drop_column("people", "name")', extra=reason)
        assert [e.revision for e in m.upgrade()] == ["b"]


def test_what_a_downgrade_would_lose_is_said_before_it_runs(
    empty_database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder, settings=NO_COPY) as m:
        with_people(m, folder, empty_database_url)
        write(
            folder,
            "b",
            "a",
            'op.add_column("people", sa.Column("mail", sa.Text))',
            'op.drop_column("people", "mail")',
        )
        m.upgrade()
        assert m.losses() == [], "a column that holds nothing is no loss"
        engine = create_engine(empty_database_url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE people SET mail = 'x' WHERE id = 1"))
        engine.dispose()
        assert [loss.words for loss in m.losses()] == ["column people.mail, filled in 1 row (b)"]
        assert {(x.table, x.column, x.rows) for x in m.losses("base")} == {
            ("people", "mail", 1),
            ("people", None, 2),
            ("letters", None, 3),
        }
        with caplog.at_level(logging.WARNING, "jobscore.migrations"):
            m.downgrade()
        assert "loses column people.mail, filled in 1 row (b)" in caplog.text
        assert caplog.text.index("loses") < len(caplog.text)


def test_a_plan_tells_steps_rows_and_locks(
    empty_database_url: str, backend: str, tmp_path: Path
) -> None:
    folder = tmp_path / "new"
    with project(empty_database_url, folder, settings=NO_COPY) as m:
        with_people(m, folder, empty_database_url)
        write(folder, "b", "a", 'op.create_index("idx_people_name", "people", ["name"])')
        [planned] = m.plan()
        [step] = planned.steps
        assert (step.table, step.rows) == ("people", 2)
        assert "idx_people_name" in step.words
        assert "writers" in step.lock
        assert (planned.revision, planned.message) == ("b", "step b")
        if backend == "postgresql":
            assert planned.findings[0].rule == "index-not-concurrent"
        assert m.current() == "a"


def test_the_password_is_in_no_log(
    empty_database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = make_url(empty_database_url)
    if url.get_backend_name() == "postgresql":
        url = url.set(password="hunter2hunter2")
    with caplog.at_level(logging.DEBUG), Migrator(url) as m:
        m.upgrade()
    assert "hunter2" not in caplog.text
    assert "0001" in caplog.text
