"""What tests of jobs' pages share: one instant, and jobs posted on its day."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from jobscore import clock
from jobscore.extensions import db
from tests import factories

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@pytest.fixture
def fixed_clock() -> Iterator[None]:
    """The clock stands at :data:`NOW`."""
    with clock.set_to(NOW):
        yield


@pytest.fixture
def add(app: Flask) -> Callable[..., int]:
    """Store a job of today and return its id."""

    def store(**values: Any) -> int:
        with app.app_context():
            row = factories.job(db.session(), **{"posted_date": TODAY} | values)
            db.session.commit()
            return row.id

    return store
