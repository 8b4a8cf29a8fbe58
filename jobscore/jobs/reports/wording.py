"""What the reasons of a report are called on screen."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from jobscore.jobs.reports.models import ReportReason

REASONS: Final[Mapping[ReportReason, Any]] = MappingProxyType(
    {
        ReportReason.FRAUD: _l("It looks like a fraud"),
        ReportReason.DISCRIMINATION: _l("It discriminates against people"),
        ReportReason.CLOSED: _l("The job is taken already"),
        ReportReason.WRONG: _l("Something in it is wrong"),
        ReportReason.SPAM: _l("It is advertising, not a job"),
        ReportReason.OTHER: _l("Something else"),
    }
)
