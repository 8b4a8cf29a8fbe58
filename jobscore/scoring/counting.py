"""Rarity counted now and then, and held for everybody in between.

If every new job moved the rarity of its words, every job's points would change with it, and a
number that a person was shown in the morning would be another one at noon. So a run counts among
all open jobs, the database keeps what was counted, and all machines score by it until so many
jobs have come and gone that it is due again.
"""

from collections import OrderedDict
from hashlib import sha256
from typing import NamedTuple, cast
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Engine, and_, delete, func, select
from sqlalchemy.orm import Session

from jobscore import __version__
from jobscore.extensions import db
from jobscore.jobs.models import Job
from jobscore.scoring.frames import JobFrame
from jobscore.scoring.models import CollectionStatistics
from jobscore.scoring.policy import Policy
from jobscore.scoring.rarity import Statistics

log = structlog.get_logger(__name__)

DUE_AFTER = 10
"""Counted anew when one job of so many has come or gone since."""
KEPT = 4
"""Rows kept of each set of parameters: scores of the days before refer to them."""


class Held(NamedTuple):
    """Statistics as the database keeps them, and by which id."""

    id: int
    statistics: Statistics


_read: "WeakKeyDictionary[Engine, OrderedDict[int, Held]]" = WeakKeyDictionary()


def _session() -> Session:
    return cast(Session, db.session())


def digest(policy: Policy) -> str:
    """Return what tells apart policies for which something else is counted."""
    p = policy.parameters
    counted = (p.title_formula, p.text_share > 0, p.employer_share > 0)
    return sha256(repr((__version__, counted)).encode()).hexdigest()


def held(policy: Policy) -> Held | None:
    """Return the statistics by which a policy scores now; None before the first run."""
    newest = _session().scalar(
        select(func.max(CollectionStatistics.id)).where(
            CollectionStatistics.digest == digest(policy)
        )
    )
    if newest is None:
        return None
    read = _read.setdefault(db.engine, OrderedDict())
    if newest not in read:
        kept = _session().scalar(
            select(CollectionStatistics.content).where(CollectionStatistics.id == newest)
        )
        if kept is None:
            return None
        try:
            read[newest] = Held(newest, Statistics.from_bytes(kept))
        except ValueError as error:
            log.warning("statistics counted anew", id=newest, reason=str(error))
            return None
        while len(read) > 2:
            read.popitem(last=False)
    return read[newest]


def is_due(policy: Policy) -> bool:
    """Tell whether a run should count anew: never counted, or much has come and gone since."""
    if (found := held(policy)) is None:
        return True
    row = _session().execute(
        select(CollectionStatistics.jobs, CollectionStatistics.last_job_id).where(
            CollectionStatistics.id == found.id
        )
    )
    counted, last = row.one()
    stayed, came = (
        _session().scalar(select(func.count()).select_from(Job).where(and_(Job.is_active, of)))
        for of in (Job.id <= last, Job.id > last)
    )
    gone = max(0, counted - int(stayed or 0))
    return (int(came or 0) + gone) * DUE_AFTER > counted


def hold(jobs: JobFrame, policy: Policy) -> Held:
    """Keep what was counted when columns of all open jobs were built. Flushes."""
    statistics = jobs.statistics()
    row = CollectionStatistics(
        digest=digest(policy),
        jobs=len(jobs),
        last_job_id=int(jobs.ids.max(initial=0)),
        content=statistics.to_bytes(),
    )
    session = _session()
    session.add(row)
    session.flush()
    newest = (
        select(CollectionStatistics.id)
        .where(CollectionStatistics.digest == row.digest)
        .order_by(CollectionStatistics.id.desc())
        .limit(KEPT)
    )
    session.execute(
        delete(CollectionStatistics).where(
            CollectionStatistics.digest == row.digest,
            CollectionStatistics.id.not_in(newest.scalar_subquery()),
        ),
        execution_options={"synchronize_session": False},
    )
    return Held(row.id, statistics)
