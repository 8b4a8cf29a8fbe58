"""Pages of scores: the public policy, any score for admins, the life of policies, backtests."""

from jobscore.scoring.views import backtests, policies, public, scores
from jobscore.scoring.views.blueprint import bp

__all__ = ["backtests", "bp", "policies", "public", "scores"]
