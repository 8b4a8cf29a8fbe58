"""Run migrations on SQLite and PostgreSQL so that a failure leaves nothing half done.

SQLite: foreign keys are off while tables are rebuilt (a batch rebuild of a parent would delete its
children through ON DELETE CASCADE) and are checked before the commit; DDL is transactional, the
whole upgrade is one transaction. PostgreSQL: one upgrade at a time by an advisory lock that is
polled on its own connection, a lock timeout, one transaction a revision.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext
from flask import current_app
from sqlalchemy import Connection, Engine, text

from jobscore.database import types
from jobscore.extensions import db

#: A number of our own for pg_try_advisory_lock; any constant does.
ADVISORY_LOCK = 7_236_115_002
LOCK_WAIT_SECONDS = 300
LOCK_TIMEOUT = "5s"

config = context.config


def numbered(_context: MigrationContext, _revision: Any, scripts: list[MigrationScript]) -> None:
    """Give a new revision the next number (0002, 0003, …) and drop empty ones."""
    script = scripts[0]
    automatic = bool(config.cmd_opts and getattr(config.cmd_opts, "autogenerate", False))
    if automatic and (script.upgrade_ops is None or script.upgrade_ops.is_empty()):
        scripts[:] = []
        return
    head = context.script.get_current_head()
    script.rev_id = f"{int(head or 0) + 1:04d}"


def own_tables(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out the tables of the task engine, which brings its own schema."""
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def plain_types(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our own column types as the plain ones they are kept in: revisions outlive code."""
    if kind != "type":
        return False
    if isinstance(item, types.Status):
        return f"sa.String({item.length})"
    if isinstance(item, types.UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, types.Money):
        return "sa.Numeric(14, 2)"
    if item is types.Id:
        return 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")'
    if item is types.Json:
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


OPTIONS: dict[str, Any] = {
    "target_metadata": db.metadata,
    "render_as_batch": True,
    "compare_type": True,
    "compare_server_default": False,
    "include_name": own_tables,
    "render_item": plain_types,
    "process_revision_directives": numbered,
}


@contextmanager
def one_at_a_time(engine: Engine) -> Iterator[None]:
    """Hold the advisory lock of PostgreSQL while the block runs.

    :raises TimeoutError: when another upgrade holds it for more than five minutes.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as lock:
        deadline = time.monotonic() + LOCK_WAIT_SECONDS
        key = {"key": ADVISORY_LOCK}
        while not lock.scalar(text("SELECT pg_try_advisory_lock(:key)"), key):
            if time.monotonic() > deadline:
                raise TimeoutError("another upgrade has been running for five minutes")
            time.sleep(0.2)
        try:
            yield
        finally:
            lock.execute(text("SELECT pg_advisory_unlock(:key)"), key)


def run_on_postgresql(engine: Engine) -> None:
    """Run the revisions, each in its own transaction, one process at a time."""
    with one_at_a_time(engine), engine.connect() as connection:
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()


def check_foreign_keys(connection: Connection) -> None:
    """Refuse to commit rows that point nowhere.

    :raises RuntimeError: naming the first table with such a row.
    """
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(
            f"{len(broken)} rows would point nowhere, the first in table {broken[0][0]}: "
            "nothing was changed"
        )


def run_on_sqlite(engine: Engine) -> None:
    """Run all revisions in one transaction that takes the write lock at once."""
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        before = raw.isolation_level
        raw.isolation_level = None
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                context.configure(connection=connection, transactional_ddl=True, **OPTIONS)
                with context.begin_transaction():
                    context.run_migrations()
                check_foreign_keys(connection)
        finally:
            raw.execute("PRAGMA foreign_keys=ON")
            raw.isolation_level = before


def run_offline() -> None:
    """Write SQL instead of running it (``flask db upgrade --sql``)."""
    context.configure(
        url=current_app.config["SQLALCHEMY_DATABASE_URI"],
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **OPTIONS,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    run_offline()
elif db.engine.dialect.name == "sqlite":
    run_on_sqlite(db.engine)
else:
    run_on_postgresql(db.engine)
