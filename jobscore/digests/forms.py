"""The forms of a person's page about letters: how they want them, and a pause."""

from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField
from wtforms.validators import InputRequired, ValidationError

from jobscore import clock, config
from jobscore.accounts.fields import RadioField, SelectField
from jobscore.accounts.forms import LEAST_SCORES
from jobscore.accounts.models import DigestFrequency
from jobscore.digests.standing import Standing
from jobscore.digests.wishes import LONGEST_PAUSE, Wish
from jobscore.web.forms import Form
from jobscore.web.i18n import NATIVE_NAMES


class MailForm(Form):
    """How often letters with jobs come, from which score on, in which language."""

    frequency = RadioField(
        _l("How often"),
        choices=[
            (DigestFrequency.DAILY.value, _l("Every morning that has new matches")),
            (DigestFrequency.WEEKLY.value, _l("Once a week")),
            (DigestFrequency.OFF.value, _l("No letters with jobs")),
        ],
    )
    min_score = SelectField(_l("Only jobs with at least this score"), choices=LEAST_SCORES)
    locale = RadioField(_l("Language of the pages and letters"), choices=NATIVE_NAMES.items())
    is_steady = BooleanField(_l("Keep them this often even when I do not come by"))

    def validate_frequency(self, field: Any) -> None:
        """Ask for one of the answers."""
        _refuse_none(field)

    def validate_locale(self, field: Any) -> None:
        """Ask for one of the languages."""
        _refuse_none(field)

    @property
    def wish(self) -> Wish:
        """What was chosen."""
        return Wish(
            frequency=DigestFrequency(self.frequency.data),
            min_score=int(self.min_score.data or 0),
        )

    @staticmethod
    def data_of(standing: Standing, locale: str) -> dict[str, Any]:
        """Return what the form shows for a person as things stand."""
        is_on = standing.consent is not None
        return {
            "frequency": (standing.chosen if is_on else DigestFrequency.OFF).value,
            "min_score": str(standing.min_score) if standing.min_score else None,
            "locale": locale,
            "is_steady": standing.is_steady,
        }


def _refuse_none(field: Any) -> None:
    if field.data is None:
        raise ValidationError(gettext("Choose one of the answers shown."))


class PauseForm(Form):
    """No letters before a day."""

    until: Any = DateField(
        _l("First day with letters again"),
        validators=[InputRequired(_l("Please give a day."))],
    )

    def validate_until(self, field: Any) -> None:
        """Refuse days that are past, and those far ahead."""
        if field.data is None:
            return  # what was typed is no day, and is refused for that
        today: date = clock.today(config.current().timezone)
        if not today < field.data <= today + LONGEST_PAUSE:
            raise ValidationError(gettext("Choose a day after today, at most a year ahead."))
