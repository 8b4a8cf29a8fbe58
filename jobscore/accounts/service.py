"""Accounts: signing up, signing in, passwords, addresses. Flushes; the edge commits.

Nothing that a stranger can ask tells whether an address has an account: the answers are the same,
both kinds of address cost one password hash and one letter, and only the letter differs.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from jobscore import clock, config, logs
from jobscore.accounts import (
    audit,
    consents,
    emails,
    limits,
    passwords,
    sessions,
    tokens,
    waiting,
)
from jobscore.accounts.addresses import normalise_email
from jobscore.accounts.models import UNUSABLE, AuditLog, ConsentKind, Profile, User
from jobscore.emails import suppression
from jobscore.extensions import db

log = logs.get("jobscore.accounts")


class EmailTakenError(Exception):
    """An account with this address exists already (never shown to strangers)."""


class UnknownPersonError(LookupError):
    """No account has this id or address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What somebody typed who signs up; the address is normalised, the password hashed."""

    email: str
    hashed_password: str
    full_name: str | None
    locale: str


@dataclass(frozen=True, slots=True)
class SignUp:
    """What became of a sign-up.

    :ivar person: whom to sign in at once: only where no letter can leave, and the address is new.
    :ivar proof: for the browser to keep: shows at the link of the letter that it signed up.
    """

    person: User | None
    proof: str


def register(new: NewAccount) -> SignUp:
    """Open an account, or send the owner of a known address a letter instead.

    A new account waits until its address is confirmed. An account that nobody has confirmed yet
    is taken over by the newest sign-up: its link and its browser count, those before do not.
    Where the operator has not set up letters yet, a new person comes in at once.
    """
    user = find(new.email)
    if user is None:
        user = _open(new.email, new.hashed_password, new.full_name, new.locale)
        consents.give(user.id, ConsentKind.TERMS, locale=new.locale, how="sign-up")
        audit.record("account.opened", user, actor_id=user.id)
        if not letters_can_leave():
            return SignUp(user, secrets.token_hex(16))
        emails.verify_address(user)
        limits.may_write_to(new.email)
    elif limits.may_write_to(new.email):
        if _is_unclaimed(user) and letters_can_leave():
            user.hashed_password = new.hashed_password
            user.full_name = new.full_name
            db.session.flush()
            emails.verify_address(user)
        else:
            _write_to_owner(user, new.locale)
            return SignUp(None, secrets.token_hex(16))
    else:
        return SignUp(None, secrets.token_hex(16))
    return SignUp(None, tokens.fingerprint(tokens.Purpose.VERIFY, user))


def _write_to_owner(user: User, locale: str) -> None:
    """Tell the owner of an account that somebody wants one with their address."""
    if user.is_awaited:
        waiting.write_to(user)
    else:
        emails.known_address(user, locale)


def _is_unclaimed(user: User) -> bool:
    """Tell whether nobody has confirmed the account nor ever been signed in to it."""
    if user.email_verified_at is not None or not user.is_active:
        return False
    used = select(AuditLog.id).where(
        AuditLog.actor_id == user.id, AuditLog.action == "account.signed_in"
    )
    return db.session.scalar(used.limit(1)) is None


def letters_can_leave() -> bool:
    """Tell whether the operator has set what the law wants to stand in a letter."""
    return not config.current().missing_for_mail


def create_user(
    email: str,
    password: str | None,
    *,
    full_name: str | None = None,
    is_superuser: bool = False,
    is_verified: bool = True,
    locale: str | None = None,
) -> User:
    """Create an account on behalf of somebody (command, import, demo) and return it.

    :param password: None makes an account that opens by a reset link only.
    :param is_verified: whether whoever creates it vouches for the address.
    :raises InvalidEmailError: when ``email`` is none.
    :raises WeakPasswordError: when ``password`` may not be one.
    :raises EmailTakenError: when there is such an account.
    """
    address = normalise_email(email)
    if password is None:
        hashed = UNUSABLE
    else:
        passwords.check(password, (address, full_name))
        hashed = passwords.hash_password(password)
    if find(address) is not None:
        raise EmailTakenError(address)
    user = _open(address, hashed, full_name, locale or config.current().default_locale)
    user.is_superuser = is_superuser
    if is_verified:
        user.email_verified_at = clock.now()
    db.session.flush()
    return user


def _open(email: str, hashed: str, full_name: str | None, locale: str) -> User:
    user = User(email=email, hashed_password=hashed, full_name=full_name or None)
    user.password_changed_at = clock.now()
    user.profile = Profile(locale=locale)
    try:
        with db.session.begin_nested():
            db.session.add(user)
    except IntegrityError as error:  # the same address at the same moment
        raise EmailTakenError(email) from error
    return user


def find(email: str) -> User | None:
    """Return the account of an address (normalised), or None."""
    return db.session.scalar(select(User).where(User.email == email))


def get(user_id: int) -> User:
    """Return the account with this id.

    :raises UnknownPersonError: when there is none.
    """
    user = db.session.get(User, user_id)
    if user is None:
        raise UnknownPersonError(user_id)
    return user


def by_password(email: str, password: str) -> User | None:
    """Return who may sign in with these, or None. Writes nothing and always costs the same.

    None also for the disabled and, where letters can leave, for who has not confirmed the address:
    telling them so would tell strangers that their own sign-up was the first.
    """
    user = find(email)
    fits = passwords.verify(user.hashed_password if user else None, password)
    if user is None or not fits or not user.is_active:
        return None
    if user.email_verified_at is None and letters_can_leave():
        return None
    return user


def sign_in(user: User, password: str | None, *, user_agent: str, address: str) -> str:
    """Open a session and return its token; re-hash ``password`` if today's parameters differ."""
    if password is not None and passwords.needs_rehash(user.hashed_password):
        user.hashed_password = passwords.hash_password(password)
    audit.record("account.signed_in", user, actor_id=user.id)
    return sessions.start(user, user_agent=user_agent, address=address)


def note_failed_sign_in(email: str) -> None:
    """Write a failed try into the audit log, without the address."""
    user = find(email)
    audit.record("account.sign_in_failed", user)
    log.warning("sign-in failed", user_id=user.id if user else None)


def confirm_address(token: str) -> User:
    """Note that the address is the person's own and return them.

    :raises StaleLinkError: when the link is not good (any more).
    """
    user, _ = tokens.read(tokens.Purpose.VERIFY, token)
    _confirm(user)
    return user


def _confirm(user: User) -> None:
    if user.email_verified_at is None:
        user.email_verified_at = clock.now()
        suppression.lift_erased(user.email)
        consents.confirm_with_address(user.id)
        audit.record("account.address_confirmed", user, actor_id=user.id)
        db.session.flush()


def ask_for_confirmation(user: User) -> bool:
    """Send the link that confirms the address, unless it is confirmed; tell whether it left."""
    if user.email_verified_at is not None or not letters_can_leave():
        return False
    if not limits.may_write_to(user.email):
        return False
    emails.verify_address(user)
    return True


def send_reset(email: str) -> None:
    """Send a reset link to an address if it has an account; say nothing of it to the asker."""
    user = find(email)
    if not letters_can_leave() or not limits.may_write_to(email):
        return
    if user is not None and user.is_active:
        emails.reset_password(user)
        audit.record("account.reset_asked", user)
    elif user is not None and user.is_awaited:
        waiting.write_to(user)


def reset_password(token: str, hashed_password: str) -> User:
    """Set a new password by the link of a letter; ends all sessions and lifts the limit.

    :raises StaleLinkError: when the link is not good (any more).
    """
    user, _ = tokens.read(tokens.Purpose.RESET, token)
    _set_password(user, hashed_password)
    _confirm(user)
    sessions.end_all(user.id)
    limits.forget_account(user.email)
    return user


def change_password(user: User, hashed_password: str, *, keep: str | None) -> None:
    """Set a new password; ends all sessions but that of the token ``keep``, tells the owner."""
    _set_password(user, hashed_password)
    sessions.end_all(user.id, but=keep)


def ask_new_email(user: User, email: str) -> None:
    """Send a link to ``email`` that makes it the account's address.

    Where another account has it, its owner gets a letter instead; the asker learns nothing.
    """
    if email == user.email or not limits.may_write_to(email):
        return
    owner = find(email)
    if owner is None:
        emails.confirm_new_address(user, email)
    else:
        _write_to_owner(owner, owner.profile.locale)
    audit.record("account.new_address_asked", user, actor_id=user.id)


def change_email(token: str) -> User:
    """Give the account the address that the link of a letter brought; tell the old one.

    :raises StaleLinkError: when the link is not good (any more), or the address has gone to
        somebody else meanwhile.
    """
    user, email = tokens.read(tokens.Purpose.EMAIL, token)
    if find(email) is not None:
        raise tokens.StaleLinkError(tokens.Purpose.EMAIL)
    old, user.email = user.email, email
    user.email_verified_at = clock.now()
    suppression.lift_erased(email)
    emails.address_changed(user, old)
    audit.record("account.address_changed", user, actor_id=user.id)
    db.session.flush()
    return user


def _set_password(user: User, hashed_password: str) -> None:
    user.hashed_password = hashed_password
    user.password_changed_at = clock.now()
    audit.record("account.password_changed", user, actor_id=user.id)
    if letters_can_leave():
        emails.password_changed(user)
    db.session.flush()
