"""Company pages: one for all spellings, with what is open now."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore.extensions import db
from jobscore.jobs import writing
from jobscore.jobs.companies import keeping, names, service
from jobscore.jobs.companies.models import CompanyName
from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.models import PayPeriod
from jobscore.jobs.views.companies import BARS, pay_bars
from jobscore.vocabulary.models import Place
from tests import factories
from tests.jobs.conftest import NOW, TODAY

YAMATO = names.key_of("株式会社ヤマト")

pytestmark = pytest.mark.usefixtures("fixed_clock")


@pytest.fixture
def add(app: Flask) -> Callable[..., int]:
    """Store a job of a company and return its id."""

    def store(**values: Any) -> int:
        with app.app_context():
            defaults = {"posted_date": TODAY, "company_name": "株式会社ヤマト"}
            row = factories.job(db.session(), **defaults | values)
            keeping.note(db.session(), [row.company_name])
            db.session.commit()
            return row.id

    return store


def titles(html: str) -> list[str]:
    return re.findall(r'job-card__title"><a href="[^"]*"[^>]*>([^<]*)</a>', html)


@pytest.mark.parametrize("other", ["ヤマト㈱", "（株）ヤマト", "ﾔﾏﾄ 株式会社", "ヤ マ ト"])
def test_spellings_of_a_company_share_its_key(other: str) -> None:
    assert names.digest_of(other) == names.digest_of("株式会社ヤマト") != ""


@pytest.mark.parametrize("name", ["(not stated)", "★★", "", " - "])
def test_what_names_no_company_has_no_page(name: str) -> None:
    assert names.digest_of(name) == ""
    assert names.key_of(name) is None


@given(st.text(max_size=80))
def test_every_key_leads_back_and_fits_an_address(name: str) -> None:
    key = names.key_of(name)
    if key is not None:
        assert names.read(key) == names.digest_of(name)
        assert "/" not in key
        assert key.isprintable()


@pytest.mark.parametrize("key", ["", "x", "yamato", "yamato-12", "G" * 14, "a" * 200, "'--"])
def test_what_is_no_key_is_not_found(client: FlaskClient, key: str) -> None:
    assert names.read(key) is None
    assert client.get(f"/companies/{key}").status_code == 404


def test_a_company_shows_its_open_jobs_under_every_spelling_newest_first(
    client: FlaskClient, add: Callable[..., int]
) -> None:
    add(title="Older", posted_date=TODAY - timedelta(days=3))
    add(title="Newest", company_name="ヤマト㈱")
    add(title="Closed", is_active=False)
    add(title="Ended", expires_at=NOW - timedelta(days=1))
    add(title="Elsewhere", company_name="Another")
    html = client.get(f"/companies/{YAMATO}").text
    assert titles(html) == ["Newest", "Older"]
    assert "2 open jobs." in html


def test_a_posting_that_came_twice_is_shown_once(
    client: FlaskClient, add: Callable[..., int]
) -> None:
    first = add(title="Same", duplicate_group=1, posted_date=TODAY - timedelta(days=1))
    add(title="Same", duplicate_group=1)
    add(title="Same elsewhere", duplicate_group=1, company_name="Agency")
    assert first
    assert titles(client.get(f"/companies/{YAMATO}").text) == ["Same"]


def test_pages_follow_each_other(client: FlaskClient, add: Callable[..., int]) -> None:
    for n in range(23):
        add(title=f"Cook {n}")
    first = client.get(f"/companies/{YAMATO}").text
    following = re.search(r'href="([^"]*)" rel="next"', first)
    assert following
    second = client.get(following[1].replace("&amp;", "&")).text
    assert titles(first) + titles(second) == [f"Cook {n}" for n in range(22, -1, -1)]
    assert client.get(f"/companies/{YAMATO}?after=nonsense").status_code == 404


def test_a_known_company_without_open_jobs_says_so(
    client: FlaskClient, add: Callable[..., int]
) -> None:
    add(is_active=False)
    response = client.get(f"/companies/{YAMATO}")
    assert response.status_code == 200
    assert "Nothing open at the moment" in response.text


def test_a_company_of_held_jobs_alone_or_of_none_is_not_found(
    client: FlaskClient, add: Callable[..., int]
) -> None:
    add(is_active=False, held_at=NOW)
    assert client.get(f"/companies/{YAMATO}").status_code == 404
    assert client.get(f"/companies/{names.key_of('Nobody Ltd')}").status_code == 404


def test_other_words_before_the_digest_lead_to_the_one_address(
    client: FlaskClient, add: Callable[..., int]
) -> None:
    add()
    digest = names.digest_of("株式会社ヤマト")
    response = client.get(f"/companies/other-words-{digest}")
    assert response.status_code == 301
    assert client.get(response.location).status_code == 200


def test_figures_count_places_kinds_and_pay(
    app: Flask, client: FlaskClient, add: Callable[..., int]
) -> None:
    with app.app_context():
        place = Place(
            code="JP-13", kind="prefecture", name_en="Tokyo", name_ja="東京都", country="JP",
            region_code="JP-13", latitude=35.7, longitude=139.7,
        )  # fmt: skip
        db.session.add(place)
        db.session.commit()
        place_id = place.id
    for n in range(5):
        add(
            place_id=place_id if n else None,
            employment_type="FULL_TIME" if n < 3 else None,
            salary_min=Decimal(3_000_000 + n * 100_000),
            yearly_min=Decimal(3_000_000 + n * 100_000),
            salary_currency="JPY",
            salary_period=PayPeriod.YEAR,
        )
    add(yearly_min=Decimal(90_000), salary_currency="USD", salary_period=PayPeriod.YEAR)
    with app.app_context():
        found = service.find(db.session(), str(YAMATO))
        assert found is not None
        figures = service.overview(db.session(), found, NOW)
    assert figures.n_open == 6
    assert [(p.code if p else None, n) for p, n in figures.places] == [("JP-13", 4), (None, 2)]
    assert list(figures.types) == [("FULL_TIME", 3), (None, 3)]
    assert figures.currency == "JPY"
    assert list(figures.yearly) == [Decimal(3_000_000 + n * 100_000) for n in range(5)]
    html = client.get(f"/companies/{YAMATO}").text
    assert "the middle one offers ¥3,200,000 for a full year" in html


@settings(deadline=None)
@given(st.lists(st.decimals(0, 10**9, places=2), min_size=1, max_size=60))
def test_every_amount_is_in_one_bar(amounts: list[Decimal]) -> None:
    from flask import Flask as Plain
    from flask_babel import Babel

    plain = Plain("plain")
    Babel(plain)
    with plain.test_request_context():
        bars = pay_bars(sorted(amounts), "JPY")
    assert sum(bar["value"] for bar in bars) == len(amounts)
    assert len(bars) <= BARS


def test_an_import_writes_the_names_down_once(session: Session) -> None:
    drafts = [
        JobDraft(title=f"Job {n}", company_name=name, external_id=str(n))
        for n, name in enumerate(["A Inc", "A Inc.", "(not stated)"])
    ]
    for _ in range(2):
        writing.upsert(session, drafts, source="x", today=TODAY, timezone="Asia/Tokyo")
    rows = dict(session.execute(select(CompanyName.company_name, CompanyName.digest)).all())
    assert set(rows) == {"A Inc", "A Inc.", "(not stated)"}
    assert rows["A Inc"] == rows["A Inc."] == names.digest_of("A Inc")
    assert rows["(not stated)"] == ""


def test_names_from_before_get_their_keys_from_the_worker(
    app: Flask, client: FlaskClient, add: Callable[..., int], run_worker: Callable[[], int]
) -> None:
    add()
    with app.app_context():
        db.session.query(CompanyName).update({"digest": None})
        db.session.commit()
    assert client.get(f"/companies/{YAMATO}").status_code == 404
    run_worker()
    assert client.get(f"/companies/{YAMATO}").status_code == 200


def test_a_name_cannot_break_out_of_the_page(client: FlaskClient, add: Callable[..., int]) -> None:
    name = '"><script>alert(1)</script>'
    add(company_name=name)
    html = client.get(f"/companies/{names.key_of(name)}").text
    assert "<script>alert" not in html
    assert 'content="&#34;&gt;' in html or "&#34;&gt;&lt;script" in html
