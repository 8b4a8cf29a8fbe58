"""Forms of the account: signing up and in, passwords, name, language, and the admin's search."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField
from wtforms.validators import ValidationError

from jobscore.accounts import consents, passwords
from jobscore.accounts.fields import (
    EmailField,
    LineField,
    PasswordField,
    RadioField,
    SelectField,
)
from jobscore.accounts.models import ConsentKind, DigestFrequency, Profile, User
from jobscore.accounts.passwords import PasswordProblem, WeakPasswordError
from jobscore.web.forms import Form
from jobscore.web.i18n import NATIVE_NAMES

#: From which score jobs go into a letter: a digest or an alert.
LEAST_SCORES = [
    ("", _l("Any score")),
    ("50", _l("50 or more")),
    ("65", _l("65 or more")),
    ("80", _l("80 or more")),
]


def password_sentence(problem: PasswordProblem) -> str:
    """Return in the reader's language why a text cannot be a password."""
    sentences = {
        PasswordProblem.TOO_SHORT: gettext(
            "Use at least %(count)s characters; a few words make a good password.",
            count=passwords.SHORTEST,
        ),
        PasswordProblem.TOO_LONG: gettext(
            "Use at most %(count)s characters.", count=passwords.LONGEST
        ),
        PasswordProblem.COMMON: gettext(
            "This password is on the lists that thieves try first. Choose another one."
        ),
        PasswordProblem.PATTERN: gettext(
            "This password is one pattern repeated. Choose one that is harder to guess."
        ),
        PasswordProblem.PERSONAL: gettext(
            "Choose a password that is not made of your name or e-mail address."
        ),
    }
    return str(sentences[problem])


def _check_password(field: Any, own_words: tuple[str | None, ...]) -> None:
    try:
        passwords.check(field.data or "", own_words)
    except WeakPasswordError as error:
        raise ValidationError(password_sentence(error.problem)) from error


class RegisterForm(Form):
    """Sign up."""

    full_name = LineField(_l("Name"), longest=100, render_kw={"autocomplete": "name"})
    email = EmailField(_l("E-mail address"), render_kw={"autocomplete": "email"})
    password = PasswordField(_l("Password"), render_kw={"autocomplete": "new-password"})

    def validate_password(self, field: Any) -> None:
        """Refuse what anybody could guess."""
        _check_password(field, (self.email.data, self.full_name.data))


class LoginForm(Form):
    """Sign in."""

    email = EmailField(_l("E-mail address"), render_kw={"autocomplete": "username"})
    password = PasswordField(_l("Password"), render_kw={"autocomplete": "current-password"})
    next = HiddenField()


class ForgotForm(Form):
    """Ask for a link that sets a new password."""

    email = EmailField(_l("E-mail address"), render_kw={"autocomplete": "username"})


class NewPasswordForm(Form):
    """Set a new password by a link."""

    password = PasswordField(_l("New password"), render_kw={"autocomplete": "new-password"})

    def __init__(self, user: User, **kwargs: Any) -> None:
        self._own_words = (user.email, user.full_name)
        super().__init__(**kwargs)

    def validate_password(self, field: Any) -> None:
        """Refuse what anybody could guess."""
        _check_password(field, self._own_words)


class VerifyForm(Form):
    """Confirm the address in another browser than the one that signed up."""

    password = PasswordField(
        _l("Password that you chose when you signed up"),
        render_kw={"autocomplete": "current-password"},
    )


class ActForm(Form):
    """A single button; only its CSRF token counts."""


class AccountForm(Form):
    """Name and language."""

    full_name = LineField(_l("Name"), longest=100, render_kw={"autocomplete": "name"})
    locale = RadioField(_l("Language of the pages and letters"), choices=NATIVE_NAMES.items())

    def validate_locale(self, field: Any) -> None:
        """Ask for one of the languages."""
        if field.data is None:
            raise ValidationError(gettext("Choose one of the answers shown."))


class ChangeEmailForm(Form):
    """Another e-mail address."""

    email = EmailField(_l("New e-mail address"), render_kw={"autocomplete": "email"})
    present = PasswordField(_l("Present password"), render_kw={"autocomplete": "current-password"})


class ChangePasswordForm(NewPasswordForm):
    """Another password, by somebody who knows the present one."""

    present = PasswordField(_l("Present password"), render_kw={"autocomplete": "current-password"})
    password = PasswordField(_l("New password"), render_kw={"autocomplete": "new-password"})


class DigestForm(Form):
    """Whether, and how often, the letter comes."""

    wants = BooleanField(consents.TEXTS[ConsentKind.DIGEST].text)
    frequency = RadioField(
        _l("How often"),
        choices=[
            (DigestFrequency.DAILY.value, _l("Every morning")),
            (DigestFrequency.WEEKLY.value, _l("Once a week")),
        ],
    )
    min_score = SelectField(
        _l("Only jobs with at least this score"),
        choices=LEAST_SCORES,
    )

    @staticmethod
    def data_of(profile: Profile, has_consent: bool) -> dict[str, Any]:
        """Return what the form shows for a person as kept."""
        is_on = profile.digest_frequency is not DigestFrequency.OFF and has_consent
        frequency = profile.digest_frequency if is_on else DigestFrequency.DAILY
        return {
            "wants": is_on,
            "frequency": frequency.value,
            "min_score": str(profile.digest_min_score) if profile.digest_min_score else None,
        }
