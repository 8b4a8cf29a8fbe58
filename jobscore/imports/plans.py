"""What an admin decided about a file before its run, kept so that back and reload are safe.

A plan has a version. Who saves says which version they saw; when somebody else saved in between,
nothing is overwritten and :class:`StalePlanError` names who it was. The mapping of a header is
remembered: the next file with the same header is proposed the same columns.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.imports import full_feed, service
from jobscore.imports.columns import BY_FIELD, header_key
from jobscore.imports.models import CsvImport, ImportAttempt, ImportPlan, ImportStatus
from jobscore.imports.reader import ReadOptions
from jobscore.imports.sources import service as sources_of
from jobscore.imports.sources.models import FeedMode as Mode
from jobscore.imports.sources.models import FileState, Source, SourceFile

#: While a file is in one of these states nobody may change its plan.
UNDER_WAY = (
    ImportStatus.QUEUED,
    ImportStatus.RUNNING,
    ImportStatus.ASKING,
    ImportStatus.UNDOING,
)
#: A file in one of these states is between its upload and its run.
PREPARING = (
    ImportStatus.INSPECTED,
    ImportStatus.MAPPING,
    ImportStatus.CHECKING,
    ImportStatus.READY,
)
MAX_SOURCE = 100
DEFAULT_SOURCE = "upload"


class StalePlanError(Exception):
    """Somebody else changed the plan, or started the run, since the page was opened."""

    def __init__(self, who: int | None, when: datetime | None) -> None:
        super().__init__(f"changed by {who} at {when}")
        self.who = who
        self.when = when


def get(session: Session, import_id: int) -> ImportPlan | None:
    """Return the plan of an import, or None while nothing was decided."""
    return session.get(ImportPlan, import_id)


def version_of(plan: ImportPlan | None) -> int:
    """Return what a form has to send back: 0 while there is no plan."""
    return plan.version if plan else 0


def options_of(plan: ImportPlan | None) -> ReadOptions:
    """Return how the file is read."""
    return service.options_of(plan.dialect if plan else {})


def begin(session: Session, import_id: int, name: str, who: int | None) -> None:
    """Start the plan of a new file as its named source has it: how it is read, how it is taken.

    Nothing happens for a name that no source has, and when something was decided already.
    """
    source = session.scalar(select(Source).where(Source.name == name))
    if source is None or get(session, import_id) is not None:
        return
    values: dict[str, Any] = {"source": source.name, "mode": source.mode.value}
    dialect = asdict(sources_of.options_of(source))
    session.add(ImportPlan(csv_import_id=import_id, dialect=dialect, edited_by=who, **values))
    session.flush()


def source_of(session: Session, import_id: int) -> Source | None:
    """Return the named source that a file belongs to: as it was uploaded, or by its folder."""
    plan = get(session, import_id)
    if plan is not None and plan.source != DEFAULT_SOURCE:
        return session.scalar(select(Source).where(Source.name == plan.source))
    by_folder = select(SourceFile.source_id).where(SourceFile.import_id == import_id)
    return session.scalar(select(Source).where(Source.id.in_(by_folder)).limit(1))


def save_reading(
    session: Session, import_id: int, version: int, options: ReadOptions, who: int | None
) -> None:
    """Keep how a file is read. Columns that were confirmed for another reading are forgotten.

    :raises StalePlanError: when the plan is not at ``version`` any more, or a run is under way.
    """
    plan = get(session, import_id)
    values: dict[str, Any] = {"dialect": asdict(options)}
    if plan is not None and options_of(plan) != options:
        values |= {"mapping": None, "header_hash": None}
    _save(session, import_id, version, who, values)


def save_mapping(
    session: Session,
    import_id: int,
    version: int,
    mapping: dict[str, int],
    who: int | None,
    *,
    header: Sequence[str] | None,
    source: str = DEFAULT_SOURCE,
    mode: Mode = Mode.ADD_UPDATE,
) -> None:
    """Keep which columns are what, and how the file is taken; remember it for this header.

    :raises StalePlanError: when the plan is not at ``version`` any more, or a run is under way.
    """
    values = {
        "mapping": dict(mapping),
        "header_hash": header_hash(header),
        "source": source,
        "mode": mode.value,
    }
    _save(session, import_id, version, who, values)


def _save(
    session: Session, import_id: int, version: int, who: int | None, values: dict[str, Any]
) -> None:
    """Write the plan, if it still is at ``version``, and put the file back to being mapped."""
    now = clock.now()
    free: Any = session.execute(
        update(CsvImport)
        .where(CsvImport.id == import_id, CsvImport.status.not_in(UNDER_WAY))
        .values(status=ImportStatus.MAPPING)
    )
    if free.rowcount != 1:
        raise stale(session, import_id)
    if version == 0:
        if get(session, import_id) is not None:
            raise stale(session, import_id)
        session.add(ImportPlan(csv_import_id=import_id, edited_by=who, edited_at=now, **values))
        session.flush()
        return
    changed: Any = session.execute(
        update(ImportPlan)
        .where(ImportPlan.csv_import_id == import_id, ImportPlan.version == version)
        .values(version=ImportPlan.version + 1, edited_by=who, edited_at=now, **values)
    )
    if changed.rowcount != 1:
        raise stale(session, import_id)


def stale(session: Session, import_id: int) -> StalePlanError:
    """Return the error that names who acted last, and when."""
    plan = session.get(ImportPlan, import_id, populate_existing=True)
    if plan is None:
        return StalePlanError(None, None)
    if plan.started_at is not None and plan.started_at > plan.edited_at:
        return StalePlanError(plan.started_by, plan.started_at)
    return StalePlanError(plan.edited_by, plan.edited_at)


def start(
    session: Session,
    csv_import: CsvImport,
    version: int,
    who: int | None,
    *,
    may_close: bool = False,
) -> ImportAttempt:
    """Queue the run that the plan describes.

    :param may_close: somebody saw how many jobs a full feed would close, and said yes: the run
        does not ask again.
    :raises StalePlanError: when the plan is not at ``version`` any more, has no columns yet, or a
        run is under way.
    """
    # held until the run is queued: nobody changes what is being started
    plan = session.get(ImportPlan, csv_import.id, populate_existing=True, with_for_update=True)
    if plan is None or plan.version != version or plan.mapping is None:
        raise stale(session, csv_import.id)
    try:
        attempt = service.start(
            session,
            csv_import,
            plan.mapping,
            options_of(plan),
            source=plan.source,
            mode=plan.mode,
        )
    except service.NotRunningError:
        raise stale(session, csv_import.id) from None
    if may_close and plan.mode == Mode.FULL_FEED:
        full_feed.allow_beforehand(session, attempt.id)
    _teach(session, csv_import, attempt, plan)
    plan.started_by = who
    plan.started_at = clock.now()
    session.flush()
    return attempt


def _teach(
    session: Session, csv_import: CsvImport, attempt: ImportAttempt, plan: ImportPlan
) -> None:
    """Have a named source remember this mapping, if it has none or could not take this file.

    Other files of the source are not allowed to change what its feed relies on.
    """
    source = session.scalar(select(Source).where(Source.name == plan.source))
    if source is None:
        return
    refused = select(SourceFile.id).where(
        SourceFile.source_id == source.id,
        SourceFile.import_id == csv_import.id,
        SourceFile.state == FileState.BAD,
    )
    if source.mapping and session.scalar(refused.limit(1)) is None:
        return
    # a file without a header is remembered by the numbers of its columns
    header = service.stored_header(csv_import, attempt) if plan.header_hash else None
    sources_of.remember(session, source.name, header, plan.mapping or {}, options_of(plan))


def leave(session: Session, csv_import: CsvImport) -> None:
    """Give up preparing another run of a file: it is again what its last run made of it."""
    last = service.last_attempt(session, csv_import.id)
    session.execute(
        update(CsvImport)
        .where(CsvImport.id == csv_import.id, CsvImport.status.in_(PREPARING))
        .values(status=last.status if last else ImportStatus.INSPECTED)
    )


# -- what is remembered ----------------------------------------------------------------------


def header_hash(header: Sequence[str] | None) -> str | None:
    """Return what recognises a header: its names in order, case, width and marks aside."""
    if not header or not any(name.strip() for name in header):
        return None
    names = "\0".join(header_key(name) for name in header)
    return hashlib.sha256(names.encode()).hexdigest()


def remembered(session: Session, import_id: int, header: Sequence[str] | None) -> ImportPlan | None:
    """Return the newest plan of another file with the same header whose columns were confirmed."""
    digest = header_hash(header)
    if digest is None:
        return None
    return session.scalar(
        select(ImportPlan)
        .where(
            ImportPlan.header_hash == digest,
            ImportPlan.csv_import_id != import_id,
            ImportPlan.mapping.is_not(None),
        )
        .order_by(ImportPlan.edited_at.desc())
        .limit(1)
    )


def columns_of(plan: ImportPlan) -> dict[int, str]:
    """Return column -> field of a plan's mapping; fields that no longer exist are left out."""
    return {
        int(column): field for field, column in (plan.mapping or {}).items() if field in BY_FIELD
    }


def mended_into(session: Session, import_id: int) -> int | None:
    """Return the newest import that was made of this one's rejected rows."""
    return session.scalar(
        select(ImportPlan.csv_import_id)
        .where(ImportPlan.mended_from == import_id)
        .order_by(ImportPlan.csv_import_id.desc())
        .limit(1)
    )


def sources(session: Session) -> list[str]:
    """Return the names of sources that files came from, in order."""
    known = session.scalars(select(ImportAttempt.source).distinct())
    named = session.scalars(select(Source.name))
    return sorted({*known, *named, DEFAULT_SOURCE})
