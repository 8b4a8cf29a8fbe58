"""Room for what SQLAlchemy notes about each loaded object: on Python 3.11 its lack is a crash.

Python 3.11 keeps the attributes of an object in an array whose names all objects of a class
share. A name that the first thirty or so objects did not use finds no room later; setting it then
moves the attributes into a dictionary, and making the dictionary may start the collection of
garbage. When that collects the mapped object, SQLAlchemy's call-back sets an attribute of the very
state being moved, which moves it a second time: both dictionaries own one array, and the
interpreter dies a while later. From 3.12 on, garbage is never collected in the middle of such a
step. See docs/decisions/0043-room-for-states.md.
"""

import sys
from typing import Any

from sqlalchemy.orm.state import InstanceState

#: Every attribute that SQLAlchemy sets on a state outside its slots (sqlalchemy/orm/state.py).
NAMES = (
    "session_id",
    "key",
    "runid",
    "load_options",
    "load_path",
    "insert_order",
    "identity_token",
    "modified",
    "expired",
    "callables",
    "parents",
    "_strong_obj",
    "_instance_dict",
    "_deleted",
    "_load_pending",
    "_orphaned_outside_of_session",
    "_last_known_values",
    "_pending_mutations",
)


class _Anything:
    """Something a state can point at."""


def make_room() -> None:
    """Have one state use every name before the first mapped object exists."""
    if sys.version_info >= (3, 12):
        return
    state: Any = InstanceState(_Anything(), None)  # type: ignore[arg-type]
    for name in NAMES:
        setattr(state, name, None)
