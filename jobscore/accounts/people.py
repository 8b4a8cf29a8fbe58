"""What admins do to accounts: find them, disable and enable them, make admins. Flushes only."""

from sqlalchemy import Select, or_, select

from jobscore.accounts import audit, sessions
from jobscore.accounts.models import User
from jobscore.accounts.service import get
from jobscore.extensions import db


class OwnAccountError(Exception):
    """Admins cannot disable or demote themselves: somebody must be left to let them in again."""


class NotAcceptedError(Exception):
    """The account waits for its owner's yes to an invitation: nobody else can open it."""


def matching(words: str) -> Select[User]:
    """Return the query of all people whose address or name holds ``words`` (empty: everybody)."""
    query = select(User)
    if words:
        like = f"%{_escape(words.lower())}%"
        query = query.where(
            or_(User.email.like(like, escape="\\"), User.full_name.ilike(like, escape="\\"))
        )
    return query


def set_active(user_id: int, is_active: bool, *, actor_id: int | None) -> User:
    """Enable or disable a person; the disabled are out at once.

    :raises UnknownPersonError: when there is no such person.
    :raises OwnAccountError: when an admin disables their own account.
    :raises NotAcceptedError: when the account waits for its owner's yes.
    """
    user = get(user_id)
    if user.id == actor_id and not is_active:
        raise OwnAccountError
    if is_active and user.is_awaited:
        raise NotAcceptedError
    if user.is_active != is_active:
        user.is_active = is_active
        action = "account.enabled" if is_active else "account.disabled"
        audit.record(action, user, actor_id=actor_id)
    if not is_active:
        sessions.end_all(user.id)
    db.session.flush()
    return user


def set_admin(user_id: int, is_admin: bool, *, actor_id: int | None) -> User:
    """Make a person an admin, or an admin a seeker; their sessions end, so that they sign in anew.

    :raises UnknownPersonError: when there is no such person.
    :raises OwnAccountError: when an admin demotes themselves.
    :raises NotAcceptedError: when the account waits for its owner's yes: nobody knows yet who
        that is, and without a yes it is erased.
    """
    user = get(user_id)
    if user.id == actor_id and not is_admin:
        raise OwnAccountError
    if is_admin and user.is_awaited:
        raise NotAcceptedError
    if user.is_superuser != is_admin:
        user.is_superuser = is_admin
        action = "account.made_admin" if is_admin else "account.admin_ended"
        audit.record(action, user, actor_id=actor_id)
        sessions.end_all(user.id)
        db.session.flush()
    return user


def _escape(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
