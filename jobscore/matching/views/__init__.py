"""Pages of matching: the list and what is kept of it, one explained, weights, complaints, runs."""

from jobscore.matching.views import (
    applying,
    comparing,
    complaining,
    explanation,
    feeds,
    keeping,
    lists,
    responding,
    runs,
    weights,
)
from jobscore.matching.views.blueprint import bp

__all__ = [
    "applying",
    "bp",
    "comparing",
    "complaining",
    "explanation",
    "feeds",
    "keeping",
    "lists",
    "responding",
    "runs",
    "weights",
]
