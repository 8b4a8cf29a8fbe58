"""What the closed sets of words of a posting are called on screen, in the reader's language."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from flask_babel import lazy_gettext as _l

from jobscore.jobs.models import Remote
from jobscore.vocabulary import conditions, tables

#: By the schema.org word of ``Job.employment_type``.
EMPLOYMENT: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "FULL_TIME": _l("Full-time"),
        "PART_TIME": _l("Part-time"),
        "CONTRACTOR": _l("Contract"),
        "TEMPORARY": _l("Temporary"),
        "INTERN": _l("Internship"),
        "OTHER": _l("Other employment"),
    }
)
REMOTE: Final[Mapping[Remote, Any]] = MappingProxyType(
    {
        Remote.FULL: _l("Fully remote"),
        Remote.HYBRID: _l("Partly remote"),
        Remote.NONE: _l("On site"),
    }
)
#: By the word of ``Job.experience_level``.
LEVEL: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "none": _l("No experience needed"),
        "junior": _l("Junior"),
        "mid": _l("Mid-level"),
        "senior": _l("Senior"),
        "lead": _l("Lead"),
    }
)


def feature(code: str, language: str) -> str:
    """Return the name of a feature or condition; a code that no table knows stays as it is."""
    for entry in tables.features():
        if entry.code == code:
            return entry.name_ja if language == "ja" else entry.name_en
    return conditions.name_of(code, language)
