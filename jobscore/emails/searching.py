"""Find letters in the log: by state, kind, address, days and what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select

from jobscore import config
from jobscore.emails.models import EmailLog, EmailStatus, EmailType
from jobscore.extensions import db

LONGEST = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """Which letters; None and empty leave nothing out.

    :ivar recipient: a part of the address, whatever its case.
    :ivar problem: a part of what went wrong.
    :ivar since: first day on which a letter was written, in the operator's time zone.
    :ivar until: last such day, included.
    :ivar is_held: only letters that wait for somebody to release them.
    """

    status: EmailStatus | None = None
    email_type: EmailType | None = None
    recipient: str = ""
    problem: str = ""
    since: date | None = None
    until: date | None = None
    is_held: bool = False

    def address(self) -> dict[str, str]:
        """Return the filters as they stand in an address or in hidden fields."""
        values = {
            "status": self.status.value if self.status else "",
            "type": self.email_type.value if self.email_type else "",
            "to": self.recipient,
            "problem": self.problem,
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "held": "1" if self.is_held else "",
        }
        return {name: value for name, value in values.items() if value}


def read(values: Mapping[str, Any]) -> Filters:
    """Return the filters of an address or a form; what is odd filters nothing."""

    def text(name: str) -> str:
        return str(values.get(name, "")).replace("\x00", "")[:LONGEST].strip()

    status, kind = text("status"), text("type")
    return Filters(
        status=EmailStatus(status) if status in set(EmailStatus) else None,
        email_type=EmailType(kind) if kind in set(EmailType) else None,
        recipient=text("to"),
        problem=text("problem"),
        since=_day(text("since")),
        until=_day(text("until")),
        is_held=text("held") == "1",
    )


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # the day after it is asked for too, in UTC
    return found if 1900 <= found.year <= 2999 else None


def midnight(day: date) -> datetime:
    """Return the instant at which a day of the operator's time zone begins."""
    return datetime.combine(day, time(), ZoneInfo(config.current().timezone))


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """Return the filters as conditions on the log."""
    found: list[ColumnElement[bool]] = []
    if filters.status is not None:
        found.append(EmailLog.status == filters.status)
    if filters.email_type is not None:
        found.append(EmailLog.email_type == filters.email_type)
    if filters.recipient:
        found.append(EmailLog.recipient_email.icontains(filters.recipient, autoescape=True))
    if filters.problem:
        found.append(EmailLog.error_message.icontains(filters.problem, autoescape=True))
    if filters.since is not None:
        found.append(EmailLog.created_at >= midnight(filters.since))
    if filters.until is not None:
        found.append(EmailLog.created_at < midnight(filters.until + timedelta(days=1)))
    if filters.is_held:
        found += [EmailLog.is_held.is_(True), EmailLog.status == EmailStatus.PENDING]
    return found


def query(filters: Filters) -> Select[EmailLog]:
    """Return the query of the letters, unordered."""
    return select(EmailLog).where(*conditions(filters))


def count(filters: Filters) -> int:
    """Return how many letters there are."""
    return db.session.scalar(select(func.count(EmailLog.id)).where(*conditions(filters))) or 0


def ids(filters: Filters, *, after: int = 0, most: int) -> list[int]:
    """Return the ids of the letters beyond ``after``, in order, at most so many."""
    wanted = select(EmailLog.id).where(*conditions(filters), EmailLog.id > after)
    return list(db.session.scalars(wanted.order_by(EmailLog.id).limit(most)))
