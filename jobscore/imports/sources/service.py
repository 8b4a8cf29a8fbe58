"""Sources as admins keep them: create, change, switch off, learn a mapping, say when to run."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.accounts import audit
from jobscore.imports import mapping as mappings
from jobscore.imports.columns import BY_FIELD
from jobscore.imports.models import CsvImport, ImportAttempt
from jobscore.imports.reader import ReadOptions
from jobscore.imports.sources import folders
from jobscore.imports.sources.models import (
    AfterTaking,
    FeedClosing,
    FeedMode,
    FileState,
    Schedule,
    Source,
    SourceFile,
)

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_EVERY = {Schedule.QUARTER: timedelta(minutes=15), Schedule.HOURLY: timedelta(hours=1)}
#: The source of files that name none.
UPLOAD = "upload"
LONGEST_NAME = 100


class SourceNameTakenError(Exception):
    """Another source has this name."""


class NoSuchSourceError(Exception):
    """There is no source of this name."""


class BadSourceError(Exception):
    """A value cannot be kept: ``field`` names it, ``code`` says why."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


class ColumnsMissingError(Exception):
    """A file lacks columns that the source's mapping names."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = list(names)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person decides about a source; the fields of :class:`Source` of the same names."""

    name: str
    mode: FeedMode = FeedMode.ADD_UPDATE
    mapping: Mapping[str, str | int] = field(default_factory=dict)
    options: ReadOptions = field(default_factory=ReadOptions)
    folder: str | None = None
    pattern: str = "*.csv"
    after_taking: AfterTaking = AfterTaking.LEAVE
    schedule: Schedule = Schedule.BY_HAND
    daily_at: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """A source with the last import of its files, if there was one."""

    source: Source
    last_import: CsvImport | None
    last_attempt: ImportAttempt | None


# -- reading ---------------------------------------------------------------------------------


def choices(session: Session) -> list[tuple[str, str]]:
    """Return the sources that an upload may name, as (value, label); ``upload`` stands first."""
    names = session.scalars(select(Source.name).where(Source.is_active).order_by(Source.name))
    return [(name, name) for name in dict.fromkeys([UPLOAD, *names])]


def named(session: Session, name: str) -> Source:
    """Return the source of this name.

    :raises NoSuchSourceError: when there is none.
    """
    source = session.scalar(select(Source).where(Source.name == name))
    if source is None:
        raise NoSuchSourceError(name)
    return source


def overviews(session: Session) -> list[Overview]:
    """Return all sources by name, each with its last import: two statements, however many."""
    sources = list(session.scalars(select(Source).order_by(Source.name)))
    last = (
        select(func.max(ImportAttempt.id))
        .where(ImportAttempt.source.in_([source.name for source in sources]))
        .group_by(ImportAttempt.source)
    )
    rows = session.execute(
        select(ImportAttempt, CsvImport)
        .join(CsvImport, CsvImport.id == ImportAttempt.csv_import_id)
        .where(ImportAttempt.id.in_(last))
    )
    found = {attempt.source: (csv_import, attempt) for attempt, csv_import in rows}
    return [Overview(source, *found.get(source.name, (None, None))) for source in sources]


def attempts(session: Session, name: str, limit: int = 20) -> list[tuple[ImportAttempt, CsvImport]]:
    """Return the newest runs of a source's files, each with its file."""
    rows = session.execute(
        select(ImportAttempt, CsvImport)
        .join(CsvImport, CsvImport.id == ImportAttempt.csv_import_id)
        .where(ImportAttempt.source == name)
        .order_by(ImportAttempt.id.desc())
        .limit(limit)
    )
    return [(attempt, csv_import) for attempt, csv_import in rows]


def closings(session: Session, attempt_ids: Sequence[int]) -> dict[int, FeedClosing]:
    """Return what the full feeds among these runs closed, by run."""
    rows = session.scalars(select(FeedClosing).where(FeedClosing.attempt_id.in_(attempt_ids)))
    return {row.attempt_id: row for row in rows}


def bad_files(session: Session, source_id: int, limit: int = 20) -> list[SourceFile]:
    """Return the files of a source that could not be taken, the newest first."""
    return list(
        session.scalars(
            select(SourceFile)
            .where(SourceFile.source_id == source_id, SourceFile.state == FileState.BAD)
            .order_by(SourceFile.seen_at.desc(), SourceFile.id.desc())
            .limit(limit)
        )
    )


# -- writing ---------------------------------------------------------------------------------


def create(session: Session, settings: Settings, *, created_by: int | None = None) -> Source:
    """Add a source. Flushes.

    :raises SourceNameTakenError: when the name is taken.
    :raises BadSourceError: for a value that cannot be kept.
    """
    settings = checked(settings)
    source = Source(name=settings.name)
    _fill(source, settings)
    try:
        with session.begin_nested():
            session.add(source)
    except IntegrityError as error:
        raise SourceNameTakenError(settings.name) from error
    audit.record("source.created", f"source:{source.id}", actor_id=created_by)
    return source


def change(
    session: Session, source: Source, settings: Settings, *, changed_by: int | None = None
) -> None:
    """Keep new settings of a source; its name stays, jobs carry it. Flushes.

    :raises BadSourceError: for a value that cannot be kept.
    """
    _fill(source, checked(replace(settings, name=source.name)))
    audit.record("source.changed", f"source:{source.id}", actor_id=changed_by)
    session.flush()


def _fill(source: Source, settings: Settings) -> None:
    dialect = {n: getattr(settings.options, n) for n in ReadOptions.__dataclass_fields__}
    source.mode = settings.mode
    source.mapping = dict(settings.mapping)
    source.dialect = {name: value for name, value in dialect.items() if value is not None}
    source.folder = settings.folder
    source.pattern = settings.pattern
    source.after_taking = settings.after_taking
    source.schedule = settings.schedule
    source.daily_at = settings.daily_at if settings.schedule is Schedule.DAILY else None
    if source.is_active is not False:
        source.next_run_at = next_run(source, clock.now())


def settings_of(source: Source) -> Settings:
    """Return what a person decided about a source."""
    return Settings(
        name=source.name,
        mode=source.mode,
        mapping=source.mapping,
        options=options_of(source),
        folder=source.folder,
        pattern=source.pattern,
        after_taking=source.after_taking,
        schedule=source.schedule,
        daily_at=source.daily_at,
    )


def checked(settings: Settings) -> Settings:
    """Return settings as they are kept.

    :raises BadSourceError: for the first value that cannot be kept.
    """
    name = settings.name.strip()
    if not name:
        raise BadSourceError("name", "empty")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise BadSourceError("name", "unusable")
    folder = (settings.folder or "").strip() or None
    if folder is not None:
        _check_folder(folder)
    pattern = settings.pattern.strip() or "*.csv"
    if "/" in pattern or len(pattern) > LONGEST_NAME or not pattern.isprintable():
        raise BadSourceError("pattern", "unusable")
    if settings.schedule is not Schedule.BY_HAND and folder is None:
        raise BadSourceError("folder", "needed")
    if settings.schedule is Schedule.DAILY and not _TIME.fullmatch(settings.daily_at or ""):
        raise BadSourceError("daily_at", "unusable")
    mapping = {f: c.strip() if isinstance(c, str) else c for f, c in settings.mapping.items()}
    if any(name not in BY_FIELD for name in mapping) or any(c == "" for c in mapping.values()):
        raise BadSourceError("mapping", "unknown_field")
    if mapping and "title" not in mapping:
        raise BadSourceError("mapping", "no_title")
    if len(set(map(str, mapping.values()))) < len(mapping):
        raise BadSourceError("mapping", "repeated")
    return replace(settings, name=name, folder=folder, pattern=pattern, mapping=mapping)


def _check_folder(folder: str) -> None:
    try:
        folders.resolve(config.current().feeds, folder)
    except folders.FolderOutsideError as error:
        raise BadSourceError("folder", "outside") from error
    except folders.FolderMissingError as error:
        raise BadSourceError("folder", "missing") from error


def switch(source: Source, *, is_active: bool, changed_by: int | None = None) -> None:
    """Switch a source on or off; one that is off is never run by itself."""
    source.is_active = is_active
    source.next_run_at = next_run(source, clock.now()) if is_active else None
    action = "source.switched_on" if is_active else "source.switched_off"
    audit.record(action, f"source:{source.id}", actor_id=changed_by)


def request_run(source: Source, *, requested_by: int | None = None) -> None:
    """Have a worker look into the folder at once.

    :raises BadSourceError: when there is none, or the source is switched off.
    """
    if source.folder is None:
        raise BadSourceError("folder", "needed")
    if not source.is_active:
        raise BadSourceError("is_active", "off")
    source.next_run_at = clock.now()
    audit.record("source.run", f"source:{source.id}", actor_id=requested_by)


# -- when ------------------------------------------------------------------------------------


def next_run(source: Source, now: datetime) -> datetime | None:
    """Return when the source runs by itself after ``now``; None: only by hand."""
    if source.folder is None or source.schedule is Schedule.BY_HAND:
        return None
    if source.schedule is not Schedule.DAILY:
        return now + _EVERY[source.schedule]
    zone = ZoneInfo(config.current().timezone)
    local = now.astimezone(zone)
    at = time.fromisoformat(source.daily_at or "00:00")
    day = local.date() + timedelta(days=local.time() >= at)
    return datetime.combine(day, at, zone).astimezone(now.tzinfo)


def claim_due(session: Session, lease: timedelta) -> int | None:
    """Take the run of the source that is due longest; None when none is due. The caller commits.

    The run comes due again after ``lease`` unless :func:`finish_run` ends it: one that was killed
    is taken up by the next worker.
    """
    now = clock.now()
    due = session.execute(
        select(Source.id, Source.next_run_at)
        .where(Source.is_active, Source.next_run_at <= now)
        .order_by(Source.next_run_at, Source.id)
        .limit(1)
    ).first()
    if due is None:
        return None
    taken: Any = session.execute(
        update(Source)
        .where(Source.id == due.id, Source.next_run_at == due.next_run_at)
        .values(next_run_at=now + lease)
    )
    return int(due.id) if taken.rowcount == 1 else None


def finish_run(session: Session, source_id: int, report: Mapping[str, Any]) -> None:
    """Write down what a run found, and when the next one is. Flushes."""
    source = session.get_one(Source, source_id, populate_existing=True)
    now = clock.now()
    source.last_run_at = now
    source.last_report = dict(report)
    source.next_run_at = next_run(source, now) if source.is_active else None
    session.flush()


# -- how its files are read ------------------------------------------------------------------


def options_of(source: Source) -> ReadOptions:
    """Return how the source's files are read, as far as it is decided."""
    known = {name: source.dialect.get(name) for name in ReadOptions.__dataclass_fields__}
    return ReadOptions(**known)


def columns_for(source: Source, header: Sequence[str] | None) -> dict[str, int]:
    """Return field -> column of a file with this header (None: it has none).

    A source without a mapping takes what the header's names say.

    :raises ColumnsMissingError: when the header lacks a column that the mapping names: a feed
        that changed its columns is not guessed at.
    """
    if not source.mapping:
        return mappings.columns_of(header or [])
    places: dict[str, int] = {}
    for index, name in enumerate(header or []):
        places.setdefault(name.strip(), index)
    columns: dict[str, int] = {}
    missing = []
    for field_name, wanted in source.mapping.items():
        column = wanted if isinstance(wanted, int) else places.get(wanted)
        if column is None:
            missing.append(str(wanted))
        else:
            columns[field_name] = column
    if missing:
        raise ColumnsMissingError(missing)
    return columns


def remember(
    session: Session,
    name: str,
    header: Sequence[str] | None,
    columns: Mapping[str, int],
    options: ReadOptions,
) -> None:
    """Have a source remember how one of its files was mapped and read, by the header's names.

    A name that no source has is left alone. Flushes.
    """
    source = session.scalar(select(Source).where(Source.name == name))
    if source is None:
        return
    titles = list(header or [])
    kept: dict[str, str | int] = {}
    for field_name, column in columns.items():
        title = titles[column].strip() if column < len(titles) else ""
        is_clear = bool(title) and [t.strip() for t in titles].index(title) == column
        kept[field_name] = title if is_clear else column
    dialect = {n: getattr(options, n) for n in ReadOptions.__dataclass_fields__}
    source.mapping = kept
    source.dialect = {n: value for n, value in dialect.items() if value is not None}
    session.flush()
