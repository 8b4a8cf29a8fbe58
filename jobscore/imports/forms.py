"""Forms of the import pages."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired

from jobscore.web.forms import Form


class UploadForm(Form):
    """Choose a file to import."""

    file: Any = FileField(_l("CSV file"), validators=[FileRequired(_l("Choose a file first."))])
