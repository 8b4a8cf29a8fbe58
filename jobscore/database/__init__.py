"""What every table shares: column types, transactions, bulk writes, engines, migrations."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobscore.database.migrator import Migrator

__all__ = ["Migrator"]


def __getattr__(name: str) -> Any:
    """Bring the Migrator when it is asked for: everything else here does without Alembic."""
    if name == "Migrator":
        from jobscore.database.migrator import Migrator

        return Migrator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
