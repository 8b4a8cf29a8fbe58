"""Pages of matching: my matches, one explained, what people answer, the admin's runs."""

from jobscore.matching.views import explanation, lists, off, responding, runs
from jobscore.matching.views.blueprint import bp

__all__ = ["bp", "explanation", "lists", "off", "responding", "runs"]
