"""Pages of jobs: search, one job, its company, reports, feeds, sitemap, the admin's list."""

from jobscore.jobs.views import (
    admin,
    companies,
    feeds,
    listing,
    one,
    reporting,
    reports,
    sitemap,
)
from jobscore.jobs.views.blueprint import bp

__all__ = [
    "admin",
    "bp",
    "companies",
    "feeds",
    "listing",
    "one",
    "reporting",
    "reports",
    "sitemap",
]
