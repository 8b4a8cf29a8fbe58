"""Forms of the posting checks: why a job is held, and a new minimum wage."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, SelectField, TextAreaField, URLField
from wtforms.validators import DataRequired, InputRequired, Length

from jobscore.jobs.checks.holding import LONGEST_REASON
from jobscore.web.forms import Form, strip


class HoldForm(Form):
    """Why a job is taken from sight."""

    reason = TextAreaField(
        _l("Reason"),
        [
            DataRequired(_l("Say why, so that others understand it later.")),
            Length(max=LONGEST_REASON, message=_l("At most %(max)d characters.")),
        ],
        filters=[strip],
        description=_l("For other admins. People who look for work do not see it."),
    )


class AmountForm(Form):
    """A minimum wage that takes effect on some day."""

    prefecture_code = SelectField(_l("Prefecture"), [InputRequired(_l("Choose a prefecture."))])
    hourly_yen = IntegerField(
        _l("Minimum for one hour"), [InputRequired(_l("Write the amount in whole yen."))]
    )
    valid_from = DateField(
        _l("Takes effect on"), [InputRequired(_l("Write the day on which it takes effect."))]
    )
    source_url = URLField(
        _l("Official page"),
        [InputRequired(_l("Write the address of the page that states it."))],
        filters=[strip],
        description=_l("The page of the labour bureau or the ministry that states the amount."),
    )
