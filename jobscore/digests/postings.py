"""Postings as letters say them, read once and kept: the same jobs stand in many letters."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, String, Table, select, type_coerce

from jobscore.digests.contents import Posting
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.vocabulary.models import Place

#: Postings kept in memory during a run; about 700 bytes each.
MOST = 65_536
#: Ids in one IN list.
_CHUNK = 1_000
_JOBS = cast(Table, Job.__table__)
_PLACES = cast(Table, Place.__table__)

#: The columns of a ``Posting``, in order; for queries of jobs with an outer join of their places.
#: Of the tables, not the classes: rows of plain columns are read in a third of the time.
COLUMNS = (
    _JOBS.c.id.label("job_id"),
    _JOBS.c.title,
    _JOBS.c.company_name,
    _JOBS.c.location,
    _JOBS.c.place_id,
    _PLACES.c.latitude,
    _PLACES.c.longitude,
    _JOBS.c.salary_min,
    _JOBS.c.salary_max,
    _JOBS.c.salary_period,
    _JOBS.c.salary_currency,
    _JOBS.c.salary_text,
    _JOBS.c.remote,
    _JOBS.c.language,
    _JOBS.c.is_sponsored,
)


def stamp() -> ColumnElement[Any]:
    """Return the column that tells whether a posting changed: as the driver has it, unread."""
    return type_coerce(_JOBS.c.updated_at, String).label("stamp")


class Postings:
    """The postings of a run: asked for by id and stamp, read where they are new or changed."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: dict[int, tuple[Any, Posting]] = {}

    def of(self, wanted: Mapping[int, Any]) -> dict[int, Posting]:
        """Return the postings of some jobs, given by their stamps; those deleted are left out."""
        found: dict[int, Posting] = {}
        missing = []
        for job_id, when in wanted.items():
            known = self._known.get(job_id)
            if known is not None and known[0] == when:
                found[job_id] = known[1]
            else:
                missing.append(job_id)
        for posting in _read(missing):
            found[posting.id] = posting
            self._known.pop(posting.id, None)
            self._known[posting.id] = (wanted[posting.id], posting)
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]
        return found


def _read(ids: Sequence[int]) -> Iterator[Posting]:
    """Yield the postings that there are, in any order."""
    for start in range(0, len(ids), _CHUNK):
        query = (
            select(*COLUMNS)
            .select_from(_JOBS.outerjoin(_PLACES, _PLACES.c.id == _JOBS.c.place_id))
            .where(_JOBS.c.id.in_(ids[start : start + _CHUNK]))
        )
        for row in db.session.connection().execute(query):
            yield Posting(*tuple(row))
