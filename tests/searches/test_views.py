"""My saved searches on their page: mine alone, counted in one statement, removed and put back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts import consents
from jobscore.accounts.models import ConsentKind, DigestFrequency, SavedSearch, User
from jobscore.database import queries
from jobscore.searches import service
from tests.accounts.people import browser_of, create
from tests.digests.conftest import MORNING

Make = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("morning")


@pytest.fixture
def reader(session: Session, make_reader: Make) -> User:
    person: User = make_reader(consent=False)
    session.commit()
    return person


@pytest.fixture
def browser(app: Flask, reader: User) -> FlaskClient:
    return browser_of(app, reader.id)


def rows(session: Session) -> list[SavedSearch]:
    session.expire_all()
    return list(session.scalars(select(SavedSearch).order_by(SavedSearch.id)))


def test_a_search_is_saved_in_the_one_way_that_we_write_it_and_once(
    browser: FlaskClient, session: Session
) -> None:
    for query in ("?place=Tokyo&q=nurse&evil=%3Cscript%3E", "q=nurse&place=Tokyo&after=xyz"):
        assert browser.post("/me/searches", data={"query": query}).status_code == 303
    [row] = rows(session)
    assert row.query == "q=nurse&place=Tokyo"
    assert row.name == "“nurse”, Tokyo"
    assert row.frequency is DigestFrequency.OFF
    page = browser.get("/me/searches").text
    assert 'href="/jobs?q=nurse&amp;place=Tokyo"' in page
    assert "evil" not in page


def test_the_page_of_jobs_offers_to_save_what_it_shows(app: Flask, client: FlaskClient) -> None:
    page = client.get("/jobs?q=nurse").text
    assert "/me/searches" not in page
    assert "Sign in to save this search" in page
    page = browser_of(app, create(app)).get("/jobs?q=nurse&remote=full").text
    assert 'name="query" value="q=nurse&amp;remote=full"' in page


def test_what_is_new_since_the_last_look_is_counted(
    browser: FlaskClient, session: Session, reader: User, make_search: Make, make_jobs: Make
) -> None:
    make_jobs(2)
    row = make_search(reader, "q=Nurse", frequency=DigestFrequency.OFF)
    session.commit()
    assert "1 new job<" in browser.get("/me/searches").text
    answer = browser.post(f"/me/searches/{row.id}/look")
    assert answer.location == "/jobs?q=Nurse&sort=new"
    with clock.set_to(MORNING + timedelta(minutes=5)):
        assert "Nothing new" in browser.get("/me/searches").text
        make_jobs(1)
        session.commit()
        assert "1 new job<" in browser.get("/me/searches").text


def test_the_number_of_statements_does_not_grow_with_the_searches(
    browser: FlaskClient, session: Session, reader: User, make_search: Make, make_jobs: Make
) -> None:
    make_jobs(3)
    counts = []
    for first, until in ((0, 2), (2, 20)):
        for n in range(first, until):
            make_search(reader, f"q=word{n}", frequency=DigestFrequency.OFF)
        session.commit()
        browser.get("/me/searches")
        queries.start_over()
        assert browser.get("/me/searches").status_code == 200
        counts.append(sum(each.calls for each in queries.own().statements))
    assert counts[0] == counts[1]


def test_an_alert_is_switched_on_with_the_consent_that_was_shown_and_off_with_its_end(
    browser: FlaskClient, session: Session, reader: User, make_search: Make
) -> None:
    row = make_search(reader, "q=a", frequency=DigestFrequency.OFF, news_since=None)
    session.commit()
    search_id, name = row.id, f"s{row.id}-"
    assert "Send me e-mails with new jobs of the searches that I save." in browser.get(
        "/me/searches"
    ).get_data(as_text=True)
    chosen = {"name": "Mine", "frequency": "weekly", "min_score": "65", "min_new": "3"}
    send = {name + key: value for key, value in chosen.items()}
    assert browser.post(f"/me/searches/{search_id}", data=send).status_code == 303
    [row] = rows(session)
    assert (row.name, row.frequency, row.min_score, row.min_new) == (
        "Mine",
        DigestFrequency.WEEKLY,
        65,
        3,
    )
    assert row.news_since == clock.now()
    consent = consents.current(reader.id, ConsentKind.ALERT)
    assert consent is not None
    assert "searches that I save" in consent.text
    browser.post(f"/me/searches/{search_id}", data=send | {name + "frequency": "off"})
    session.expire_all()
    assert consents.current(reader.id, ConsentKind.ALERT) is None
    assert rows(session)[0].news_since is None


def test_a_wrong_answer_is_refused_and_the_page_says_where(
    browser: FlaskClient, session: Session, reader: User, make_search: Make
) -> None:
    row = make_search(reader, "q=a", frequency=DigestFrequency.OFF)
    session.commit()
    send = {f"s{row.id}-{k}": v for k, v in {"name": "x" * 101, "frequency": "hourly"}.items()}
    answer = browser.post(f"/me/searches/{row.id}", data=send)
    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert rows(session)[0].frequency is DigestFrequency.OFF


def test_a_removed_search_can_be_put_back_with_its_alert_off(
    browser: FlaskClient, session: Session, reader: User, make_search: Make
) -> None:
    row = make_search(reader, "q=a")
    session.commit()
    search_id = row.id
    browser.post(f"/me/searches/{search_id}/remove")
    assert consents.current(reader.id, ConsentKind.ALERT) is None
    page = browser.get("/me/searches").text
    assert f"/me/searches/{search_id}/put-back" in page
    assert "No saved search yet" in page
    browser.post(f"/me/searches/{search_id}/put-back")
    [kept] = rows(session)
    assert (kept.deleted_at, kept.frequency) == (None, DigestFrequency.OFF)


def test_nobody_keeps_more_searches_than_the_limit(
    browser: FlaskClient,
    session: Session,
    reader: User,
    make_search: Make,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "MOST", 2)
    removed = make_search(reader, "q=c", deleted_at=MORNING)
    session.commit()
    for word in "abd":
        browser.post("/me/searches", data={"query": f"q={word}"})
    assert [row.query for row in rows(session) if not row.deleted_at] == ["q=a", "q=b"]
    browser.post(f"/me/searches/{removed.id}/put-back")
    assert rows(session)[0].deleted_at is not None


@pytest.mark.parametrize("action", ["", "/look", "/remove", "/put-back"])
def test_anothers_search_does_not_exist_for_me(
    app: Flask,
    session: Session,
    browser: FlaskClient,
    make_reader: Make,
    make_search: Make,
    action: str,
) -> None:
    deleted = MORNING if action == "/put-back" else None
    row = make_search(make_reader(), "q=secret", deleted_at=deleted)
    session.commit()
    search_id = row.id
    before = (row.name, row.looked_at, row.deleted_at)
    assert browser.post(f"/me/searches/{search_id}{action}").status_code == 404
    [same] = rows(session)
    assert (same.name, same.looked_at, same.deleted_at) == before
    assert "secret" not in browser.get("/me/searches").text


def test_the_preview_page_shows_the_next_letter_or_says_why_there_is_none(
    browser: FlaskClient, session: Session, reader: User, make_search: Make, make_jobs: Make
) -> None:
    assert "No letter would be sent now" in browser.get("/me/searches/preview").text
    assert browser.get("/me/searches/preview/html").status_code == 404
    make_jobs(2)
    make_search(reader, "q=Nurse", name="<b>Nurses</b>")
    session.commit()
    page = browser.get("/me/searches/preview").text
    assert "1 new job: &lt;b&gt;Nurses&lt;/b&gt;" in page
    frame = browser.get("/me/searches/preview/html")
    assert "<b>Nurses" not in frame.text
    assert "sandbox" in frame.headers["Content-Security-Policy"]
