"""Rows for tests, with everything that a test does not care about filled in."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from jobscore.accounts.models import Profile, User
from jobscore.jobs.models import Job

LONG_AGO = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
_numbers = count(1)


def user(session: Session, **values: Any) -> User:
    """Add and flush a person with an (unusable) password and an empty profile."""
    n = next(_numbers)
    profile = values.pop("profile", {})
    person = User(
        **{"email": f"person{n}@example.com", "hashed_password": "!", "full_name": f"Person {n}"}
        | values
    )
    person.profile = Profile(**{"locale": "en"} | profile)
    session.add(person)
    session.flush()
    return person


def job(session: Session, **values: Any) -> Job:
    """Add and flush an open job."""
    n = next(_numbers)
    row = Job(**{"title": f"Job {n}", "company_name": f"Company {n}"} | values)
    session.add(row)
    session.flush()
    return row
