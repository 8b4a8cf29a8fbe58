"""Forms of matching: what is wrong with a score, and what an admin answers."""

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from jobscore.matching import complaint_words
from jobscore.matching.complaints import MOST_TEXT, PARTS, WHOLE, Problem
from jobscore.matching.models import ComplaintStatus
from jobscore.web.forms import Form, strip

_TOO_LONG = _l("At most %(max)d characters.")


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
