"""Dry runs of files: ask for one, stop one, look at what one found."""

from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.imports.models import (
    CheckStatus,
    CsvImport,
    ImportCheck,
    ImportDifference,
    ImportPlan,
    ImportStatus,
)
from jobscore.imports.plans import UNDER_WAY

ACTIVE = (CheckStatus.QUEUED, CheckStatus.RUNNING)
#: A full feed that would close a larger share of its source's open jobs is asked about.
CLOSING_SHARE = 0.2


class NothingToCheckError(Exception):
    """The columns of the file were not confirmed yet, or its run is under way."""


def request(session: Session, csv_import: CsvImport, who: int | None) -> ImportCheck:
    """Queue a dry run of what the plan says; an older check of the file is given up.

    :raises NothingToCheckError: when no columns were confirmed, or a run is under way.
    """
    plan = session.get(ImportPlan, csv_import.id, populate_existing=True)
    if plan is None or plan.mapping is None:
        raise NothingToCheckError
    taken: Any = session.execute(
        update(CsvImport)
        .where(
            CsvImport.id == csv_import.id,
            CsvImport.status.not_in(UNDER_WAY),
        )
        .values(status=ImportStatus.CHECKING)
    )
    if taken.rowcount != 1:
        raise NothingToCheckError
    _give_up(session, csv_import.id)
    older = select(ImportCheck.id).where(ImportCheck.csv_import_id == csv_import.id)
    session.execute(delete(ImportDifference).where(ImportDifference.check_id.in_(older)))
    check = ImportCheck(
        csv_import_id=csv_import.id,
        plan_version=plan.version,
        source=plan.source,
        mode=plan.mode,
        dialect=dict(plan.dialect),
        mapping=dict(plan.mapping),
        requested_by=who,
    )
    session.add(check)
    session.flush()
    return check


def cancel(session: Session, import_id: int) -> None:
    """Stop what is being checked of a file; it is then being mapped again."""
    _give_up(session, import_id)
    session.execute(
        update(CsvImport)
        .where(CsvImport.id == import_id, CsvImport.status == ImportStatus.CHECKING)
        .values(status=ImportStatus.MAPPING)
    )


def _give_up(session: Session, import_id: int) -> None:
    session.execute(
        update(ImportCheck)
        .where(ImportCheck.csv_import_id == import_id, ImportCheck.status.in_(ACTIVE))
        .values(status=CheckStatus.CANCELLED, completed_at=clock.now())
    )


def last_check(session: Session, import_id: int) -> ImportCheck | None:
    """Return the newest check of a file, if there is one."""
    return session.scalar(
        select(ImportCheck)
        .where(ImportCheck.csv_import_id == import_id)
        .order_by(ImportCheck.id.desc())
        .limit(1)
    )


def find_differences(check_id: int, text: str = "") -> Select[ImportDifference]:
    """Return a query of a check's differences whose title contains ``text``, in file order."""
    query = select(ImportDifference).where(ImportDifference.check_id == check_id)
    if text:
        query = query.where(
            func.lower(ImportDifference.title).contains(text.lower(), autoescape=True)
        )
    return query


def asks_about_closing(check: ImportCheck) -> bool:
    """Tell whether a full feed would close so many jobs that an admin has to say yes to it."""
    if not check.open_jobs or not check.closing_jobs:
        return False
    return check.closing_jobs > check.open_jobs * CLOSING_SHARE
