"""Sessions: one row a sign-in, so that each can be seen and ended.

The browser holds a random 256-bit token inside Flask's signed cookie; the table holds its SHA-256,
so that a copy of the database signs nobody in. A new token is made at every sign-in.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

import flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from jobscore import clock, config, logs
from jobscore.accounts import visits
from jobscore.accounts.models import User, UserSession
from jobscore.database.transaction import transaction
from jobscore.extensions import db, login_manager

#: Flask-Login keeps the id of the person here; ours is the session's token.
COOKIE_KEY = "_user_id"
#: A page view moves ``last_seen_at`` at most so often.
SEEN_EVERY = timedelta(minutes=10)
#: The oldest session ends when a person signs in once more than this.
MOST_SESSIONS = 20

# The table says who is signed in, and nothing else: neither Flask-Login's remember cookie (never
# set) nor its guess by browser and address, which breaks on every change of network.
login_manager.session_protection = None

log = logs.get("jobscore.accounts.sessions")


def start(user: User, *, user_agent: str, address: str) -> str:
    """Open a session for ``user`` and return its token, which is kept nowhere else.

    Sessions of anybody that have run out are dropped on the way, and the person's own beyond
    the newest `MOST_SESSIONS`.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    db.session.execute(delete(UserSession).where(UserSession.expires_at <= now))
    db.session.add(
        UserSession(
            user_id=user.id,
            token_hash=_digest(token),
            user_agent=_printable(user_agent)[:255],
            address=address[:45],
            expires_at=now + timedelta(days=config.current().session_days),
        )
    )
    db.session.flush()
    visits.note(user.id)
    surplus = (
        select(UserSession.id)
        .where(UserSession.user_id == user.id)
        .order_by(UserSession.created_at.desc(), UserSession.id.desc())
        .offset(MOST_SESSIONS)
    )
    ids = list(db.session.scalars(surplus))
    if ids:
        db.session.execute(delete(UserSession).where(UserSession.id.in_(ids)))
    return token


def find(token: str) -> UserSession | None:
    """Return the open session of ``token`` with its person, or None.

    None also for a session that has run out and for a person who was disabled.
    """
    query = (
        select(UserSession)
        .where(UserSession.token_hash == _digest(token), UserSession.expires_at > clock.now())
        .options(joinedload(UserSession.user))
    )
    found = db.session.scalar(query)
    return found if found is not None and found.user.is_active else None


def of_person(user_id: int) -> Sequence[UserSession]:
    """Return a person's open sessions, the last seen first."""
    query = (
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.expires_at > clock.now())
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    )
    return db.session.scalars(query).all()


def end(token: str) -> None:
    """End the session of ``token``, if there is one."""
    db.session.execute(delete(UserSession).where(UserSession.token_hash == _digest(token)))


def end_one(user_id: int, session_id: int) -> bool:
    """End one of a person's own sessions; False when it is not theirs or is gone."""
    query = delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user_id)
    return bool(db.session.execute(query).rowcount)  # type: ignore[attr-defined]  # a DELETE's


def end_all(user_id: int, *, but: str | None = None) -> int:
    """End a person's sessions, all or all but that of the token ``but``; return how many."""
    query = delete(UserSession).where(UserSession.user_id == user_id)
    if but is not None:
        query = query.where(UserSession.token_hash != _digest(but))
    return int(db.session.execute(query).rowcount)  # type: ignore[attr-defined]  # a DELETE's


def put_in_browser(token: str) -> None:
    """Make the browser of this request carry ``token``, and nothing that it carried before.

    A new CSRF token comes with it; what a stranger put into the cookie before is gone.
    """
    flask.session.clear()
    flask.session[COOKIE_KEY] = token
    flask.session.permanent = True


def take_from_browser() -> None:
    """Make the browser of this request carry no session any more."""
    flask.session.clear()


def current_token() -> str | None:
    """Return the token that came with this request, or None."""
    token = flask.session.get(COOKIE_KEY)
    return token if isinstance(token, str) else None


@login_manager.user_loader  # type: ignore[untyped-decorator]  # Flask-Login has no types
def load_person(token: object) -> User | None:
    """Return who is signed in by ``token`` (Flask-Login asks once a request)."""
    found = find(str(token))
    return found.user if found else None


def mark_seen() -> None:
    """Note that the session of this request is in use, at most every `SEEN_EVERY`: a visit.

    Commits on its own, before the view begins. A busy database costs the note, not the page.
    """
    token = current_token()
    if token is None:
        return
    now = clock.now()
    digest = _digest(token)
    query = select(UserSession.last_seen_at, UserSession.user_id)
    found = db.session.execute(query.where(UserSession.token_hash == digest)).first()
    if found is None or now - found.last_seen_at < SEEN_EVERY:
        return
    try:
        with transaction() as session:
            session.execute(
                update(UserSession)
                .where(
                    UserSession.token_hash == digest,
                    UserSession.last_seen_at == found.last_seen_at,
                )
                .values(last_seen_at=now)
            )
            visits.note(found.user_id)
    except OperationalError:
        log.warning("session not marked as seen")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _printable(text: str) -> str:
    return "".join(c for c in text if c.isprintable())
