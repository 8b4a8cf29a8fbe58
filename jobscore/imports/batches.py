"""Batches of records: what they say, which of them are the same posting, and how they count."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy.orm import Session

from jobscore.imports.drafting import Code, Drafter, Message, Severity
from jobscore.imports.reader import Row, RowError, Table
from jobscore.jobs import writing
from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.finding import Collect
from jobscore.jobs.writing import Outcome

#: Records in one transaction.
BATCH_ROWS = 1_000


@dataclass(slots=True)
class Counts:
    """What became of the records handled so far."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicate: int = 0
    rejected: int = 0
    warned: int = 0

    @property
    def success(self) -> int:
        """Return how many records are jobs now."""
        return self.new + self.changed + self.unchanged

    @property
    def processed(self) -> int:
        """Return how many records were handled."""
        return self.success + self.duplicate + self.rejected


@dataclass(slots=True)
class Batch:
    """The records of one batch, understood."""

    drafts: list[tuple[JobDraft, bool]] = field(default_factory=list)  # and: seen before
    messages: list[Message] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    cells: dict[int, list[str]] = field(default_factory=dict)
    n_records: int = 0
    n_dropped: int = 0
    n_warned: int = 0
    #: Identities of the drafts that are being searched, and how to get what was found.
    searched: list[str] = field(default_factory=list)
    collect: Collect = list


def read(drafter: Drafter, records: list[Row | RowError], seen: dict[bytes, int]) -> Batch:
    """Draft the rows of a batch; of rows that are the same posting the last one stays."""
    batch = Batch(n_records=len(records))
    kept: dict[bytes, tuple[JobDraft, bool]] = {}
    for record in records:
        if isinstance(record, RowError):
            batch.errors.append(record)
            continue
        draft, messages = drafter.draft(record.line, record.cells)
        if draft is None:
            batch.cells[record.line] = record.cells
        else:
            key = bytes.fromhex(writing.identity_of(draft)[:16])
            line = seen.get(key)
            was_before = line is not None
            if line is not None:
                messages.append(
                    Message(Severity.WARNING, Code.DUPLICATE, line, params={"winner": record.line})
                )
                if key in kept:
                    was_before = kept.pop(key)[1]
                    batch.n_dropped += 1
            kept[key] = (draft, was_before)
            seen[key] = record.line
        batch.n_warned += any(message.severity is Severity.WARNING for message in messages)
        batch.messages += messages
    batch.drafts = list(kept.values())
    return batch


def tally(counts: Counts, batch: Batch, outcomes: list[Outcome]) -> None:
    """Count a batch: a row that replaces an earlier one of the file is a duplicate."""
    for (_, was_before), outcome in zip(batch.drafts, outcomes, strict=True):
        if was_before:
            counts.duplicate += 1
        elif outcome is Outcome.NEW:
            counts.new += 1
        elif outcome is Outcome.CHANGED:
            counts.changed += 1
        else:
            counts.unchanged += 1
    counts.duplicate += batch.n_dropped
    counts.rejected += len(batch.errors) + len(batch.cells)
    counts.warned += batch.n_warned


def check(
    session: Session, table: Table, drafter: Drafter, source: str
) -> tuple[Counts, Counter[str]]:
    """Say what a run would do, without writing: counts, and how often each message code."""
    counts, codes = Counts(), Counter[str]()
    seen: dict[bytes, int] = {}
    records = table.records()
    while chunk := list(islice(records, BATCH_ROWS)):
        batch = read(drafter, chunk, seen)
        drafts = [draft for draft, _ in batch.drafts]
        tally(counts, batch, writing.compare(session, drafts, source=source))
        codes.update(message.code for message in batch.messages)
        codes.update(error.code for error in batch.errors)
    return counts, codes
