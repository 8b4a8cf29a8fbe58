"""A search for duplicates: new and changed postings against all others, in blocks.

An import asks for one when it is done; a worker runs it. Fingerprints are written first, then
blocks of new postings are compared and their pairs written, then the groups are drawn anew. Each
step commits; killed anywhere, the next pass goes on with what was not compared yet.
"""

import os
import secrets
import socket
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import Table, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from jobscore import clock, logs
from jobscore.database.bulk import upsert
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.jobs.drafts import COMPANY_NOT_STATED
from jobscore.jobs.duplicates import candidates, similarity
from jobscore.jobs.duplicates.candidates import Finder, Index
from jobscore.jobs.duplicates.models import (
    Decision,
    DuplicatePair,
    DuplicatePass,
    Finding,
    JobFingerprint,
    PassStatus,
)
from jobscore.jobs.duplicates.service import regroup
from jobscore.jobs.duplicates.similarity import Hashes, Judgement, Kinship, Posting
from jobscore.jobs.models import Job

log = logs.get("jobscore.duplicates")

#: Postings in one transaction.
BLOCK = 1_000
#: A running pass without a heartbeat for so long is taken over.
STALE = timedelta(seconds=120)

_fingerprints: Table = JobFingerprint.__table__  # type: ignore[assignment]  # FromClause
_pairs: Table = DuplicatePair.__table__  # type: ignore[assignment]  # as above


@dataclass(slots=True)
class PassReport:
    """What a search did: postings read and compared, pairs by what they are, groups there are."""

    fingerprinted: int = 0
    compared: int = 0
    sure: int = 0
    unsure: int = 0
    regrouped: int = 0
    groups: int = 0


Progress = Callable[[PassReport], None]


class LostPassError(Exception):
    """The pass was taken over: this worker must not write any more."""


# -- the queue -------------------------------------------------------------------------------


def request(session: Session) -> None:
    """Ask for a pass, unless one waits already. Flushes."""
    waiting = select(DuplicatePass.id).where(DuplicatePass.status == PassStatus.QUEUED).limit(1)
    if session.scalar(waiting) is None:
        session.add(DuplicatePass())
        session.flush()


def request_full(session: Session) -> None:
    """Ask for a pass over all postings: everything is read and compared anew. Flushes."""
    session.execute(delete(JobFingerprint))
    request(session)


def claim(worker: str) -> int | None:
    """Take a waiting or abandoned pass; None without one, or while another runs. Commits."""
    now = clock.now()
    is_alive = and_(
        DuplicatePass.status == PassStatus.RUNNING, DuplicatePass.heartbeat_at >= now - STALE
    )
    is_free = or_(
        DuplicatePass.status == PassStatus.QUEUED,
        and_(DuplicatePass.status == PassStatus.RUNNING, DuplicatePass.heartbeat_at < now - STALE),
    )
    with transaction() as session:
        wanted = select(DuplicatePass.id).where(is_free).order_by(DuplicatePass.id).limit(1)
        if session.get_bind().dialect.name == "postgresql":
            wanted = wanted.with_for_update(skip_locked=True)
        found = session.scalar(wanted)
        if found is None or session.scalar(select(DuplicatePass.id).where(is_alive).limit(1)):
            return None
        session.execute(
            update(DuplicatePass)
            .where(DuplicatePass.id == found)
            .values(
                status=PassStatus.RUNNING,
                claimed_by=worker,
                heartbeat_at=now,
                started_at=func.coalesce(DuplicatePass.started_at, now),
            )
        )
        return int(found)


def worker_name() -> str:
    """Return a name for this process that no other has."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"


def run(pass_id: int, worker: str, on_progress: Progress | None = None) -> PassReport:
    """Run a claimed pass to its end. Commits block by block.

    :raises LostPassError: when another worker has taken it over.
    """
    tell = on_progress or (lambda report: None)
    report = PassReport()
    _forget_closed(pass_id, worker)
    last = 0
    while (found := _fingerprint_block(pass_id, worker, last, report)) is not None:
        last = found
        tell(report)
    if _has_new():
        index = _load()
        finder = Finder(index)
        fresh = np.flatnonzero(index.is_new)
        for start in range(0, len(fresh), BLOCK):
            _compare(pass_id, worker, index, finder, fresh[start : start + BLOCK].tolist(), report)
            tell(report)
    with transaction() as session:
        _beat(session, pass_id, worker)
        report.groups, report.regrouped = regroup(session)
        session.execute(
            update(DuplicatePass)
            .where(DuplicatePass.id == pass_id)
            .values(status=PassStatus.DONE, completed_at=clock.now(), counts=asdict(report))
        )
    tell(report)
    log.info("duplicates searched", **asdict(report))
    return report


def _beat(session: Session, pass_id: int, worker: str) -> None:
    """Renew the lease, if this worker still holds the pass."""
    beaten: Any = session.execute(
        update(DuplicatePass)
        .where(
            DuplicatePass.id == pass_id,
            DuplicatePass.claimed_by == worker,
            DuplicatePass.status == PassStatus.RUNNING,
        )
        .values(heartbeat_at=clock.now())
    )
    if beaten.rowcount != 1:
        raise LostPassError


# -- fingerprints ----------------------------------------------------------------------------


def _forget_closed(pass_id: int, worker: str) -> None:
    """Drop the fingerprints of closed jobs; one that opens again is compared anew."""
    with transaction() as session:
        _beat(session, pass_id, worker)
        closed = select(Job.id).where(Job.is_active.is_(False))
        session.execute(delete(JobFingerprint).where(JobFingerprint.job_id.in_(closed)))


def _fingerprint_block(pass_id: int, worker: str, after: int, report: PassReport) -> int | None:
    """Write the fingerprints of some postings that are new or changed; return the last's id.

    None when there is none behind the job ``after``.
    """
    is_stale = or_(
        JobFingerprint.job_id.is_(None),
        JobFingerprint.content_hash.is_distinct_from(Job.content_hash),
    )
    session: Session = db.session()
    wanted = session.execute(
        select(Job.id, Job.content_hash)
        .outerjoin(JobFingerprint, JobFingerprint.job_id == Job.id)
        .where(Job.is_active, Job.id > after, is_stale)
        .order_by(Job.id)
        .limit(BLOCK)
    ).all()
    hashes = {row.id: row.content_hash for row in wanted}
    rows = []
    for posting in postings(session, list(hashes)).values():
        found = similarity.keys(posting)
        rows.append(
            {
                "job_id": posting.job_id,
                "content_hash": hashes[posting.job_id],
                "id_key": found.id_key,
                "url_key": found.url_key,
                "text_key": found.text_key,
                "company_key": found.company_key,
                "signature": None if found.signature is None else found.signature.tobytes(),
                "is_compared": False,
            }
        )
    session.rollback()  # nothing stays open while the next part waits for the write lock
    if rows:
        with transaction() as writing:
            _beat(writing, pass_id, worker)
            upsert(writing, _fingerprints, rows, key=["job_id"])
    report.fingerprinted += len(rows)
    return wanted[-1].id if wanted else None


def postings(session: Session, job_ids: Sequence[int]) -> dict[int, Posting]:
    """Return what is compared of these jobs, by id."""
    found: dict[int, Posting] = {}
    for start in range(0, len(job_ids), BLOCK):
        rows = session.execute(
            select(
                Job.id, Job.source, Job.external_id, Job.url, Job.title, Job.company_name,
                Job.location, Job.place_id, Job.description, Job.requirements,
                Job.salary_min, Job.salary_max, Job.salary_period, Job.salary_currency,
            ).where(Job.id.in_(job_ids[start : start + BLOCK]))
        )  # fmt: skip
        for row in rows:
            pay = (row.salary_min, row.salary_max, row.salary_period, row.salary_currency)
            found[row.id] = Posting(
                job_id=row.id,
                source=row.source,
                external_id=row.external_id or "",
                url=row.url or "",
                title=row.title,
                company="" if row.company_name == COMPANY_NOT_STATED else row.company_name,
                location=row.location or "",
                place_id=row.place_id,
                text=f"{row.description or ''}\n{row.requirements or ''}".strip(),
                pay=_pay(*pay) if pay[0] is not None or pay[1] is not None else None,
            )
    return found


def _pay(low: Any, high: Any, period: Any, currency: Any) -> tuple[str, str, str, str]:
    """Return a pay as it is compared; one amount alone counts as both ends."""
    low, high = (low if low is not None else high), (high if high is not None else low)
    return str(low), str(high), str(period or ""), str(currency or "")


# -- comparing -------------------------------------------------------------------------------


def _has_new() -> bool:
    """Say whether any posting waits to be compared."""
    session: Session = db.session()
    wanted = select(JobFingerprint.job_id).where(JobFingerprint.is_compared.is_(False)).limit(1)
    found = session.scalar(wanted) is not None
    session.rollback()
    return found


def _load() -> Index:
    """Read all fingerprints as columns."""
    session: Session = db.session()
    rows = session.connection().execute(
        select(
            JobFingerprint.job_id,
            Job.source,
            Job.place_id,
            JobFingerprint.id_key,
            JobFingerprint.url_key,
            JobFingerprint.text_key,
            JobFingerprint.company_key,
            JobFingerprint.signature,
            JobFingerprint.is_compared,
        )
        .join(Job, Job.id == JobFingerprint.job_id)
        .order_by(JobFingerprint.job_id)
    )
    index = candidates.build(rows.fetchall())
    session.rollback()
    return index


def _compare(
    pass_id: int,
    worker: str,
    index: Index,
    finder: Finder,
    positions: Sequence[int],
    report: PassReport,
) -> None:
    """Judge what some new postings meet, and write the pairs. Commits."""
    ids = index.ids.tolist()
    met = [(ids[a], ids[b]) for a, b in finder.pairs(positions)]
    session: Session = db.session()
    known = postings(session, sorted({job for pair in met for job in pair}))
    session.rollback()
    texts: dict[int, Hashes] = {}
    rows = []
    for a, b in met:
        if a in known and b in known and similarity.may_be_same_place(known[a], known[b]):
            judgement = _judge(known[a], known[b], texts)
            if judgement.kinship is not Kinship.NONE:
                rows.append(_row(a, b, judgement))
    fresh = [ids[position] for position in positions]
    with transaction() as writing:
        _beat(writing, pass_id, worker)
        _forget_undecided(writing, fresh)
        upsert(
            writing, _pairs, rows, key=["job_a", "job_b"],
            update=["found", "similarity", "evidence"],
        )  # fmt: skip
        writing.execute(
            update(JobFingerprint).where(JobFingerprint.job_id.in_(fresh)).values(is_compared=True)
        )
    report.compared += len(fresh)
    report.sure += sum(1 for row in rows if row["found"] is Finding.SURE)
    report.unsure += sum(1 for row in rows if row["found"] is Finding.UNSURE)


def _judge(one: Posting, other: Posting, texts: dict[int, Hashes]) -> Judgement:
    for posting in (one, other):
        if posting.job_id not in texts:
            texts[posting.job_id] = similarity.shingles(posting.text)
    likeness = similarity.likeness(texts[one.job_id], texts[other.job_id])
    return similarity.judge(one, other, likeness)


def _row(a: int, b: int, judgement: Judgement) -> dict[str, Any]:
    rule = judgement.rule.value if judgement.rule else None
    return {
        "job_a": a,
        "job_b": b,
        "found": Finding(judgement.kinship.value),
        "similarity": judgement.similarity,
        "evidence": {"rule": rule, "differs": list(judgement.differs)},
        "found_at": clock.now(),
    }


def _forget_undecided(session: Session, job_ids: Sequence[int]) -> None:
    """Drop what was found of postings that are compared anew; decisions of people stay."""
    for column in (DuplicatePair.job_a, DuplicatePair.job_b):
        of_these = column.in_(job_ids)
        session.execute(delete(DuplicatePair).where(of_these, DuplicatePair.decision.is_(None)))
        session.execute(
            update(DuplicatePair)
            .where(of_these, DuplicatePair.decision.in_(list(Decision)))
            .values(found=None)
        )
