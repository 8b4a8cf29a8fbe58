"""Forms of the people pages: the file, the admin's statement of consent, the person's yes."""

from datetime import date
from typing import Any

import wtforms
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField
from wtforms.validators import StopValidation

from jobscore import clock, config
from jobscore.accounts import consents
from jobscore.accounts.fields import LineField
from jobscore.accounts.forms import NewPasswordForm
from jobscore.accounts.models import ConsentKind
from jobscore.imports import values
from jobscore.imports.people.drafting import (
    EARLIEST_CONSENT,
    MAX_CONSENT,
    MAX_METHOD,
    MAX_VERSION,
    ConsentProof,
)
from jobscore.web.forms import Form


class PeopleUploadForm(Form):
    """Choose a file of people."""

    file: Any = FileField(_l("CSV file"), validators=[FileRequired(_l("Choose a file first."))])


class PastDayField(wtforms.StringField):  # type: ignore[misc] # WTForms has no types
    """A day that is over, in any usual spelling; None when empty."""

    day: date | None = None

    def pre_validate(self, form: Any) -> None:
        """Read the day; refuse what is none, lies in the future or before e-mail."""
        self.day = None
        if not (self.data or "").strip():
            return
        today = clock.today(config.current().timezone)
        try:
            found = values.read_date(self.data, today)
        except values.UnreadableError:
            found = None
        if found is None or found.is_relative or not EARLIEST_CONSENT <= found.day <= today:
            raise StopValidation(gettext("Write a day that is over, such as 2026-04-01."))
        self.day = found.day


class StatementForm(Form):
    """What the admin states about everybody in the file, where no column does."""

    text = wtforms.TextAreaField(_l("The words that they agreed to"))
    given_on = PastDayField(_l("Day on which they agreed"))
    method = LineField(_l("How they agreed"), longest=MAX_METHOD)
    version = LineField(_l("Version of the words"), longest=MAX_VERSION)

    def validate_text(self, field: Any) -> None:
        """Refuse what the ledger cannot hold."""
        if len(field.data or "") > MAX_CONSENT:
            raise StopValidation(gettext("Use at most %(count)s characters.", count=MAX_CONSENT))

    def statement(self) -> ConsentProof | None:
        """Return what was stated; None when the day is missing, without which it says nothing."""
        day = self.given_on.day
        if day is None:
            return None
        return ConsentProof(
            text=values.one_line(self.text.data or ""),
            given_on=day,
            version=self.version.data or "",
            method=self.method.data or "",
        )


class AcceptForm(NewPasswordForm):
    """Accept an invitation: a password, and a box for letters that is not ticked."""

    wants = BooleanField(consents.TEXTS[ConsentKind.DIGEST].text)
