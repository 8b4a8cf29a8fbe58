"""What tests of matching share: noon of one day, a person, the browser of who signs in."""

import flask
import pytest

from jobscore import clock
from jobscore.accounts import sessions
from jobscore.accounts.models import User
from jobscore.database.transaction import transaction
from jobscore.scoring import service as scores
from tests import factories
from tests.matching.matches import NOON


@pytest.fixture
def noon():
    """The clock stands at noon in Tokyo."""
    with clock.set_to(NOON):
        yield


@pytest.fixture
def person(session):
    """The id of somebody with an empty profile; the first policy is in force."""
    with transaction():
        scores.seed_policy()
        return factories.user(session).id


@pytest.fixture
def browser(app, session):
    """A function that signs a person in and returns their browser."""

    def sign_in(user_id):
        with transaction():
            person = session.get(User, user_id)
            token = sessions.start(person, user_agent="test", address="127.0.0.1")
        flask.g.pop("_login_user", None)  # requests share this test's application context
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie[sessions.COOKIE_KEY] = token
        return client

    return sign_in
