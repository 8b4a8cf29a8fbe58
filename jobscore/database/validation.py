"""Whether the live database stands at the revision that this code was written for."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from jobscore import paths


class SchemaState(StrEnum):
    """How the database relates to the code."""

    CURRENT = "current"
    EMPTY = "empty"
    BEHIND = "behind"
    AHEAD = "ahead"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class SchemaReport:
    """The state, with the revision found (None: none) and the one wanted."""

    state: SchemaState
    current: str | None
    head: str

    @property
    def sentence(self) -> str:
        """Say what is wrong and which command mends it (English: for logs and terminals)."""
        return {
            SchemaState.CURRENT: f"The database is at revision {self.head}, as it should be.",
            SchemaState.EMPTY: "The database has no tables yet. Run: flask db upgrade",
            SchemaState.BEHIND: (
                f"The database is at revision {self.current}, the code needs {self.head}. "
                "Run: flask db upgrade"
            ),
            SchemaState.AHEAD: (
                f"The database is at revision {self.current}, which this code (head {self.head}) "
                "does not know. Install the newer jobscore, or downgrade with the newer one first."
            ),
            SchemaState.UNREACHABLE: (
                "The database cannot be reached. Check JOBSCORE_DATABASE_URL and that the server "
                "runs."
            ),
        }[self.state]


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(paths.MIGRATIONS))


def head_revision() -> str:
    """Return the newest revision of the migrations folder."""
    head = _scripts().get_current_head()
    if head is None:
        raise RuntimeError(f"no migrations in {paths.MIGRATIONS}")
    return head


def schema_report(engine: Engine) -> SchemaReport:
    """Compare the revision kept in the database with the newest one."""
    head = head_revision()
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except DBAPIError:
        return SchemaReport(SchemaState.UNREACHABLE, None, head)
    if current is None:
        return SchemaReport(SchemaState.EMPTY, None, head)
    if current == head:
        return SchemaReport(SchemaState.CURRENT, current, head)
    known = {script.revision for script in _scripts().walk_revisions()}
    state = SchemaState.BEHIND if current in known else SchemaState.AHEAD
    return SchemaReport(state, current, head)
