"""Killed at any moment, on a full disk, without its database: in the end all is the same."""

import io
import os
import signal
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, event, func, select, text
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.extensions import db
from jobscore.imports import batches, running, service, undoing
from jobscore.imports.models import (
    CsvImport,
    ImportAttempt,
    ImportChange,
    ImportMessage,
    ImportStatus,
    ImportUndo,
)
from jobscore.imports.reader import ReadOptions
from jobscore.jobs.models import Job, JobFeature, JobSource

HEADER = "title,company,location,salary,job_id,description\n"
OLD = HEADER + "".join(f"Old {i},Acme,Tokyo,,{i},未経験OK\n" for i in range(30))
#: Of 95 records 30 are changes, 62 new, one is another's duplicate, two are rejected.
NEW = HEADER + "".join(f"Job {i},Acme,Tokyo,時給{1000 + i}円,{i},週払い\n" for i in range(92))
NEW += "Job 5 again,Acme,Tokyo,,5,週払い\n,no title,,,99,\ntoo,few\n"
BATCH = 10


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", BATCH)
    monkeypatch.setattr(undoing, "BATCH_JOBS", BATCH)


def queue(data: str) -> int:
    with transaction() as session:
        one = service.register_upload(session, io.BytesIO(data.encode()), "jobs.csv")
        columns = service.preview(service.path_of(one)).mapping
        return service.start(session, one, columns, ReadOptions()).id


def run(attempt_id: int) -> ImportStatus:
    worker = running.worker_name()
    assert running.claim(worker, attempt_id) == attempt_id
    return running.run(attempt_id, worker)


def undo(attempt_id: int) -> undoing.UndoReport:
    worker = running.worker_name()
    assert undoing.claim(worker, attempt_id) == attempt_id
    report = undoing.run(attempt_id, worker)
    assert report is not None
    return report


def ask_undo(attempt_id: int) -> None:
    with transaction() as session:
        undoing.request(session, session.get_one(ImportAttempt, attempt_id))


def doomed(unit: Any, attempt_id: int, name: str, count: int, when: str) -> None:
    """Run a unit of work in a process that kills itself at the nth call of a function of it."""
    db.session.remove()
    db.engine.dispose()  # no connection may be shared with the child
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status)
        assert os.WTERMSIG(status) == signal.SIGKILL
        return
    try:
        work, calls = getattr(unit, name), 0

        def cut(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == count and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = work(*arguments)
            if calls == count:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        setattr(unit, name, cut)
        unit.claim("doomed", attempt_id)
        unit.run(attempt_id, "doomed")
    finally:
        os._exit(1)  # it should not have lived so long


def state(session: Session) -> dict[str, Any]:
    """Return what counts in the end: jobs, what they say, where they are from, what is counted."""
    session.rollback()
    session.expire_all()
    jobs = session.execute(
        select(Job.external_id, Job.title, Job.salary_min, Job.is_active, JobSource.identity)
        .join(JobSource, JobSource.job_id == Job.id)
        .order_by(Job.external_id)
    ).all()
    features = session.execute(
        select(Job.external_id, JobFeature.feature)
        .join(JobFeature, JobFeature.job_id == Job.id)
        .order_by(Job.external_id, JobFeature.feature)
    ).all()
    counts = session.execute(
        select(
            ImportAttempt.new_rows, ImportAttempt.changed_rows, ImportAttempt.duplicate_rows,
            ImportAttempt.rejected_rows, ImportAttempt.checkpoint, ImportAttempt.status,
        ).order_by(ImportAttempt.id)
    ).all()  # fmt: skip
    return {
        "jobs": list(map(tuple, jobs)),
        "features": list(map(tuple, features)),
        "attempts": list(map(tuple, counts)),
        "journal": session.scalar(select(func.count()).select_from(ImportChange)),
        "messages": session.scalar(select(func.count()).select_from(ImportMessage)),
    }


POINTS = [
    pytest.param("_count", 1, "before", id="before counting"),
    pytest.param("_advance", 1, "after", id="while counting"),
    pytest.param("_store_counts", 1, "after", id="first batch, not committed"),
    pytest.param("_store_counts", 4, "after", id="fourth batch, not committed"),
    pytest.param("_search", 5, "before", id="between batches"),
    pytest.param("_finish", 1, "before", id="before the end"),
    pytest.param("_finish", 1, "after", id="after the end"),
]


@pytest.mark.parametrize(("name", "count", "when"), POINTS)
def test_an_import_killed_at_any_moment_ends_the_same(
    session: Session, name: str, count: int, when: str
) -> None:
    run(queue(OLD))
    attempt_id = queue(NEW)
    doomed(running, attempt_id, name, count, when)
    with clock.set_to(clock.now() + timedelta(seconds=61)):
        if when == "before" or name != "_finish":
            assert run(attempt_id) is ImportStatus.DONE_WITH_ERRORS
        found = state(session)
    assert found["attempts"][1] == (62, 30, 1, 2, 95, ImportStatus.DONE_WITH_ERRORS)
    assert found["journal"] == 30 + 92
    assert len(found["jobs"]) == 92
    assert [job[1] for job in found["jobs"] if job[0] == "5"] == ["Job 5 again"]
    assert {feature for _, feature in found["features"]} == {"daily_weekly_pay"}


@pytest.mark.parametrize(
    ("name", "count", "when"),
    [
        pytest.param("_held", 1, "after", id="at once"),
        pytest.param("_carry_out", 1, "after", id="first batch, not committed"),
        pytest.param("_undo_batch", 4, "after", id="fourth batch, committed"),
        pytest.param("_finish", 1, "before", id="before the end"),
    ],
)
def test_an_undo_killed_at_any_moment_ends_the_same(
    session: Session, name: str, count: int, when: str
) -> None:
    run(queue(OLD))
    before = state(session)
    attempt_id = queue(NEW)
    run(attempt_id)
    ask_undo(attempt_id)
    doomed(undoing, attempt_id, name, count, when)
    with clock.set_to(clock.now() + timedelta(seconds=61)):
        assert undo(attempt_id) == undoing.UndoReport(restored=30, removed=62)
    after = state(session)
    assert (after["jobs"], after["features"]) == (before["jobs"], before["features"])
    assert session.get_one(ImportUndo, attempt_id).done_rows == 92


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_full_disk_leaves_whole_batches_and_the_import_goes_on(
    session: Session,
) -> None:
    attempt_id = queue(HEADER + "".join(f"Job {i},A,,,{i},{'text ' * 2000}\n" for i in range(60)))
    pages = session.scalar(text("PRAGMA page_count")) or 0
    db.session.remove()
    db.engine.dispose()

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages + 90}")

    event.listen(db.engine, "connect", limit)
    try:
        assert run(attempt_id) is ImportStatus.FAILED
    finally:
        event.remove(db.engine, "connect", limit)
        db.session.remove()
        db.engine.dispose()
    one = session.get_one(ImportAttempt, attempt_id)
    assert (one.csv_import.error_details or {})["failure"] == "database"
    assert 0 < one.checkpoint < 60
    assert session.scalar(select(func.count()).select_from(Job)) == one.checkpoint
    # Either way is open: undo (tried on the fly), or go on.
    assert undoing.can_undo(session, one) is None
    session.rollback()
    with transaction() as s:
        service.resume(s, s.get_one(ImportAttempt, attempt_id))
    assert run(attempt_id) is ImportStatus.DONE
    assert session.scalar(select(func.count()).select_from(Job)) == 60


def cut_off(url: str) -> None:
    """End every connection to the database but our own."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_database_that_goes_away_leaves_a_run_and_an_undo_that_go_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = db.engine.url.render_as_string(hide_password=False)
    attempt_id = queue(NEW)
    store, carry_out, calls = running._store_counts, undoing._carry_out, 0

    def interrupted(*arguments: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            cut_off(url)
        store(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(running, "_store_counts", interrupted)
        assert run(attempt_id) is ImportStatus.FAILED
    assert session.get_one(ImportAttempt, attempt_id).checkpoint == 30
    session.rollback()
    with transaction() as s:
        service.resume(s, s.get_one(ImportAttempt, attempt_id))
    assert run(attempt_id) is ImportStatus.DONE_WITH_ERRORS
    assert session.scalar(select(func.count()).select_from(Job)) == 92

    def gone(*arguments: Any) -> None:
        carry_out(*arguments)
        cut_off(url)

    ask_undo(attempt_id)
    with monkeypatch.context() as patch:
        patch.setattr(undoing, "_carry_out", gone)
        assert undoing.claim("first", attempt_id) == attempt_id
        assert undoing.run(attempt_id, "first") is None
    ask_undo(attempt_id)
    assert undo(attempt_id) == undoing.UndoReport(removed=92)
    assert session.scalar(select(func.count()).select_from(Job)) == 0


def test_a_database_that_stays_away_leaves_the_run_to_whoever_comes_later(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt_id = queue(NEW)
    real = running.transaction

    def away() -> Any:
        raise service_error()

    def stop(progress: running.Progress) -> None:
        monkeypatch.setattr(running, "transaction", away)

    assert running.claim("first", attempt_id) == attempt_id
    assert running.run(attempt_id, "first", stop) is ImportStatus.INTERRUPTED
    monkeypatch.setattr(running, "transaction", real)
    with clock.set_to(clock.now() + timedelta(seconds=61)):
        assert run(attempt_id) is ImportStatus.DONE_WITH_ERRORS
    assert session.scalar(select(func.count()).select_from(CsvImport)) == 1
    assert session.scalar(select(func.count()).select_from(Job)) == 92


def service_error() -> Exception:
    from sqlalchemy.exc import OperationalError

    return OperationalError("the server closed the connection", {}, Exception())
