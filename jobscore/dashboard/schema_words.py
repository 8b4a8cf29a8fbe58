"""What the page about the database says, in the reader's language."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from jobscore.database import drift
from jobscore.database.drift import Difference
from jobscore.database.inventory import Serves
from jobscore.database.queries import RepeatedStatement
from jobscore.database.validation import SchemaState

#: State to (its word, the kind of its badge).
STATES: dict[SchemaState, tuple[Any, str]] = {
    SchemaState.CURRENT: (_l("Up to date"), "success"),
    SchemaState.EMPTY: (_l("No tables"), "danger"),
    SchemaState.BEHIND: (_l("Behind the code"), "danger"),
    SchemaState.AHEAD: (_l("Ahead of the code"), "danger"),
    SchemaState.UNREACHABLE: (_l("Not reachable"), "danger"),
}
SERVES: dict[Serves, Any] = {
    Serves.PRIMARY_KEY: _l("primary key"),
    Serves.UNIQUE: _l("unique"),
    Serves.FOREIGN_KEY: _l("foreign key"),
}
#: How statements can be ordered.
ORDERS: dict[str, Any] = {
    "total": _l("Total time"),
    "mean": _l("Mean time"),
    "p95": _l("95 of 100"),
    "calls": _l("Calls"),
}


def sentence(difference: Difference) -> str:
    """Return a difference in the reader's language."""
    return str(gettext(drift.MESSAGES[difference.kind], **difference.values))


def advice(repeated: RepeatedStatement) -> str:
    """Return what a programmer does about a statement sent many times over."""
    if repeated.relationship:
        return str(
            gettext(
                "%(relationship)s is loaded one by one; load it together with the rows.",
                relationship=repeated.relationship,
            )
        )
    return str(gettext("A loop asks once for each row; ask once for all rows before it."))
