"""Forms: report a posting, settle its reports."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from jobscore.jobs.reports.models import ReportReason
from jobscore.jobs.reports.service import LONGEST_NOTE, LONGEST_TEXT
from jobscore.jobs.reports.wording import REASONS
from jobscore.web.forms import Form, strip


class ReportForm(Form):
    """What is wrong with a posting."""

    reason = RadioField(
        _l("What is wrong?"),
        [InputRequired(_l("Choose what is wrong."))],
        choices=[SelectChoice(r.value, REASONS[r]) for r in ReportReason],
    )
    text = TextAreaField(
        _l("What did you notice?"),
        [Length(max=LONGEST_TEXT, message=_l("At most %(max)d characters."))],
        filters=[strip],
        description=_l(
            "Please leave out names, addresses and telephone numbers of your own: we do not keep "
            "who reports, and cannot answer."
        ),
    )


class SettleForm(Form):
    """What was done about the reports of a job."""

    note = TextAreaField(
        _l("What was done"),
        [
            DataRequired(_l("Say what was done, so that others understand it later.")),
            Length(max=LONGEST_NOTE, message=_l("At most %(max)d characters.")),
        ],
        filters=[strip],
        description=_l("For other admins. Nobody else sees it."),
    )
