"""The search follows every write: imports, updates, undo, closing, holding, deleting, rollbacks."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from jobscore.jobs import closing, images, search, writing
from jobscore.jobs.checks import holding
from jobscore.jobs.drafts import JobDraft
from jobscore.jobs.models import Job, JobFeature
from jobscore.jobs.search import Criteria, columns, indexing
from tests import factories

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
DRAFT = JobDraft(title="法人営業", company_name="Sun", external_id="1", description="新宿で提案")


def write(session: Session, *drafts: JobDraft, **values: Any) -> list[int]:
    found = writing.upsert(
        session, drafts, source="test", today=TODAY, timezone="Asia/Tokyo", **values
    )
    session.commit()
    return [one.job_id for one in found]


def found(session: Session, text: str = "", **wishes: Any) -> set[int]:
    page = search.find(session, Criteria(text=text, **wishes), NOW, size=100)
    return {hit.job.id for hit in page.items}


@pytest.fixture(params=["waiting", "indexed"])
def settle(request: pytest.FixtureRequest, session: Session) -> Callable[[], None]:
    """Call it after a write: everything must hold before the index read it, and after."""

    def settle() -> None:
        if request.param == "indexed":
            while indexing.index_waiting(session):
                session.commit()
            assert indexing.state(session).waiting == 0
            assert indexing.check(session) == []

    return settle


def test_what_is_imported_is_found_at_once(session: Session, settle: Callable[[], None]) -> None:
    assert found(session, "営業") == set()
    (job,) = write(session, DRAFT)
    settle()
    assert found(session, "営業") == found(session, "新宿") == found(session, "sun") == {job}


def test_what_a_posting_no_longer_says_is_no_longer_found(
    session: Session, settle: Callable[[], None]
) -> None:
    (job,) = write(session, DRAFT)
    settle()
    assert found(session, "新宿") == {job}
    write(session, replace(DRAFT, title="経理", description="渋谷で記帳"))
    assert found(session, "新宿") == found(session, "営業") == set()
    settle()
    assert found(session, "新宿") == found(session, "営業") == set()
    assert found(session, "渋谷の経理") == {job}


def test_undoing_an_import_brings_the_old_words_back(
    session: Session, settle: Callable[[], None]
) -> None:
    (job,) = write(session, DRAFT)
    before = images.read(session, [job])
    write(session, replace(DRAFT, title="経理"))
    settle()
    assert found(session, "営業") == set()
    images.write_back(session, {job: {"title": before[job]["title"]}}, NOW)
    session.commit()
    assert found(session, "営業") == {job}
    settle()
    assert found(session, "営業") == {job}
    assert found(session, "経理") == set()


def test_closed_held_and_deleted_jobs_leave_the_search_and_may_come_back(
    session: Session, settle: Callable[[], None]
) -> None:
    one, two, three = write(
        session, DRAFT, replace(DRAFT, external_id="2"), replace(DRAFT, external_id="3")
    )
    settle()
    closing.close(session, [one], NOW)
    session.commit()
    assert found(session, "営業") == {two, three}
    held = session.get(Job, two)
    assert held is not None
    holding.hold(session, held, "test", actor_id=None)
    session.commit()
    assert found(session, "営業") == {three}
    holding.release(session, held, actor_id=None)
    session.commit()
    assert found(session, "営業") == {two, three}
    closing.remove(session, [three])
    session.commit()
    assert found(session, "営業") == found(session) == {two}
    write(session, DRAFT)
    settle()
    assert found(session, "営業") == {one, two}


def test_facets_follow_features_that_are_written_later(session: Session) -> None:
    job = factories.job(session)
    assert found(session, features=("students",)) == set()
    session.add(JobFeature(job_id=job.id, feature="students"))
    session.flush()
    assert found(session, features=("students",)) == {job.id}


def test_what_is_rolled_back_is_not_found(session: Session) -> None:
    kept = factories.job(session, title="kept cook")
    session.commit()
    assert found(session, "cook") == {kept.id}
    factories.job(session, title="lost cook")
    assert len(found(session, "cook")) == 2
    session.rollback()
    assert found(session, "cook") == {kept.id}
    other = factories.job(session, title="other cook")
    session.commit()
    assert found(session, "cook") == {kept.id, other.id}


def test_a_process_that_fell_behind_reads_everything_anew(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(session, DRAFT)
    assert len(found(session)) == 1
    monkeypatch.setattr(indexing, "KEPT_CHANGES", 1)
    write(session, *(replace(DRAFT, external_id=str(n)) for n in range(2, 6)))
    indexing.index_waiting(session)
    session.commit()
    assert session.scalar(sql("SELECT count(*) FROM job_changes")) == 1
    assert len(found(session)) == len(found(session, "営業")) == 5


def test_many_waiting_jobs_are_found_by_title_company_and_place(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "MOST_READ_HERE", 1)
    old, new = write(session, DRAFT, replace(DRAFT, external_id="2"))
    assert found(session, "営業") == {old, new}
    assert found(session, "sun") == {old, new}
    assert found(session, "新宿") == {new}, "of the newest every word is known"
    indexing.index_waiting(session)
    session.commit()
    assert found(session, "新宿") == {old, new}


def test_an_emptied_index_is_made_anew(session: Session) -> None:
    (job,) = write(session, DRAFT)
    indexing.index_waiting(session)
    session.commit()
    indexing.forget(session)
    session.commit()
    assert indexing.state(session) == indexing.State(0, 1, 0)
    assert found(session, "新宿") == {job}
    assert indexing.index_waiting(session) == 1
    session.commit()
    assert found(session, "新宿") == {job}
    assert not indexing.is_worn(session)


def test_the_worker_reads_what_waits(session: Session, run_worker: Callable[[], int]) -> None:
    write(session, DRAFT)
    assert indexing.state(session).waiting == 1
    session.rollback()
    run_worker()
    assert indexing.state(session) == indexing.State(1, 0, 0)
