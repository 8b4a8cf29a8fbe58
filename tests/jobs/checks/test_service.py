"""Findings are written with the job, checked again with new wages, and holding outlives imports."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.accounts.models import AuditLog
from jobscore.database.transaction import transaction
from jobscore.jobs import writing
from jobscore.jobs.checks import holding, minimum_wages, service
from jobscore.jobs.checks.minimum_wages import Amount, AmountTakenError, BadAmountError
from jobscore.jobs.checks.models import JobFinding, MinimumWage
from jobscore.jobs.checks.rules import Rule
from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.models import Job
from jobscore.jobs.writing import Outcome
from tests import factories

TODAY = date(2026, 11, 23)
COOK = JobDraft(
    title="調理スタッフ",
    company_name="サンプル",
    description="10:00〜19:00の間でシフト制。社会保険あり。長期歓迎。女性のみの募集です。",
    location="東京都渋谷区",
    place_text="東京都渋谷区",
    salary_min=Decimal(1226),
    salary_max=Decimal(1400),
    salary_period="hour",
    salary_currency="JPY",
    salary_text="時給1,226円〜",
    employment_type="PART_TIME",
    external_id="7",
    language="ja",
)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.set_to(datetime(2026, 11, 23, 3, 0, tzinfo=UTC)):
        yield


def write(*drafts: JobDraft) -> list[writing.Written]:
    with transaction() as session:
        return writing.upsert(session, drafts, source="a", today=TODAY, timezone="Asia/Tokyo")


def rules_of(session: Session, job_id: int) -> dict[str, str]:
    query = select(JobFinding).where(JobFinding.job_id == job_id)
    return {f.rule: f.quote for f in session.scalars(query)}


def test_findings_come_and_go_with_the_postings_words(session: Session) -> None:
    (job,) = write(COOK)
    assert rules_of(session, job.job_id) == {"sex_named": "女性のみの募集です"}
    write(replace(COOK, description=COOK.description.replace("女性のみの", "")))
    assert rules_of(session, job.job_id) == {}


def test_pay_is_held_against_the_amounts_that_ship(session: Session) -> None:
    (job,) = write(replace(COOK, salary_min=Decimal(1225)))
    finding = session.get_one(JobFinding, (job.job_id, "pay_below_minimum"))
    assert finding.params["minimum"] == 1226
    assert finding.quote == "時給1,226円〜"
    assert len(session.scalars(select(MinimumWage)).all()) == 47


def test_what_was_settled_stays_so_while_the_words_are_the_same(session: Session) -> None:
    (job,) = write(COOK)
    with transaction() as inner:
        inner.execute(update(JobFinding).values(settled_at=clock.now()))
    write(replace(COOK, salary_max=Decimal(1500)))
    assert session.get_one(JobFinding, (job.job_id, "sex_named")).settled_at is not None
    write(replace(COOK, title="調理（男性歓迎）"))
    session.expire_all()
    assert session.get_one(JobFinding, (job.job_id, "sex_named")).settled_at is None


def test_a_held_job_stays_held_through_imports_and_is_released_as_its_source_has_it(
    session: Session,
) -> None:
    (one,) = write(COOK)
    admin = factories.user(session, is_superuser=True)
    with transaction() as inner:
        holding.hold(inner, inner.get_one(Job, one.job_id), "女性のみ", actor_id=admin.id)
    assert writing.compare(session, [COOK], source="a") == [Outcome.UNCHANGED]
    (again,) = write(replace(COOK, title="調理補助"))
    assert again.outcome is Outcome.CHANGED
    session.expire_all()
    job = session.get_one(Job, one.job_id)
    assert (job.title, job.is_active, job.held_reason) == ("調理補助", False, "女性のみ")
    with pytest.raises(holding.AlreadyHeldError):
        holding.hold(session, job, "", actor_id=None)
    with transaction() as inner:
        holding.release(inner, job, actor_id=admin.id)
    assert job.is_active
    assert job.held_at is job.held_by is job.held_reason is None
    acts = session.execute(select(AuditLog.action, AuditLog.actor_id, AuditLog.details)).all()
    assert [(a, who, d["reason"]) for a, who, d in acts] == [
        ("job.held", admin.id, "女性のみ"),
        ("job.released", admin.id, "女性のみ"),
    ]
    with pytest.raises(holding.NotHeldError):
        holding.release(session, job, actor_id=None)


@pytest.mark.parametrize("field", ["expires_at", "closed_at"])
def test_a_job_that_ended_while_it_was_held_is_not_opened_by_release(
    session: Session, field: str
) -> None:
    job = factories.job(session)
    holding.hold(session, job, "", actor_id=None)
    setattr(job, field, datetime(2026, 11, 1, tzinfo=UTC))
    holding.release(session, job, actor_id=None)
    assert not job.is_active


def test_an_unheld_job_is_opened_again_by_an_import(session: Session) -> None:
    (one,) = write(replace(COOK, expires_on=date(2026, 11, 1)))
    assert not session.get_one(Job, one.job_id).is_active
    write(COOK)
    session.expire_all()
    assert session.get_one(Job, one.job_id).is_active


def test_all_jobs_can_be_checked_again(session: Session) -> None:
    write(COOK, replace(COOK, external_id="8", description="時間・保険・期間は面接で"))
    with transaction() as inner:
        inner.execute(JobFinding.__table__.delete())  # type: ignore[attr-defined]
    told: list[tuple[int, int]] = []
    found = service.check_again(
        session, TODAY, commit=session.commit, tell=lambda *n: told.append(n)
    )
    assert found == (2, 1)
    assert told == [(2, 1)]


def tokyo(yen: int, day: str) -> Amount:
    return Amount("JP-13", yen, date.fromisoformat(day), "https://example.com/wages")


def test_a_new_amount_is_applied_by_the_worker_from_its_day_on(
    session: Session, run_worker: Callable[[], int]
) -> None:
    (tokyo_job, naha_job) = write(
        COOK,
        replace(COOK, external_id="9", location="沖縄県那覇市", place_text="沖縄県那覇市"),
    )
    run_worker()  # the words of the new jobs go into the index
    with transaction() as inner:
        minimum_wages.add_one(inner, tokyo(1300, "2026-11-25"), actor_id=None)
    session.commit()
    assert run_worker() == 0
    with clock.set_to(datetime(2026, 11, 24, 15, 0, tzinfo=UTC)):  # the 25th in Tokyo
        assert run_worker() == 1
        assert run_worker() == 0
    session.expire_all()
    finding = session.get_one(JobFinding, (tokyo_job.job_id, "pay_below_minimum"))
    assert (finding.params["minimum"], finding.params["valid_from"]) == (1300, "2026-11-25")
    assert "pay_below_minimum" not in rules_of(session, naha_job.job_id)
    assert "sex_named" in rules_of(session, tokyo_job.job_id)


def test_an_amount_that_is_taken_away_takes_its_findings_along(
    session: Session, run_worker: Callable[[], int]
) -> None:
    (job,) = write(COOK)
    with transaction() as inner:
        minimum_wages.add_one(inner, tokyo(1300, "2026-11-01"), actor_id=None)
    run_worker()
    assert "pay_below_minimum" in rules_of(session, job.job_id)
    with transaction() as inner:
        wage = inner.scalars(select(MinimumWage).where(MinimumWage.hourly_yen == 1300)).one()
        minimum_wages.remove(inner, wage)
    run_worker()
    session.expire_all()
    assert "pay_below_minimum" not in rules_of(session, job.job_id)


def test_the_newest_amount_that_took_effect_is_in_force(session: Session) -> None:
    assert minimum_wages.in_force(session, TODAY)["JP-13"].hourly_yen == 1226
    minimum_wages.add_one(session, tokyo(1280, "2026-10-01"), actor_id=None)
    minimum_wages.add_one(session, tokyo(1350, "2027-10-01"), actor_id=None)
    found = minimum_wages.in_force(session, TODAY)
    assert found["JP-13"].hourly_yen == 1280
    assert found["JP-47"].hourly_yen == 1023
    assert "JP-13" not in minimum_wages.overdue(found, TODAY)
    assert "JP-12" in minimum_wages.overdue(found, TODAY)
    with pytest.raises(AmountTakenError):
        minimum_wages.add_one(session, tokyo(1281, "2026-10-01"), actor_id=None)


@pytest.mark.parametrize(
    ("values", "column"),
    [
        (("JP-48", "1200", "2026-10-01", "https://a.example"), "prefecture_code"),
        (("13", "1200", "2026-10-01", "https://a.example"), "prefecture_code"),
        (("JP-13", "12", "2026-10-01", "https://a.example"), "hourly_yen"),
        (("JP-13", "12000", "2026-10-01", "https://a.example"), "hourly_yen"),
        (("JP-13", "1200.5", "2026-10-01", "https://a.example"), "hourly_yen"),
        (("JP-13", "1,200", "2026-13-01", "https://a.example"), "valid_from"),
        (("JP-13", "1200", "2030-10-01", "https://a.example"), "valid_from"),
        (("JP-13", "1200", "1990-10-01", "https://a.example"), "valid_from"),
        (("JP-13", "1200", "2026-10-01", "javascript:alert(1)"), "source_url"),
        (("JP-13", "1200", "2026-10-01", ""), "source_url"),
    ],
)
def test_an_amount_that_cannot_be_is_refused(values: tuple[str, ...], column: str) -> None:
    with pytest.raises(BadAmountError) as refused:
        minimum_wages.checked(*values, TODAY)  # type: ignore[arg-type]
    assert refused.value.column == column


def test_the_amounts_that_ship_are_all_prefectures_of_one_year() -> None:
    shipped = minimum_wages.shipped()
    assert [a.prefecture_code for a in shipped] == [f"JP-{n:02}" for n in range(1, 48)]
    assert min(a.hourly_yen for a in shipped) == 1023
    assert max(a.hourly_yen for a in shipped) == 1226
    assert min(a.valid_from for a in shipped) == date(2025, 10, 1)
    assert max(a.valid_from for a in shipped) == date(2026, 3, 31)


def test_every_rule_is_a_word_that_the_table_holds() -> None:
    assert all(len(rule) <= 40 for rule in Rule)
