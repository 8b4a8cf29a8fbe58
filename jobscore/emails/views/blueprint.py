"""What these pages share: the blueprint, options of selects, the day to ask about."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from jobscore import clock, config

bp = Blueprint("emails", __name__)


def options(named: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    """Return the words of a closed set as options of a select."""
    return [(member.value, word) for member, word in named.items()]


def see_other(endpoint: str, **values: Any) -> Response:
    """Send the browser on by GET after a POST."""
    return redirect(url_for(endpoint, **values), 303)


def today() -> date:
    """Return today in the operator's time zone."""
    return clock.today(config.current().timezone)


def asked_day() -> date:
    """Return the day that the address names; today where it names none."""
    try:
        return date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return today()
