"""Run migrations with sync and async drivers, by the alembic command or under a Migrator."""

import asyncio
import os
from logging.config import fileConfig
from typing import Any

from alembic import context
from sqlalchemy import Connection, NullPool, create_engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine

config = context.config

# Name the tables of your program here, for `alembic revision --autogenerate`:
#   from yourprogram.models import Base
#   target_metadata = Base.metadata
target_metadata = config.attributes.get("metadata")


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out the table in which a Migrator remembers what it applied."""
    return not (kind == "table" and name == "schema_revisions")


OPTIONS: dict[str, Any] = {
    "target_metadata": target_metadata,
    "compare_type": True,
    "render_as_batch": True,
    "transaction_per_migration": True,
    "include_name": include_name,
}


def migrate(connection: Connection) -> None:
    """Run on an open connection: with a Migrator's care where there is one."""
    if run := config.attributes.get("run"):
        run(connection, OPTIONS, creates_records=True)
        return
    context.configure(connection=connection, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


async def migrate_async(url: str) -> None:
    """Connect with an async driver."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


def main() -> None:
    """Write SQL (``--sql``), use a Migrator's connection, or make one."""
    is_guided = "run" in config.attributes
    url = config.get_main_option("sqlalchemy.url") or ""
    if not is_guided:
        url = os.environ.get("DATABASE_URL") or url
        if config.config_file_name is not None:
            fileConfig(config.config_file_name, disable_existing_loggers=False)
    if context.is_offline_mode():
        context.configure(url=url, literal_binds=True, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()
    elif is_guided:
        migrate(config.attributes["connection"])
    elif make_url(url).get_dialect().is_async:
        asyncio.run(migrate_async(url))
    else:
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            migrate(connection)
        engine.dispose()


main()
