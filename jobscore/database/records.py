"""What was applied to a database and when: the table ``schema_revisions``.

Alembic keeps only where a database stands. This table keeps the fingerprint of each revision as it
ran, so that a file that was edited afterwards is noticed. Rows are written in the transaction of
the revision itself. A database that was migrated before this table existed, or stamped, has no
row for those revisions: nothing is claimed about them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Column, Connection, Float, MetaData, String, Table, inspect, select

from jobscore.database.types import UtcDateTime

TABLE = Table(
    "schema_revisions",
    MetaData(),
    Column("revision", String(32), primary_key=True),
    #: SHA-256 of the revision's file as it ran, in hex.
    Column("checksum", String(64), nullable=False),
    Column("applied_at", UtcDateTime, nullable=False),
    Column("seconds", Float, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Applied:
    """One revision as it ran here; ``seconds`` is the time that its upgrade took."""

    revision: str
    checksum: str
    applied_at: datetime
    seconds: float


def checksum(path: Path) -> str:
    """Return the fingerprint of a revision's file, blind to how lines end."""
    return sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def exists(connection: Connection) -> bool:
    """Whether this database has the table yet; one of another program does not count."""
    seen = inspect(connection)
    if not seen.has_table(TABLE.name):
        return False
    return {c.name for c in TABLE.c} <= {c["name"] for c in seen.get_columns(TABLE.name)}


def read(connection: Connection) -> dict[str, Applied]:
    """Return what is on record, by revision; nothing where the table is missing."""
    if not exists(connection):
        return {}
    return {row.revision: Applied(*row) for row in connection.execute(select(TABLE))}


def write(connection: Connection, ran: Mapping[str, Applied], standing: Collection[str]) -> None:
    """Keep the records of ``ran`` and forget every revision that is not ``standing`` any more."""
    known = set(connection.scalars(select(TABLE.c.revision)))
    gone = (known - set(standing)) | (known & set(ran))
    if gone:
        connection.execute(TABLE.delete().where(TABLE.c.revision.in_(gone)))
    fresh = [a for a in ran.values() if a.revision in standing]
    if fresh:
        connection.execute(
            TABLE.insert(),
            [
                {
                    "revision": a.revision,
                    "checksum": a.checksum,
                    "applied_at": a.applied_at,
                    "seconds": a.seconds,
                }
                for a in fresh
            ],
        )
