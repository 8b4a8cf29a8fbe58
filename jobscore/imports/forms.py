"""Forms of the import pages."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from jobscore.imports.plans import DEFAULT_SOURCE
from jobscore.web.forms import Form


class UploadForm(Form):
    """Choose a file to import."""

    #: The named sources are set by the view; without any there is no choice to show.
    source: Any = SelectField(
        _l("Source"), choices=[SelectChoice(DEFAULT_SOURCE, DEFAULT_SOURCE)], default=DEFAULT_SOURCE
    )
    file: Any = FileField(_l("CSV file"), validators=[FileRequired(_l("Choose a file first."))])

    def offer(self, sources: Sequence[tuple[str, str]], chosen: str = "") -> None:
        """Offer these sources, as (value, label); ``chosen`` is selected when it is among them."""
        self.source.choices = [
            SelectChoice(value, _l("No named source") if value == DEFAULT_SOURCE else label)
            for value, label in sources
        ]
        if chosen in {value for value, _ in sources}:
            self.source.data = chosen
