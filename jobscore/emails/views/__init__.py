"""The admin's pages about letters: the log, one letter, held ones, the road, a preview."""

from jobscore.emails.views import held, letter, log, preview, road
from jobscore.emails.views.blueprint import bp

__all__ = ["bp", "held", "letter", "log", "preview", "road"]
