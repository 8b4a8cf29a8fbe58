"""The jobs as they would be after a run, for the floors above: whose list of jobs would change."""

from dataclasses import dataclass
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobscore import config
from jobscore.imports import batches, service
from jobscore.imports.drafting import Drafter
from jobscore.imports.models import CheckStatus, CsvImport, ImportCheck, ImportStatus
from jobscore.imports.plans import Mode
from jobscore.imports.reader import Table, open_table
from jobscore.jobs import writing
from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.models import Job, JobSource
from jobscore.jobs.writing import Outcome

_SOURCE_ROWS = 5_000


def reading(row: ImportCheck, csv_import: CsvImport) -> tuple[Table, Drafter]:
    """Open the file of a check as a run would read it.

    :raises FileRefusedError: and OSError, when it cannot be read any more.
    """
    table = open_table(service.path_of(csv_import), service.options_of(row.dialect))
    zone = ZoneInfo(config.current().timezone)
    uploaded_on = csv_import.created_at.astimezone(zone).date()
    return table, Drafter(row.mapping, table.header, uploaded_on)


def missing_jobs(session: Session, source: str, seen: set[bytes]) -> tuple[int, list[int]]:
    """Return how many open jobs a source has, and the ids of those that a file no longer has.

    :param seen: the first 8 bytes of the identities of the file's rows.
    """
    rows = session.execute(
        select(JobSource.identity, Job.id)
        .join(Job, Job.id == JobSource.job_id)
        .where(JobSource.source == source, Job.is_active)
        .execution_options(yield_per=_SOURCE_ROWS)
    )
    kept: set[int] = set()
    gone: set[int] = set()
    for identity, job_id in rows:
        (kept if bytes.fromhex(identity[:16]) in seen else gone).add(job_id)
    return len(kept | gone), sorted(gone - kept)


@dataclass(frozen=True, slots=True)
class Prospect:
    """The jobs as they would be after a run: what is written, by job id (None: new), and closed."""

    written: list[tuple[JobDraft, int | None]]
    closed: list[int]


def prospect(session: Session, check: ImportCheck) -> Prospect:
    """Read the file of a finished check again; return what a run would write and close.

    :raises FileRefusedError: and OSError, when the file cannot be read any more.
    """
    csv_import = session.get_one(CsvImport, check.csv_import_id)
    table, drafter = reading(check, csv_import)
    seen: dict[bytes, int] = {}
    written: dict[str, tuple[JobDraft, int | None]] = {}
    records = table.records()
    while chunk := list(islice(records, batches.BATCH_ROWS)):
        drafts = [draft for draft, _ in batches.read(drafter, chunk, seen).drafts]
        for draft in drafts:  # of the same posting twice the last row stays
            written.pop(writing.identity_of(draft), None)
        outcomes = writing.compare(session, drafts, source=check.source)
        changing = [
            draft
            for draft, outcome in zip(drafts, outcomes, strict=True)
            if outcome is not Outcome.UNCHANGED
        ]
        ids = _job_ids(session, [writing.identity_of(draft) for draft in changing], check.source)
        for draft in changing:
            identity = writing.identity_of(draft)
            written[identity] = draft, ids.get(identity)
    closed: list[int] = []
    if check.mode == Mode.FULL_FEED:
        closed = missing_jobs(session, check.source, set(seen))[1]
    return Prospect(list(written.values()), closed)


def _job_ids(session: Session, identities: list[str], source: str) -> dict[str, int]:
    rows = session.execute(
        select(JobSource.identity, JobSource.job_id).where(
            JobSource.source == source, JobSource.identity.in_(identities)
        )
    )
    return dict(rows.all())


def next_effect(session: Session) -> int | None:
    """Return a finished check whose effect on people's lists nobody has computed yet."""
    waiting = (
        select(ImportCheck.id)
        .join(CsvImport, CsvImport.id == ImportCheck.csv_import_id)
        .where(
            ImportCheck.status == CheckStatus.DONE,
            CsvImport.status == ImportStatus.READY,
            ImportCheck.effect["state"].as_string() == "waiting",
        )
        .order_by(ImportCheck.id.desc())
        .limit(1)
    )
    return session.scalar(waiting)


def store_effect(session: Session, check_id: int, effect: dict[str, Any]) -> None:
    """Keep for whom lists would change."""
    session.execute(update(ImportCheck).where(ImportCheck.id == check_id).values(effect=effect))
