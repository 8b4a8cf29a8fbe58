"""What the migrations of jobscore are about; how they run: ``jobscore.database.migrating``."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrationScript
from alembic.runtime.migration import MigrationContext

from jobscore.app import load_models
from jobscore.database import migrating, types
from jobscore.extensions import db

config = context.config


def numbered(_context: MigrationContext, _revision: Any, scripts: list[MigrationScript]) -> None:
    """Give a new revision the next number (0002, 0003, …) and drop empty ones."""
    script = scripts[0]
    automatic = bool(config.cmd_opts and getattr(config.cmd_opts, "autogenerate", False))
    if automatic and (script.upgrade_ops is None or script.upgrade_ops.is_empty()):
        scripts[:] = []
        return
    known = (s.revision for s in context.script.walk_revisions())
    script.rev_id = f"{max((int(r) for r in known if r.isdecimal()), default=0) + 1:04d}"


def own_tables(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave out the tables of the task engine, which brings its own schema."""
    return not (kind == "table" and (name or "").startswith(("procrastinate_", "job_words")))


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
    "target_metadata": load_models(),
    "render_as_batch": True,
    "compare_type": True,
    "compare_server_default": False,
    "include_name": own_tables,
    "render_item": plain_types,
    "process_revision_directives": numbered,
}

if context.is_offline_mode():
    migrating.write_sql(config.get_main_option("sqlalchemy.url") or str(db.engine.url), OPTIONS)
else:
    # The Migrator brings a connection of its own; Flask-Migrate's commands use the application's.
    migrating.run(config.attributes.get("connection") or db.engine, OPTIONS)
