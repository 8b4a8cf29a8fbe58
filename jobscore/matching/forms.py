"""Forms of matching: an application, what is wrong with a score, what an admin answers."""

from datetime import date, timedelta
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from jobscore.accounts import fields
from jobscore.matching import complaint_words
from jobscore.matching.answer_words import OUTCOMES
from jobscore.matching.applications import LONGEST_NOTES, Application
from jobscore.matching.complaints import MOST_TEXT, PARTS, WHOLE, Problem
from jobscore.matching.models import ComplaintStatus, MatchingResult, Outcome
from jobscore.scoring import service as scores
from jobscore.web.forms import Form, strip

MOST_AHEAD: Final = timedelta(days=3 * 366)
"""A next step further ahead is a slip of the year."""
EARLIEST: Final = date(2000, 1, 1)


_TOO_LONG = _l("At most %(max)d characters.")


def _lines(value: Any) -> Any:
    """Write line ends as one character, so that they count once."""
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


class ApplicationForm(Form):
    """What a person notes of an application."""

    applied_on: Any = DateField(
        _l("Applied on"), validators=[InputRequired(_l("Please give a day."))]
    )
    outcome: Any = fields.SelectField(
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


class ComplaintForm(Form):
    """Which part of a score is wrong, and how."""

    part = SelectField(_l("Which part"), default=WHOLE)
    problem = RadioField(
        _l("What is wrong"),
        [InputRequired(_l("Choose what is wrong."))],
        choices=[SelectChoice(str(code), said) for code, said in complaint_words.PROBLEMS.items()],
        default=str(Problem.NOT_IN_POSTING),
    )
    text = TextAreaField(
        _l("In your own words"),
        [Length(max=MOST_TEXT, message=_TOO_LONG)],
        filters=[strip],
        description=_l("What should it say? An administrator reads it."),
    )

    def offer_parts(self) -> None:
        """Name the parts in the reader's language."""
        self.part.choices = [SelectChoice(part, complaint_words.part_label(part)) for part in PARTS]


class AnswerForm(Form):
    """What an admin answers to a complaint."""

    outcome = RadioField(
        _l("What came of it"),
        [InputRequired(_l("Choose what came of it."))],
        choices=[
            SelectChoice(str(ComplaintStatus.MENDED), _l("The person is right, and it is mended")),
            SelectChoice(str(ComplaintStatus.EXPLAINED), _l("The score stands, and I say why")),
        ],
        default=str(ComplaintStatus.EXPLAINED),
    )
    answer = TextAreaField(
        _l("Answer"),
        [
            DataRequired(_l("Write the answer that the person will read.")),
            Length(max=MOST_TEXT, message=_TOO_LONG),
        ],
        filters=[strip],
        description=_l("The person reads it on the page of the score."),
    )
