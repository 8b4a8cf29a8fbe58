"""The jobs as they would be after a run, for the floors above: whose list of jobs would change."""

from dataclasses import dataclass
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.database.transaction import transaction
from jobscore.imports import batches, service
from jobscore.imports.drafting import Drafter
from jobscore.imports.models import CheckStatus, CsvImport, ImportCheck, ImportStatus
from jobscore.imports.reader import Table, open_table
from jobscore.imports.running import STALE
from jobscore.imports.sources.models import FeedMode as Mode
from jobscore.jobs import writing
from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.models import Job, JobSource
from jobscore.jobs.writing import Outcome

#: How often the effect of a check is tried before it is given up.
MOST_TRIES = 3
#: What stands before the name of a worker that computes an effect.
_EFFECT = "effect:"
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

    ``full_feed`` keeps some of them: those that a rejected row names, and those that another
    source has too.

    :param seen: the first 8 bytes of the identities of the file's rows.
    """
    rows = session.execute(
        select(JobSource.identity, Job.id)
        .join(Job, Job.id == JobSource.job_id)
        .where(
            JobSource.source == source,
            JobSource.gone_at.is_(None),
            Job.is_active,
            or_(Job.expires_at.is_(None), Job.expires_at > clock.now()),
        )
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

    @property
    def touched(self) -> set[int]:
        """Return the ids of the jobs that exist and would be another, or closed."""
        return {job_id for _, job_id in self.written if job_id is not None} | set(self.closed)


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


def claim_effect(worker: str) -> int | None:
    """Take a finished check whose effect on people's lists nobody computes; None without one.

    Commits. A check whose worker vanished is taken again after a minute, three times in all.
    """
    now = clock.now()
    with transaction() as session:
        query = (
            select(ImportCheck)
            .join(CsvImport, CsvImport.id == ImportCheck.csv_import_id)
            .where(
                ImportCheck.status == CheckStatus.DONE,
                CsvImport.status == ImportStatus.READY,
                ImportCheck.effect["state"].as_string() == "waiting",
                or_(
                    ImportCheck.claimed_by.not_like(f"{_EFFECT}%"),
                    ImportCheck.heartbeat_at < now - STALE,
                ),
            )
            .order_by(ImportCheck.id.desc())
            .limit(1)
        )
        check = session.scalar(query.with_for_update(skip_locked=True, of=ImportCheck))
        if check is None:
            return None
        tries = int((check.effect or {}).get("tries", 0)) + 1
        check.claimed_by = f"{_EFFECT}{worker}"[:100]
        check.heartbeat_at = now
        if tries > MOST_TRIES:
            check.effect = {"state": "not_computed", "reason": "failed"}
            return None
        check.effect = {"state": "waiting", "tries": tries}
        return check.id


def hold_effect(check_id: int, worker: str, effect: dict[str, Any] | None = None) -> bool:
    """Say that the worker lives, or store what it found; False when it lost its claim. Commits."""
    values: dict[str, Any] = {"heartbeat_at": clock.now()}
    if effect is not None:
        values["effect"] = effect
    with transaction() as session:
        held: Any = session.execute(
            update(ImportCheck)
            .where(
                ImportCheck.id == check_id,
                ImportCheck.claimed_by == f"{_EFFECT}{worker}"[:100],
                ImportCheck.effect["state"].as_string() == "waiting",
            )
            .values(**values)
        )
        return bool(held.rowcount == 1)
