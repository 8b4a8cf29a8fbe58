"""The words of complaints, in the reader's language: parts, problems, states, fields of inputs."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from jobscore.matching import naming, wording
from jobscore.matching.complaints import PARTS, WHOLE, Problem
from jobscore.matching.models import ComplaintStatus
from jobscore.scoring.policy import COMPONENTS

PROBLEMS: Final[Mapping[Problem, Any]] = MappingProxyType(
    {
        Problem.NOT_IN_POSTING: _l("The posting does not say that"),
        Problem.MISSED: _l("The posting says something that was missed"),
        Problem.MISREAD_ME: _l("My own answers were read wrongly"),
        Problem.PLACE: _l("The place or the distance is wrong"),
        Problem.PAY: _l("The pay is wrong"),
        Problem.OTHER: _l("Something else"),
    }
)
STATES: Final[Mapping[ComplaintStatus, tuple[Any, str]]] = MappingProxyType(
    {
        ComplaintStatus.OPEN: (_l("Waits for an answer"), "warning"),
        ComplaintStatus.MENDED: (_l("Mended"), "success"),
        ComplaintStatus.EXPLAINED: (_l("Explained"), "neutral"),
    }
)


def part_label(part: str) -> str:
    """Return the name of a part of the score, or of the whole; an unknown code stays as it is."""
    if part == WHOLE:
        return str(gettext("The whole score"))
    return wording.component_label(part) if part in PARTS else part


def problem_label(problem: str) -> str:
    """Return what is wrong, in words; an unknown code stays as it is."""
    return str(PROBLEMS[Problem(problem)]) if problem in set(Problem) else problem


def group_label(group: str) -> str:
    """Return the heading of a group of inputs."""
    words: dict[str, str] = {
        "score": gettext("Score"),
        "person": gettext("The person's answers"),
        "job": gettext("The posting"),
        "compared": gettext("What was compared"),
    }
    return words.get(group, group)


def field_label(group: str, name: str) -> str:
    """Return what a field of the inputs is called; one without a name of its own keeps its code."""
    if name in set(COMPONENTS):
        return wording.component_label(name)
    words: dict[str, str] = {
        "version": gettext("Policy"),
        "total": gettext("Total"),
        "weights": gettext("Weights"),
        "title": gettext("Title"),
        "company": gettext("Company"),
        "location": gettext("Place"),
        "place": gettext("Place as understood"),
        "remote": gettext("Remote work"),
        "skills": gettext("Skills"),
        "features": gettext("Work style and conditions"),
        "level": gettext("Level"),
        "wanted_titles": gettext("Work that you want"),
        "held_titles": gettext("Work that you have done"),
        "homes": gettext("Where you live"),
    }
    return words.get(name, name.replace("_", " "))


def value_text(group: str, name: str, value: Any) -> str:
    """Return a value of the inputs as text for an admin; skills of a person by their names."""
    if value is None or value in ("", [], {}):
        return "–"
    if group == "person" and name == "skills":
        return ", ".join(f"{naming.skill(int(skill))} {level}" for skill, level in value.items())
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_short(one)}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(_short(one) for one in value)
    return str(value)


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
