"""What the pages of this feature share: the blueprint, today."""

from datetime import date

from flask import Blueprint

from jobscore import clock, config

bp = Blueprint("jobs", __name__)


def today() -> date:
    """Return the day in the operator's time zone."""
    return clock.today(config.current().timezone)
