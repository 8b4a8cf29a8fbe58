"""A person with an alert, and the town of the digests."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from jobscore.accounts import consents
from jobscore.accounts.models import ConsentKind, DigestFrequency, SavedSearch, User
from tests.digests.conftest import (  # noqa: F401 # fixtures
    DAY,
    MORNING,
    live_at,
    make_jobs,
    make_reader,
    match,
    morning,
    place,
    town,
)

__all__ = ["DAY", "MORNING"]


@pytest.fixture
def make_search(session: Session) -> Callable[..., SavedSearch]:
    """Save a search with a daily alert since yesterday."""

    def make(user: User, query: str = "q=nurse", **values: Any) -> SavedSearch:
        before = MORNING - timedelta(days=1)
        row = SavedSearch(
            **{
                "user_id": user.id,
                "name": f"Search for {query}",
                "query": query,
                "frequency": DigestFrequency.DAILY,
                "news_since": before,
                "looked_at": before,
                "created_at": before,
            }
            | values
        )
        session.add(row)
        if row.frequency is not DigestFrequency.OFF:
            consents.give(user.id, ConsentKind.ALERT, locale="en", how="form")
        session.flush()
        return row

    return make
