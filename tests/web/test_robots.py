"""What search engines may look at, and the sitemap that they read."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient

from jobscore import clock
from jobscore.accounts import sessions
from jobscore.extensions import db
from jobscore.jobs import sitemap
from jobscore.jobs.companies import keeping, names
from jobscore.web.access import Access, access_of
from tests import factories

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(autouse=True)
def fixed_clock() -> Iterator[None]:
    with clock.set_to(NOW):
        yield


@pytest.fixture
def add(app: Flask) -> Callable[..., int]:
    def store(**values: Any) -> int:
        with app.app_context():
            defaults = {"posted_date": date(2026, 11, 21), "updated_at": NOW}
            row = factories.job(db.session(), **defaults | values)
            keeping.note(db.session(), [row.company_name])
            db.session.commit()
            return row.id

    return store


def locations(body: bytes) -> list[str]:
    return [str(one.text) for one in ElementTree.fromstring(body).iter(f"{SPACE}loc")]


def test_robots_may_look_at_jobs_and_at_nothing_of_anybodys_own(
    app: Flask, client: FlaskClient
) -> None:
    response = client.get("/robots.txt", headers={"Host": "localhost"})
    parser = RobotFileParser()
    parser.parse(response.text.splitlines())
    for path in ("/", "/jobs", "/jobs/1", "/companies/x", "/policy/scoring", "/feeds/jobs.atom"):
        assert parser.can_fetch("any", f"http://localhost{path}"), path
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if access_of(view) is Access.PUBLIC and "token" not in rule.arguments:
            continue
        if rule.endpoint == "static":
            continue
        path = rule.rule.split("<")[0]
        is_closed = not parser.can_fetch("any", f"http://localhost{path}")
        assert is_closed or path.startswith(("/logout", "/unsubscribe")), rule.rule
    assert parser.site_maps() == ["http://localhost/sitemap.xml"]


def test_what_is_somebodys_own_is_not_indexed(app: Flask, add: Callable[..., int]) -> None:
    number = add()
    with app.app_context():
        person = factories.user(db.session())
        token = sessions.start(person, user_agent="test", address="127.0.0.1")
        db.session.commit()
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    for path in ("/me", "/matches", "/u/x", f"/jobs/{number}/report", "/feeds/matches/x.atom"):
        assert browser.get(path).headers["X-Robots-Tag"] == "noindex", path
    for path in ("/", "/jobs", f"/jobs/{number}", "/policy/scoring"):
        assert "X-Robots-Tag" not in browser.get(path).headers, path


def test_the_sitemap_names_open_jobs_companies_and_pages(
    client: FlaskClient, add: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "PART", 3)
    numbers = [add(title=f"Job {n}", company_name="A & B") for n in range(7)]
    closed = add(is_active=False, company_name="Closed Ltd")
    parts = locations(client.get("/sitemap.xml").data)
    jobs: list[str] = []
    for address in parts:
        body = client.get(address.removeprefix("http://localhost")).data
        found = locations(body)
        assert found
        if "/jobs-" in address:
            assert len(found) <= 3
            jobs += found
            changes = [e.text for e in ElementTree.fromstring(body).iter(f"{SPACE}lastmod")]
            assert set(changes) == {"2026-11-22"}
    assert jobs == [f"http://localhost/jobs/{number}" for number in numbers]
    assert f"http://localhost/jobs/{closed}" not in jobs
    companies = locations(client.get("/sitemaps/companies-0.xml").data)
    assert companies == [f"http://localhost/companies/{names.key_of('A & B')}"]
    assert client.get(companies[0].removeprefix("http://localhost")).status_code == 200
    pages = locations(client.get("/sitemaps/pages.xml").data)
    assert {"http://localhost/", "http://localhost/jobs"} <= set(pages)
    for address in pages:
        assert client.get(address.removeprefix("http://localhost")).status_code == 200


@pytest.mark.parametrize("part", ["x", "jobs", "jobs-x", "jobs--1", "jobs-²", "jobs-999999999"])
def test_no_other_part_exists(client: FlaskClient, part: str) -> None:
    assert client.get(f"/sitemaps/{part}.xml").status_code == 404


def test_an_empty_board_has_a_valid_sitemap(client: FlaskClient) -> None:
    assert len(locations(client.get("/sitemap.xml").data)) == 1
    assert locations(client.get("/sitemaps/companies-0.xml").data) == []
    assert locations(client.get("/sitemaps/jobs-5.xml").data) == []
