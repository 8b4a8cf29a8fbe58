"""Pages of matching: my matches and what I keep, one explained, answers, the admin's runs."""

from jobscore.matching.views import (
    applying,
    comparing,
    explanation,
    keeping,
    lists,
    responding,
    runs,
)
from jobscore.matching.views.blueprint import bp

__all__ = [
    "applying",
    "bp",
    "comparing",
    "explanation",
    "keeping",
    "lists",
    "responding",
    "runs",
]
