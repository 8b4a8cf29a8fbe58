"""A dry run says what a run would do, field by field, writes no job, and survives its worker."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.imports import batches, checking, checks, plans, prospects, running, service
from jobscore.imports.models import (
    CheckStatus,
    CsvImport,
    ImportCheck,
    ImportDifference,
    ImportStatus,
)
from jobscore.imports.reader import ReadOptions
from jobscore.imports.sources.models import FeedMode as Mode
from jobscore.jobs.models import Job
from tests.imports.test_running import n_jobs, queue, receive
from tests.imports.test_running import run as run_import

HEADER = "id,title,company,place,salary\n"
FIRST = (
    HEADER + "1,Cook,Acme,東京都渋谷区,時給1200円\n2,Waiter,Acme,大阪府,\n3,Nurse,Hill,東京都,\n"
)


def checked(import_id: int, mode: Mode = Mode.ADD_UPDATE) -> int:
    """Confirm the guessed columns of a file and ask for a check of it."""
    with transaction() as session:
        one = session.get_one(CsvImport, import_id)
        seen = service.preview(service.path_of(one))
        version = plans.version_of(plans.get(session, import_id))
        header = seen.table.header
        plans.save_mapping(
            session, import_id, version, seen.mapping, None, header=header, mode=mode
        )
        return checks.request(session, one, None).id


def check(check_id: int) -> CheckStatus:
    worker = running.worker_name()
    assert checking.claim(worker) == check_id
    return checking.run(check_id, worker)


def fresh(session: Session, check_id: int) -> ImportCheck:
    session.expire_all()
    return session.get_one(ImportCheck, check_id)


def kept(session: Session, check_id: int) -> list[ImportDifference]:
    return list(session.scalars(checks.find_differences(check_id).order_by(ImportDifference.id)))


def test_a_check_says_what_a_run_would_do_and_writes_no_job(session: Session) -> None:
    run_import(queue(FIRST))
    before = n_jobs(session)
    second = receive(
        HEADER
        + "1,Cook,Acme,東京都渋谷区,時給1300円\n"
        + "2,Waiter,Acme,大阪府,\n"
        + "4,Pilot,Sky,東京都,soon 9?\n"
        + "4,Pilot,Sky,千葉県,\n"
        + "5,,Sky,千葉県,\n"
        + "6,broken,row\n"
    )
    check_id = checked(second)
    assert session.get_one(CsvImport, second).status is ImportStatus.CHECKING
    assert check(check_id) is CheckStatus.DONE
    found = fresh(session, check_id)
    assert (found.total_rows, found.processed_rows) == (6, 6)
    assert (found.new_rows, found.changed_rows, found.unchanged_rows) == (1, 1, 1)
    assert (found.duplicate_rows, found.rejected_rows) == (1, 2)
    assert n_jobs(session) == before
    assert session.get_one(CsvImport, second).status is ImportStatus.READY
    codes = {one["code"]: one for one in found.findings}
    assert codes["no_title"]["count"] == 1
    assert codes["no_title"]["examples"][0]["line"] == 6
    assert found.findings[0]["severity"] == "error", "what is rejected is said first"


def test_changes_are_named_field_by_field(session: Session) -> None:
    run_import(queue(FIRST))
    second = receive(HEADER + "1,Cook,Acme KK,東京都渋谷区,時給1300円\n")
    check_id = checked(second)
    check(check_id)
    (one,) = kept(session, check_id)
    assert (one.title, one.line) == ("Cook", 2)
    assert one.changes == [
        ["company_name", "Acme", "Acme KK"],
        ["pay", ["1200.00", "1200.00", "JPY", "hour"], ["1300.00", "1300.00", "JPY", "hour"]],
    ]


def test_what_the_check_counts_is_what_the_run_then_does(session: Session) -> None:
    run_import(queue(FIRST))
    second = receive(
        HEADER
        + "".join(f"{n},Cook {n % 7},Acme,東京都,時給{1000 + n}円\n" for n in range(1, 40))
        + "50,,Acme,東京都,\n1,Cook,Acme,東京都,\n"
    )
    check_id = checked(second)
    check(check_id)
    said = fresh(session, check_id)
    with transaction() as own:
        one = own.get_one(CsvImport, second)
        plan = plans.get(own, second)
        attempt_id = plans.start(own, one, plans.version_of(plan), None).id
    run_import(attempt_id)
    done = service.last_attempt(session, second)
    assert done is not None
    for name in ("new", "changed", "unchanged", "duplicate", "rejected", "warning"):
        assert getattr(done, f"{name}_rows") == getattr(said, f"{name}_rows"), name


def test_a_check_that_was_killed_is_begun_anew_by_the_next_worker(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 10)
    run_import(queue(HEADER + "".join(f"{n},Cook,Acme,東京都,\n" for n in range(30))))
    second = receive(HEADER + "".join(f"{n},Chef,Acme,東京都,\n" for n in range(30)))
    check_id = checked(second)
    assert checking.claim("killed") == check_id

    class Killed(BaseException):
        pass

    def stop(progress: checking.CheckProgress) -> None:
        if progress.counts.processed >= 20:
            raise Killed

    with pytest.raises(Killed):
        checking.run(check_id, "killed", stop)
    session.rollback()
    assert len(kept(session, check_id)) == 20
    assert checking.claim("too early") is None
    with clock.set_to(clock.now() + timedelta(seconds=61)):
        assert check(check_id) is CheckStatus.DONE
    found = fresh(session, check_id)
    assert (found.processed_rows, found.changed_rows) == (30, 30)
    assert len(kept(session, check_id)) == 30


def test_a_worker_that_was_taken_for_dead_stores_nothing_more(session: Session) -> None:
    check_id = checked(receive(FIRST))
    assert checking.claim("slow") == check_id
    with clock.set_to(clock.now() + timedelta(seconds=61)):
        assert checking.claim("quick") == check_id
    assert checking.run(check_id, "slow") is CheckStatus.RUNNING
    assert fresh(session, check_id).claimed_by == "quick"


def test_a_new_check_of_a_file_gives_up_the_older(session: Session) -> None:
    import_id = receive(FIRST)
    first, second = checked(import_id), checked(import_id)
    assert fresh(session, first).status is CheckStatus.CANCELLED
    assert check(second) is CheckStatus.DONE


def test_a_stopped_check_leaves_the_file_to_be_mapped(session: Session) -> None:
    import_id = receive(FIRST)
    check_id = checked(import_id)
    with transaction() as own:
        checks.cancel(own, import_id)
    assert fresh(session, check_id).status is CheckStatus.CANCELLED
    assert session.get_one(CsvImport, import_id).status is ImportStatus.MAPPING
    assert checking.claim("anybody") is None


def test_a_file_that_is_gone_fails_the_check_with_that_reason(session: Session) -> None:
    import_id = receive(FIRST)
    check_id = checked(import_id)
    service.path_of(session.get_one(CsvImport, import_id)).unlink()
    assert check(check_id) is CheckStatus.FAILED
    assert fresh(session, check_id).failure == "file_gone"
    assert session.get_one(CsvImport, import_id).status is ImportStatus.MAPPING


def test_a_full_feed_says_how_many_jobs_it_would_close_and_asks_above_a_fifth(
    session: Session,
) -> None:
    run_import(queue(FIRST))
    check_id = checked(receive(HEADER + "1,Cook,Acme,東京都渋谷区,時給1200円\n"), Mode.FULL_FEED)
    check(check_id)
    found = fresh(session, check_id)
    assert (found.open_jobs, found.closing_jobs) == (3, 2)
    assert checks.asks_about_closing(found)
    prospect = prospects.prospect(session, found)
    titles = set(session.scalars(select(Job.title).where(Job.id.in_(prospect.closed))))
    assert titles == {"Waiter", "Nurse"}
    found.closing_jobs = 0
    assert not checks.asks_about_closing(found)


def test_only_the_first_differences_are_kept_and_all_are_counted(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "KEPT_DIFFERENCES", 5)
    run_import(queue(HEADER + "".join(f"{n},Cook,Acme,東京都,\n" for n in range(20))))
    check_id = checked(receive(HEADER + "".join(f"{n},Chef,Acme,東京都,\n" for n in range(20))))
    check(check_id)
    assert fresh(session, check_id).changed_rows == 20
    assert session.scalar(select(func.count()).select_from(ImportDifference)) == 5


@pytest.mark.parametrize("backend", ["sqlite"])
def test_of_two_who_save_the_second_is_told_who_was_first(session: Session) -> None:
    import_id = receive(FIRST)
    with transaction() as own:
        plans.save_reading(own, import_id, 0, ReadOptions(), None)
    with pytest.raises(plans.StalePlanError), transaction() as own:
        plans.save_reading(own, import_id, 0, ReadOptions(encoding="cp932"), None)
    plan: Any = plans.get(session, import_id)
    assert plan.dialect["encoding"] is None


@pytest.mark.parametrize("backend", ["sqlite"])
def test_another_reading_forgets_the_columns(session: Session) -> None:
    import_id = receive(FIRST)
    checked(import_id)
    with transaction() as own:
        plans.save_reading(own, import_id, 1, ReadOptions(header_line=0), None)
    plan: Any = plans.get(session, import_id)
    assert (plan.version, plan.mapping) == (2, None)
    with pytest.raises(checks.NothingToCheckError), transaction() as own:
        checks.request(own, own.get_one(CsvImport, import_id), None)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_columns_of_a_header_are_remembered_for_the_next_file(session: Session) -> None:
    first, second = receive(FIRST), receive(FIRST + "9,Painter,Acme,東京都,\n")
    with transaction() as own:
        header = ["id", "title", "company", "place", "salary"]
        plans.save_mapping(own, first, 0, {"title": 1, "industry": 2}, None, header=header)
    same = ["ID", "Title", "Company", "Place", "Salary"]
    found = plans.remembered(session, second, same)
    assert found is not None
    assert plans.columns_of(found) == {1: "title", 2: "industry"}
    assert plans.remembered(session, second, [*same, "more"]) is None
    assert plans.remembered(session, first, same) is None, "its own plan is no memory"
