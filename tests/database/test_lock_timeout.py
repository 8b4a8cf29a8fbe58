"""A table in use: the migration lets go and tries again, and nobody waits behind it."""

import logging
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from jobscore.database import Migrator
from jobscore.database.errors import LockedDatabaseError
from jobscore.database.guards import Settings
from jobscore.database.revisions import RevisionEntry

pytestmark = pytest.mark.parametrize("backend", ["postgresql"])

#: What a waiting migration wants, and others have to queue for.
QUEUED = sa.text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('relation', 'transactionid') "
    "AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
)


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[sa.Engine]:
    """A database with jobs and firms."""
    engine = sa.create_engine(empty_database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in (
            "CREATE TABLE firms (id integer PRIMARY KEY)",
            "CREATE TABLE jobs (id integer PRIMARY KEY, firm_id integer, size integer)",
            "CREATE INDEX idx_jobs_firm_id ON jobs (firm_id)",
            "INSERT INTO firms VALUES (1)",
            "INSERT INTO jobs SELECT i, 1 FROM generate_series(1, 1500) i",
        ):
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()


@pytest.fixture
def migrator(engine: sa.Engine, tmp_path: Path) -> Migrator:
    """A Migrator with a folder of its own."""
    migrator = Migrator(engine.url)
    migrator.init_environment(tmp_path / "migrations")
    return migrator


def write(migrator: Migrator, *steps: str) -> None:
    """Write the only revision."""
    (migrator.directory / "versions" / "first.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        "from jobscore.database import safe\n"
        "revision, down_revision = 'first', None\n"
        "def upgrade():\n    " + "\n    ".join(steps) + "\n"
        "def downgrade():\n    op.execute('SELECT 1')\n"
    )


@contextmanager
def in_use(engine: sa.Engine, statement: str = "SELECT 1 FROM jobs") -> Iterator[None]:
    """Somebody's transaction that has used the table and goes on."""
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
        yield


@contextmanager
def upgrading(migrator: Migrator) -> Iterator[Future[list[RevisionEntry]]]:
    """An upgrade that runs in a thread; it has ended when the block has."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(migrator.upgrade)


def until(happened: Callable[[], object]) -> None:
    """Wait for what is going to happen."""
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.002)


def tries(caplog: pytest.LogCaptureFixture) -> int:
    """Return how often the migration found a table in use."""
    return sum("in use, trying again" in record.getMessage() for record in caplog.records)


def queued(engine: sa.Engine) -> bool:
    """Return whether somebody stands in the queue for a table or a row."""
    with engine.connect() as connection:
        return bool(connection.scalar(QUEUED))


ADDED = 'op.add_column("jobs", sa.Column("remote", sa.Boolean()))'


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_it_tries_again_and_succeeds_when_the_table_is_free(
    engine: sa.Engine, migrator: Migrator, caplog: pytest.LogCaptureFixture, driver: str
) -> None:
    caplog.set_level(logging.INFO, "jobscore.migrations")
    migrator.url = migrator.url.set(drivername=f"postgresql+{driver}")
    write(migrator, ADDED, 'safe.add_foreign_key("fk", "jobs", "firms", ["firm_id"], ["id"])')
    with upgrading(migrator) as upgrade:
        with in_use(engine):
            until(lambda: tries(caplog) >= 3)
            assert not upgrade.done()
        assert [entry.revision for entry in upgrade.result(30)] == ["first"]
    assert "remote" in {c["name"] for c in sa.inspect(engine).get_columns("jobs")}


@pytest.mark.parametrize("lock_timeout", [0.15, 60.0])
def test_a_reader_waits_behind_it_no_longer_than_the_lock_timeout(
    engine: sa.Engine, migrator: Migrator, lock_timeout: float
) -> None:
    """The second case shows what would happen otherwise: the reader gives up, too."""
    write(migrator, ADDED)
    migrator.settings = Settings(lock_timeout=lock_timeout)
    with engine.connect() as reader, upgrading(migrator):
        reader.exec_driver_sql("SET lock_timeout = '1500ms'")
        with in_use(engine):
            until(lambda: queued(engine))
            if lock_timeout > 1:
                with pytest.raises(OperationalError, match="lock timeout"):
                    reader.exec_driver_sql("SELECT count(*) FROM jobs")
                reader.rollback()
                return
            for _ in range(3):
                until(lambda: queued(engine))
                assert reader.exec_driver_sql("SELECT count(*) FROM jobs").scalar() == 1500
                reader.rollback()


def test_it_gives_up_when_the_wait_is_over_and_nothing_has_changed(
    engine: sa.Engine, migrator: Migrator
) -> None:
    write(migrator, 'op.create_table("other", sa.Column("id", sa.Integer()))', ADDED)
    migrator.settings = Settings(lock_wait=0.5)
    with in_use(engine), pytest.raises(LockedDatabaseError, match="held a table for too long"):
        migrator.upgrade()
    assert migrator.current() is None
    assert "other" not in sa.inspect(engine).get_table_names()
    assert "remote" not in {c["name"] for c in sa.inspect(engine).get_columns("jobs")}


def test_a_statement_that_locks_two_tables_waits_half_as_long_for_each(
    engine: sa.Engine, migrator: Migrator
) -> None:
    """Whoever queues behind the lock of the first table waits for that of the second, too."""
    limits: list[str] = []

    def look(_connection: object, cursor: Any, sql: str, *_more: object) -> None:
        if "NOT VALID" in sql or "revision" in sql:
            limits.append(sql.split()[0] + " " + _shown(cursor))

    def _shown(cursor: Any) -> str:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])

    write(migrator, 'safe.add_foreign_key("fk", "jobs", "firms", ["firm_id"], ["id"])')
    sa.event.listen(sa.Engine, "before_cursor_execute", look)
    try:
        migrator.upgrade()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", look)
    assert "ALTER 50ms" in limits
    assert "INSERT 100ms" in limits


#: Commits what stood before, so that the runner itself can no longer begin the revision anew.
BEFORE = 'safe.backfill("firms", "id = id", "id = 1")'
SAFE = {
    "add_check": ('safe.add_check("ck", "jobs", "id > 0")',),
    "set_not_null": ('safe.set_not_null("jobs", "firm_id")',),
    "add_foreign_key": ('safe.add_foreign_key("fk", "jobs", "firms", ["firm_id"], ["id"])',),
    "add_column": (BEFORE, 'safe.add_column("jobs", sa.Column("remote", sa.Boolean()))'),
    "drop_column": (BEFORE, 'safe.drop_column("jobs", "size")'),
    "drop_table": (BEFORE, 'safe.drop_table("jobs")'),
    "backfill": ('safe.backfill("jobs", "size = 1", "size IS NULL")',),
}
ALLOWED = Settings(allow=frozenset({"drop-column", "drop-table"}))


@pytest.mark.parametrize("steps", SAFE.values(), ids=SAFE)
def test_a_safe_step_tries_again_although_the_revision_has_committed(
    engine: sa.Engine,
    migrator: Migrator,
    steps: tuple[str, ...],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "jobscore.migrations")
    write(migrator, *steps)
    migrator.settings = ALLOWED
    with upgrading(migrator) as upgrade:
        with in_use(engine, "UPDATE jobs SET firm_id = 1 WHERE id = 700"):
            until(lambda: upgrade.done() or tries(caplog) >= 2)
            assert not upgrade.done()
        assert [entry.revision for entry in upgrade.result(30)] == ["first"]


def test_what_a_safe_step_left_when_the_wait_was_over_is_finished_by_the_next_try(
    engine: sa.Engine, migrator: Migrator
) -> None:
    write(migrator, 'safe.backfill("jobs", "size = id", "size IS NULL", batch=100)')
    migrator.settings = Settings(lock_wait=0.5)
    with in_use(engine, "UPDATE jobs SET size = 0 WHERE id = 700"):
        with pytest.raises(LockedDatabaseError, match="stays"):
            migrator.upgrade()
        with engine.connect() as connection:
            done = connection.exec_driver_sql("SELECT max(id) FROM jobs WHERE size = id").scalar()
    assert done == 600
    assert migrator.current() is None
    migrator.upgrade()
    with engine.connect() as connection:
        left = connection.exec_driver_sql("SELECT count(*) FROM jobs WHERE size IS NULL").scalar()
    assert left == 0


def test_a_batch_holds_as_many_rows_as_its_time_allows(
    migrator: Migrator, caplog: pytest.LogCaptureFixture
) -> None:
    """A row takes half a millisecond at least, so a batch of 0.05 s has a hundred at most."""
    caplog.set_level(logging.INFO, "jobscore.database.safe.running")
    slow = "size = 1 + length(pg_sleep(0.0005)::text)"
    write(migrator, f'safe.backfill("jobs", "{slow}", "size IS NULL", batch=1000)')
    migrator.upgrade()
    said = [re.match(r"jobs: (\d+) rows changed", r.getMessage()) for r in caplog.records]
    done = [int(match[1]) for match in said if match]
    sizes = [upto - before for before, upto in zip([0, *done], done, strict=False)]
    assert sizes[0] <= 500
    assert max(sizes[1:]) <= 100
    assert sum(sizes) == 1500


@pytest.fixture
def eager_autovacuum(postgres_server: str) -> Iterator[None]:
    """A server that looks for tables to vacuum every second."""
    server = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql("ALTER SYSTEM SET autovacuum_naptime = '1s'")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        yield
        connection.exec_driver_sql("ALTER SYSTEM RESET autovacuum_naptime")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    server.dispose()


@pytest.mark.parametrize(
    ("driver", "step"),
    [("psycopg", ADDED), ("asyncpg", *SAFE["add_check"])],
    ids=["plain", "safe"],
)
def test_autovacuum_steps_aside(
    engine: sa.Engine, migrator: Migrator, eager_autovacuum: None, driver: str, step: str
) -> None:
    """It would run for minutes here, and no single try waits long enough for it to notice."""
    slow = "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(
            f"ALTER TABLE jobs SET ({slow}, autovacuum_vacuum_threshold = 10)"
        )
        connection.exec_driver_sql(
            "INSERT INTO jobs SELECT i, 1 FROM generate_series(1501, 100000) i"
        )
        connection.exec_driver_sql("UPDATE jobs SET size = 1")
        held = "SELECT count(*) FROM pg_locks WHERE mode = 'ShareUpdateExclusiveLock' AND granted"
        held += " AND relation = 'jobs'::regclass"
        until(lambda: connection.exec_driver_sql(held).scalar())
    migrator.url = migrator.url.set(drivername=f"postgresql+{driver}")
    write(migrator, step)
    migrator.settings = Settings(lock_wait=10)
    assert [entry.revision for entry in migrator.upgrade()] == ["first"]
