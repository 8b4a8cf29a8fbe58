"""JobPosting by Google's rules, previews of shared links, and the posting's page around them."""

import json
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from jobscore.accounts import sessions
from jobscore.extensions import db
from jobscore.jobs import pay
from jobscore.jobs.models import JobSource, PayPeriod, Remote
from jobscore.matching.models import MatchingResult
from jobscore.scoring.models import JobScore
from jobscore.vocabulary.models import Place
from tests import factories
from tests.jobs.conftest import NOW, TODAY

HORRORS = ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'; a -- \x07"]
#: What Google requires of every JobPosting, and the words it knows.
REQUIRED = {"title", "description", "datePosted", "hiringOrganization"}
TYPES = {
    "FULL_TIME", "PART_TIME", "CONTRACTOR", "TEMPORARY", "INTERN", "VOLUNTEER", "PER_DIEM", "OTHER",
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("fixed_clock")


@pytest.fixture
def backend() -> str:
    return "sqlite"


@pytest.fixture
def ward(app: Flask) -> int:
    with app.app_context():
        place = Place(
            code="JP-13104", kind="ward", name_en="Shinjuku", name_ja="新宿区", country="JP",
            region_code="JP-13", latitude=35.7, longitude=139.7,
        )  # fmt: skip
        db.session.add(place)
        db.session.commit()
        return place.id


def blocks(html: str) -> dict[str, dict[str, Any]]:
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    return {data["@type"]: data for data in map(json.loads, found)}


def assert_meets_googles_rules(data: dict[str, Any]) -> None:
    """Hold a JobPosting against Google's list of what is required and how it is written."""
    assert data.keys() >= REQUIRED
    assert all(data[name] for name in REQUIRED)
    assert date.fromisoformat(data["datePosted"])
    assert data["description"].startswith("<p>"), "HTML, with paragraphs"
    assert data["hiringOrganization"]["name"]
    is_remote = data.get("jobLocationType") == "TELECOMMUTE"
    assert "jobLocation" in data or is_remote
    if is_remote:
        assert data["applicantLocationRequirements"]["@type"] == "Country"
        assert len(data["applicantLocationRequirements"]["name"]) == 2
    if "jobLocation" in data:
        assert len(data["jobLocation"]["address"]["addressCountry"]) == 2
    if "validThrough" in data:
        assert datetime.fromisoformat(data["validThrough"]).tzinfo is not None
    assert data.get("employmentType", "OTHER") in TYPES
    if "baseSalary" in data:
        value = data["baseSalary"]["value"]
        assert value["unitText"] in {"HOUR", "DAY", "WEEK", "MONTH", "YEAR"}
        assert value.keys() & {"value", "minValue", "maxValue"}
        assert re.fullmatch("[A-Z]{3}", data["baseSalary"]["currency"])
    assert data["directApply"] is False
    assert data["identifier"]["@type"] == "PropertyValue"


def test_a_full_posting_meets_googles_rules(
    client: FlaskClient, add: Callable[..., int], ward: int
) -> None:
    number = add(
        title="調理スタッフ", company_name="株式会社ヤマト",
        description="一行目\n二行目\n\n<b>太字</b>",
        location="東京都新宿区西新宿2-8-1", place_id=ward, language="ja", external_id="A-1",
        employment_type="PART_TIME", salary_min=Decimal(1200), salary_currency="JPY",
        salary_period=PayPeriod.HOUR, experience_min_years=2, expires_at=NOW.replace(month=12),
    )  # fmt: skip
    data = blocks(client.get(f"/jobs/{number}").text)["JobPosting"]
    assert_meets_googles_rules(data)
    assert data["description"] == "<p>一行目<br>二行目</p><p>&lt;b&gt;太字&lt;/b&gt;</p>"
    assert data["jobLocation"]["address"] == {
        "@type": "PostalAddress",
        "addressLocality": "新宿区",
        "addressRegion": "東京都",
        "addressCountry": "JP",
    }
    assert data["identifier"] == {
        "@type": "PropertyValue", "name": "株式会社ヤマト", "value": "A-1",
    }  # fmt: skip
    assert data["validThrough"] == "2026-12-22T03:00:00+00:00"
    assert data["baseSalary"]["value"] == {
        "@type": "QuantitativeValue", "unitText": "HOUR", "minValue": 1200.0,
    }  # fmt: skip
    assert data["experienceRequirements"]["monthsOfExperience"] == 24


@pytest.mark.parametrize(
    "values",
    [
        {"remote": Remote.FULL, "language": "ja"},
        {"location": "Somewhere", "salary_currency": "GBP"},
        {"language": "ja", "location": "渋谷", "company_name": "(not stated)"},
        {"language": "ja", "location": "x", "employment_type": "freelance"},
        {"language": "ja", "location": "x", "salary_min": Decimal(1), "salary_currency": "JPY"},
    ],
    ids=["remote", "currency", "no company", "odd employment", "pay without unit"],
)
def test_a_sparse_posting_meets_them_too(
    client: FlaskClient, add: Callable[..., int], values: dict[str, Any]
) -> None:
    data = blocks(client.get(f"/jobs/{add(**values)}").text)["JobPosting"]
    assert_meets_googles_rules(data)
    assert data["hiringOrganization"]["name"] != "(not stated)"
    if values.get("remote") is Remote.FULL:
        assert "jobLocation" not in data


@pytest.mark.parametrize("values", [{}, {"location": "Springfield"}, {"remote": Remote.FULL}])
def test_where_no_country_is_known_there_is_no_half_job_posting(
    client: FlaskClient, add: Callable[..., int], values: dict[str, Any]
) -> None:
    assert "JobPosting" not in blocks(client.get(f"/jobs/{add(**values)}").text)


@pytest.mark.parametrize("values", [{"is_active": False}, {"is_active": False, "held_at": NOW}])
def test_a_closed_or_held_job_has_no_data_and_is_gone(
    client: FlaskClient, add: Callable[..., int], values: dict[str, Any]
) -> None:
    response = client.get(f"/jobs/{add(language='ja', location='x', **values)}")
    assert response.status_code == 410
    assert blocks(response.text) == {}


@pytest.mark.parametrize("text", HORRORS, ids=["script", "attribute", "control"])
def test_no_posting_breaks_out_of_its_page(
    client: FlaskClient, add: Callable[..., int], text: str
) -> None:
    number = add(
        title=text, company_name=text, description=text, location=text, language="ja",
        external_id=text, industry=text,
    )  # fmt: skip
    html = client.get(f"/jobs/{number}").text
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert blocks(html)["JobPosting"]["title"] == text
    for name in ("og:title", "og:description"):
        (content,) = re.findall(f'<meta property="{name}" content="([^"]*)">', html)
        assert "<" not in content


@pytest.mark.parametrize(("language", "locale"), [("en", "en_US"), ("ja", "ja_JP")])
def test_a_shared_link_shows_what_it_is(
    client: FlaskClient, add: Callable[..., int], language: str, locale: str
) -> None:
    number = add(title="Cook", company_name="Café", location="Tokyo", description="Long. " * 90)
    html = client.get(f"/jobs/{number}?lang={language}").text
    meta = dict(re.findall(r'<meta (?:property|name)="([^"]*)" content="([^"]*)">', html))
    assert meta["og:locale"] == locale
    assert meta["og:url"] == f"http://localhost/jobs/{number}"
    assert meta["og:title"] == "Cook – Café"
    assert meta["description"].startswith("Café · Tokyo – Long. Long.")
    assert len(meta["description"]) <= 155
    assert f'<link rel="canonical" href="http://localhost/jobs/{number}">' in html


def test_the_way_back_goes_through_region_and_place(
    client: FlaskClient, add: Callable[..., int], ward: int
) -> None:
    html = client.get(f"/jobs/{add(title='Cook', place_id=ward)}").text
    trail = blocks(html)["BreadcrumbList"]["itemListElement"]
    assert [item["name"] for item in trail] == ["Jobs", "Tokyo", "Shinjuku", "Cook"]
    for item in trail:
        path = item["item"].removeprefix("http://localhost")
        assert client.get(path).status_code == 200


def test_pay_is_told_in_the_other_units_with_the_assumption(
    client: FlaskClient, add: Callable[..., int]
) -> None:
    number = add(salary_min=Decimal(250_000), salary_currency="JPY", salary_period=PayPeriod.MONTH)
    html = client.get(f"/jobs/{number}").text
    for words in ("from ¥1,563 an hour", "from ¥12,500 a day", "from ¥3,000,000 a year"):
        assert words in html, words
    assert "1,920 hours a year" in html
    assert "1,920 hours" not in client.get(f"/jobs/{add()}").text


@pytest.mark.parametrize(
    ("amount", "period", "into", "currency", "wanted"),
    [
        ("1200", "hour", "year", "JPY", "2304000"),
        ("3000000", "year", "hour", "JPY", "1563"),
        ("25.50", "hour", "day", "USD", "204.00"),
        ("80000", "year", "hour", "USD", "41.67"),
        ("80000", "year", "month", "USD", "6667"),
        ("999999999999.99", "hour", "year", "USD", "1000000000000"),
    ],
)
def test_pay_converts(amount: str, period: str, into: str, currency: str, wanted: str) -> None:
    assert pay.converted(Decimal(amount), period, into, currency) == Decimal(wanted)
    assert pay.converted(None, period, into, currency) is None


def test_the_page_says_when_and_where_the_posting_was_seen(
    app: Flask, client: FlaskClient, add: Callable[..., int]
) -> None:
    number = add(created_at=NOW.replace(day=1), updated_at=NOW.replace(day=5))
    assert "As of Nov 5, 2026; here since Nov 1, 2026." in client.get(f"/jobs/{number}").text
    with app.app_context():
        for source, day, gone in (("board", 20, None), ("old", 21, NOW), ("other", 9, None)):
            db.session.add(
                JobSource(
                    job_id=number, source=source, identity=source, gone_at=gone,
                    last_seen_at=NOW.replace(day=day),
                )
            )  # fmt: skip
        db.session.commit()
    html = client.get(f"/jobs/{number}").text
    assert "Last seen in the source “board” on Nov 20, 2026; here since Nov 1, 2026" in html


def test_a_person_saves_the_job_that_was_chosen_for_them(
    app: Flask, client: FlaskClient, add: Callable[..., int]
) -> None:
    number, other = add(), add()
    with app.app_context():
        person = factories.user(db.session())
        token = sessions.start(person, user_agent="test", address="127.0.0.1")
        score = JobScore(user_id=person.id, job_id=number, total_score=50.0, rank_points=500_000)
        db.session.add(score)
        db.session.flush()
        db.session.add(
            MatchingResult(
                user_id=person.id, job_id=number, job_score_id=score.id, match_on=TODAY,
                section="picks", position=1,
            )
        )  # fmt: skip
        db.session.commit()
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    action = re.search(r'action="(/matches/\d+/save)"', browser.get(f"/jobs/{number}").text)
    assert action
    saved = browser.post(action[1], data={"next": f"/jobs/{number}"})
    assert saved.location.endswith(f"/jobs/{number}")
    assert re.search(r'action="/matches/\d+/unsave"', browser.get(f"/jobs/{number}").text)
    for html in (browser.get(f"/jobs/{other}").text, client.get(f"/jobs/{number}").text):
        assert "/save" not in html


def test_a_job_links_to_its_company_where_it_names_one(
    client: FlaskClient, add: Callable[..., int]
) -> None:
    named = client.get(f"/jobs/{add(company_name='Café Komorebi')}").text
    assert re.search(r'<a href="/companies/caf%C3%A9komorebi-[0-9a-f]{14}"', named)
    assert "/companies/" not in client.get(f"/jobs/{add(company_name='(not stated)')}").text
