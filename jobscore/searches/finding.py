"""What is new for a saved search, with the person's scores: the reading half of an alert."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.accounts.models import SavedSearch
from jobscore.digests import emails
from jobscore.digests.postings import Postings
from jobscore.extensions import db
from jobscore.jobs import search
from jobscore.jobs.models import Job
from jobscore.matching import gates
from jobscore.matching import service as matching
from jobscore.matching.models import MatchingResult
from jobscore.scoring import columns
from jobscore.scoring import service as scores
from jobscore.scoring.frames import company_key
from jobscore.scoring.models import JobScore
from jobscore.scoring.policy import TOTAL_SCALE
from jobscore.searches import service
from jobscore.searches.models import AlertItem

#: New jobs of one search that are looked at, the newest first.
MOST_READ = 60
#: Jobs of one search, and of all, that a letter holds.
MOST_PER_SEARCH, MOST_PER_LETTER = 10, 40
#: A transaction that was open when the last letter was written may have brought jobs since.
OVERLAP = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewJob:
    """One job of a letter; the total is 0..100, None where the person has no score."""

    posting: emails.Posting
    total: float | None


@dataclass(frozen=True, slots=True)
class News:
    """What is new for one search.

    :ivar count: how many new jobs there are, those in the letter included.
    """

    search_id: int
    name: str
    query: str
    jobs: Sequence[NewJob]
    count: int


def news_of(reader: emails.Reader, rows: Sequence[SavedSearch], now: datetime) -> list[News]:
    """Return what is new for a person's searches, in order; those without enough are left out.

    A job stands under the first search that finds it. Left out are jobs of an earlier alert, and
    what the person hid, applied to, or whose company they blocked.
    """
    today = scores.today()
    closed = gates.gates_of([reader.user_id], today)[reader.user_id]
    left_out = set(closed.jobs.get("hidden", ())) | set(closed.jobs.get("applied", ()))
    found, taken = [], 0
    for row in rows:
        jobs, is_more = _candidates(row, reader.locale, today, now)
        told = _told(reader.user_id, jobs)
        fresh = [
            job
            for job in jobs
            if job.id not in left_out | told
            and company_key(job.company_name) not in closed.companies
        ]
        picked, has_scores = _scored(reader.user_id, fresh, row.min_score)
        if len(picked) < row.min_new or taken >= MOST_PER_LETTER:
            continue
        room = min(MOST_PER_SEARCH, MOST_PER_LETTER - taken)
        shown = _postings([(job.id, total) for job, total in picked[:room]])
        count = len(picked)
        if is_more and not (has_scores and row.min_score):
            wanted = service.criteria_of(row, reader.locale, today, _since(row))
            count = max(count, search.count(db.session(), wanted, now))
        found.append(News(row.id, row.name, row.query, shown, count))
        left_out |= {one.posting.id for one in shown}
        taken += len(shown)
    return found


def _since(row: SavedSearch) -> datetime:
    since = row.news_since or row.created_at
    return since - OVERLAP if row.last_sent_at is not None else since


def _candidates(
    row: SavedSearch, locale: str, today: date, now: datetime
) -> tuple[Sequence[Job], bool]:
    """Return new jobs of a search, the newest first, and whether there are more."""
    wanted = service.criteria_of(row, locale, today, _since(row))
    page = search.find(db.session(), wanted, now, size=MOST_READ)
    return [hit.job for hit in page.items], page.next_after is not None


def _told(user_id: int, jobs: Sequence[Job]) -> set[int]:
    """Return those of some jobs that stood in an alert of the person before."""
    told = select(AlertItem.job_id).where(
        AlertItem.user_id == user_id, AlertItem.job_id.in_([job.id for job in jobs])
    )
    return {int(job_id) for job_id in db.session.scalars(told) if job_id is not None}


def _scored(
    user_id: int, jobs: Sequence[Job], minimum: int
) -> tuple[list[tuple[Job, float | None]], bool]:
    """Return jobs with the person's scores, the best first, and whether there are scores at all.

    Without any score (no profile, no profiling) all stay, in their order.
    """
    known = _totals(user_id, [job.id for job in jobs])
    if not known:
        return [(job, None) for job in jobs], False
    pairs = [(job, known.get(job.id)) for job in jobs]
    good = [
        (job, total)
        for job, total in pairs
        if not minimum or (total is not None and emails.shown_score(total) >= minimum)
    ]
    return sorted(good, key=lambda one: -1.0 if one[1] is None else one[1], reverse=True), True


def _totals(user_id: int, job_ids: Collection[int]) -> dict[int, float]:
    """Return a person's totals 0..100: those that their list shows, else computed now."""
    if not job_ids:
        return {}
    policy = scores.active_policy()
    profile = matching.profile_of(user_id, policy)
    if profile is None:
        return {}
    session: Session = db.session()
    shown = session.execute(
        select(MatchingResult.job_id, JobScore.total_score)
        .join(JobScore, JobScore.id == MatchingResult.job_score_id)
        .where(MatchingResult.user_id == user_id, MatchingResult.job_id.in_(job_ids))
    )
    computed = scores.score_jobs(profile, list(job_ids), policy, columns.job_frame(policy))
    totals = {
        job_id: one.total / TOTAL_SCALE for job_id, one in computed.items() if one.total is not None
    }
    return totals | {row.job_id: row.total_score for row in shown}


def _postings(chosen: Sequence[tuple[int, float | None]]) -> list[NewJob]:
    """Return what a letter says of some jobs, in their order."""
    by_id = Postings().of(dict.fromkeys(job_id for job_id, _ in chosen))
    return [NewJob(by_id[job_id], total) for job_id, total in chosen if job_id in by_id]
