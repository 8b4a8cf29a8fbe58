"""What can be exported: the columns of each kind, and the query behind them.

The columns of jobs carry the importer's own names, each written so that the importer reads back
what the job holds; what an import does not take begins with ``jobscore_``.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from jobscore import clock, config
from jobscore.emails.models import EmailLog
from jobscore.emails.service import text_of
from jobscore.imports import messages
from jobscore.imports.drafting import Severity
from jobscore.imports.models import CsvImport, ImportAttempt, ImportMessage
from jobscore.jobs.drafts import COMPANY_NOT_STATED
from jobscore.jobs.models import Job
from jobscore.jobs.sameness import last_day
from jobscore.matching.models import MatchingResult
from jobscore.scoring.models import JobScore


class Kind(StrEnum):
    """What a file holds."""

    JOBS = "jobs"
    MATCHES = "matches"
    SCORES = "scores"
    LOGS = "logs"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rows; an empty value leaves nothing out.

    :ivar source: of jobs, and of the jobs behind matches and scores.
    :ivar open_only: only jobs that are to be had now.
    :ivar since: first day, in the operator's time zone: posted (jobs), of the list (matches),
        made (scores, letters), imported (rejected rows).
    :ivar until: last day, included.
    :ivar policy: version of the scoring policy, of matches and scores.
    :ivar with_addresses: write the addresses of letters; personal data.
    :ivar with_bodies: write the text of letters; personal data.
    """

    source: str = ""
    open_only: bool = False
    since: date | None = None
    until: date | None = None
    policy: str = ""
    with_addresses: bool = False
    with_bodies: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, and its value of a row; ``cell`` where CSV writes it otherwise."""

    name: str
    value: Callable[[Any], Any]
    cell: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a kind and the rows to ask for."""

    columns: Sequence[Column]
    query: Any

    def header(self) -> list[str]:
        """Return the names of the columns."""
        return [column.name for column in self.columns]

    def values(self, row: Any, *, as_cells: bool) -> list[Any]:
        """Return the values of a row, for CSV (``as_cells``) or for JSON."""
        return [
            (column.cell if as_cells and column.cell else column.value)(row)
            for column in self.columns
        ]


def table_of(kind: Kind, filters: Filters) -> Table:
    """Return what an export of ``kind`` consists of."""
    return _TABLES[kind](filters)


def _attribute(name: str, column: str | None = None) -> Column:
    return Column(column or name, lambda row: getattr(row, name))


# -- jobs ------------------------------------------------------------------------------------

#: Words that the importer reads as exactly this level, and as remote work of this kind.
_LEVELS: Final[Mapping[str, str]] = {
    "none": "no experience",
    "junior": "junior",
    "mid": "mid",
    "senior": "senior",
    "lead": "lead",
}
_REMOTE: Final[Mapping[str, str]] = {"none": "no", "hybrid": "hybrid", "full": "remote"}
#: A cell that says that nothing is stated, where an empty one would be filled from the title.
_NOTHING = "-"


def experience_text(level: str | None, low: int | None, high: int | None) -> str:
    """Return a level and years in words that the importer reads as exactly these."""
    word = _LEVELS.get(level or "", "")
    if low is None:
        return word
    years = f"{low}-{high} years" if high is not None else f"{low}+ years"
    return f"{word} {years}".strip()


def _jobs(filters: Filters) -> Table:
    zone = config.current().timezone
    columns = (
        _attribute("title"),
        Column("company", _company),
        _attribute("description"),
        _attribute("requirements"),
        _attribute("location"),
        _attribute("salary_min"),
        _attribute("salary_max"),
        _attribute("salary_period"),
        _attribute("salary_currency"),
        _attribute("salary_text", "pay_as_written"),
        Column(
            "employment_type",
            lambda r: r.employment_type,
            lambda r: r.employment_type or _NOTHING,
        ),
        Column(
            "experience",
            lambda r: (
                experience_text(r.experience_level, r.experience_min_years, r.experience_max_years)
                or None
            ),
        ),
        _attribute("industry"),
        _attribute("posted_date", "posted_on"),
        Column("expires_on", lambda r: last_day(r.expires_at, zone)),
        _attribute("url"),
        _attribute("external_id", "job_id"),
        Column("remote", lambda r: r.remote, lambda r: _REMOTE[r.remote] if r.remote else None),
        _attribute("is_sponsored"),
        _attribute("id", "jobscore_id"),
        _attribute("source", "jobscore_source"),
        Column("jobscore_state", _state),
        _attribute("yearly_min", "jobscore_yearly_min"),
        _attribute("yearly_max", "jobscore_yearly_max"),
        _attribute("import_id", "jobscore_import"),
        _attribute("updated_at", "jobscore_updated_at"),
    )  # fmt: skip
    query = select(*_JOB_COLUMNS).where(
        *_of_jobs(filters), *_days(filters, Job.posted_date, is_date=True)
    )
    return Table(columns, query.order_by(Job.id))


_JOB_COLUMNS: Final[tuple[InstrumentedAttribute[Any], ...]] = (
    Job.title, Job.company_name, Job.description, Job.requirements, Job.location, Job.salary_min,
    Job.salary_max, Job.salary_period, Job.salary_currency, Job.salary_text, Job.employment_type,
    Job.experience_level, Job.experience_min_years, Job.experience_max_years, Job.industry,
    Job.posted_date, Job.expires_at, Job.url, Job.external_id, Job.remote, Job.is_sponsored,
    Job.id, Job.source, Job.is_active, Job.held_at, Job.yearly_min, Job.yearly_max, Job.import_id,
    Job.updated_at,
)  # fmt: skip


def _company(row: Any) -> str | None:
    return None if row.company_name == COMPANY_NOT_STATED else str(row.company_name)


def _state(row: Any) -> str:
    if row.held_at is not None:
        return "held"
    is_open = row.is_active and (row.expires_at is None or row.expires_at > clock.now())
    return "open" if is_open else "closed"


def _of_jobs(filters: Filters) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if filters.source:
        where.append(Job.source == filters.source)
    if filters.open_only:
        now = clock.now()
        where.append(and_(Job.is_active, or_(Job.expires_at.is_(None), Job.expires_at > now)))
    return where


def _days(
    filters: Filters, column: InstrumentedAttribute[Any], *, is_date: bool
) -> list[ColumnElement[bool]]:
    """Return the conditions that a day, or an instant, lies within the chosen days."""
    where: list[ColumnElement[bool]] = []
    if filters.since is not None:
        where.append(column >= (filters.since if is_date else _midnight(filters.since)))
    if filters.until is not None:
        after = filters.until + timedelta(days=1)
        where.append(column < (after if is_date else _midnight(after)))
    return where


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(config.current().timezone))


# -- matches and scores ----------------------------------------------------------------------

_PARTS: Final = ("skill_match", "experience", "location", "salary", "culture_fit")


def _matches(filters: Filters) -> Table:
    match, score = MatchingResult, JobScore
    query = (
        select(
            match.id.label("match_id"), match.user_id, match.job_id, Job.title, Job.company_name,
            match.match_on, match.section, match.position, match.match_status,
            score.total_score, score.coverage, match.confidence_level, match.is_viewed,
            match.is_applied, match.saved_at, match.sent_at,
            score.scoring_algorithm_version.label("policy"),
        )
        .join(score, score.id == match.job_score_id)
        .join(Job, Job.id == match.job_id)
        .where(*_of_jobs(filters), *_days(filters, match.match_on, is_date=True))
    )  # fmt: skip
    if filters.policy:
        query = query.where(score.scoring_algorithm_version == filters.policy)
    return _named(query.order_by(match.id))


def _scores(filters: Filters) -> Table:
    score = JobScore
    query = select(
        score.id.label("score_id"), score.user_id, score.job_id, score.total_score,
        *(getattr(score, f"{part}_score") for part in _PARTS),
        score.coverage, score.scoring_algorithm_version.label("policy"), score.scored_at,
    )  # fmt: skip
    if filters.source or filters.open_only:
        query = query.join(Job, Job.id == score.job_id).where(*_of_jobs(filters))
    if filters.policy:
        query = query.where(score.scoring_algorithm_version == filters.policy)
    query = query.where(*_days(filters, score.scored_at, is_date=False))
    return _named(query.order_by(score.id))


def _named(query: Any) -> Table:
    """Return a table whose columns are those that the query selects."""
    return Table([_attribute(name) for name in query.selected_columns.keys()], query)  # noqa: SIM118 # no mapping


# -- letters and rejected rows ---------------------------------------------------------------

_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")


def without_addresses(text: str | None) -> str | None:
    """Return what a mail server said without the addresses in it."""
    return None if text is None else _ADDRESS.sub("[address]", text)


def _logs(filters: Filters) -> Table:
    log = EmailLog
    asked: list[Any] = [
        log.id.label("letter_id"), log.user_id, log.email_type, log.status, log.locale,
        log.created_at, log.sent_at, log.attempts, log.error_message, log.smtp_reply,
    ]  # fmt: skip
    hides = not filters.with_addresses
    columns = [
        *map(_attribute, ("letter_id", "user_id", "email_type", "status", "locale")),
        *map(_attribute, ("created_at", "sent_at", "attempts")),
        *(_said(name, hides) for name in ("error_message", "smtp_reply")),
    ]
    if filters.with_addresses:
        asked.append(log.recipient_email)
        columns.append(_attribute("recipient_email"))
    if filters.with_bodies:
        asked += [log.subject, log.body, log.text_z]
        columns += [_attribute("subject"), Column("body", text_of)]
    query = select(*asked).where(*_days(filters, log.created_at, is_date=False))
    return Table(columns, query.order_by(log.id))


def _said(name: str, hides: bool) -> Column:
    if not hides:
        return _attribute(name)
    return Column(name, lambda row: without_addresses(getattr(row, name)))


def _rejected(filters: Filters) -> Table:
    said = ImportMessage
    query = (
        select(
            CsvImport.id.label("import_id"), CsvImport.filename, ImportAttempt.source,
            ImportAttempt.completed_at, said.line, said.column.label("column_index"), said.code,
            said.params, said.cells,
        )
        .join(ImportAttempt, ImportAttempt.id == said.attempt_id)
        .join(CsvImport, CsvImport.id == ImportAttempt.csv_import_id)
        .where(said.severity == str(Severity.ERROR))
        .where(*_days(filters, ImportAttempt.created_at, is_date=False))
    )  # fmt: skip
    if filters.source:
        query = query.where(ImportAttempt.source == filters.source)
    columns = (
        *map(_attribute, ("import_id", "filename", "source", "completed_at", "line")),
        Column("column", lambda r: None if r.column_index is None else r.column_index + 1),
        _attribute("code"),
        Column("reason", lambda r: messages.sentence(r.code, r.params)),
        Column("cells", lambda r: r.cells),
    )
    return Table(columns, query.order_by(said.id))


_TABLES: Final[Mapping[Kind, Callable[[Filters], Table]]] = {
    Kind.JOBS: _jobs,
    Kind.MATCHES: _matches,
    Kind.SCORES: _scores,
    Kind.LOGS: _logs,
    Kind.REJECTED: _rejected,
}


def counted(query: Any) -> Select[int]:
    """Return the query that counts the rows of another."""
    return select(func.count()).select_from(query.order_by(None).subquery())
