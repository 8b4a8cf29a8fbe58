"""What undo makes of each job: given back, or kept because something has changed it since."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from jobscore.imports.models import ImportAttempt, ImportChange, ImportStatus, UndoOutcome
from jobscore.jobs import closing, images
from jobscore.jobs.models import JobSource

REVERSED = (UndoOutcome.RESTORED, UndoOutcome.REMOVED, UndoOutcome.CLOSED)
KEPT = (
    UndoOutcome.KEPT_LATER,
    UndoOutcome.KEPT_SEEN,
    UndoOutcome.KEPT_BY_HAND,
    UndoOutcome.GONE,
)
#: What undo looks at: jobs it has not come to, and those that it may do better with now.
OPEN = or_(ImportChange.outcome.is_(None), ImportChange.outcome.not_in(REVERSED))


@dataclass(frozen=True, slots=True)
class KeptGroup:
    """So many jobs were kept for one reason; ``import_id`` is the later import, if it is one."""

    why: UndoOutcome
    import_id: int | None
    jobs: int


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What undo made (or would make) of the jobs that an attempt wrote."""

    restored: int = 0
    removed: int = 0
    #: New jobs that people have met: closed, not deleted.
    closed: int = 0
    failed: int = 0
    kept_groups: tuple[KeptGroup, ...] = ()

    @property
    def reversed(self) -> int:
        """Return how many jobs are as if the import had not been."""
        return self.restored + self.removed + self.closed

    @property
    def kept(self) -> int:
        """Return how many jobs were left as they are."""
        return sum(group.jobs for group in self.kept_groups)


@dataclass(slots=True)
class Verdict:
    """What is to become of one job, and for which later import it is kept."""

    outcome: UndoOutcome
    kept_for: int | None = None
    note: str | None = None


class Judge:
    """Says what is to become of the jobs of one attempt."""

    def __init__(self, session: Session, attempt: ImportAttempt) -> None:
        self._session = session
        self._attempt = attempt
        #: Later attempts of other files of the source: import, beginning. Newest first.
        self._later: list[tuple[int, datetime]] = [
            (import_id, began)
            for import_id, began in session.execute(
                select(ImportAttempt.csv_import_id, ImportAttempt.started_at)
                .where(
                    ImportAttempt.id > attempt.id,
                    ImportAttempt.csv_import_id != attempt.csv_import_id,
                    ImportAttempt.source == attempt.source,
                    ImportAttempt.status != ImportStatus.UNDONE,
                    ImportAttempt.started_at.is_not(None),
                )
                .order_by(ImportAttempt.id.desc())
            )
            if began is not None
        ]

    def verdicts(
        self, entries: Sequence[ImportChange], *, lock: bool
    ) -> tuple[dict[int, Verdict], dict[int, images.State]]:
        """Return the verdict on each job by id, and the states of those that exist."""
        job_ids = [entry.job_id for entry in entries]
        states = images.read(self._session, job_ids, lock=lock)
        changed = self._changed_later(job_ids)
        seen = self._seen_later(job_ids)
        met = closing.met(self._session, [e.job_id for e in entries if e.before is None])
        verdicts = {}
        for entry in entries:
            job_id, is_new = entry.job_id, entry.before is None
            state = states.get(job_id)
            if state is None:
                outcome = UndoOutcome.REMOVED if is_new else UndoOutcome.GONE
                verdicts[job_id] = Verdict(outcome)
            elif job_id in changed:
                verdicts[job_id] = Verdict(UndoOutcome.KEPT_LATER, changed[job_id])
            elif images.hash_of(state) != entry.after_hash:
                verdicts[job_id] = Verdict(UndoOutcome.KEPT_BY_HAND)
            elif job_id in seen:
                verdicts[job_id] = Verdict(UndoOutcome.KEPT_SEEN, seen[job_id])
            elif is_new:
                outcome = UndoOutcome.CLOSED if job_id in met else UndoOutcome.REMOVED
                verdicts[job_id] = Verdict(outcome)
            else:
                verdicts[job_id] = Verdict(UndoOutcome.RESTORED)
        return verdicts, states

    def _changed_later(self, job_ids: Sequence[int]) -> dict[int, int]:
        """Return the newest later import that changed each job and is not undone."""
        rows = self._session.execute(
            select(ImportChange.job_id, ImportAttempt.csv_import_id)
            .join(ImportAttempt, ImportAttempt.id == ImportChange.attempt_id)
            .where(
                ImportChange.job_id.in_(job_ids), ImportChange.attempt_id > self._attempt.id, OPEN
            )
            .order_by(ImportChange.attempt_id)
        )
        return dict(rows.all())

    def _seen_later(self, job_ids: Sequence[int]) -> dict[int, int]:
        """Return the later import of another file that had each job too, changed or not."""
        if not self._later:
            return {}
        rows = self._session.execute(
            select(JobSource.job_id, func.max(JobSource.last_seen_at))
            .where(JobSource.job_id.in_(job_ids))
            .group_by(JobSource.job_id)
        )
        seen = {}
        for job_id, at in rows:
            by = next((i for i, began in self._later if began <= at), None)
            if by is not None:
                seen[job_id] = by
        return seen


def report_of(seen: Counter[tuple[UndoOutcome, int | None]]) -> UndoReport:
    """Return the report for so many jobs of each outcome and later import."""
    of = Counter[UndoOutcome]()
    for (outcome, _), n in seen.items():
        of[outcome] += n
    groups = sorted(
        (KeptGroup(why, import_id, n) for (why, import_id), n in seen.items() if why in KEPT),
        key=lambda group: (-group.jobs, group.why, group.import_id or 0),
    )
    return UndoReport(
        of[UndoOutcome.RESTORED],
        of[UndoOutcome.REMOVED],
        of[UndoOutcome.CLOSED],
        of[UndoOutcome.FAILED],
        tuple(groups),
    )
