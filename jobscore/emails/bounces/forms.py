"""Forms of the suppression list: look an address up, add it, take it away."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from jobscore.accounts.addresses import LONGEST_EMAIL, InvalidEmailError, normalise_email
from jobscore.emails.suppression import LONGEST_NOTE
from jobscore.web.forms import Form, strip


class AddressForm(Form):
    """One address. It is sent by POST and stands in no address bar, log or list."""

    address = StringField(
        _l("E-mail address"),
        [
            DataRequired(_l("Write an e-mail address.")),
            Length(max=LONGEST_EMAIL, message=_l("At most %(max)d characters.")),
        ],
        filters=[strip],
    )

    def validate_address(self, field: StringField) -> None:
        """Bring the address into the form that is compared."""
        try:
            field.data = normalise_email(field.data or "")
        except InvalidEmailError as error:
            raise ValidationError(_l("This is not an e-mail address.")) from error


class ChangeForm(AddressForm):
    """An address to add or to take away, and why."""

    reason = TextAreaField(
        _l("Reason"),
        [
            DataRequired(_l("Say why, so that others understand it later.")),
            Length(max=LONGEST_NOTE, message=_l("At most %(max)d characters.")),
        ],
        filters=[strip],
        description=_l("Kept in the audit log. E-mail addresses in it are taken out."),
    )
