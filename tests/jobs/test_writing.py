"""Postings are written in bulk: recognised, compared, and read for skills and features."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobscore.database.transaction import transaction
from jobscore.jobs import writing
from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.models import Job, JobFeature, JobSkill, JobSource
from jobscore.jobs.writing import Outcome, RepeatedPostingError, Written
from jobscore.vocabulary import conditions
from jobscore.vocabulary.models import Place, PlaceKind, Skill

TODAY = date(2026, 11, 22)
COOK = JobDraft(
    title="Cook",
    company_name="Acme",
    description="未経験OK。週払いあり。",
    requirements="Python",
    location="東京都渋谷区",
    place_text="東京都渋谷区",
    salary_min=Decimal(1200),
    salary_max=Decimal(1500),
    salary_period="hour",
    salary_currency="JPY",
    external_id="42",
)


def write(*drafts: JobDraft, source: str = "test") -> list[Written]:
    with transaction() as session:
        return writing.upsert(session, drafts, source=source, today=TODAY, timezone="Asia/Tokyo")


def outcomes(written: list[Written]) -> list[Outcome]:
    return [one.outcome for one in written]


def test_a_posting_is_new_then_unchanged_then_changed(session: Session) -> None:
    first = write(COOK)
    assert outcomes(first) == [Outcome.NEW]
    assert outcomes(write(COOK)) == [Outcome.UNCHANGED]
    changed = write(replace(COOK, title="Chef"))
    assert outcomes(changed) == [Outcome.CHANGED]
    assert changed[0].job_id == first[0].job_id
    assert session.scalars(select(Job.title)).all() == ["Chef"]
    assert session.scalar(select(func.count()).select_from(JobSource)) == 1


def test_the_same_posting_of_two_sources_is_two_jobs(session: Session) -> None:
    write(COOK, source="a")
    assert outcomes(write(COOK, source="b")) == [Outcome.NEW]


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"external_id": "42", "title": "Other"}, True),
        ({"external_id": "43"}, False),
    ],
)
def test_the_external_id_decides_first(
    session: Session, change: dict[str, str], is_same: bool
) -> None:
    write(COOK)
    assert (outcomes(write(replace(COOK, **change)))[0] is not Outcome.NEW) is is_same  # type: ignore[arg-type]


def test_without_id_and_url_company_title_and_place_decide(session: Session) -> None:
    plain = replace(COOK, external_id=None)
    write(plain)
    assert outcomes(write(replace(plain, description="Other words"))) == [Outcome.CHANGED]
    assert outcomes(write(replace(plain, place_text="大阪府"))) == [Outcome.NEW]


def test_two_drafts_of_one_posting_are_refused(session: Session) -> None:
    with pytest.raises(RepeatedPostingError):
        write(COOK, replace(COOK, title="Chef"))
    assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_pay_place_days_and_words_are_worked_out(session: Session) -> None:
    session.add(Skill(code="python", name_en="Python", family="programming"))
    session.add(Place(code="JP-13113", kind=PlaceKind.WARD, name_en="Shibuya", country="JP"))
    session.commit()
    write(replace(COOK, expires_on=date(2026, 12, 31)))
    job = session.scalars(select(Job)).one()
    assert (job.yearly_min, job.yearly_max) == (Decimal(2_304_000), Decimal(2_880_000))
    assert job.place is not None
    assert job.place.code == "JP-13113"
    assert job.posted_date == TODAY
    assert job.expires_at == datetime(2026, 12, 31, 15, tzinfo=UTC)
    assert job.is_active
    assert [(s.quote, s.is_required, s.weight) for s in job.skills] == [("Python", True, 100)]
    stated = {f.feature: f.is_stated for f in job.features}
    assert stated["no_experience_needed"]
    assert stated["daily_weekly_pay"]


def test_skills_and_features_follow_a_change(session: Session) -> None:
    write(COOK)
    assert session.scalar(select(func.count()).select_from(JobFeature)) == 2
    write(replace(COOK, description="", requirements=""))
    assert session.scalar(select(func.count()).select_from(JobFeature)) == 0
    assert session.scalar(select(func.count()).select_from(JobSkill)) == 0


def test_an_expired_posting_is_not_open(session: Session) -> None:
    write(replace(COOK, expires_on=date(2020, 1, 1)))
    assert not session.scalars(select(Job)).one().is_active


def test_comparing_writes_nothing(session: Session) -> None:
    write(COOK)
    drafts = [COOK, replace(COOK, external_id="1")]
    assert writing.compare(session, drafts, source="test") == [Outcome.UNCHANGED, Outcome.NEW]
    assert session.scalar(select(func.count()).select_from(Job)) == 1


def test_ids_do_not_collide_with_jobs_written_otherwise(session: Session) -> None:
    write(COOK)
    session.add(Job(title="By hand", company_name="B"))
    session.commit()
    assert outcomes(write(replace(COOK, external_id="2"))) == [Outcome.NEW]
    assert session.scalar(select(func.count()).select_from(Job)) == 3


NURSE = replace(
    COOK,
    title="訪問看護師（日勤のみ）",
    requirements="普通自動車免許必須。土日祝勤務できる方。高校生不可。",
    description="医師や薬剤師と連携します。",
)


def conditions_of(session: Session) -> dict[str, str]:
    rows = session.scalars(select(JobFeature).where(JobFeature.is_stated))
    return {row.feature: row.quote for row in rows if conditions.is_condition(row.feature)}


def test_what_a_posting_makes_a_condition_is_kept_with_its_words(session: Session) -> None:
    write(NURSE)
    assert conditions_of(session) == {
        "licence:registered-nurse": "訪問看護師（日勤のみ）",
        "licence:drivers-licence": "普通自動車免許必須",
        "weekends_required": "土日祝勤務できる方",
        "adults_only": "高校生不可",
    }


def test_no_licence_of_a_profession_is_kept_where_the_posting_needs_none(session: Session) -> None:
    write(replace(NURSE, requirements="無資格OK。普通自動車免許必須。"))
    assert set(conditions_of(session)) == {"licence:drivers-licence"}
