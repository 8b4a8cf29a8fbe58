"""Keep the names of companies: write new ones down, work out the keys of those that wait."""

from collections.abc import Iterable

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from jobscore.database.bulk import upsert
from jobscore.jobs.companies import names
from jobscore.jobs.companies.models import CompanyName

_table: Table = CompanyName.__table__  # type: ignore[assignment]  # declarative types it so
#: Parameters in one IN list, and names worked out at once.
_CHUNK = 1_000


def note(session: Session, company_names: Iterable[str]) -> None:
    """Write down the names that are new, with their keys. Flushes, never commits."""
    wanted = sorted(set(company_names))
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        query = select(_table.c.company_name).where(_table.c.company_name.in_(chunk))
        known = set(session.execute(query).scalars())
        fresh = [
            {"company_name": name, "digest": names.digest_of(name)}
            for name in chunk
            if name not in known
        ]
        upsert(session, _table, fresh, key=["company_name"], update=())


def work_out(session: Session, limit: int = _CHUNK) -> int:
    """Give names that wait their keys, ``limit`` at most; return how many there were."""
    query = select(_table.c.company_name).where(_table.c.digest.is_(None)).limit(limit)
    waiting = list(session.execute(query).scalars())
    if waiting:
        session.connection().execute(
            update(_table)
            .where(_table.c.company_name == bindparam("name"))
            .values(digest=bindparam("key")),
            [{"name": name, "key": names.digest_of(name)} for name in waiting],
        )
    return len(waiting)
