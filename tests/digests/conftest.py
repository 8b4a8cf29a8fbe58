"""A small town: people who want letters, and matches of one day for them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts.models import (
    Consent,
    ConsentKind,
    DigestFrequency,
    HomePoint,
    User,
    UserTitle,
)
from jobscore.jobs.models import Job, PayPeriod
from jobscore.matching import reasons
from jobscore.matching.models import MatchingResult
from jobscore.scoring import service as scoring
from jobscore.scoring.models import JobScore
from jobscore.vocabulary.models import Place, PlaceKind
from tests import factories

DAY = date(2026, 11, 23)
MORNING = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)  # six o'clock in Tokyo
SECTIONS = ["picks"] * 5 + ["near"] * 10 + ["close"] * 8 + ["pays_well"] * 7 + ["new"] * 10


@pytest.fixture
def morning() -> Any:
    """Six o'clock of the day."""
    with clock.set_to(MORNING):
        yield


@pytest.fixture
def place(session: Session) -> Place:
    shibuya = Place(
        code="JP-13113",
        kind=PlaceKind.CITY,
        name_en="Shibuya",
        name_ja="渋谷区",
        region_code="JP-13",
        country="JP",
        latitude=35.664,
        longitude=139.698,
    )
    session.add(shibuya)
    session.flush()
    return shibuya


@pytest.fixture
def make_reader(session: Session) -> Callable[..., User]:
    def make(locale: str = "en", *, consent: bool = True, **values: Any) -> User:
        profile = {
            "locale": locale,
            "digest_frequency": DigestFrequency.DAILY,
            "pay_period": "hour",
            **values.pop("profile", {}),
        }
        person = factories.user(
            session,
            **{"email_verified_at": MORNING - timedelta(days=9), "profile": profile} | values,
        )
        if consent:
            agreed = MORNING - timedelta(days=9)
            session.add(
                Consent(
                    user_id=person.id,
                    kind=ConsentKind.DIGEST,
                    text="Send me letters.",
                    text_version="1",
                    locale=locale,
                    how="form",
                    given_at=agreed,
                )
            )
        session.flush()
        return person

    return make


@pytest.fixture
def make_jobs(session: Session, place: Place) -> Callable[..., list[Job]]:
    def make(n: int, **values: Any) -> list[Job]:
        return [
            factories.job(
                session,
                **{
                    "title": f"看護師 {i}" if i % 2 else f"Nurse {i}",
                    "company_name": f"医療法人あおぞら {i}",
                    "location": "東京都渋谷区",
                    "place_id": place.id,
                    "salary_min": Decimal(1500),
                    "salary_max": Decimal(1800),
                    "salary_period": PayPeriod.HOUR,
                    "salary_currency": "JPY",
                    "language": "ja" if i % 2 else "en",
                }
                | values,
            )
            for i in range(n)
        ]

    return make


@pytest.fixture
def match(session: Session) -> Callable[..., list[MatchingResult]]:
    reason = reasons.to_text([reasons.Message("same_place"), reasons.Message("pay_meets")])

    def make(user: User, jobs: list[Job], on: date = DAY, best: float = 95) -> list[MatchingResult]:
        rows = []
        for i, job in enumerate(jobs):
            score = JobScore(
                user_id=user.id,
                job_id=job.id,
                total_score=best - i,
                skill_match_score=90.0,
                location_score=100.0,
                salary_score=None,
                scoring_algorithm_version="1.0",
            )
            session.add(score)
            session.flush()
            rows.append(
                MatchingResult(
                    user_id=user.id,
                    job_id=job.id,
                    job_score_id=score.id,
                    recommendation_reason=reason,
                    confidence_level=0.8,
                    match_on=on,
                    section=SECTIONS[i],
                    position=i + 1,
                    is_fill_up=i == 7,
                )
            )
        session.add_all(rows)
        session.flush()
        return rows

    return make


@pytest.fixture
def live_at(session: Session, place: Place) -> Callable[[User], None]:
    def add(user: User) -> None:
        session.add(
            HomePoint(user_id=user.id, place_id=place.id, label="", latitude=35.7, longitude=139.6)
        )
        session.flush()

    return add


@pytest.fixture
def town(
    app: Flask, morning: Any, make_reader: Callable[..., User], place: Place, session: Session
) -> Flask:
    """One person who is due a letter, and jobs that suit."""
    reader = make_reader()
    factories.user(session, email="admin@example.com", is_superuser=True)
    session.add(HomePoint(user_id=reader.id, place_id=place.id, latitude=35.664, longitude=139.698))
    session.add(UserTitle(user_id=reader.id, title="Line cook"))
    for n in range(3):
        factories.job(
            session,
            title="Line cook",
            company_name=f"Kitchen {n}",
            place_id=place.id,
            posted_date=DAY,
        )
    scoring.seed_policy()
    session.commit()
    return app
