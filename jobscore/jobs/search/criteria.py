"""What a search asks for, what it may find, and when a job is open."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_

from jobscore.jobs.models import Job

#: The word for "the posting does not say" among employment types, remote work and levels.
NOT_STATED = "unknown"


class Sort(StrEnum):
    """The orders of a list; jobs that are equal, or of which nothing is known, newest first."""

    #: Jobs whose title holds the words, then those whose title holds some.
    MATCH = "match"
    NEW = "new"
    #: The best score of the reader first.
    SCORE = "best"
    #: The highest yearly pay in one currency first.
    PAY = "pay"
    #: The nearest to the place first.
    DISTANCE = "near"


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a search asks for; an empty value asks for nothing.

    ``remote`` is ``full`` (fully remote), ``any`` (at least partly), ``none`` or ``unknown``.
    ``yearly_pay`` is the least amount for a full year in ``currency``: a job's upper end must
    reach it, and a job in another currency does not. ``features`` must all be stated.
    ``km`` widens the place to what lies so near. ``employment_types`` and ``levels`` may hold
    ``unknown``. ``min_score`` (0..100) counts where the reader's scores are given.
    ``added_since`` is when a job came to us, whatever day its posting names.
    """

    text: str = ""
    place: str = ""
    employment_types: tuple[str, ...] = ()
    remote: str = ""
    yearly_pay: Decimal | None = None
    currency: str = ""
    features: tuple[str, ...] = ()
    posted_since: date | None = None
    added_since: datetime | None = None
    km: int = 0
    levels: tuple[str, ...] = ()
    has_pay: bool | None = None
    min_score: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """One job of a page; points and total (0..100) are None where the reader has no score."""

    job: Job
    rank_points: int | None = None
    total: float | None = None
    #: Kilometres to the place of the search, where both are known.
    km: float | None = None

    @property
    def score(self) -> int | None:
        """The total as a whole number."""
        return None if self.total is None else int(self.total + 0.5)


@dataclass(frozen=True, slots=True)
class Counts:
    """What the home page tells."""

    open_jobs: int
    posted_lately: int


def is_open(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a job is still to be had at ``now``."""
    return and_(Job.is_active, or_(Job.expires_at.is_(None), Job.expires_at > now))


def is_open_at(job: Job, now: datetime) -> bool:
    """Return whether ``job`` is still to be had at ``now``; the same rule as :func:`is_open`."""
    return job.is_active and (job.expires_at is None or job.expires_at > now)
