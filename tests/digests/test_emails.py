"""The letter itself: subject, sections, numbers, links, languages, size."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from jobscore.accounts.models import DigestFrequency
from jobscore.digests import emails, phrases
from jobscore.digests.emails import Pick, Posting, Reader
from jobscore.jobs.models import Remote
from jobscore.matching import reasons
from jobscore.web.i18n import speaking
from tests.digests.conftest import DAY, SECTIONS

Make = Callable[..., Any]

READER = Reader(
    user_id=1,
    name="Hanako",
    locale="en",
    pay_period="hour",
    homes=(),
    frequency=DigestFrequency.DAILY,
    consented_on=DAY,
)
POSTING = Posting(
    id=7,
    title="Nurse",
    company="Aozora",
    location="Shibuya",
    place_id=None,
    latitude=35.66,
    longitude=139.7,
    pay_min=Decimal(1500),
    pay_max=Decimal(1500),
    pay_period="hour",
    pay_currency="JPY",
    pay_text=None,
    remote=None,
    language="en",
    is_sponsored=False,
)
REASON = reasons.to_text([reasons.Message("same_place"), reasons.Message("pay_meets")])


@pytest.fixture
def backend() -> str:
    """Words do not depend on the database."""
    return "sqlite"


@pytest.fixture(autouse=True)
def context(session: Session) -> Session:
    return session


def picks(n: int, **values: Any) -> list[Pick]:
    return [
        Pick(
            match_id=900 + i,
            posting=replace(POSTING, id=100 + i, **values),
            section=SECTIONS[i],
            is_fill_up=i == 7,
            total=95.5 - i,
            reason=REASON,
        )
        for i in range(n)
    ]


SUBJECTS = [
    pytest.param("en", 40, "Nurse", "40 jobs for you: Nurse in Shibuya and more", id="many"),
    pytest.param("en", 1, "Nurse", "A job for you: Nurse in Shibuya", id="one"),
]


@pytest.mark.parametrize(("locale", "n", "title", "subject"), SUBJECTS)
def test_the_subject_says_how_many_and_the_best(
    locale: str, n: int, title: str, subject: str
) -> None:
    reader = replace(READER, locale=locale)
    assert emails.job_digest(reader, picks(n, title=title), DAY).subject == subject


@pytest.mark.parametrize("locale", ["en", "ja"])
@pytest.mark.parametrize("n", [1, 2, 40])
@pytest.mark.parametrize("length", [1, 20, 250])
def test_no_subject_is_longer_than_an_inbox_shows(locale: str, n: int, length: int) -> None:
    reader = replace(READER, locale=locale)
    chosen = picks(n, title="看護師" * length, location="東京都渋谷区神南一丁目十九番十一号")
    subject = emails.job_digest(reader, chosen, DAY).subject
    assert len(subject) <= {"ja": 50, "en": 78}[locale]
    assert "看護師" in subject


@pytest.mark.parametrize("locale", ["en", "ja"])
def test_text_and_html_say_the_same_of_every_job(locale: str) -> None:
    letter = emails.job_digest(replace(READER, locale=locale), picks(40), DAY)
    for body in (letter.text, letter.html):
        assert re.findall(r"http://localhost/jobs/(\d+)", body) == [str(100 + i) for i in range(40)]
        for score in range(96, 56, -1):
            assert str(score) in body
        assert "Example Jobs K.K." in body
        assert "1-1 Chiyoda, Tokyo" in body
        assert "http://localhost/u/" in body
        assert "http://localhost/me/mail" in body
        assert body.count("Aozora") == 40
    assert letter.html.count("/matches/9") == 40
    assert f'lang="{locale}"' in letter.html


def test_the_letter_is_in_the_readers_language() -> None:
    english = emails.job_digest(READER, picks(3), DAY)
    japanese = emails.job_digest(replace(READER, locale="ja"), picks(3), DAY)
    assert "November 23, 2026" in english.text
    assert "2026年11月23日" in japanese.text
    assert "It is in your own city." in english.text
    assert not re.search(r"[a-z]{4,} [a-z]{3,}", re.sub(r"https?://\S+", "", japanese.text)), (
        "no English sentence is left"
    )


def test_text_of_a_posting_is_data_and_never_markup() -> None:
    nasty = picks(1, title="<script>alert(1)</script>{{ 7*7 }}", company='"><img src=x>')
    letter = emails.job_digest(READER, nasty, DAY)
    assert "<script>" not in letter.html
    assert "<img" not in letter.html
    assert "&lt;script&gt;" in letter.html
    assert "{{ 7*7 }}" in letter.html
    assert "<script>alert(1)</script>" in letter.text, "the text part shows what was written"


def test_a_letter_loads_nothing_and_stays_below_the_size_that_gmail_clips() -> None:
    big = picks(40, title="医療・介護スタッフ" * 6, company="医療法人社団あおぞら会" * 3)
    for locale in ("en", "ja"):
        html = emails.job_digest(replace(READER, locale=locale), big, DAY).html
        assert len(html.encode()) <= 100_000
        assert not re.search(r"<img|<script|<link|url\(|@import|src=", html)
        assert "prefers-color-scheme: dark" in html


def test_links_hold_no_address_and_no_name(app: Flask) -> None:
    letter = emails.job_digest(replace(READER, name="Zaphod"), picks(2), DAY)
    for url in re.findall(r"https?://[^\s\"<]+", letter.html):
        assert "Zaphod" not in url
        assert "@" not in url


def test_every_link_of_ours_leads_to_a_page(app: Flask) -> None:
    html = emails.job_digest(READER, picks(2), DAY).html
    urls = app.url_map.bind("localhost")
    found = set(re.findall(r"http://localhost(/[^\"]*)", html))
    assert len(found) >= 7
    for path in found:
        assert urls.match(path, "GET")


PAY = [
    pytest.param({}, "¥1,500 an hour", id="as posted"),
    pytest.param(
        {"pay_min": Decimal(12000), "pay_max": Decimal(12000), "pay_period": "day"},
        "¥12,000 a day (roughly ¥1,500 an hour)",
        id="and in the reader's unit",
    ),
    pytest.param({"pay_min": None, "pay_max": None}, "Pay not stated", id="unknown"),
    pytest.param({"pay_min": None, "pay_max": None, "pay_text": "応相談"}, "応相談", id="in words"),
]


@pytest.mark.parametrize(("values", "words"), PAY)
def test_pay_stands(values: dict[str, Any], words: str) -> None:
    with speaking("en"):
        assert phrases.pay_words(replace(POSTING, **values), "hour", "en") == words


def test_distance_is_told_from_the_nearest_home_and_not_for_remote_work() -> None:
    far, near = emails.Home(1, 34.69, 135.5), emails.Home(2, 35.75, 139.7)
    reader = replace(READER, homes=(far, near))
    assert "about 10 km from home" in emails.job_digest(reader, picks(1), DAY).text
    assert "in your city" in emails.job_digest(reader, picks(1, place_id=2), DAY).text
    remote = emails.job_digest(reader, picks(1, remote=Remote.FULL), DAY).text
    assert "Fully remote" in remote
    assert "km" not in remote


def test_jobs_that_fill_a_section_up_are_said_to() -> None:
    text = emails.job_digest(READER, picks(8), DAY).text
    assert "1 of them fills this section up from your next best." in text


def test_there_is_no_letter_without_a_job() -> None:
    with pytest.raises(ValueError, match="without jobs"):
        emails.job_digest(READER, [], DAY)


def test_scores_round_half_up_as_on_the_pages() -> None:
    assert [emails.shown_score(x) for x in (0.0, 70.49, 70.5, 99.5, 100.0)] == [0, 70, 71, 100, 100]
