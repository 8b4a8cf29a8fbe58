"""The job pages as nobody, a seeker and an admin see them, in both languages."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from jobscore.accounts import sessions
from jobscore.accounts.models import User
from jobscore.extensions import db
from jobscore.jobs.models import JobFeature, JobSkill, PayPeriod, Remote
from jobscore.matching.models import MatchingResult
from jobscore.scoring.models import JobScore
from jobscore.vocabulary.models import Skill
from tests import factories
from tests.jobs.conftest import NOW, TODAY

pytestmark = pytest.mark.usefixtures("fixed_clock")


@pytest.fixture
def browser_of(app: Flask) -> Callable[..., tuple[FlaskClient, int]]:
    """Return the browser of a new person who is signed in, and their id."""

    def sign_in(**values: Any) -> tuple[FlaskClient, int]:
        with app.app_context():
            person: User = factories.user(db.session(), **values)
            token = sessions.start(person, user_agent="test", address="127.0.0.1")
            db.session.commit()
            number = person.id
        browser = app.test_client()
        with browser.session_transaction() as cookie:
            cookie[sessions.COOKIE_KEY] = token
        return browser, number

    return sign_in


@contextmanager
def counted_queries(app: Flask) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def score(app: Flask, user_id: int, job_id: int, total: float) -> int:
    """Store a score and the match that shows it; return the match's id."""
    with app.app_context():
        row = JobScore(
            user_id=user_id,
            job_id=job_id,
            total_score=total,
            skill_match_score=total,
            location_score=None,
            rank_points=int(total * 10_000),
        )
        db.session.add(row)
        db.session.flush()
        match = MatchingResult(
            user_id=user_id,
            job_id=job_id,
            job_score_id=row.id,
            match_on=TODAY,
            section="picks",
            position=1,
        )
        db.session.add(match)
        db.session.commit()
        return match.id


def titles(html: str) -> list[str]:
    return re.findall(r'job-card__title"><a href="[^"]*"[^>]*>([^<]*)</a>', html)


def rings(html: str) -> list[str]:
    """Return the numbers in score rings."""
    return re.findall(r'ring__number"><span class="visually-hidden">[^<]*</span>(\d+)<', html)


def test_nobody_finds_open_jobs_newest_first(client: FlaskClient, add: Callable[..., int]) -> None:
    add(title="Old", posted_date=TODAY - timedelta(days=9))
    add(title="New")
    add(title="Gone", is_active=False)
    html = client.get("/jobs").text
    assert titles(html) == ["New", "Old"]
    assert "2 open jobs." in html
    assert "Best scored first" not in html


def test_an_empty_board_says_so_and_names_one_way_on(client: FlaskClient) -> None:
    html = client.get("/jobs").text
    assert "No open jobs yet" in html
    assert html.count('class="empty__action"') == 1


def test_no_hit_offers_a_way_out_and_shows_what_was_asked(
    client: FlaskClient, add: Callable[..., int]
) -> None:
    add(title="Cook")
    html = client.get("/jobs?q=astronaut&type=PART_TIME").text
    assert "No open job meets all of this" in html
    assert 'href="/jobs?type=PART_TIME"' in html, "the word can be taken off alone"
    assert 'value="astronaut"' in html


def test_each_filter_is_a_chip_that_takes_only_itself_off(
    client: FlaskClient, add: Callable[..., int]
) -> None:
    add()
    html = client.get(
        "/jobs?q=a&place=Tokyo&type=INTERN&remote=any&pay=1%2C200&pay_unit=JPY-hour"
        "&feature=students&days=7"
    ).text
    chips = re.findall(r'class="chip chip--filter" href="([^"]*)"', html)
    assert len(chips) == 7
    assert all(len(re.findall(r"[?;](?!amp)", chip)) == 7 - ("pay" not in chip) for chip in chips)


def test_nonsense_in_the_address_is_no_filter(client: FlaskClient, add: Callable[..., int]) -> None:
    add(title="Cook")
    address = "/jobs?type=x&remote=x&pay=nan&pay_unit=x&feature=x&days=99&sort=x&lang=zz&q=%00"
    response = client.get(address)
    assert response.status_code == 200
    assert titles(response.text) == ["Cook"]
    assert "chip--filter" not in response.text


def test_a_cursor_that_is_not_ours_is_not_found(client: FlaskClient) -> None:
    assert client.get("/jobs?after=nonsense").status_code == 404


def test_pages_follow_each_other_and_keep_the_filters(
    client: FlaskClient, add: Callable[..., int]
) -> None:
    for n in range(23):
        add(title=f"Cook {n}")
    first = client.get("/jobs?q=cook").text
    following = re.search(r'href="([^"]*)" rel="next"', first)
    assert following
    second = client.get(following[1].replace("&amp;", "&")).text
    assert "q=cook" in following[1]
    assert titles(first) + titles(second) == [f"Cook {n}" for n in range(22, -1, -1)]
    assert 'rel="next"' not in second
    assert "First page" in second


def test_a_page_of_many_jobs_needs_no_more_queries_than_one_of_few(
    app: Flask, client: FlaskClient, add: Callable[..., int]
) -> None:
    client.get("/jobs")
    add()
    with counted_queries(app) as few:
        client.get("/jobs")
    for _ in range(15):
        add()
    with counted_queries(app) as many:
        client.get("/jobs")
    assert len(many) == len(few)
    assert len(many) <= 6


def test_a_seeker_sees_the_best_scored_first_and_may_ask_for_the_newest(
    app: Flask, browser_of: Callable[..., tuple[FlaskClient, int]], add: Callable[..., int]
) -> None:
    browser, me = browser_of()
    good, _better = add(title="Good"), add(title="Unscored and newest")
    best = add(title="Best", posted_date=TODAY - timedelta(days=20))
    score(app, me, good, 71.0)
    score(app, me, best, 93.4)
    _, other = browser_of()
    score(app, other, _better, 99.0)
    html = browser.get("/jobs").text
    assert titles(html) == ["Best", "Good", "Unscored and newest"]
    assert rings(html) == ["93", "71"], "and none of another person's"
    newest = browser.get("/jobs?sort=new").text
    assert titles(newest) == ["Unscored and newest", "Good", "Best"]


def full_job(app: Flask, add: Callable[..., int]) -> int:
    number = add(
        title="Kitchen help </script><script>alert(1)</script>",
        company_name="Café Komorebi",
        description="First line\nSecond <b>line</b>",
        requirements="Nothing",
        location="Tokyo, Setagaya",
        salary_min=Decimal(1200),
        salary_max=Decimal(1500),
        salary_currency="JPY",
        salary_period=PayPeriod.HOUR,
        yearly_min=Decimal(2_304_000),
        yearly_max=Decimal(2_880_000),
        employment_type="PART_TIME",
        remote=Remote.FULL,
        url="https://jobs.example.org/1?a=b&c=d",
        language="en",
    )
    with app.app_context():
        skill = Skill(code="cooking", name_en="Cooking", name_ja="調理", family="food")
        db.session.add(skill)
        db.session.flush()
        db.session.add(JobSkill(job_id=number, skill_id=skill.id))
        db.session.add(JobFeature(job_id=number, feature="students", quote="students welcome"))
        db.session.add(
            JobFeature(
                job_id=number, feature="high_school_students", is_stated=False, quote="高校生不可"
            )
        )
        db.session.commit()
    return number


def test_a_job_shows_all_that_is_known_and_links_to_its_source(
    app: Flask, client: FlaskClient, add: Callable[..., int]
) -> None:
    html = client.get(f"/jobs/{full_job(app, add)}").text
    for words in (
        "Café Komorebi",
        "¥1,200 – ¥1,500 an hour",
        "¥2,304,000 – ¥2,880,000 a year",
        "Part-time",
        "Fully remote",
        "Cooking",
        "Students welcome",
        "students welcome",
        "Ruled out",
        "Nov 22, 2026",
        'href="https://jobs.example.org/1?a=b&amp;c=d"',
    ):
        assert words in html, words
    assert "<b>line</b>" not in html
    assert "Sign in to see your score" in html or "login" not in app.view_functions


def test_a_job_speaks_japanese_to_who_reads_japanese(
    app: Flask, client: FlaskClient, add: Callable[..., int]
) -> None:
    html = client.get(f"/jobs/{full_job(app, add)}", headers={"Accept-Language": "ja"}).text
    for words in ("時給", "調理", "学生歓迎", "2026/11/22"):
        assert words in html, words
    assert 'lang="en">Kitchen' in html, "the posting keeps its own language"


def test_search_engines_get_the_posting_as_data_that_cannot_break_out(
    app: Flask, client: FlaskClient, add: Callable[..., int]
) -> None:
    html = client.get(f"/jobs/{full_job(app, add)}").text
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert [json.loads(block)["@type"] for block in blocks] == ["JobPosting", "BreadcrumbList"]
    data = json.loads(blocks[0])
    assert data["title"].startswith("Kitchen help </script>")
    assert data["datePosted"] == "2026-11-22"
    assert data["employmentType"] == "PART_TIME"
    assert data["jobLocationType"] == "TELECOMMUTE"
    assert data["baseSalary"] == {
        "@type": "MonetaryAmount",
        "currency": "JPY",
        "value": {
            "@type": "QuantitativeValue",
            "unitText": "HOUR",
            "minValue": 1200.0,
            "maxValue": 1500.0,
        },
    }
    assert "&lt;b&gt;line" in data["description"]
    assert "alert(1)</script>" not in html


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example/", "ftp://a/b", "", None]
)
def test_only_web_addresses_become_links(
    client: FlaskClient, add: Callable[..., int], url: str | None
) -> None:
    html = client.get(f"/jobs/{add(url=url)}").text
    assert "Apply at the source" not in html


def test_a_bare_posting_still_makes_a_page(client: FlaskClient, add: Callable[..., int]) -> None:
    response = client.get(f"/jobs/{add(title='Only a title', company_name='(not stated)')}")
    assert response.status_code == 200
    assert "The source gives no description." in response.text
    assert "(company not stated)" in response.text


def test_the_score_card_is_the_readers_own(
    app: Flask,
    client: FlaskClient,
    browser_of: Callable[..., tuple[FlaskClient, int]],
    add: Callable[..., int],
) -> None:
    number = add()
    seeker, me = browser_of()
    other, _ = browser_of()
    score(app, me, number, 81.6)
    mine = seeker.get(f"/jobs/{number}").text
    assert "Your score" in mine
    assert rings(mine) == ["82"]
    assert "How this score came about" in mine or "matching.show" not in app.view_functions
    assert rings(other.get(f"/jobs/{number}").text) == []
    assert rings(client.get(f"/jobs/{number}").text) == []


def test_an_empty_profile_gets_no_number_but_the_question_that_helps(
    browser_of: Callable[..., tuple[FlaskClient, int]], add: Callable[..., int]
) -> None:
    seeker, _ = browser_of()
    html = seeker.get(f"/jobs/{add()}").text
    assert rings(html) == []
    assert "Not enough data" in html
    assert "Tell us" in html


@pytest.mark.parametrize("closing", [{"is_active": False}, {"expires_at": NOW}])
def test_a_closed_job_answers_gone_with_open_ones_like_it(
    client: FlaskClient, add: Callable[..., int], closing: dict[str, Any]
) -> None:
    number = add(title="Closed", location="Kobe", **closing)
    add(title="Open nearby", location="Kobe")
    response = client.get(f"/jobs/{number}")
    assert response.status_code == 410
    assert "no longer open" in response.text
    assert titles(response.text) == ["Open nearby"]
    assert "ld+json" not in response.text


def test_a_job_that_never_was_is_not_found(client: FlaskClient) -> None:
    assert client.get("/jobs/999").status_code == 404


def test_only_the_admin_sees_the_list_of_all_jobs(
    client: FlaskClient,
    browser_of: Callable[..., tuple[FlaskClient, int]],
    add: Callable[..., int],
) -> None:
    add(title="Open one")
    add(title="Closed one", is_active=False)
    seeker, _ = browser_of()
    admin, _ = browser_of(is_superuser=True)
    assert client.get("/admin/jobs").status_code in {302, 401}
    assert seeker.get("/admin/jobs").status_code == 403
    html = admin.get("/admin/jobs").text
    assert "Open one" in html
    assert "Closed one" in html
    assert "Open one" not in admin.get("/admin/jobs?state=closed").text
    assert "No job meets this" in admin.get("/admin/jobs?q=nothing").text


def test_the_home_page_leads_each_reader_on(
    client: FlaskClient,
    browser_of: Callable[..., tuple[FlaskClient, int]],
    add: Callable[..., int],
) -> None:
    assert "No open jobs yet" in client.get("/").text
    add(title="Cook")
    seeker, _ = browser_of()
    admin, _ = browser_of(is_superuser=True)
    for browser in (client, seeker, admin):
        assert titles(browser.get("/").text) == ["Cook"]
    assert ">Administration<" in admin.get("/").text
    assert ">Administration<" not in seeker.get("/").text


@pytest.mark.parametrize("path", ["/", "/jobs", "/admin/jobs"])
def test_looking_changes_nothing(
    app: Flask,
    browser_of: Callable[..., tuple[FlaskClient, int]],
    add: Callable[..., int],
    path: str,
) -> None:
    add()
    admin, _ = browser_of(is_superuser=True)
    admin.get(path)
    with counted_queries(app) as statements:
        assert admin.get(path).status_code == 200
    assert not [s for s in statements if s.split()[0] in {"INSERT", "UPDATE", "DELETE"}]
