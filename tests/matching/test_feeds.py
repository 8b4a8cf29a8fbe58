"""The private feed of my matches: a secret address, made, replaced and taken back."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from jobscore import clock
from jobscore.accounts import sessions
from jobscore.accounts.models import User
from jobscore.extensions import db
from jobscore.matching.models import FeedToken, MatchingResult, MatchStatus
from jobscore.scoring.models import JobScore
from tests import factories
from tests.jobs.test_feeds import ATOM, assert_is_atom

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def fixed_clock() -> Iterator[None]:
    with clock.set_to(NOW):
        yield


@pytest.fixture
def person(app: Flask) -> Callable[[], tuple[FlaskClient, int]]:
    """Call it for the browser of a new person with two matches of today, one hidden."""

    def make() -> tuple[FlaskClient, int]:
        with app.app_context():
            user = factories.user(db.session(), full_name="Hanako Private", email="h@x.jp")
            token = sessions.start(user, user_agent="test", address="127.0.0.1")
            for n, (title, status) in enumerate(
                [("Cook", MatchStatus.PENDING), ("Hidden", MatchStatus.DISMISSED)], 1
            ):
                job = factories.job(db.session(), title=title, posted_date=TODAY)
                score = JobScore(
                    user_id=user.id, job_id=job.id, total_score=71.2, rank_points=712_000
                )
                db.session.add(score)
                db.session.flush()
                db.session.add(
                    MatchingResult(
                        user_id=user.id,
                        job_id=job.id,
                        job_score_id=score.id,
                        match_on=TODAY,
                        section="picks",
                        position=n,
                        match_status=status,
                        recommendation_reason='{"secret": "reason"}',
                        matched_at=NOW,
                    )
                )
            db.session.commit()
            number = user.id
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie[sessions.COOKIE_KEY] = token
        return browser, number

    return make


def new_address(browser: FlaskClient) -> str:
    response = browser.post("/me/feeds")
    assert response.headers["Cache-Control"] == "no-store"
    found = re.search(r'value="http://localhost(/feeds/matches/[^"]+\.atom)"', response.text)
    assert found
    return found[1]


def test_the_feed_tells_jobs_and_scores_and_nothing_of_the_person(
    client: FlaskClient, person: Callable[[], tuple[FlaskClient, int]]
) -> None:
    browser, _ = person()
    response = client.get(new_address(browser))
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    root = assert_is_atom(response.data)
    assert [e.findtext(f"{ATOM}title") for e in root.findall(f"{ATOM}entry")] == ["Cook"]
    assert "Score 71" in (root.findtext(f"{ATOM}entry/{ATOM}summary") or "")
    for word in ("Hanako", "h@x.jp", "secret", "reason"):
        assert word not in response.text
    again = client.get(response.request.path, headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_the_secret_is_kept_as_its_hash_and_shown_once(
    app: Flask, person: Callable[[], tuple[FlaskClient, int]]
) -> None:
    browser, number = person()
    address = new_address(browser)
    token = address.removeprefix("/feeds/matches/").removesuffix(".atom")
    assert len(token) == 43
    with app.app_context():
        row = db.session.get(FeedToken, number)
        assert row is not None
        assert token not in row.token_hash
    assert token not in browser.get("/me/feeds").text


def test_a_new_address_ends_the_old_one_and_taking_it_back_ends_both(
    client: FlaskClient, person: Callable[[], tuple[FlaskClient, int]]
) -> None:
    browser, _ = person()
    old = new_address(browser)
    new = new_address(browser)
    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    assert browser.post("/me/feeds/revoke").status_code == 303
    assert client.get(new).status_code == 404
    assert client.get("/feeds/matches/" + "x" * 500 + ".atom").status_code == 404


def test_a_closed_or_erased_account_has_no_feed(
    app: Flask, client: FlaskClient, person: Callable[[], tuple[FlaskClient, int]]
) -> None:
    browser, number = person()
    address = new_address(browser)
    with app.app_context():
        user = db.session.get(User, number)
        assert user is not None
        user.is_active = False
        db.session.commit()
        assert client.get(address).status_code == 404
        user.is_active = True
        db.session.commit()
        assert client.get(address).status_code == 200
        db.session.delete(user)
        db.session.commit()
        assert db.session.scalars(select(FeedToken)).all() == []
    assert client.get(address).status_code == 404
