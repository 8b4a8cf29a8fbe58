"""The admin's pages of posting checks, and what everybody else sees of a held job."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts import sessions
from jobscore.accounts.models import AuditLog, User
from jobscore.database.transaction import transaction
from jobscore.jobs import writing
from jobscore.jobs.checks import holding
from jobscore.jobs.checks.models import JobFinding, MinimumWage
from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.models import Job
from jobscore.matching.models import MatchingResult
from jobscore.scoring.models import JobScore
from tests import factories
from tests.conftest import Client

NOON = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
WAITRESS = JobDraft(
    title="ウェイトレス（30歳まで）",
    company_name="カフェ",
    description="10:00〜18:00。女性のみの募集です。社会保険あり。長期歓迎。",
    location="東京都渋谷区",
    place_text="東京都渋谷区",
    salary_min=Decimal(1100),
    salary_period="hour",
    salary_currency="JPY",
    salary_text="時給1,100円",
    employment_type="PART_TIME",
    external_id="1",
    language="ja",
)
COOK = JobDraft(title="Cook <b>now</b>", company_name="Acme", external_id="2", language="en")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.set_to(NOON):
        yield


class Apart(Client):
    """A browser that others do not sign in for, though a test holds an application context."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            for name in ("_login_user", "_flask_babel"):
                g.pop(name, None)
        return super().open(*args, **kwargs)


@pytest.fixture(autouse=True)
def apart(app: Flask) -> None:
    app.test_client_class = Apart


def sign_in(app: Flask, person: User) -> FlaskClient:
    with app.test_request_context(), transaction():
        token = sessions.start(person, user_agent="test", address="127.0.0.1")
    client = Apart(app, app.response_class, use_cookies=True)
    with client.session_transaction() as cookie:
        cookie[sessions.COOKIE_KEY] = token
    return client


@pytest.fixture
def admin(app: Flask, session: Session) -> FlaskClient:
    return sign_in(app, factories.user(session, is_superuser=True, full_name="Ada"))


@pytest.fixture
def jobs(session: Session) -> list[int]:
    with transaction() as inner:
        written = writing.upsert(
            inner, [WAITRESS, COOK], source="feed", today=TODAY, timezone="Asia/Tokyo"
        )
    return [one.job_id for one in written]


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def test_the_queue_lists_what_rules_found_and_nothing_else(
    admin: FlaskClient, jobs: list[int]
) -> None:
    page = text(admin, "/admin/postings")
    assert "ウェイトレス（30歳まで）" in page
    assert "女性のみの募集です" in page
    assert "Cook" not in page


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("rule=age_limit", True),
        ("rule=items_missing", False),
        ("rule=nonsense", True),
        ("source=feed", True),
        ("source=other", False),
        ("q=カフェ", True),
        ("q=Tokyo", False),
        ("import=7", False),
        ("import=x", True),
        ("state=held", False),
        ("state=settled", False),
    ],
)
def test_the_queue_can_be_filtered(
    admin: FlaskClient, jobs: list[int], query: str, is_found: bool
) -> None:
    assert ("ウェイトレス" in text(admin, f"/admin/postings?{query}")) is is_found


def test_a_posting_shows_each_finding_with_its_sentence_and_law(
    admin: FlaskClient, jobs: list[int]
) -> None:
    page = text(admin, f"/admin/postings/{jobs[0]}")
    assert "The pay begins at ¥1,100 an hour. The minimum in Tokyo is ¥1,226" in page
    assert "https://laws.e-gov.go.jp/law/334AC0000000137" in page
    admin.set_cookie("locale", "ja")
    page = text(admin, f"/admin/postings/{jobs[0]}")
    assert "東京都の最低賃金は2025年10月3日から¥1,226です" in page


def test_holding_needs_a_reason_and_takes_the_job_from_everybody(
    app: Flask, client: FlaskClient, admin: FlaskClient, jobs: list[int], session: Session
) -> None:
    job = jobs[0]
    assert admin.post(f"/admin/postings/{job}/hold", data={"reason": " "}).status_code == 422
    answer = admin.post(f"/admin/postings/{job}/hold", data={"reason": "性別の限定"})
    assert answer.status_code == 302
    assert "性別の限定" in text(admin, f"/admin/postings/{job}")
    page = text(client, f"/jobs/{job}", 410)
    assert "ウェイトレス" not in page
    assert "性別の限定" not in page
    assert "ウェイトレス" not in text(client, "/jobs")
    assert "ウェイトレス" in text(admin, "/admin/postings?state=held")
    admin.post(f"/admin/postings/{job}/release")
    assert "ウェイトレス" in text(client, f"/jobs/{job}")
    acts = session.scalars(select(AuditLog.action).order_by(AuditLog.id)).all()
    assert [a for a in acts if a.startswith("job.")] == ["job.held", "job.released"]


def test_two_admins_who_hold_at_once_learn_of_each_other(
    admin: FlaskClient, jobs: list[int]
) -> None:
    for _ in range(2):
        answer = admin.post(
            f"/admin/postings/{jobs[0]}/hold", data={"reason": "x"}, follow_redirects=True
        )
    assert "Somebody holds this job already." in answer.get_data(as_text=True)
    for _ in range(2):
        answer = admin.post(f"/admin/postings/{jobs[0]}/release", follow_redirects=True)
    assert "Nobody holds this job." in answer.get_data(as_text=True)


def test_a_finding_that_may_stand_leaves_the_queue_and_can_come_back(
    admin: FlaskClient, jobs: list[int], session: Session
) -> None:
    address = f"/admin/postings/{jobs[0]}/settle"
    for rule in session.scalars(select(JobFinding.rule)).all():
        admin.post(address, data={"rule": rule, "settled": "1"})
    assert "ウェイトレス" not in text(admin, "/admin/postings")
    assert "ウェイトレス" in text(admin, "/admin/postings?state=settled")
    admin.post(address, data={"rule": "age_limit", "settled": "0"})
    assert "ウェイトレス" in text(admin, "/admin/postings?rule=age_limit")
    assert admin.post(address, data={"rule": "nothing"}).status_code == 404


def test_only_admins_see_findings_on_a_jobs_page(
    app: Flask, client: FlaskClient, admin: FlaskClient, jobs: list[int], session: Session
) -> None:
    seeker = sign_in(app, factories.user(session))
    address = f"/jobs/{jobs[0]}"
    assert "Minimum Wage Act" in text(admin, address)
    assert "Minimum Wage Act" not in text(client, address)
    assert "Minimum Wage Act" not in text(seeker, address)
    for path in ("/admin/postings", f"/admin/postings/{jobs[0]}", "/admin/postings/minimum-wages"):
        assert seeker.get(path).status_code == 403
    assert seeker.post(f"/admin/postings/{jobs[0]}/hold", data={"reason": "x"}).status_code == 403


def match(session: Session, person: User, job_id: int) -> MatchingResult:
    score = JobScore(
        user_id=person.id, job_id=job_id, total_score=80.0, scoring_algorithm_version="1.2",
        rank_points=8000, coverage=1.0, scored_at=NOON, created_at=NOON,
    )  # fmt: skip
    session.add(score)
    session.flush()
    row = MatchingResult(
        user_id=person.id, job_id=job_id, job_score_id=score.id, match_on=TODAY,
        section="best", position=1, confidence_level=1.0,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def test_a_held_job_leaves_todays_list_with_an_honest_line(
    app: Flask, session: Session, jobs: list[int]
) -> None:
    from jobscore.matching.selection import Section

    person = factories.user(session)
    rows = [match(session, person, job_id) for job_id in jobs]
    for row in rows:
        row.section = str(next(iter(Section)))
    numbers = [row.id for row in rows]
    session.commit()
    seeker = sign_in(app, person)
    assert "taken out of your list" not in text(seeker, "/matches")
    with transaction() as inner:
        holding.hold(inner, inner.get_one(Job, jobs[0]), "x", actor_id=None)
    page = text(seeker, "/matches")
    assert "1 job was taken out of your list" in page
    assert "ウェイトレス" not in page
    assert "Cook" in page
    assert "ウェイトレス" not in text(seeker, f"/matches/{numbers[0]}", 410)


def test_the_page_of_minimum_wages_shows_what_ships_and_takes_a_new_amount(
    admin: FlaskClient, session: Session
) -> None:
    page = text(admin, "/admin/postings/minimum-wages")
    assert page.count("¥1,0") > 20
    assert "Newer amounts are likely" in page
    values = {
        "prefecture_code": "JP-13",
        "hourly_yen": "1300",
        "valid_from": "2026-12-01",
        "source_url": "https://example.com/tokyo",
    }
    assert admin.post("/admin/postings/minimum-wages", data=values).status_code == 302
    page = text(admin, "/admin/postings/minimum-wages")
    assert "¥1,300" in page
    assert "to come" in page
    assert len(session.scalars(select(MinimumWage)).all()) == 48
    again = admin.post("/admin/postings/minimum-wages", data=values)
    assert again.status_code == 422
    assert "Remove that one first" in again.get_data(as_text=True)
    added = session.scalars(select(MinimumWage).where(MinimumWage.hourly_yen == 1300)).one()
    admin.post(f"/admin/postings/minimum-wages/{added.id}/remove")
    assert "¥1,300" not in text(admin, "/admin/postings/minimum-wages")
    assert admin.post("/admin/postings/minimum-wages/999999/remove").status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"prefecture_code": ""},
        {"prefecture_code": "JP-99"},
        {"hourly_yen": "12"},
        {"hourly_yen": "many"},
        {"valid_from": "2040-01-01"},
        {"valid_from": "soon"},
        {"source_url": "javascript:alert(1)"},
        {"source_url": ""},
    ],
    ids=str,
)
def test_a_wrong_amount_is_refused_and_the_answers_are_kept(
    admin: FlaskClient, session: Session, changes: dict[str, Any]
) -> None:
    values = {
        "prefecture_code": "JP-13",
        "hourly_yen": "1300",
        "valid_from": "2026-12-01",
        "source_url": "https://example.com/tokyo",
    } | changes
    answer = admin.post("/admin/postings/minimum-wages", data=values)
    assert answer.status_code == 422
    assert session.scalar(select(MinimumWage.id)) is None
    assert "error-summary" in answer.get_data(as_text=True)


# -- commands --------------------------------------------------------------------------------


def run(app: Flask, *words: str) -> Any:
    return app.test_cli_runner().invoke(args=["jobs", *words])


def test_jobs_can_be_held_and_checked_by_command(app: Flask, jobs: list[int]) -> None:
    assert run(app, "hold", str(jobs[0]), "--reason", "x").output == f"job {jobs[0]} held\n"
    assert run(app, "hold", str(jobs[0]), "--reason", "x").exit_code == 1
    assert run(app, "release", str(jobs[0])).output == f"job {jobs[0]} released, open\n"
    assert run(app, "release", str(jobs[0])).exit_code == 1
    assert run(app, "hold", "99999", "--reason", "x").exit_code == 1
    checked = run(app, "check")
    assert checked.exit_code == 0
    assert "2 jobs checked, 4 findings" in checked.output


def test_minimum_wages_are_imported_and_listed_by_command(
    app: Flask, jobs: list[int], session: Session, tmp_path: Path
) -> None:
    listed = run(app, "minimum-wages", "list").output.splitlines()
    assert len(listed) == 47
    assert listed[12].startswith("JP-13   1226 yen  from 2025-10-03  in force, over a year old")
    file = tmp_path / "wages.csv"
    file.write_text(
        "prefecture_code,hourly_yen,valid_from,source_url\n"
        'JP-13,"1,000",2026-10-01,https://example.com/a\n'
        "JP-27,1240,2026-12-01,https://example.com/b\n",
        encoding="utf-8-sig",
    )
    assert (
        "2 amounts read, 2 new or corrected"
        in run(app, "minimum-wages", "import", str(file)).output
    )
    assert "0 new or corrected" in run(app, "minimum-wages", "import", str(file)).output
    session.expire_all()
    rules = session.scalars(select(JobFinding.rule).where(JobFinding.job_id == jobs[0])).all()
    assert "pay_below_minimum" not in rules  # 1,100 yen is not below the (made-up) 1,000
    assert len(run(app, "minimum-wages", "list", "--all").output.splitlines()) == 49
    file.write_text("prefecture_code,hourly_yen\nJP-13,1000\n", encoding="utf-8")
    assert run(app, "minimum-wages", "import", str(file)).exit_code == 1
