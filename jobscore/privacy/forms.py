"""The form that erases: it asks for what only the owner of the account can type."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import ValidationError

from jobscore.accounts.fields import LineField, PasswordField
from jobscore.web.forms import Form


class EraseForm(Form):
    """The address, typed once more, and the password."""

    email = LineField(_l("Type your e-mail address to confirm"), render_kw={"autocomplete": "off"})
    present = PasswordField(_l("Password"), render_kw={"autocomplete": "current-password"})
    letter = BooleanField(_l("Confirm it by one last letter"))

    def __init__(self, email: str, **kwargs: Any) -> None:
        self._own = email
        super().__init__(**kwargs)

    def validate_email(self, field: Any) -> None:
        """Refuse anything but the account's address."""
        if (field.data or "").strip().lower() != self._own:
            raise ValidationError(gettext("This is not the address of your account."))
