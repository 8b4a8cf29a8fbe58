"""The safe forms: what they leave behind, what they refuse, whom they block, and trying again."""

import io
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import op
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.exc import IntegrityError, OperationalError

from jobscore.database import safe
from jobscore.database.migrator import Migrator
from jobscore.database.safe import rebuild as sqlite_rebuild
from jobscore.database.safe import steps as safe_steps

#: SQLAlchemy cannot reflect an index on an expression of SQLite: the tests look at it themselves.
pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")

only_postgresql = pytest.mark.parametrize("backend", ["postgresql"])
only_sqlite = pytest.mark.parametrize("backend", ["sqlite"])

TABLES = (
    """CREATE TABLE firms (
        id INTEGER PRIMARY KEY, name VARCHAR(50))""",
    """CREATE TABLE jobs (
        id INTEGER PRIMARY KEY, -- a comment, with a comma
        title VARCHAR(50) DEFAULT 'a, (b' CHECK (title <> ''),
        firm_id INTEGER,
        salary NUMERIC(14, 2) DEFAULT 0,
        size INTEGER,
        CHECK (salary < 99999),
        CONSTRAINT ck_jobs_salary CHECK (salary >= 0))""",
    "CREATE INDEX idx_jobs_lower ON jobs (lower(title)) WHERE salary > 5",
    "CREATE TABLE scores (id INTEGER PRIMARY KEY, job_id INTEGER REFERENCES jobs (id) "
    "ON DELETE CASCADE)",
    "INSERT INTO firms VALUES (1, 'One'), (2, 'Two')",
    "INSERT INTO jobs (id, title, firm_id) VALUES (1, 'x', 1), (3, 'y', 2), (8, 'z', NULL)",
    "INSERT INTO scores VALUES (1, 1), (2, 3)",
)


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[sa.Engine]:
    """A database with firms, jobs and their scores."""
    engine = sa.create_engine(empty_database_url)
    with engine.begin() as connection:
        for statement in TABLES:
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()


@contextmanager
def upgrading(engine: sa.Engine, lock_timeout: str = "5s") -> Iterator[sa.Connection]:
    """A connection on which a revision runs, as the upgrade opens it."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET lock_timeout = '{lock_timeout}'")
            connection.commit()
            context = MigrationContext.configure(
                connection, opts={"transaction_per_migration": True}
            )
            with context.begin_transaction(_per_migration=True), Operations.context(context):
                yield connection
            return
        raw: Any = connection.connection.driver_connection
        raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            context = MigrationContext.configure(connection, opts={"transactional_ddl": True})
            with Operations.context(context):
                yield connection
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []


def upgrade(engine: sa.Engine, step: Callable[[], Any]) -> Any:
    """Run a revision of one step."""
    with upgrading(engine):
        return step()


def rows(engine: sa.Engine, sql: str) -> list[tuple[Any, ...]]:
    """What a query gives."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def change(engine: sa.Engine, *statements: str) -> None:
    """Commit statements."""
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def names(found: list[Any]) -> set[str]:
    return {item["name"] for item in found}


def a_check() -> None:
    safe.add_check("ck_jobs_title_length", "jobs", "length(title) < 40")


def a_foreign_key() -> None:
    safe.add_foreign_key("fk_jobs_firm", "jobs", "firms", ["firm_id"], ["id"], ondelete="SET NULL")


def a_unique() -> None:
    safe.add_unique("uq_jobs_title", "jobs", ["title", "firm_id"])


def an_index() -> None:
    safe.create_index("idx_jobs_firm", "jobs", ["firm_id", sa.text("lower(title)")], where="id > 0")


def not_null() -> None:
    safe.set_not_null("jobs", "title")


def a_column() -> None:
    safe.add_column("jobs", sa.Column("days", sa.Integer(), server_default="5", nullable=False))


def a_moment() -> None:
    safe.add_column(
        "jobs",
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
    )


def drops_a_column() -> None:
    safe.drop_column("jobs", "salary")


def drops_a_table() -> None:
    safe.drop_table("scores")


def fills() -> None:
    safe.backfill("jobs", "size = id * 10", "size IS NULL", batch=1, pause=0)


STEPS = (
    a_check,
    a_foreign_key,
    a_unique,
    an_index,
    not_null,
    a_column,
    a_moment,
    drops_a_column,
    drops_a_table,
    fills,
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_a_step_may_be_run_again(engine: sa.Engine, step: Callable[[], None]) -> None:
    upgrade(engine, step)
    shape = described(engine)
    upgrade(engine, step)
    assert described(engine) == shape


def described(engine: sa.Engine) -> Any:
    """The shape of every table, to compare."""
    with engine.connect() as connection:
        return described_on(connection)


def described_on(connection: sa.Connection) -> Any:
    inspector = sa.inspect(connection)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)],
            sorted(names(inspector.get_check_constraints(table)), key=str),
            sorted(names(inspector.get_unique_constraints(table)), key=str),
            sorted(names(inspector.get_foreign_keys(table)), key=str),
            sorted(names(inspector.get_indexes(table)), key=str),
        )
        for table in inspector.get_table_names()
    }


@pytest.mark.parametrize("step", STEPS[:8], ids=lambda step: step.__name__)
def test_a_step_keeps_every_row_and_everything_else(
    engine: sa.Engine, step: Callable[[], None]
) -> None:
    upgrade(engine, step)
    assert rows(engine, "SELECT id, title, firm_id FROM jobs ORDER BY id") == [
        (1, "x", 1),
        (3, "y", 2),
        (8, "z", None),
    ]
    assert rows(engine, "SELECT id, job_id FROM scores ORDER BY id") == [(1, 1), (2, 3)]
    with pytest.raises(IntegrityError):
        change(engine, "INSERT INTO jobs (id, title) VALUES (99, '')")
    change(engine, "INSERT INTO jobs (id, firm_id) VALUES (100, 1)")
    assert rows(engine, "SELECT title FROM jobs WHERE id = 100") == [("a, (b",)]
    if step is not drops_a_column:
        with pytest.raises(IntegrityError):
            change(engine, "INSERT INTO jobs (id, salary) VALUES (101, 100000)")
        assert rows(engine, INDEX[engine.dialect.name]) == [(1,)]


INDEX = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE name = 'idx_jobs_lower' "
    "AND sql LIKE '%lower(title)) WHERE salary > 5'",
    "postgresql": "SELECT count(*) FROM pg_indexes WHERE indexname = 'idx_jobs_lower'",
}


@pytest.mark.parametrize(
    ("step", "broken"),
    [
        (a_check, f"INSERT INTO jobs (id, title) VALUES (50, '{'x' * 45}')"),
        (a_foreign_key, "INSERT INTO jobs (id, title, firm_id) VALUES (50, 'q', 77)"),
        (a_unique, "INSERT INTO jobs (id, title, firm_id) VALUES (50, 'x', 1)"),
        (not_null, "INSERT INTO jobs (id, title) VALUES (50, NULL)"),
    ],
    ids=["check", "foreign-key", "unique", "not-null"],
)
def test_a_row_that_does_not_fit_stops_the_step_and_leaves_nothing(
    engine: sa.Engine, step: Callable[[], None], broken: str
) -> None:
    change(engine, broken)
    shape = described(engine)
    with pytest.raises(IntegrityError):
        upgrade(engine, step)
    assert described(engine) == shape
    if engine.dialect.name == "postgresql":
        assert rows(engine, "SELECT 1 FROM pg_index WHERE NOT indisvalid") == []
    change(engine, "DELETE FROM jobs WHERE id = 50")
    upgrade(engine, step)
    enforced = ["PRAGMA foreign_keys=ON"] if engine.dialect.name == "sqlite" else []
    with pytest.raises(IntegrityError):
        change(engine, *enforced, broken)


def test_a_check_and_its_way_back(engine: sa.Engine) -> None:
    upgrade(engine, a_check)
    assert "ck_jobs_title_length" in names(sa.inspect(engine).get_check_constraints("jobs"))
    upgrade(engine, lambda: safe.drop_constraint("ck_jobs_title_length", "jobs"))
    assert "ck_jobs_title_length" not in names(sa.inspect(engine).get_check_constraints("jobs"))


def test_a_foreign_key_does_what_it_says_on_delete(engine: sa.Engine) -> None:
    upgrade(engine, a_foreign_key)
    (key,) = sa.inspect(engine).get_foreign_keys("jobs")
    assert (key["name"], key["options"]["ondelete"]) == ("fk_jobs_firm", "SET NULL")
    with pytest.raises(safe.UnsafeStepError, match="ondelete is one of"):
        safe.add_foreign_key("x", "jobs", "firms", ["a"], ["id"], ondelete="CASCADE; DROP")


def test_a_unique_constraint_is_one_and_not_just_an_index(engine: sa.Engine) -> None:
    upgrade(engine, a_unique)
    (unique,) = sa.inspect(engine).get_unique_constraints("jobs")
    assert (unique["name"], unique["column_names"]) == ("uq_jobs_title", ["title", "firm_id"])


def test_not_null_and_its_way_back(engine: sa.Engine) -> None:
    upgrade(engine, not_null)
    columns = {c["name"]: c["nullable"] for c in sa.inspect(engine).get_columns("jobs")}
    assert columns["title"] is False
    assert not [
        n for n in names(sa.inspect(engine).get_check_constraints("jobs")) if n and "null" in n
    ]
    upgrade(engine, lambda: safe.drop_not_null("jobs", "title"))
    change(engine, "INSERT INTO jobs (id, title) VALUES (60, NULL)")


def test_a_column_comes_with_its_default_for_old_and_new_rows(engine: sa.Engine) -> None:
    upgrade(engine, lambda: (a_column(), a_moment()))
    assert rows(engine, "SELECT DISTINCT days FROM jobs") == [(5,)]
    assert rows(engine, "SELECT count(*) FROM jobs WHERE seen_at IS NULL") == [(0,)]


@pytest.mark.parametrize(
    ("column", "recipe"),
    [
        (sa.Column("x", sa.Integer(), nullable=False), "safe.set_not_null"),
        (sa.Column("x", sa.Uuid(), server_default=sa.text("gen_random_uuid()")), "safe.backfill"),
        (sa.Column("x", sa.Float(), server_default=sa.text("random()")), "safe.backfill"),
        (sa.Column("x", sa.Integer(), sa.Identity()), "safe.backfill"),
        (sa.Column("x", sa.Integer(), sa.Computed("id * 2", persisted=True)), "safe.backfill"),
        (sa.Column("x", sa.Integer(), unique=True), "safe.add_unique"),
        (sa.Column("x", sa.Integer(), primary_key=True), "safe.add_unique"),
        (sa.Column("x", sa.Integer(), sa.ForeignKey("firms.id")), "safe.add_foreign_key"),
        (sa.Column("x", sa.Integer(), index=True), "safe.create_index"),
    ],
    ids=["not-null", "uuid", "random", "identity", "computed", "unique", "key", "fk", "index"],
)
def test_a_column_that_cannot_be_added_safely_is_refused_with_the_recipe(
    column: sa.Column[Any], recipe: str
) -> None:
    with pytest.raises(safe.UnsafeStepError, match=r"jobs\.x") as refusal:
        safe.add_column("jobs", column)
    assert recipe in str(refusal.value)


@only_postgresql
def test_a_column_of_another_type_that_is_there_already_is_not_taken_for_done(
    engine: sa.Engine,
) -> None:
    with pytest.raises(safe.UnsafeStepError, match="as integer instead of text"):
        upgrade(engine, lambda: safe.add_column("jobs", sa.Column("size", sa.Text())))


def test_a_dropped_column_takes_its_indexes_and_checks_along(engine: sa.Engine) -> None:
    upgrade(engine, drops_a_column)
    inspector = sa.inspect(engine)
    assert "salary" not in {c["name"] for c in inspector.get_columns("jobs")}
    checks = inspector.get_check_constraints("jobs")
    assert not [check for check in checks if "salary" in check["sqltext"]]
    assert rows(engine, INDEX[engine.dialect.name]) == [(0,)]


def test_a_plain_column_is_dropped_without_a_copy_of_the_table(engine: sa.Engine) -> None:
    with upgrading(engine) as connection:
        seen: list[str] = []
        sa.event.listen(
            connection, "before_cursor_execute", lambda *args: seen.append(args[2]), named=False
        )
        safe.drop_column("jobs", "size")
    assert not [statement for statement in seen if statement.startswith(("CREATE", "INSERT"))]


def test_an_index_is_made_as_told_and_dropped(engine: sa.Engine) -> None:
    upgrade(engine, an_index)
    with pytest.raises(safe.UnsafeStepError, match=r"index idx_jobs_firm"):
        upgrade(engine, lambda: safe.create_index("idx_jobs_firm", "scores", ["job_id"]))
    upgrade(engine, lambda: safe.drop_index("idx_jobs_firm", "jobs"))
    upgrade(engine, lambda: safe.drop_index("idx_jobs_firm", "jobs"))
    upgrade(engine, lambda: safe.create_index("idx_jobs_firm", "scores", ["job_id"]))


@only_postgresql
def test_a_broken_index_of_an_earlier_try_is_made_anew(engine: sa.Engine) -> None:
    change(engine, "INSERT INTO jobs (id, title, firm_id) VALUES (50, 'x', 1)")
    with (
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        pytest.raises(IntegrityError),
    ):
        connection.exec_driver_sql(
            "CREATE UNIQUE INDEX CONCURRENTLY uq_jobs_title ON jobs (title, firm_id)"
        )
    broken = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"
    assert rows(engine, broken) == [("uq_jobs_title",)]
    change(engine, "DELETE FROM jobs WHERE id = 50")
    upgrade(engine, a_unique)
    assert rows(engine, broken) == []
    assert names(sa.inspect(engine).get_unique_constraints("jobs")) == {"uq_jobs_title"}


@only_postgresql
def test_a_constraint_that_a_first_try_left_unproven_is_proven(engine: sa.Engine) -> None:
    change(
        engine,
        "ALTER TABLE jobs ADD CONSTRAINT ck_jobs_title_length CHECK (length(title) < 40) NOT VALID",
        "ALTER TABLE jobs ADD CONSTRAINT ck_jobs_title_not_null "
        "CHECK (title IS NOT NULL) NOT VALID",
    )
    upgrade(engine, lambda: (a_check(), not_null()))
    assert rows(engine, "SELECT conname FROM pg_constraint WHERE NOT convalidated") == []


@only_postgresql
def test_time_limits_are_put_back(engine: sa.Engine) -> None:
    with upgrading(engine, lock_timeout="1234ms") as connection:
        connection.exec_driver_sql("SET statement_timeout = '4321ms'")
        an_index()
        a_check()
        for setting, value in (("lock_timeout", "1234ms"), ("statement_timeout", "4321ms")):
            assert connection.exec_driver_sql(f"SHOW {setting}").scalar() == value


@contextmanager
def stopped_before(connection: sa.Connection, word: str, act: Callable[[], None]) -> Iterator[None]:
    """Call ``act`` when a statement with ``word`` has just run and its locks are still held."""

    def after(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if word in statement:
            act()

    sa.event.listen(connection.engine, "after_cursor_execute", after)
    try:
        yield
    finally:
        sa.event.remove(connection.engine, "after_cursor_execute", after)


GATE = """
CREATE FUNCTION gate(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
PERFORM pg_advisory_lock_shared(7); PERFORM pg_advisory_unlock_shared(7); RETURN true; END $$"""


def write_while_it_reads_rows(engine: sa.Engine, step: Callable[[], Any]) -> str:
    """Stop a step at the first row that it reads, and write to the table meanwhile.

    The step calls gate(), which waits for an advisory lock that is held here; a write that would
    have to wait for the step gives up at once.
    """
    change(engine, GATE)
    worker = threading.Thread(target=upgrade, args=(engine, step))
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as keeper:
        keeper.exec_driver_sql("SELECT pg_advisory_lock(7)")
        worker.start()
        try:
            while not keeper.exec_driver_sql(waiting).scalar():
                assert worker.is_alive(), "the step never read a row"
            change(engine, "SET LOCAL lock_timeout = '50ms'", "DELETE FROM jobs WHERE id = 8")
        except OperationalError as error:
            return str(error.orig)
        else:
            return "written"
        finally:
            keeper.exec_driver_sql("SELECT pg_advisory_unlock(7)")
            worker.join()


@only_postgresql
def test_a_writer_waits_for_the_naive_index_and_not_for_the_safe_one(engine: sa.Engine) -> None:
    def safely() -> None:
        safe.create_index("idx_gate", "jobs", [sa.text("gate(title)")])

    assert write_while_it_reads_rows(engine, safely) == "written"
    change(engine, "DROP FUNCTION gate CASCADE")

    def naively() -> None:
        op.create_index("idx_gate", "jobs", [sa.text("gate(title)")])

    assert "lock timeout" in write_while_it_reads_rows(engine, naively)


@only_postgresql
def test_a_writer_waits_for_the_naive_check_and_not_for_the_safe_one(engine: sa.Engine) -> None:
    def safely() -> None:
        safe.add_check("ck_gate", "jobs", "gate(title)")

    assert write_while_it_reads_rows(engine, safely) == "written"
    change(engine, "DROP FUNCTION gate CASCADE")

    def naively() -> None:
        op.create_check_constraint("ck_gate", "jobs", "gate(title)")

    assert "lock timeout" in write_while_it_reads_rows(engine, naively)


@only_postgresql
def test_no_lock_on_the_table_outlives_a_safe_step(engine: sa.Engine) -> None:
    held = "SELECT mode FROM pg_locks WHERE relation = 'jobs'::regclass"
    with upgrading(engine):
        for step in (a_check, a_foreign_key, a_unique, an_index, not_null, fills):
            step()
            assert rows(engine, held) == [], step.__name__


def test_a_backfill_goes_by_ranges_and_says_how_far_it_is(
    engine: sa.Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "jobscore.database.safe.running"), upgrading(engine):
        changed = safe.backfill("jobs", "size = id * 10", "size IS NULL", batch=2, pause=0)
    assert changed == 3
    assert rows(engine, "SELECT id, size FROM jobs ORDER BY id") == [(1, 10), (3, 30), (8, 80)]
    assert [record.getMessage() for record in caplog.records] == [
        "jobs: 2 rows changed, id up to 3 of 8",
        "jobs: 3 rows changed, id up to 8 of 8",
    ]


def test_a_backfill_ends_although_its_condition_stays_true(engine: sa.Engine) -> None:
    changed = upgrade(
        engine, lambda: safe.backfill("jobs", "title = 'at 10:30'", "id > 0", batch=1, pause=0)
    )
    assert changed == 3
    assert rows(engine, "SELECT DISTINCT title FROM jobs") == [("at 10:30",)]


def test_a_batch_of_no_rows_is_refused() -> None:
    with pytest.raises(safe.UnsafeStepError, match="at least one row"):
        safe.backfill("jobs", "size = 1", "size IS NULL", batch=0)


class KilledError(Exception):
    """The process is gone."""


@pytest.mark.parametrize("after", [1, 2])
def test_a_backfill_that_died_goes_on_where_it_was(engine: sa.Engine, after: int) -> None:
    seen: list[str] = []

    def die() -> None:
        seen.append("batch")
        if len(seen) > after:
            raise KilledError

    with (
        pytest.raises(KilledError),
        upgrading(engine) as connection,
        stopped_before(connection, "UPDATE jobs", die),
    ):
        fills()
    kept = rows(engine, "SELECT count(*) FROM jobs WHERE size IS NOT NULL")[0][0]
    assert kept == (0 if engine.dialect.name == "sqlite" else after + 1)
    changed = upgrade(
        engine, lambda: safe.backfill("jobs", "size = id * 10", "size IS NULL", pause=0)
    )
    assert changed == 3 - kept


@pytest.mark.parametrize("step", [*STEPS[:5], a_moment], ids=lambda step: step.__name__)
def test_a_step_that_dies_after_any_of_its_statements_works_the_second_time(
    engine: sa.Engine, step: Callable[[], None]
) -> None:
    before = described(engine)
    total, done = a_whole_try(engine, step)
    undo(engine)
    assert described(engine) == before
    for count in range(total):
        with pytest.raises(KilledError):
            dying(engine, step, count)
        if engine.dialect.name == "sqlite":
            assert described(engine) == before
            continue
        upgrade(engine, step)
        assert described(engine) == done
        undo(engine)
    upgrade(engine, step)
    assert described(engine) == done
    assert total >= 2


def a_whole_try(engine: sa.Engine, step: Callable[[], None]) -> tuple[int, Any]:
    """How many statements a step sends, and the shape that it leaves; undone on SQLite."""
    sent: list[str] = []
    try:
        with upgrading(engine) as connection:
            sa.event.listen(connection, "before_cursor_execute", lambda *args: sent.append(args[2]))
            step()
            total, done = len(sent), described_on(connection)
            if engine.dialect.name == "sqlite":
                raise KilledError
    except KilledError:
        pass
    return total, done


def dying(engine: sa.Engine, step: Callable[[], None], count: int) -> None:
    """Run a step that dies after ``count`` more statements."""
    left = [count]

    def die(*_args: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KilledError

    with upgrading(engine) as connection:
        sa.event.listen(connection, "after_cursor_execute", die)
        step()


def undo(engine: sa.Engine) -> None:
    """Take out what the steps put in, where they commit on their way."""
    if engine.dialect.name == "sqlite":
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in ("ck_jobs_title_length", "fk_jobs_firm", "uq_jobs_title"):
            connection.exec_driver_sql(f"ALTER TABLE jobs DROP CONSTRAINT IF EXISTS {name}")
        connection.exec_driver_sql("DROP INDEX IF EXISTS idx_jobs_firm")
        connection.exec_driver_sql("ALTER TABLE jobs DROP COLUMN IF EXISTS seen_at")
        connection.exec_driver_sql(
            "ALTER TABLE jobs DROP CONSTRAINT IF EXISTS ck_jobs_title_not_null"
        )
        connection.exec_driver_sql("ALTER TABLE jobs ALTER COLUMN title DROP NOT NULL")


def written(dialect: str, step: Callable[[], Any]) -> str:
    """The statements that ``--sql`` gives."""
    out = io.StringIO()
    context = MigrationContext.configure(
        dialect_name=dialect,
        dialect_opts={"paramstyle": "named"},
        opts={"as_sql": True, "output_buffer": out, "literal_binds": True},
    )
    with Operations.context(context):
        step()
    return out.getvalue()


@only_postgresql
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_what_is_written_for_psql_does_the_same(
    engine: sa.Engine, step: Callable[[], None], empty_database_url: str
) -> None:
    import psycopg

    sql = written("postgresql", step)
    for _ in range(2):
        with psycopg.connect(
            engine.url.set(drivername="postgresql").render_as_string(hide_password=False),
            autocommit=True,
        ) as raw:
            for statement in split_script(sql):
                raw.execute(statement)
    through_psql = described(engine)
    if step is fills:
        assert rows(engine, "SELECT id, size FROM jobs ORDER BY id") == [
            (1, 10),
            (3, 30),
            (8, 80),
        ]
    upgrade(engine, step)
    assert described(engine) == through_psql


def split_script(sql: str) -> list[str]:
    """The statements of a script, one by one, as psql sends them."""
    return [part for part in sql.split(";\n\n") if part.strip()]


@pytest.mark.parametrize("step", [a_check, a_foreign_key, a_unique, not_null, a_moment])
def test_a_copy_of_a_table_cannot_be_written_for_sqlite_and_that_is_said(
    step: Callable[[], None],
) -> None:
    with pytest.raises(safe.UnsafeStepError, match="--sql cannot write it"):
        written("sqlite", step)


@pytest.mark.parametrize("step", [a_column, an_index, drops_a_column, drops_a_table, fills])
def test_native_steps_can_be_written_for_sqlite(step: Callable[[], None]) -> None:
    assert "jobs" in written("sqlite", step) or "scores" in written("sqlite", step)


@only_sqlite
def test_a_table_is_not_copied_while_foreign_keys_are_enforced(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        context = MigrationContext.configure(connection)
        with (
            Operations.context(context),
            pytest.raises(safe.UnsafeStepError, match="foreign keys are enforced"),
        ):
            a_check()
    assert len(rows(engine, "SELECT * FROM scores")) == 2


@only_sqlite
def test_a_copied_table_keeps_triggers_counters_and_computed_columns(engine: sa.Engine) -> None:
    change(
        engine,
        "CREATE TABLE odd (id INTEGER PRIMARY KEY AUTOINCREMENT, "
        "parent INTEGER REFERENCES odd (id),"
        " \"a, b\" TEXT COLLATE NOCASE DEFAULT 'x)', twice INTEGER AS (id * 2) STORED) STRICT",
        "INSERT INTO odd (id) VALUES (1), (41)",
        "DELETE FROM odd WHERE id = 41",
        "CREATE VIEW odd_view AS SELECT id FROM odd",
        "CREATE TRIGGER scores_ai AFTER INSERT ON scores BEGIN DELETE FROM odd WHERE id = 7; END",
        "CREATE TRIGGER odd_ai AFTER INSERT ON odd BEGIN UPDATE odd SET parent = 1; END",
    )
    upgrade(engine, lambda: safe.set_not_null("odd", "a, b"))
    change(engine, "INSERT INTO odd DEFAULT VALUES")
    assert rows(engine, 'SELECT id, parent, "a, b", twice FROM odd ORDER BY id') == [
        (1, 1, "x)", 2),
        (42, 1, "x)", 84),
    ]
    assert rows(engine, "SELECT count(*) FROM odd_view") == [(2,)]
    assert rows(engine, "SELECT count(*) FROM odd WHERE \"a, b\" = 'X)'") == [(2,)]
    with pytest.raises(IntegrityError):
        change(engine, "INSERT INTO odd (id) VALUES ('word')")


@only_sqlite
def test_each_table_of_ours_is_copied_word_for_word(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    everything = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    before = [tuple(without_spaces(v) for v in row) for row in rows(engine, everything)]
    with upgrading(engine) as connection:
        plain = connection.execute(
            sa.text(
                "SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main'"
                " AND name NOT LIKE 'sqlite%'"
            )
        )
        for table in plain.scalars().all():
            sqlite_rebuild.rebuild(connection, table, lambda items: items)
    after = [tuple(without_spaces(v) for v in row) for row in rows(engine, everything)]
    engine.dispose()
    assert after == before
    assert len(before) > 50


def without_spaces(value: str | None) -> str:
    return "".join((value or "").replace('"', "").split())


def test_our_schema_takes_the_steps_and_their_ways_back(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    before = described(engine)

    def there() -> None:
        safe.set_not_null("jobs", "description")
        safe.add_check("check_jobs_x", "jobs", "length(title) > 0")
        safe.add_unique("unique_jobs_x", "jobs", ["title", "id"])
        safe.create_index("idx_jobs_x", "jobs", ["title", "posted_date"])
        safe.add_column("jobs", sa.Column("x", sa.String(9), server_default="a'b%:c"))

    def back() -> None:
        safe.drop_column("jobs", "x")
        safe.drop_index("idx_jobs_x", "jobs")
        safe.drop_constraint("unique_jobs_x", "jobs")
        safe.drop_constraint("check_jobs_x", "jobs")
        safe.drop_not_null("jobs", "description")

    upgrade(engine, there)
    assert described(engine) != before
    change(engine, "INSERT INTO jobs (title, company_name, description) VALUES ('t', 'c', 'd')")
    assert rows(engine, "SELECT x FROM jobs") == [("a'b%:c",)]
    upgrade(engine, back)
    assert described(engine) == before
    engine.dispose()


def test_every_operation_has_its_way_on_both_databases() -> None:
    kinds = set(safe_steps.SafeStep.__subclasses__())
    assert kinds == set(safe._METHODS)


FIRST = '''"""Tables."""
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("firms", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("title", sa.String(50)),
        sa.Column("firm_id", sa.BigInteger()),
    )
    op.bulk_insert(
        sa.table("jobs", sa.column("id"), sa.column("title")),
        [{"id": n, "title": f"t{n}"} for n in range(1, 8)],
    )


def downgrade():
    op.drop_table("jobs")
    op.drop_table("firms")
'''
SECOND = '''"""Every safe form."""
import sqlalchemy as sa
from jobscore.database import safe

revision = "0002"
down_revision = "0001"


def upgrade():
    safe.add_column("jobs", sa.Column("size", sa.Integer()))
    safe.backfill("jobs", "size = id * 2", "size IS NULL", batch=3, pause=0)
    safe.set_not_null("jobs", "size")
    safe.create_index("idx_jobs_firm", "jobs", ["firm_id"])
    safe.add_foreign_key("fk_jobs_firm", "jobs", "firms", ["firm_id"], ["id"], ondelete="CASCADE")
    safe.add_check("ck_jobs_size", "jobs", "size > 0")
    safe.add_unique("uq_jobs_title", "jobs", ["title"])


def downgrade():
    safe.drop_constraint("uq_jobs_title", "jobs")
    safe.drop_constraint("ck_jobs_size", "jobs")
    safe.drop_constraint("fk_jobs_firm", "jobs")
    safe.drop_index("idx_jobs_firm", "jobs")
    safe.drop_column("jobs", "size")
'''


def test_a_real_upgrade_runs_the_safe_forms_up_down_and_up(
    empty_database_url: str, tmp_path: Path
) -> None:
    with Migrator(empty_database_url, tmp_path / "project") as migrator:
        migrator.init_environment(tmp_path / "project")
        versions = next((tmp_path / "project").rglob("versions"))
        (versions / "0001_tables.py").write_text(FIRST, encoding="utf-8")
        (versions / "0002_safe.py").write_text(SECOND, encoding="utf-8")
        migrator.upgrade("0001")
        engine = sa.create_engine(empty_database_url)
        before = described(engine)
        for _ in range(2):
            migrator.upgrade()
            assert rows(engine, "SELECT count(*), sum(size) FROM jobs") == [(7, 56)]
            with pytest.raises(IntegrityError):
                change(engine, "INSERT INTO jobs (id, title, size) VALUES (9, 't1', 1)")
            migrator.downgrade()
            assert described(engine) == before
        engine.dispose()
