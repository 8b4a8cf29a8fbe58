"""Postings of several sources are grouped after each import; people decide what is unsure."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.jobs import search
from jobscore.jobs.duplicates import passes, service, tasks
from jobscore.jobs.duplicates.models import (
    Decision,
    DuplicatePair,
    DuplicatePass,
    Finding,
    JobFingerprint,
    PassStatus,
)
from jobscore.jobs.models import Job
from tests import factories
from tests.imports.test_full_feed import feed
from tests.imports.test_running import run as run_import
from tests.jobs.test_similarity import TEXT

_VALUES: dict[str, Any] = {
    "title": "ホールスタッフ",
    "company_name": "株式会社あおぞら",
    "location": "東京都渋谷区",
    "description": TEXT,
}


def add(session: Session, source: str, **values: Any) -> int:
    number = factories.job(session, source=source, **_VALUES | values).id
    session.commit()
    return number


def search_all() -> passes.PassReport:
    with transaction() as session:
        passes.request(session)
    worker = passes.worker_name()
    pass_id = passes.claim(worker)
    assert pass_id is not None
    return passes.run(pass_id, worker)


def group(session: Session, job_id: int) -> int | None:
    session.expire_all()
    return session.get_one(Job, job_id).duplicate_group


def pair(session: Session) -> DuplicatePair:
    session.expire_all()
    return session.scalars(select(DuplicatePair)).one()


def decide(session: Session, decision: Decision) -> None:
    service.decide(session, pair(session), decision)
    session.commit()


def shown(session: Session, text: str = "") -> list[int]:
    page = search.find(session, search.Criteria(text=text), clock.now())
    assert search.count(session, search.Criteria(text=text), clock.now()) == len(page.items)
    return [hit.job.id for hit in page.items]


def test_what_is_sure_is_grouped(session: Session) -> None:
    first, second = add(session, "a"), add(session, "b", company_name="(株)あおぞら")
    third = add(session, "c", location="大阪府大阪市")
    before = session.get_one(Job, first).updated_at
    report = search_all()
    assert (report.compared, report.sure, report.groups, report.regrouped) == (3, 1, 1, 2)
    assert group(session, first) == group(session, second) == first
    assert group(session, third) is None
    assert session.get_one(Job, first).updated_at > before


def test_only_what_is_new_is_compared(session: Session) -> None:
    first = add(session, "a")
    search_all()
    assert search_all().compared == 0
    second = add(session, "b")
    report = search_all()
    assert (report.fingerprinted, report.compared, report.sure) == (1, 1, 1)
    assert group(session, second) == first


def test_a_posting_that_changed_is_compared_anew(session: Session) -> None:
    first, second = add(session, "a"), add(session, "b", content_hash="1")
    search_all()
    job = session.get_one(Job, second)
    job.location, job.content_hash = "大阪府大阪市", "2"
    session.commit()
    search_all()
    assert group(session, first) is None
    assert session.scalar(select(func.count()).select_from(DuplicatePair)) == 0


def test_a_job_that_opens_again_meets_what_came_meanwhile(session: Session) -> None:
    first = add(session, "a")
    search_all()
    session.get_one(Job, first).is_active = False
    session.commit()
    second = add(session, "b")
    assert search_all().sure == 0
    session.get_one(Job, first).is_active = True
    session.commit()
    assert search_all().sure == 1
    assert group(session, second) == first


def test_what_is_unsure_waits_and_a_yes_groups(session: Session) -> None:
    first, second = add(session, "a"), add(session, "b", title="カフェ店員")
    report = search_all()
    assert (report.sure, report.unsure) == (0, 1)
    assert group(session, first) is None
    ((waiting, one, other),) = service.waiting(session, 10)
    assert (one.id, other.id, waiting.evidence["differs"]) == (first, second, ["title"])
    decide(session, Decision.SAME)
    assert group(session, second) == first
    assert service.waiting(session, 10) == []


@pytest.mark.parametrize("decision", list(Decision))
def test_a_decision_is_never_asked_again(session: Session, decision: Decision) -> None:
    add(session, "a", content_hash="1")
    add(session, "b", title="カフェ店員", content_hash="1")
    search_all()
    decide(session, decision)
    session.get_one(Job, pair(session).job_b).content_hash = "2"
    session.commit()
    search_all()
    assert pair(session).decision is decision
    assert pair(session).found is Finding.UNSURE
    assert service.count_waiting(session) == 0
    with transaction() as s:
        passes.request_full(s)
    search_all()
    assert pair(session).decision is decision


def test_a_no_parts_what_was_sure(session: Session) -> None:
    first = add(session, "a")
    add(session, "b")
    search_all()
    decide(session, Decision.DIFFERENT)
    assert group(session, first) is None


def test_a_decision_can_be_taken_back(session: Session) -> None:
    first, _ = add(session, "a"), add(session, "b", title="カフェ店員")
    search_all()
    decide(session, Decision.SAME)
    service.undo(session, pair(session))
    session.commit()
    assert group(session, first) is None
    assert service.count_waiting(session) == 1
    with pytest.raises(service.NotDecidedError):
        service.undo(session, pair(session))


def test_a_job_can_be_taken_out_of_its_group_and_put_back(session: Session) -> None:
    first, second, third = (add(session, source) for source in "abc")
    search_all()
    assert group(session, third) == first
    service.split(session, session.get_one(Job, second))
    session.commit()
    assert (group(session, first), group(session, second)) == (first, None)
    search_all()
    assert group(session, second) is None
    service.merge(session, session.get_one(Job, first), second)
    session.commit()
    assert {group(session, job) for job in (first, second, third)} == {first}


def test_jobs_that_nobody_found_alike_can_be_merged(session: Session) -> None:
    first, second = add(session, "a"), add(session, "b", title="調理", description=None)
    search_all()
    job = session.get_one(Job, first)
    service.merge(session, job, second)
    session.commit()
    assert group(session, second) == first
    search_all()
    assert group(session, second) == first
    service.undo(session, pair(session))
    session.commit()
    assert group(session, second) is None
    with pytest.raises(service.SameJobError):
        service.merge(session, session.get_one(Job, first), first)
    with pytest.raises(service.NoSuchJobError):
        service.merge(session, session.get_one(Job, first), 999_999)


def test_lists_show_one_job_of_a_group_the_newest(session: Session) -> None:
    today = date(2026, 3, 2)
    old = add(session, "a", posted_date=today - timedelta(days=3))
    new = add(session, "b", posted_date=today)
    alone = add(session, "c", title="調理", description=None, posted_date=today)
    assert set(shown(session)) == {old, new, alone}
    search_all()
    assert shown(session) == [alone, new]
    session.get_one(Job, new).is_active = False
    session.flush()
    assert shown(session) == [alone, old]


def test_of_equally_new_ones_the_most_complete_is_shown(session: Session) -> None:
    day = date(2026, 3, 2)
    full = add(session, "a", posted_date=day, salary_min=1200, employment_type="PART_TIME")
    add(session, "b", posted_date=day, salary_min=1200)
    search_all()
    assert shown(session) == [full]


def test_a_search_shows_the_member_that_meets_it(session: Session) -> None:
    day = date(2026, 3, 2)
    old = add(session, "a", posted_date=day - timedelta(days=3), requirements="普通自動車免許")
    new = add(session, "b", posted_date=day)
    search_all()
    assert shown(session) == [new]
    assert shown(session, "普通自動車免許") == [old]


def test_similar_jobs_are_not_the_job_itself(session: Session) -> None:
    first, _, third = (add(session, source) for source in "abc")
    session.get_one(Job, third).title = "調理"
    session.get_one(Job, third).description = None
    session.commit()
    search_all()
    job = session.get_one(Job, first)
    assert [one.id for one in search.similar(session, job, clock.now())] == [third]


def test_an_import_asks_for_a_search_and_the_worker_runs_it(session: Session) -> None:
    run_import(feed(1, 2))
    assert session.scalar(select(DuplicatePass.status)) is PassStatus.QUEUED
    assert tasks.run_one()
    assert not tasks.run_one()
    assert session.scalar(select(func.count()).select_from(JobFingerprint)) == 2


def test_one_search_runs_at_a_time(session: Session) -> None:
    for _ in range(2):
        with transaction() as s:
            passes.request(s)
    assert session.scalar(select(func.count()).select_from(DuplicatePass)) == 1
    first = passes.claim("a")
    with transaction() as s:
        passes.request(s)
    assert passes.claim("b") is None
    with clock.set_to(clock.now() + passes.STALE * 2):
        assert passes.claim("b") == first
    with pytest.raises(passes.LostPassError):
        passes.run(first or 0, "a")


def test_killed_between_blocks_nothing_is_missed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source in "abcdef":
        add(session, source)
    monkeypatch.setattr(passes, "BLOCK", 2)
    real = passes._compare
    calls: list[int] = []

    def killed(*args: Any) -> None:
        if calls:
            raise KeyboardInterrupt
        calls.append(1)
        real(*args)

    with transaction() as s:
        passes.request(s)
    pass_id = passes.claim("a")
    with monkeypatch.context() as patch:
        patch.setattr(passes, "_compare", killed)
        with pytest.raises(KeyboardInterrupt):
            passes.run(pass_id or 0, "a")
    passes.run(pass_id or 0, "a")
    assert len(set(session.scalars(select(Job.duplicate_group)))) == 1
    assert session.scalar(select(func.count()).select_from(DuplicatePair)) == 15


def test_the_command_compares_and_says_what_it_found(app: Flask, session: Session) -> None:
    add(session, "a")
    add(session, "b")
    done = app.test_cli_runner().invoke(args=["jobs", "duplicates"])
    assert done.exit_code == 0, done.output
    assert "1 pairs are the same job" in done.output
    again = app.test_cli_runner().invoke(args=["jobs", "duplicates", "--full", "--json"])
    assert '"compared": 2' in again.output
