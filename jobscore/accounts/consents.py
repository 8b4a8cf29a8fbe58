"""What people agreed to: the texts with their versions, and the ledger of who saw which, when.

An entry stands until it is ended. One that asked to be confirmed by a letter stands, and waits: no
letter goes out for it before the owner of the address has said yes there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import flask_babel
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, exists, or_, select, update

from jobscore import clock
from jobscore.accounts.models import Consent, ConsentKind, User
from jobscore.extensions import db
from jobscore.web.i18n import speaking


@dataclass(frozen=True, slots=True)
class ConsentText:
    """A text that people agree to. Another wording is another version."""

    version: str
    text: Any


TEXTS = {
    ConsentKind.TERMS: ConsentText(
        "2026-11",
        _l(
            "I agree that my answers are kept and used to score and choose jobs for me, "
            "until I delete them."
        ),
    ),
    ConsentKind.DIGEST: ConsentText(
        "2026-11",
        _l(
            "Send me e-mails with the jobs that suit me best. "
            "I can stop them at any time with one click."
        ),
    ),
    ConsentKind.ALERT: ConsentText(
        "2026-11",
        _l(
            "Send me e-mails with new jobs of the searches that I save. "
            "I can stop them at any time with one click."
        ),
    ),
}


#: Ends of an entry that were nobody's no: another wording took its place, or nothing used it.
REPLACED, UNUSED = "replaced", "unused"
_NO_WILL: Final = (REPLACED, UNUSED)


def give(user_id: int, kind: ConsentKind, *, locale: str, how: str) -> Consent:
    """Write down that the person agrees to today's text of ``kind``, as shown in ``locale``.

    Who agreed to the same version already keeps that entry.

    :param how: where it was given: ``form``, ``sign-up``, ``import`` …
    """
    today = TEXTS[kind]
    standing = current(user_id, kind)
    if standing is not None and standing.text_version == today.version:
        return standing
    withdraw(user_id, kind, how=REPLACED)
    with speaking(locale):
        shown = str(today.text)
    entry = Consent(
        user_id=user_id, kind=kind, text=shown, text_version=today.version, locale=locale, how=how
    )
    db.session.add(entry)
    db.session.flush()
    return entry


def withdraw(user_id: int, kind: ConsentKind, *, how: str = "form") -> bool:
    """End what the person agreed to; the entry stays and says until when it held, and how it ended.

    Returns whether there was one.
    """
    standing = db.session.scalars(_standing(user_id, kind)).all()
    for consent in standing:
        consent.withdrawn_at, consent.ended_how = clock.now(), how
    db.session.flush()
    return bool(standing)


def confirm(entry: Consent, how: str) -> None:
    """Note that the owner of the address meant an entry; the first time counts. Flushes.

    :param how: ``session``, ``address`` or ``letter``.
    """
    if entry.confirmed_at is None:
        entry.confirmed_at, entry.confirmed_how = clock.now(), how
        db.session.flush()


def confirm_with_address(user_id: int) -> None:
    """Note that the address is confirmed, and with it what waited for nothing else. Flushes."""
    db.session.execute(
        update(Consent)
        .where(
            Consent.user_id == user_id,
            Consent.withdrawn_at.is_(None),
            Consent.asked_at.is_(None),
            Consent.confirmed_at.is_(None),
        )
        .values(confirmed_at=clock.now(), confirmed_how="address")
    )


def current(user_id: int, kind: ConsentKind) -> Consent | None:
    """Return the entry that stands now, confirmed or not, or None."""
    return db.session.scalar(_standing(user_id, kind).order_by(Consent.id.desc()).limit(1))


def is_waiting(entry: Consent | None) -> bool:
    """Tell whether an entry stands and waits for the yes by letter."""
    return entry is not None and entry.asked_at is not None and entry.confirmed_at is None


def holds(kind: ConsentKind) -> ColumnElement[bool]:
    """Return the condition that a person agreed to ``kind``, for queries of users."""
    return exists().where(
        Consent.user_id == User.id,
        Consent.kind == kind,
        Consent.withdrawn_at.is_(None),
        or_(Consent.asked_at.is_(None), Consent.confirmed_at.is_not(None)),
    )


def was_ended_by_will(user_id: int, kind: ConsentKind) -> bool:
    """Tell whether the last entry of a kind was ended by a no of the person's."""
    last = db.session.scalar(
        select(Consent)
        .where(Consent.user_id == user_id, Consent.kind == kind)
        .order_by(Consent.id.desc())
        .limit(1)
    )
    return last is not None and last.withdrawn_at is not None and last.ended_how not in _NO_WILL


def ledger(user_id: int) -> Sequence[Consent]:
    """Return everything that a person agreed to, the newest first."""
    query = select(Consent).where(Consent.user_id == user_id).order_by(Consent.id.desc())
    return db.session.scalars(query).all()


def _standing(user_id: int, kind: ConsentKind) -> Select[Consent]:
    return select(Consent).where(
        Consent.user_id == user_id, Consent.kind == kind, Consent.withdrawn_at.is_(None)
    )


def reader_locale() -> str:
    """Return the language in which this request shows texts."""
    return str(flask_babel.get_locale() or "en")
