"""The forms of a saved search: its name, and what its alert is to be."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from jobscore.accounts.fields import LineField, SelectField
from jobscore.accounts.forms import LEAST_SCORES
from jobscore.accounts.models import DigestFrequency, SavedSearch
from jobscore.searches import service
from jobscore.searches.service import AlertChoice
from jobscore.web.forms import Form

MIN_NEW = (1, 3, 5, 10, 20, 50)


class SearchForm(Form):
    """Name and alert of one search."""

    name = LineField(_l("Name of the search"), longest=service.LONGEST_NAME)
    frequency = SelectField(
        _l("Alert by e-mail"),
        choices=[
            (DigestFrequency.OFF.value, _l("No letters")),
            (DigestFrequency.DAILY.value, _l("Every morning")),
            (DigestFrequency.WEEKLY.value, _l("Once a week")),
        ],
    )
    min_score = SelectField(
        _l("Only jobs with at least this score"),
        choices=LEAST_SCORES,
    )
    min_new = SelectField(_l("When there are"), choices=[])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_new.choices = [
            (str(n), ngettext("%(num)s new job or more", "%(num)s new jobs or more", n))
            for n in MIN_NEW
        ]

    @property
    def choice(self) -> AlertChoice:
        """What was chosen about the letters."""
        return AlertChoice(
            DigestFrequency(self.frequency.data or "off"),
            int(self.min_score.data or 0),
            int(self.min_new.data or 1),
        )


def form_of(row: SavedSearch) -> SearchForm:
    """Return the form of a search as it is kept; its fields have ids of their own."""
    return SearchForm(
        formdata=None,
        prefix=f"s{row.id}-",
        data={
            "name": row.name,
            "frequency": row.frequency.value,
            "min_score": str(row.min_score) if row.min_score else "",
            "min_new": str(row.min_new),
        },
    )
