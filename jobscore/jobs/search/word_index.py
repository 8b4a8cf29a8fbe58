"""The word index on each database: FTS5 on SQLite, a GIN index over ``tsvector`` on PostgreSQL.

Both hold the same tokens with their positions (:mod:`jobscore.jobs.search.tokens`) under the number
of a document, and answer which documents hold all phrases. FTS5 keeps no text, so a document is
never changed: a posting that changes becomes a new document, and the old number is nobody's.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from jobscore.jobs.search.tokens import Phrase

#: The table of the index; no model: it is a virtual table on SQLite.
TABLE = "job_words"


def is_postgresql(session: Session) -> bool:
    """Return whether the session speaks to PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"


def write(session: Session, documents: Sequence[tuple[int, str]]) -> None:
    """Add documents, given as (number, text of ``tokenise``). Does not commit."""
    if not documents:
        return
    connection = session.connection()
    if not is_postgresql(session):
        connection.exec_driver_sql(
            f"INSERT INTO {TABLE} (rowid, words) VALUES (?, ?)",  # noqa: S608  # our own name
            list(documents),
        )
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {TABLE} (doc, words) FROM STDIN") as to:
        for number, document in documents:
            to.write_row((number, _vector(document)))


def _vector(document: str) -> str:
    """Return the text of a ``tsvector``: each token with the positions where it stands."""
    places: dict[str, list[str]] = {}
    for position, token in enumerate(document.split(" "), 1):
        places.setdefault(token, []).append(str(position))
    return " ".join(f"'{token}':{','.join(at)}" for token, at in places.items() if token)


def forget_all(session: Session) -> None:
    """Empty the index. Does not commit."""
    if is_postgresql(session):
        session.execute(text(f"DELETE FROM {TABLE}"))  # noqa: S608  # our own name
    else:
        session.execute(text(f"INSERT INTO {TABLE} ({TABLE}) VALUES ('delete-all')"))  # noqa: S608


def matching(session: Session, phrases: Iterable[Phrase]) -> NDArray[np.int64]:
    """Return the numbers of the documents that hold all ``phrases``, in no order.

    The database joins them to one text: fetching fifty thousand rows would take five times as long.
    """
    if is_postgresql(session):
        statement = (
            f"SELECT string_agg(doc::text, ',') FROM {TABLE} "  # noqa: S608  # our own name
            "WHERE words @@ cast(:asked AS tsquery)"
        )
        asked = " & ".join(_tsquery(phrase) for phrase in phrases)
    else:
        statement = (
            f"SELECT group_concat(rowid) FROM {TABLE} "  # noqa: S608  # our own name
            f"WHERE {TABLE} MATCH :asked"
        )
        asked = " AND ".join(_match(phrase) for phrase in phrases)
    numbers = session.execute(text(statement), {"asked": asked}).scalar()
    if not numbers:
        return np.empty(0, np.int64)
    return np.fromstring(numbers, dtype=np.int64, sep=",")


def _match(phrase: Phrase) -> str:
    """Return a phrase in the language of FTS5. Tokens are letters and digits: nothing to escape."""
    tokens = " + ".join(f'"{token}"' for token in phrase.tokens)
    return f"({tokens} *)" if phrase.is_open else f"({tokens})"


def _tsquery(phrase: Phrase) -> str:
    """Return a phrase as a ``tsquery``."""
    tokens = " <-> ".join(f"'{token}'" for token in phrase.tokens)
    return f"({tokens}:*)" if phrase.is_open else f"({tokens})"
