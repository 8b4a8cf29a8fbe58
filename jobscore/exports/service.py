"""Count what an export would hold, and stream it row by row."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.exports import files, tables
from jobscore.exports.files import Encoding, Format, Tally
from jobscore.exports.tables import Filters, Kind
from jobscore.jobs.models import Job
from jobscore.scoring.models import ScorePolicy

#: Rows that are fetched at once; so many are in memory.
FETCHED = 500


def count(session: Session, kind: Kind, filters: Filters) -> int:
    """Return how many rows an export holds."""
    query = tables.table_of(kind, filters).query
    return session.scalar(tables.counted(query)) or 0


def sources(session: Session) -> list[str]:
    """Return the sources that jobs have."""
    return list(session.scalars(select(Job.source).distinct().order_by(Job.source)))


def policies(session: Session) -> list[str]:
    """Return the versions of the scoring policy, newest first."""
    return list(session.scalars(select(ScorePolicy.version).order_by(ScorePolicy.id.desc())))


def stream(
    session: Session,
    kind: Kind,
    filters: Filters,
    format: Format,
    encoding: Encoding = Encoding.UTF8,
    tally: Tally | None = None,
) -> Iterator[bytes]:
    """Yield the file. Memory does not grow with the rows: a server-side cursor fetches a few.

    :param tally: filled while the file is read.
    """
    table = tables.table_of(kind, filters)
    as_cells = format is Format.CSV
    rows = (table.values(row, as_cells=as_cells) for row in _rows(session, table))
    if format is Format.JSONL:
        return files.json_lines(table.header(), rows, tally)
    return files.csv_file(table.header(), rows, encoding, tally)


def _rows(session: Session, table: tables.Table) -> Iterator[Any]:
    options = {"stream_results": True, "yield_per": FETCHED}
    for group in session.execute(table.query, execution_options=options).partitions():
        yield from group


def filename(kind: Kind, format: Format, day: str) -> str:
    """Return a name for the file."""
    return f"jobscore-{kind}-{day}.{'csv' if format is Format.CSV else 'jsonl'}"
