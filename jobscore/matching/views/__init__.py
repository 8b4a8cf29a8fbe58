"""Pages of matching: my matches, one explained, own weights, answers, complaints, runs, feed."""

from jobscore.matching.views import (
    complaining,
    explanation,
    feeds,
    lists,
    off,
    responding,
    runs,
    weights,
)
from jobscore.matching.views.blueprint import bp

__all__ = [
    "bp",
    "complaining",
    "explanation",
    "feeds",
    "lists",
    "off",
    "responding",
    "runs",
    "weights",
]
