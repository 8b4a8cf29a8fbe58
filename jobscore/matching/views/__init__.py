"""Pages of matching: my matches, one explained, what people answer, the admin's runs."""

from jobscore.matching.views import explanation, feeds, lists, responding, runs
from jobscore.matching.views.blueprint import bp

__all__ = ["bp", "explanation", "feeds", "lists", "responding", "runs"]
