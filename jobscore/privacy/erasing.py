"""Erase a person: at once, in all tables, in the files of letters, and again after a restore.

What stays is a keyed hash of the address, so that nobody writes to it, and the facts that the
operator must keep, with the person's number at most.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from jobscore import clock, config, logs
from jobscore.accounts import audit, limits
from jobscore.accounts.models import AuditLog, User
from jobscore.database.engine import truncate_log
from jobscore.database.transaction import after_commit
from jobscore.emails import keys, suppression
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailLog, Suppression
from jobscore.extensions import db
from jobscore.imports.people import erasing as invitations
from jobscore.privacy import emails, looking, registry

#: In the instance folder: who was erased, as keyed hashes. Keep it beside backups.
LIST = "erased.jsonl"

log = logs.get("jobscore.privacy")


class LastAdminError(Exception):
    """The only administrator cannot go: nobody could let anybody in again."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: rows by table (none left out that had some), and files."""

    rows: dict[str, int]
    files: int


def erase(session: Session, user: User, *, by: str, is_confirmed_by_letter: bool = False) -> Erased:
    """Erase a person and everything of theirs. Flushes; with the commit it is done.

    :param by: who asked: ``person``, ``command`` or ``restore``.
    :param is_confirmed_by_letter: one last letter says so; its row alone keeps the address, until
        the letter has left (:mod:`jobscore.privacy.farewells`).
    :raises LastAdminError: for the only active administrator.
    """
    _refuse_last_admin(session, user)
    user_id, email, opened = user.id, user.email, user.created_at
    rows = _count(session, user_id)
    files = _letter_files(session, user_id, email)
    last_letter = emails.account_erased(user) if is_confirmed_by_letter else None
    outbox.forget([user_id])
    outbox.forget_address(email)
    limits.forget_person(email)
    looking.forget(session, user_id)
    for held in registry.held():
        if held.table is not registry.USERS and not held.is_kept:
            session.execute(delete(held.table).where(held.belongs_to(user_id)))
    invitations.forget_person(session, user_id)
    session.execute(update(AuditLog).where(AuditLog.target == f"user:{user_id}").values(details={}))
    session.execute(delete(User).where(User.id == user_id))
    _suppress(email)
    if last_letter is not None:
        outbox.enqueue(last_letter)
    audit.record("person.erased", f"user:{user_id}", by=by)
    session.flush()
    session.expire_all()
    _note(email, user_id, opened)
    for path in files:
        path.unlink(missing_ok=True)
    after_commit(lambda: truncate_log(db.engine))
    log.info("person erased", user_id=user_id, by=by)
    return Erased({name: n for name, n in rows.items() if n}, len(files))


def is_last_admin(session: Session, user: User) -> bool:
    """Tell whether a person is the only active administrator."""
    if not user.is_superuser:
        return False
    others = select(func.count(User.id)).where(
        User.is_superuser, User.is_active, User.id != user.id
    )
    return not session.scalar(others)


def _refuse_last_admin(session: Session, user: User) -> None:
    if user.is_superuser:
        # two admins who go at the same moment wait for each other
        session.execute(select(User.id).where(User.is_superuser).with_for_update())
    if is_last_admin(session, user):
        raise LastAdminError(user.id)


def _count(session: Session, user_id: int) -> dict[str, int]:
    return {
        one.name: session.scalar(
            select(func.count()).select_from(one.table).where(one.belongs_to(user_id))
        )
        or 0
        for one in registry.held()
    }


def _suppress(email: str) -> None:
    """Have nobody write to the address; what a server answered about it named it perhaps."""
    suppression.suppress(email, suppression.Reason.ERASED)
    suppression.forget_notes(email)


# --- files of letters -----------------------------------------------------------------------------


def _letter_files(session: Session, user_id: int, email: str) -> list[Path]:
    """Return the files in which a person's letters were put instead of being sent."""
    ids = session.scalars(
        select(EmailLog.message_id).where(
            (EmailLog.user_id == user_id) | (EmailLog.recipient_email == email)
        )
    )
    stems = {_stem(message_id) for message_id in ids if message_id}
    return [
        path
        for folder in _folders()
        if folder.is_dir()
        for path in folder.iterdir()
        if path.is_file() and _stem(path.name) in stems
    ]


def _folders() -> Iterable[Path]:
    settings = config.current()
    yield settings.instance / "outbox"
    parts = urlsplit(settings.mail_url)
    if parts.scheme == "file" and Path(parts.path) != settings.instance / "outbox":
        yield Path(parts.path)


def _stem(name: str) -> str:
    """Return what a Message-ID and the file of its letter have in common."""
    found = re.match(r"letter\.\d+\.\d+", name)
    return found[0] if found else name


# --- erased stays erased --------------------------------------------------------------------------


def _note(email: str, user_id: int, opened: datetime) -> None:
    """Write down that somebody was erased, in a file that outlives the database."""
    folder = config.current().instance
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    entry = {
        "address": suppression.address_hash(email),
        "account": account_hash(user_id, opened),
        "at": clock.now().isoformat(),
    }
    with (folder / LIST).open("a", encoding="ascii") as file:
        file.write(json.dumps(entry) + "\n")


def account_hash(user_id: int, opened: datetime) -> str:
    """Return a keyed hash of one account, whatever address it had: a restored copy has the same."""
    return _account_hash(keys.signing(keys.Purpose.ERASED), user_id, opened)


def _account_hash(key: bytes, user_id: int, opened: datetime) -> str:
    return hmac.new(key, f"{user_id}|{opened.isoformat()}".encode(), hashlib.sha256).hexdigest()


def come_back(session: Session) -> list[int]:
    """Return people who were erased and are here again since a backup was restored.

    Known by the file in the instance folder, and by the suppression list of the database; who
    signed up anew after they were erased is somebody new.
    """
    addresses: dict[str, datetime] = {}
    accounts: set[str] = set()
    for row in session.scalars(
        select(Suppression).where(Suppression.reason == suppression.Reason.ERASED.value)
    ):
        addresses[row.address_hash] = row.created_at
    path = config.current().instance / LIST
    if path.is_file():
        for line in path.read_text(encoding="ascii").splitlines():
            entry = json.loads(line)
            at = datetime.fromisoformat(entry["at"])
            addresses[entry["address"]] = max(at, addresses.get(entry["address"], at))
            accounts.add(entry["account"])
    if not addresses:
        return []
    found = []
    accepted = keys.accepted(keys.Purpose.ERASED)
    for user_id, email, opened in session.execute(select(User.id, User.email, User.created_at)):
        times = (addresses.get(hashed) for hashed in suppression.address_hashes(email))
        is_same = any(erased_at is not None and opened < erased_at for erased_at in times)
        if is_same or any(_account_hash(key, user_id, opened) in accounts for key in accepted):
            found.append(int(user_id))
    return found
