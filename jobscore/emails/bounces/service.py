"""What a report changes: the letter's state, the count of the address, the suppression list."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import CursorResult, Table, func, select, update

from jobscore import clock, config, logs
from jobscore.database import bulk
from jobscore.database.transaction import transaction
from jobscore.emails import endings, suppression
from jobscore.emails.bounces import reports
from jobscore.emails.bounces.boxes import Found
from jobscore.emails.bounces.models import EmailReturn
from jobscore.emails.bounces.reports import Ignored, Report, ReturnKind
from jobscore.emails.compose import mail_host
from jobscore.emails.models import EmailLog, EmailStatus
from jobscore.extensions import db

#: How long soft bounces of an address are remembered against it.
SOFT_MEMORY = timedelta(days=90)

log = logs.get("jobscore.bounces")


class Outcome(StrEnum):
    """What became of a report that was understood."""

    #: It counts from now on.
    TAKEN = "taken"
    #: It was read before.
    REPEATED = "repeated"
    #: No letter of ours: forged, somebody else's, or of an erased person.
    FOREIGN = "foreign"


@dataclass(slots=True)
class Tally:
    """What was in a mailbox."""

    read: int = 0
    #: Reports that count now, by :class:`ReturnKind`.
    taken: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    foreign: int = 0
    #: What was no report that counts, by :class:`reports.Ignored`.
    ignored: Counter[str] = field(default_factory=Counter)
    #: Addresses that are new on the suppression list.
    suppressed: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    """Letters that left since some time, and how many of them came back."""

    sent: int
    returned: int
    complaints: int


def take_all(found: Iterable[Found], *, is_dry_run: bool = False) -> Tally:
    """Read messages and let each report count; commits after each, so that nothing is lost.

    :param is_dry_run: only look: nothing is written and no message is marked as read.
    """
    tally = Tally()
    for one in found:
        tally.read += 1
        report = reports.read(one.raw)
        if isinstance(report, Ignored):
            tally.ignored[report] += 1
        elif is_dry_run:
            _look(report, tally)
        else:
            with transaction():
                _note(report, take(report, tally), tally)
        if not is_dry_run:
            one.done()
    if tally.taken:
        log.info("letters came back", suppressed=tally.suppressed, **tally.taken)
    return tally


def _look(report: Report, tally: Tally) -> None:
    letter = letter_of(report)
    if letter is None:
        outcome = Outcome.FOREIGN
    else:
        known = select(EmailReturn.id).filter_by(report_hash=_hash(report, letter.id))
        is_known = db.session.scalar(known) is not None
        outcome = Outcome.REPEATED if is_known else Outcome.TAKEN
    _note(report, outcome, tally)
    db.session.rollback()


def _note(report: Report, outcome: Outcome, tally: Tally) -> None:
    if outcome is Outcome.TAKEN:
        tally.taken[report.kind] += 1
    elif outcome is Outcome.REPEATED:
        tally.repeated += 1
    else:
        tally.foreign += 1


def take(report: Report, tally: Tally | None = None) -> Outcome:
    """Let one report count, once, if it is about a letter of ours. Flushes only."""
    letter = letter_of(report)
    if letter is None:
        return Outcome.FOREIGN
    if not _record(report, letter):
        return Outcome.REPEATED
    if report.kind in {ReturnKind.HARD, ReturnKind.SOFT}:
        mark_bounced(letter.id, _said(report))
    reason = _reason_to_stop(report, letter)
    if reason is not None:
        is_new = suppression.suppress(letter.recipient_email, reason, _said(report))
        if tally is not None:
            tally.suppressed += is_new
    return Outcome.TAKEN


def letter_of(report: Report) -> EmailLog | None:
    """Return the letter of ours that a report names, or None.

    The Message-ID is the proof: its random part stands in the letter and in our log only. Of
    erased people nothing is known any more.
    """
    host = mail_host(config.current().public_url)
    names = [*report.message_ids, *(f"letter.{token}@{host}" for token in report.tokens)]
    if not names:
        return None
    letter = db.session.scalar(
        select(EmailLog)
        .where(EmailLog.message_id.in_(names[: reports.MOST_PARTS]))
        .order_by(EmailLog.id)
        .limit(1)
    )
    return letter if letter is not None and letter.recipient_email else None


def returns_of(log_id: int) -> Sequence[EmailReturn]:
    """Return the reports about a letter, the oldest first."""
    return db.session.scalars(
        select(EmailReturn).where(EmailReturn.email_log_id == log_id).order_by(EmailReturn.id)
    ).all()


def mark_bounced(log_id: int, said: str | None) -> bool:
    """Record that a letter that left (or may have) came back; tell whether it was so until now.

    What it carried may be sent another day. Flushes only.
    """
    result = db.session.execute(
        update(EmailLog)
        .where(
            EmailLog.id == log_id,
            EmailLog.status.in_([EmailStatus.SENT, EmailStatus.IN_DOUBT]),
        )
        .values(
            status=EmailStatus.BOUNCED,
            error_message=suppression.without_addresses(said),
            next_attempt_at=None,
        )
        .execution_options(synchronize_session="fetch")
    )
    is_new = cast("CursorResult[Any]", result).rowcount == 1
    if is_new:
        endings.undelivered([log_id])
    return is_new


def forgive(address: str) -> int:
    """Count an address's bounces no longer; return how many. Flushes only."""
    own = select(EmailLog.id).where(
        EmailLog.recipient_email.in_({address.strip(), address.strip().lower()})
    )
    result = db.session.execute(
        update(EmailReturn)
        .where(EmailReturn.email_log_id.in_(own), EmailReturn.is_counted.is_(True))
        .values(is_counted=False)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount


def rates(since: datetime) -> Rates:
    """Return how many letters left since then, and how many reports came about any letter."""
    counted = (
        select(EmailReturn.kind, func.count(func.distinct(EmailReturn.email_log_id)))
        .where(EmailReturn.created_at >= since)
        .group_by(EmailReturn.kind)
    )
    by_kind = {row[0]: int(row[1]) for row in db.session.execute(counted)}
    # from the newest back to the first that is older: a day's letters, not the whole log
    older = db.session.scalar(
        select(EmailLog.id).where(EmailLog.created_at < since).order_by(EmailLog.id.desc()).limit(1)
    )
    left = select(func.count(EmailLog.id)).where(
        EmailLog.id > (older or 0),
        EmailLog.status.in_([EmailStatus.SENT, EmailStatus.BOUNCED]),
    )
    return Rates(
        sent=db.session.scalar(left) or 0,
        returned=by_kind.get(ReturnKind.HARD, 0) + by_kind.get(ReturnKind.SOFT, 0),
        complaints=by_kind.get(ReturnKind.COMPLAINT, 0),
    )


# --- one report -----------------------------------------------------------------------------------


def _record(report: Report, letter: EmailLog) -> bool:
    """Write a report down; tell whether it is new."""
    hashed = _hash(report, letter.id)
    known = select(EmailReturn.id).filter_by(report_hash=hashed)
    if db.session.scalar(known) is not None:
        return False
    row = {
        "email_log_id": letter.id,
        "user_id": letter.user_id,
        "kind": report.kind,
        "status_code": report.status,
        "detail": suppression.without_addresses(report.detail),
        "is_counted": True,
        "report_hash": hashed,
        "created_at": clock.now(),
    }
    # of two that read the same mailbox both may come here; both then do the same
    table = cast(Table, EmailReturn.__table__)
    bulk.upsert(db.session(), table, [row], key=["report_hash"], update=())
    return True


def _hash(report: Report, log_id: int) -> str:
    plain = f"{log_id}|{report.kind}|{report.status}|{report.identity}"
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def _said(report: Report) -> str | None:
    return " ".join(word for word in (report.status, report.detail) if word) or None


def _reason_to_stop(report: Report, letter: EmailLog) -> suppression.Reason | None:
    if report.kind is ReturnKind.COMPLAINT:
        return suppression.Reason.COMPLAINT
    if report.kind is ReturnKind.HARD:
        return suppression.Reason.BOUNCE
    if report.kind is ReturnKind.SOFT and _is_lost(letter.recipient_email):
        return suppression.Reason.BOUNCE
    return None


def _is_lost(address: str) -> bool:
    """Tell whether the newest letters that came back did so in a row, and too many of them.

    Letters sent after them are left out: their reports may be days away.
    """
    limit = config.current().mail_soft_bounces
    if not limit:
        return False
    came_back = (
        select(EmailLog.id)
        .join(EmailReturn, EmailReturn.email_log_id == EmailLog.id)
        .where(
            EmailLog.recipient_email == address,
            EmailReturn.kind == ReturnKind.SOFT,
            EmailReturn.is_counted.is_(True),
            EmailReturn.created_at >= clock.now() - SOFT_MEMORY,
        )
        .distinct()
        .order_by(EmailLog.id.desc())
        .limit(limit)
    )
    ids = list(db.session.scalars(came_back))
    if len(ids) < limit:
        return False
    arrived = select(EmailLog.id).where(
        EmailLog.recipient_email == address,
        EmailLog.id.between(ids[-1], ids[0]),
        EmailLog.status == EmailStatus.SENT,
    )
    return db.session.scalar(arrived.limit(1)) is None
