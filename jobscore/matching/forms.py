"""The form of an application: when, what became of it, what comes next, notes."""

from datetime import date, timedelta
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from jobscore.accounts.fields import SelectField
from jobscore.matching.answer_words import OUTCOMES
from jobscore.matching.applications import LONGEST_NOTES, Application
from jobscore.matching.models import MatchingResult, Outcome
from jobscore.scoring import service as scores
from jobscore.web.forms import Form, strip

MOST_AHEAD: Final = timedelta(days=3 * 366)
"""A next step further ahead is a slip of the year."""
EARLIEST: Final = date(2000, 1, 1)


def _lines(value: Any) -> Any:
    """Write line ends as one character, so that they count once."""
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


class ApplicationForm(Form):
    """What a person notes of an application."""

    applied_on: Any = DateField(
        _l("Applied on"), validators=[InputRequired(_l("Please give a day."))]
    )
    outcome: Any = SelectField(
        _l("How it stands"), choices=[(str(one), words) for one, (words, _) in OUTCOMES.items()]
    )
    next_step_on: Any = DateField(
        _l("Next step on"),
        validators=[Optional()],
        description=_l("An interview, a deadline, a day to ask again. Your list is ordered by it."),
    )
    notes: Any = TextAreaField(
        _l("Notes"),
        filters=[_lines, strip],
        validators=[Length(max=LONGEST_NOTES, message=_l("Use at most %(max)d characters."))],
        description=_l("Only you see them. At most 2,000 characters."),
        render_kw={"maxlength": LONGEST_NOTES},
    )

    @classmethod
    def of(cls, match: MatchingResult) -> "ApplicationForm":
        """Return the form with what was noted, today where nothing was."""
        return cls(
            data={
                "applied_on": match.applied_on or scores.today(),
                "outcome": str(match.application_outcome or Outcome.WAITING),
                "next_step_on": match.next_step_on,
                "notes": match.application_notes or "",
            }
        )

    def validate_applied_on(self, field: Any) -> None:
        """Refuse days to come."""
        if field.data and not EARLIEST <= field.data <= scores.today():
            raise ValidationError(gettext("This day has not come yet, or is too long ago."))

    def validate_next_step_on(self, field: Any) -> None:
        """Refuse days that nobody can mean."""
        if field.data and not EARLIEST <= field.data <= scores.today() + MOST_AHEAD:
            raise ValidationError(gettext("Please check the year."))

    def application(self) -> Application:
        """Return what was sent; only for a form that is valid."""
        return Application(
            applied_on=self.applied_on.data,
            outcome=Outcome(self.outcome.data),
            next_step_on=self.next_step_on.data,
            notes=self.notes.data or None,
        )
