"""A run imports each row exactly once, whatever happens in between."""

import io
from datetime import timedelta
from decimal import InvalidOperation

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from jobscore import clock
from jobscore.database.transaction import transaction
from jobscore.imports import batches, messages, running, service, tasks
from jobscore.imports.drafting import Severity
from jobscore.imports.models import CsvImport, ImportAttempt, ImportMessage, ImportStatus
from jobscore.imports.reader import FileProblem, FileRefusedError, ReadOptions
from jobscore.jobs import writing
from jobscore.jobs.models import Job

HEADER = "title,company,location,salary,job_id\n"


def rows(n: int) -> str:
    return HEADER + "".join(f"Job {i},Company,Tokyo,年収{300 + i}万円,{i}\n" for i in range(n))


def receive(text: str | bytes, name: str = "jobs.csv") -> int:
    data = text if isinstance(text, bytes) else text.encode()
    with transaction() as session:
        return service.register_upload(session, io.BytesIO(data), name).id


def queue(text: str, **mapping: int) -> int:
    import_id = receive(text)
    with transaction() as session:
        one = session.get_one(CsvImport, import_id)
        columns = mapping or service.preview(service.path_of(one)).mapping
        return service.start(session, one, columns, ReadOptions()).id


def run(attempt_id: int) -> ImportStatus:
    worker = running.worker_name()
    assert running.claim(worker, attempt_id) == attempt_id
    return running.run(attempt_id, worker)


def attempt(session: Session, attempt_id: int) -> ImportAttempt:
    session.expire_all()
    return session.get_one(ImportAttempt, attempt_id)


def n_jobs(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Job)) or 0


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_ROWS", 10)


def test_a_file_becomes_jobs(session: Session) -> None:
    attempt_id = queue(rows(25))
    assert run(attempt_id) is ImportStatus.DONE
    one = attempt(session, attempt_id)
    assert (one.new_rows, one.checkpoint, one.csv_import.total_rows) == (25, 25, 25)
    assert one.csv_import.success_rows == 25
    assert n_jobs(session) == 25


def test_the_worker_takes_it_from_the_queue(session: Session) -> None:
    queue(rows(3))
    assert tasks.run_one()
    assert not tasks.run_one()
    assert n_jobs(session) == 3


def test_rejected_rows_are_named_with_their_cells(session: Session) -> None:
    text = rows(2) + ",Company,Tokyo,,9\nJob,Company\nJob,Co,Tokyo,応相談,10\n"
    attempt_id = queue(text)
    assert run(attempt_id) is ImportStatus.DONE_WITH_ERRORS
    errors = service.first_messages(session, attempt_id, Severity.ERROR)
    assert [(e.line, e.code, e.cells) for e in errors] == [
        (4, "no_title", ["", "Company", "Tokyo", "", "9"]),
        (5, "width", ["Job", "Company"]),
    ]
    one = attempt(session, attempt_id)
    assert (one.rejected_rows, one.new_rows) == (2, 3)
    assert one.csv_import.error_details == {
        "codes": {"no_title": 1, "width": 1, "pay_not_stated": 1},
        "failure": None,
    }


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("gap", [1, 30], ids=["same batch", "later batch"])
def test_of_repeated_rows_the_last_wins_and_the_loser_is_named(session: Session, gap: int) -> None:
    body = rows(gap) + "Last title,Company,Tokyo,,0\n"
    attempt_id = queue(body)
    run(attempt_id)
    one = attempt(session, attempt_id)
    assert (one.new_rows, one.duplicate_rows, one.changed_rows) == (gap, 1, 0)
    assert session.scalar(select(Job.title).where(Job.external_id == "0")) == "Last title"
    warning = session.scalars(select(ImportMessage).where(ImportMessage.code == "duplicate")).one()
    assert (warning.line, warning.params["winner"]) == (2, gap + 2)


def test_the_same_file_run_again_changes_nothing(session: Session) -> None:
    first = queue(rows(5))
    run(first)
    with transaction() as s:
        one = s.get_one(CsvImport, attempt(session, first).csv_import_id)
        again = service.start(s, one, {"title": 0, "company": 1, "location": 2, "salary": 3,
                                       "external_id": 4}, ReadOptions()).id  # fmt: skip
    run(again)
    found = attempt(session, again)
    assert (found.new_rows, found.changed_rows, found.unchanged_rows) == (0, 0, 5)


class PowerCutError(BaseException):
    """Stands for kill -9: nothing may catch it."""


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("batch", [0, 2, 4])
def test_a_killed_run_goes_on_and_takes_each_row_once(
    session: Session, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    text = rows(45) + "Last title,Company,Tokyo,,3\n,no title,,,99\n"
    attempt_id = queue(text)
    write, calls = writing.upsert, 0

    def cut(*args: object, **values: object) -> object:
        nonlocal calls
        calls += 1
        result = write(*args, **values)  # type: ignore[arg-type]
        if calls == batch + 1:
            raise PowerCutError
        return result

    monkeypatch.setattr(writing, "upsert", cut)
    with pytest.raises(PowerCutError):
        run(attempt_id)
    assert attempt(session, attempt_id).checkpoint == batch * 10
    assert running.claim("other", attempt_id) is None  # its heartbeat is fresh
    with clock.set_to(clock.now() + timedelta(seconds=61)):
        assert run(attempt_id) is ImportStatus.DONE_WITH_ERRORS
    one = attempt(session, attempt_id)
    assert (one.new_rows, one.duplicate_rows, one.rejected_rows) == (45, 1, 1)
    assert n_jobs(session) == 45
    assert session.scalar(select(func.count()).select_from(ImportMessage)) == 2


@pytest.mark.usefixtures("small_batches")
def test_a_worker_that_lost_its_claim_writes_nothing_more(session: Session) -> None:
    attempt_id = queue(rows(45))

    def take_over(progress: running.Progress) -> None:
        with transaction() as s:
            s.get_one(ImportAttempt, attempt_id).claimed_by = "other"

    worker = running.worker_name()
    running.claim(worker, attempt_id)
    assert running.run(attempt_id, worker, take_over) is ImportStatus.RUNNING
    assert n_jobs(session) == 10


@pytest.mark.usefixtures("small_batches")
def test_a_stopped_run_keeps_its_jobs_and_can_go_on(session: Session) -> None:
    attempt_id = queue(rows(45))

    def stop(progress: running.Progress) -> None:
        with transaction() as s:
            service.cancel(s, s.get_one(ImportAttempt, attempt_id))

    worker = running.worker_name()
    running.claim(worker, attempt_id)
    assert running.run(attempt_id, worker, stop) is ImportStatus.CANCELLED
    assert n_jobs(session) == 10
    with transaction() as s:
        service.resume(s, s.get_one(ImportAttempt, attempt_id))
    assert run(attempt_id) is ImportStatus.DONE
    assert n_jobs(session) == 45


def test_a_refusing_database_leaves_a_run_that_can_go_on(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt_id = queue(rows(5))

    def refuse(*args: object, **values: object) -> object:
        raise OperationalError("disk full", {}, Exception())

    with monkeypatch.context() as patch:
        patch.setattr(writing, "upsert", refuse)
        assert run(attempt_id) is ImportStatus.FAILED
    one = attempt(session, attempt_id)
    assert one.csv_import.error_details == {"codes": {}, "failure": "database"}
    with transaction() as s:
        service.resume(s, s.get_one(ImportAttempt, attempt_id))
    assert run(attempt_id) is ImportStatus.DONE
    assert n_jobs(session) == 5


def test_a_row_that_nobody_thought_of_fails_its_run_and_not_the_queue(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = queue(rows(5)), queue(rows(3))

    def stumble(*args: object, **values: object) -> object:
        raise InvalidOperation

    with monkeypatch.context() as patch:
        patch.setattr(writing, "upsert", stumble)
        assert run(first) is ImportStatus.FAILED
    details = attempt(session, first).csv_import.error_details or {}
    assert details["failure"] == "defect"
    assert "mistake of ours" in messages.failure("defect")
    assert running.claim("w") == second


def test_a_file_that_is_gone_fails_with_that_reason(session: Session) -> None:
    attempt_id = queue(rows(5))
    service.path_of(attempt(session, attempt_id).csv_import).unlink()
    assert run(attempt_id) is ImportStatus.FAILED
    details = attempt(session, attempt_id).csv_import.error_details or {}
    assert details["failure"] == "file_gone"


def test_one_attempt_is_claimed_by_one_worker(session: Session) -> None:
    attempt_id = queue(rows(1))
    assert running.claim("a") == attempt_id
    assert running.claim("b") is None


def test_the_same_bytes_are_the_same_import(session: Session) -> None:
    first = receive(rows(1), "a.csv")
    with pytest.raises(service.DuplicateFileError) as refused:
        receive(rows(1), "b.csv")
    assert refused.value.import_id == first


def test_names_of_files_are_cleaned(session: Session) -> None:
    import_id = receive(rows(1), "..\\..\\evil\r\n/jo\x00bs.csv")
    one = session.get_one(CsvImport, import_id)
    assert one.filename == "jobs.csv"
    assert service.path_of(one).parent == service.uploads_folder()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", FileProblem.EMPTY),
        (b"\n\n\n", FileProblem.EMPTY),
        (b"PK\x03\x04" + b"\x00" * 50, FileProblem.ZIP),
        (b"%PDF-1.4\n", FileProblem.PDF),
        (b"<!DOCTYPE html><html></html>", FileProblem.HTML),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileProblem.XLS),
        (b"\x1f\x8b\x08\x00", FileProblem.GZIP),
    ],
)
def test_what_is_no_table_is_refused_and_leaves_nothing(
    session: Session, data: bytes, problem: FileProblem
) -> None:
    with pytest.raises(FileRefusedError) as refused:
        receive(data)
    assert refused.value.code is problem
    assert list(service.uploads_folder().iterdir()) == []
    assert service.latest(session) == []


@pytest.mark.parametrize("settings", [{"upload_limit_mb": 1}])
def test_a_file_beyond_the_limit_is_refused_and_leaves_nothing(
    app: Flask, session: Session
) -> None:
    with pytest.raises(service.FileTooLargeError):
        receive(rows(1).encode() + b"x" * 1024 * 1024)
    assert list(service.uploads_folder().iterdir()) == []


def test_broken_encoding_costs_only_its_rows(session: Session) -> None:
    data = rows(200).encode().replace(b"Job 7,", b"Job \xff,")
    import_id = receive(data)
    with transaction() as s:
        one = s.get_one(CsvImport, import_id)
        columns = service.preview(service.path_of(one)).mapping
        attempt_id = service.start(s, one, columns, ReadOptions()).id
    run(attempt_id)
    one = attempt(session, attempt_id)
    assert (one.new_rows, one.rejected_rows) == (199, 1)
    assert service.first_messages(session, attempt_id, Severity.ERROR)[0].line == 9


def test_a_mapping_without_title_is_refused(session: Session) -> None:
    import_id = receive(rows(1))
    with pytest.raises(service.MissingFieldError), transaction() as s:
        service.start(s, s.get_one(CsvImport, import_id), {"company": 1}, ReadOptions())


def test_a_running_file_cannot_be_started_twice(session: Session) -> None:
    attempt_id = queue(rows(1))
    one = attempt(session, attempt_id).csv_import
    with pytest.raises(service.NotRunningError), transaction() as s:
        service.start(s, one, {"title": 0}, ReadOptions())
