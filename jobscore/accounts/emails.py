"""The letters about an account: confirm the address, set a new password, what has changed."""

from typing import Any

from jobscore.accounts import tokens
from jobscore.accounts.models import Consent, User
from jobscore.emails import rendering
from jobscore.emails import service as outbox
from jobscore.emails.models import EmailType


def verify_address(user: User) -> None:
    """Ask ``user`` to confirm that the address is theirs."""
    token = tokens.make(tokens.Purpose.VERIFY, user)
    link = rendering.absolute_url("accounts.verify", token=token)
    _send(user, "verify", EmailType.VERIFY, link=link)


def known_address(user: User, locale: str) -> None:
    """Tell ``user`` that somebody tried to sign up with the address of their account."""
    _send(
        user,
        "known_address",
        EmailType.VERIFY,
        locale,
        login_url=rendering.absolute_url("accounts.login"),
        forgot_url=rendering.absolute_url("accounts.forgot"),
    )


def confirm_letters(user: User, entry: Consent, token: str, days: int) -> None:
    """Ask ``user`` whether they want the letters of ``entry``; its text stands in the letter.

    :param days: for how long the link works.
    """
    _send(
        user,
        "confirm_letters",
        EmailType.VERIFY,
        link=rendering.absolute_url("digests.confirm", token=token),
        text=entry.text,
        text_locale=entry.locale,
        days=days,
    )


def reset_password(user: User) -> None:
    """Send ``user`` the link that sets a new password."""
    token = tokens.make(tokens.Purpose.RESET, user)
    link = rendering.absolute_url("accounts.reset", token=token)
    _send(user, "reset", EmailType.RESET, link=link)


def confirm_new_address(user: User, email: str) -> None:
    """Ask the owner of the address ``email`` to confirm that it is ``user``'s from now on."""
    token = tokens.make(tokens.Purpose.EMAIL, user, email)
    link = rendering.absolute_url("accounts.new_email", token=token)
    _send(user, "new_address", EmailType.VERIFY, recipient=email, link=link)


def address_changed(user: User, old_email: str) -> None:
    """Tell the old address that the account has another one now."""
    _send(user, "address_changed", EmailType.NOTICE, recipient=old_email)


def password_changed(user: User) -> None:
    """Tell ``user`` that the password was changed, so that a thief cannot do it in silence."""
    _send(
        user,
        "password_changed",
        EmailType.NOTICE,
        forgot_url=rendering.absolute_url("accounts.forgot"),
    )


def _send(
    user: User,
    name: str,
    kind: EmailType,
    locale: str | None = None,
    *,
    recipient: str | None = None,
    **values: Any,
) -> None:
    locale = locale or user.profile.locale
    # Names are a stranger's words to an address that is not (yet) the person's own: without proof
    # that it is, they do not go into our letters.
    is_own = user.email_verified_at is not None and recipient in {None, user.email}
    known_name = user.full_name if is_own else None
    letter = rendering.render(name, locale, full_name=known_name, **values)
    outbox.enqueue(
        outbox.Draft(
            email_type=kind,
            recipient=recipient or user.email,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            locale=locale,
            user_id=user.id,
        )
    )
