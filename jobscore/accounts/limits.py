"""Limits on guessing and on letters, counted in the database so that all processes share them.

A try is counted before it is judged, in a transaction of its own, and taken back when it was
right: many tries at the same moment cannot get past the limit. Accounts and addresses are kept
only as keyed hashes, and the same whether an account exists or not.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, func, or_, select, text

from jobscore import clock
from jobscore.accounts.addresses import network_of
from jobscore.accounts.models import Attempt, AttemptKind
from jobscore.extensions import db

#: Wrong passwords an account, and accounts tried in vain an address, in the window.
TRIES_PER_ACCOUNT = 6
ACCOUNTS_PER_ADDRESS = 20
WINDOW = timedelta(minutes=15)
#: New accounts and reset requests an address, and letters a mailbox, in an hour.
SIGN_UPS_PER_ADDRESS = 20
RESETS_PER_ADDRESS = 20
LETTERS_PER_MAILBOX = 3
#: Postings that an address may report in an hour.
REPORTS_PER_ADDRESS = 10
HOUR = timedelta(hours=1)
_HALF = 32


class TooManyTriesError(Exception):
    """A limit is reached; ``until`` says from when on the next try is welcome."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(f"too many tries until {until.isoformat()}")

    @property
    def seconds(self) -> int:
        """Whole seconds to wait, at least 1 (for ``Retry-After``)."""
        return max(1, round((self.until - clock.now()).total_seconds()))


@dataclass(frozen=True, slots=True)
class Reservation:
    """The rows that count one try, to be taken back when it was right."""

    ids: tuple[int, ...]


def reserve_sign_in(email: str, address: str | None) -> Reservation:
    """Count one try to sign in at ``email`` from ``address``; commit before judging it.

    :raises TooManyTriesError: when the account or the address has used up its tries.
    """
    account, visitor = _keyed("account", email), _keyed("address", network_of(address))
    pair = visitor[:_HALF] + account[:_HALF]
    _take_turns(account, visitor)
    _refuse_when_full(AttemptKind.SIGN_IN_ACCOUNT, account, TRIES_PER_ACCOUNT, WINDOW)
    since = clock.now() - WINDOW
    latest = (
        select(func.max(Attempt.created_at))
        .where(
            Attempt.kind == AttemptKind.SIGN_IN_ADDRESS,
            Attempt.subject >= visitor[:_HALF],
            Attempt.subject < visitor[:_HALF] + "g",
            Attempt.created_at > since,
        )
        .group_by(Attempt.subject)
        .order_by(func.max(Attempt.created_at).desc())
    )
    times = list(db.session.scalars(latest.limit(ACCOUNTS_PER_ADDRESS)))
    if len(times) >= ACCOUNTS_PER_ADDRESS:
        raise TooManyTriesError(times[-1] + WINDOW)
    return _count(
        Attempt(kind=AttemptKind.SIGN_IN_ACCOUNT, subject=account),
        Attempt(kind=AttemptKind.SIGN_IN_ADDRESS, subject=pair),
    )


def reserve_password_check(email: str) -> Reservation:
    """Count one try to give the present password while signed in; commit before judging it.

    :raises TooManyTriesError: when the account has used up its tries.
    """
    account = _keyed("account", email)
    _take_turns(account)
    _refuse_when_full(AttemptKind.SIGN_IN_ACCOUNT, account, TRIES_PER_ACCOUNT, WINDOW)
    return _count(Attempt(kind=AttemptKind.SIGN_IN_ACCOUNT, subject=account))


def release(reservation: Reservation) -> None:
    """Take a try back that was right."""
    db.session.execute(delete(Attempt).where(Attempt.id.in_(reservation.ids)))


def count_sign_up(address: str | None) -> None:
    """Count one sign-up from ``address``.

    :raises TooManyTriesError: when the address has used up its sign-ups.
    """
    _count_one(AttemptKind.SIGN_UP, _keyed("address", network_of(address)), SIGN_UPS_PER_ADDRESS)


def count_reset(address: str | None) -> None:
    """Count one reset request from ``address``.

    :raises TooManyTriesError: when the address has used up its requests.
    """
    _count_one(AttemptKind.RESET, _keyed("address", network_of(address)), RESETS_PER_ADDRESS)


def count_report(address: str | None) -> None:
    """Count one report of a posting from ``address``.

    :raises TooManyTriesError: when the address has used up its reports.
    """
    _count_one(AttemptKind.REPORT, _keyed("address", network_of(address)), REPORTS_PER_ADDRESS)


def may_write_to(email: str) -> bool:
    """Count one letter that a stranger may have asked for; False when the mailbox had enough."""
    try:
        _count_one(AttemptKind.RESET, _keyed("mailbox", email), LETTERS_PER_MAILBOX)
    except TooManyTriesError:
        return False
    return True


def forget_account(email: str) -> None:
    """Drop the wrong tries at an account: its owner has proved to be one by a letter."""
    subject = _keyed("account", email)
    db.session.execute(
        delete(Attempt).where(
            Attempt.kind == AttemptKind.SIGN_IN_ACCOUNT, Attempt.subject == subject
        )
    )


def forget_person(email: str) -> None:
    """Drop everything that is counted of an account and its mailbox: its owner is erased."""
    subjects = [_keyed("account", email), _keyed("mailbox", email)]
    account = _keyed("account", email)[:_HALF]
    db.session.execute(
        delete(Attempt).where(or_(Attempt.subject.in_(subjects), Attempt.subject.endswith(account)))
    )


def forget_old() -> int:
    """Drop what no limit looks at any more and return how many rows that were."""
    gone = db.session.execute(delete(Attempt).where(Attempt.created_at < clock.now() - HOUR))
    return int(gone.rowcount)  # type: ignore[attr-defined] # a DELETE's result has a row count


def _count(*rows: Attempt) -> Reservation:
    db.session.add_all(rows)
    db.session.flush()
    return Reservation(tuple(row.id for row in rows))


def _count_one(kind: AttemptKind, subject: str, most: int) -> None:
    _take_turns(subject)
    _refuse_when_full(kind, subject, most, HOUR)
    _count(Attempt(kind=kind, subject=subject))


def _refuse_when_full(kind: AttemptKind, subject: str, most: int, window: timedelta) -> None:
    newest_first = (
        select(Attempt.created_at)
        .where(
            Attempt.kind == kind,
            Attempt.subject == subject,
            Attempt.created_at > clock.now() - window,
        )
        .order_by(Attempt.created_at.desc())
    )
    nth = db.session.scalar(newest_first.offset(most - 1).limit(1))
    if nth is not None:
        raise TooManyTriesError(nth + window)


def _take_turns(*subjects: str) -> None:
    """Make tries at one account or from one address wait for each other until the commit.

    SQLite has one writer at a time anyway.
    """
    if db.engine.dialect.name != "postgresql":
        return
    for subject in sorted(subjects):  # one order for all, so that none waits for another in a ring
        key = int(subject[:15], 16)
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _keyed(kind: str, value: str) -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"attempts:{kind}:{value}".encode(), hashlib.sha256).hexdigest()
