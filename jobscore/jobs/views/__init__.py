"""Pages of jobs: the search, one job, the admin's list."""

from jobscore.jobs.views import admin, listing, one
from jobscore.jobs.views.blueprint import bp

__all__ = ["admin", "bp", "listing", "one"]
