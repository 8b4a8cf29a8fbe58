"""What people agreed to: the texts with their versions, and the ledger of who saw which, when."""

from dataclasses import dataclass
from typing import Any

import flask_babel
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from jobscore import clock
from jobscore.accounts.models import Consent, ConsentKind
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


def give(user_id: int, kind: ConsentKind, *, locale: str, how: str) -> Consent:
    """Write down that the person agrees to today's text of ``kind``, as shown in ``locale``.

    Who agreed to the same version already keeps that entry.

    :param how: where it was given: ``form``, ``sign-up``, ``import`` …
    """
    today = TEXTS[kind]
    standing = current(user_id, kind)
    if standing is not None and standing.text_version == today.version:
        return standing
    withdraw(user_id, kind)
    with speaking(locale):
        shown = str(today.text)
    entry = Consent(
        user_id=user_id, kind=kind, text=shown, text_version=today.version, locale=locale, how=how
    )
    db.session.add(entry)
    db.session.flush()
    return entry


def withdraw(user_id: int, kind: ConsentKind) -> bool:
    """End what the person agreed to; the entry stays and says until when it held."""
    standing = db.session.scalars(_standing(user_id, kind)).all()
    for consent in standing:
        consent.withdrawn_at = clock.now()
    db.session.flush()
    return bool(standing)


def current(user_id: int, kind: ConsentKind) -> Consent | None:
    """Return the entry that holds now, or None."""
    return db.session.scalar(_standing(user_id, kind).order_by(Consent.id.desc()).limit(1))


def _standing(user_id: int, kind: ConsentKind) -> Select[Consent]:
    return select(Consent).where(
        Consent.user_id == user_id, Consent.kind == kind, Consent.withdrawn_at.is_(None)
    )


def reader_locale() -> str:
    """Return the language in which this request shows texts."""
    return str(flask_babel.get_locale() or "en")
