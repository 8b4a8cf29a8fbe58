"""People who sign in, for tests."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from jobscore.accounts import service, sessions
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.emails.models import EmailLog
from jobscore.emails.service import text_of
from jobscore.extensions import db

PASSWORD = "correct horse battery"
NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def create(app: Flask, email: str = "hanako@example.com", **values: Any) -> int:
    """Create an account and return its id."""
    with app.app_context(), transaction():
        password = values.pop("password", PASSWORD)
        return service.create_user(email, password, locale="en", **values).id


def browser_of(app: Flask, user_id: int) -> FlaskClient:
    """Return a browser in which the person is signed in."""
    with app.app_context(), transaction():
        user = db.session.get(User, user_id)
        assert user is not None
        token = sessions.start(user, user_agent="test", address="127.0.0.1")
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    return client


def sign_in(
    client: FlaskClient, email: str = "hanako@example.com", password: str = PASSWORD
) -> Any:
    """Send the sign-in form."""
    return client.post("/login", data={"email": email, "password": password})


def letters(app: Flask) -> list[EmailLog]:
    """Return the letters in the outbox, oldest first."""
    with app.app_context():
        return list(db.session.scalars(select(EmailLog).order_by(EmailLog.id)))


def link_in(letter: EmailLog) -> str:
    """Return the path of the link of ours in a letter."""
    found = re.search(r"http://localhost(/(?:verify|password|me)/\S+)", text_of(letter))
    assert found, text_of(letter)
    return found[1]


def look_up(app: Flask, ask: Callable[[], Any]) -> Any:
    """Run ``ask`` in an application context."""
    with app.app_context():
        return ask()
