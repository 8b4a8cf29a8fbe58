"""A source takes each complete file of its folder once, as it was told to read it, on schedule."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from jobscore import clock, config
from jobscore.database.transaction import transaction
from jobscore.imports import running
from jobscore.imports.models import CsvImport, ImportAttempt, ImportStatus
from jobscore.imports.reader import ReadOptions
from jobscore.imports.sources import folders, service, taking, tasks
from jobscore.imports.sources.models import (
    AfterTaking,
    FeedMode,
    FileState,
    Schedule,
    Source,
    SourceFile,
)
from jobscore.imports.sources.service import BadSourceError, Settings
from jobscore.jobs.models import Job

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.set_to(NOON):
        yield


@pytest.fixture
def folder(app: Flask) -> Path:
    path = config.current(app).feeds / "board"
    path.mkdir(parents=True)
    return path


def put(folder: Path, name: str, text: str, *, minutes_ago: float = 5) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    at = (clock.now() - timedelta(minutes=minutes_ago)).timestamp()
    os.utime(path, (at, at))
    return path


def jobs(*numbers: int) -> str:
    return "title,company,job_id\n" + "".join(f"Cook {n},Company,{n}\n" for n in numbers)


def add(**values: object) -> int:
    with transaction() as session:
        return service.create(session, Settings(**{"name": "board", "folder": "board"} | values)).id  # type: ignore[arg-type]


def take(source_id: int) -> taking.TakeReport:
    report = taking.take_files(source_id)
    for attempt_id in report.attempts:
        worker = running.worker_name()
        assert running.claim(worker, attempt_id) == attempt_id
        running.run(attempt_id, worker)
    return report


def titles(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(Job.title).where(Job.is_active).order_by(Job.id)))


def test_a_complete_file_is_taken_once(session: Session, folder: Path) -> None:
    put(folder, "a.csv", jobs(1, 2))
    source_id = add()
    assert take(source_id).kept() == {
        "taken": 1, "known": 0, "bad": 0, "growing": 0, "problem": "",
    }  # fmt: skip
    assert titles(session) == ["Cook 1", "Cook 2"]
    assert session.scalars(select(Job.source).distinct()).all() == ["board"]
    assert take(source_id).taken == 0
    assert (folder / "a.csv").exists()


def test_the_same_bytes_under_another_name_are_known(session: Session, folder: Path) -> None:
    put(folder, "a.csv", jobs(1))
    source_id = add()
    take(source_id)
    put(folder, "b.csv", jobs(1))
    assert (take(source_id).known, len(titles(session))) == (1, 1)
    assert session.query(ImportAttempt).count() == 1


def test_a_new_file_under_the_same_name_is_taken(session: Session, folder: Path) -> None:
    put(folder, "a.csv", jobs(1))
    source_id = add()
    take(source_id)
    put(folder, "a.csv", jobs(1, 2), minutes_ago=3)
    assert take(source_id).taken == 1
    assert len(titles(session)) == 2


def test_a_file_that_still_changes_waits(session: Session, folder: Path) -> None:
    put(folder, "a.csv", jobs(1), minutes_ago=0.1)
    source_id = add()
    assert take(source_id).growing == 1
    with clock.set_to(NOON + timedelta(minutes=2)):
        assert take(source_id).taken == 1


def test_a_file_from_the_future_is_taken_when_it_was_the_same_twice(
    session: Session, folder: Path
) -> None:
    put(folder, "a.csv", jobs(1), minutes_ago=-600)
    source_id = add()
    assert take(source_id).growing == 1
    assert take(source_id).growing == 1
    with clock.set_to(NOON + timedelta(minutes=2)):
        assert take(source_id).taken == 1


@pytest.mark.parametrize("name", [".a.csv", "a.csv.part", "~a.csv", "a.txt", "a.csv~"])
def test_unfinished_and_other_names_are_left(session: Session, folder: Path, name: str) -> None:
    put(folder, name, jobs(1))
    assert take(add()).kept()["taken"] == 0
    assert session.query(SourceFile).count() == 0


def test_a_bad_file_is_reported_and_the_next_is_taken(session: Session, folder: Path) -> None:
    put(folder, "a.csv", "%PDF-1.7 not a table", minutes_ago=9)
    put(folder, "b.csv", "colour,size\nred,B\n", minutes_ago=8)
    put(folder, "c.csv", jobs(1), minutes_ago=7)
    source_id = add()
    report = take(source_id)
    assert (report.bad, report.taken) == (2, 1)
    bad = service.bad_files(session, source_id)
    assert {(row.name, row.problem) for row in bad} == {("a.csv", "pdf"), ("b.csv", "no_title")}
    assert take(source_id).bad == 0  # not read again until it changes


def test_a_changed_header_is_not_guessed_at(session: Session, folder: Path) -> None:
    put(folder, "a.csv", "Beruf,title\nCook,x\n")
    source_id = add(mapping={"title": "Berufe"})
    assert take(source_id).bad == 1
    row = session.scalars(select(SourceFile)).one()
    assert (row.problem, row.import_id is not None) == ("columns_missing", True)


def test_columns_are_found_by_their_names_wherever_they_stand(
    session: Session, folder: Path
) -> None:
    source_id = add(mapping={"title": "Beruf", "company": "Firma"})
    put(folder, "a.csv", "Beruf,Firma\nCook,A\n")
    put(folder, "b.csv", "x,Firma,Beruf\n1,B,Waiter\n")
    take(source_id)
    assert set(titles(session)) == {"Cook", "Waiter"}


def test_dialect_overrides_are_kept(session: Session, folder: Path) -> None:
    options = ReadOptions(encoding="cp932", delimiter=";")
    source_id = add(options=options)
    (folder / "a.csv").write_bytes("求人タイトル;会社名\n調理;甲\n".encode("cp932"))
    os.utime(folder / "a.csv", (0, 0))
    assert service.options_of(session.get_one(Source, source_id)) == options
    take(source_id)
    assert titles(session) == ["調理"]


def test_files_are_moved_when_the_source_wants_it(session: Session, folder: Path) -> None:
    put(folder, "a.csv", jobs(1))
    put(folder, "b.csv", "")
    source_id = add(after_taking=AfterTaking.MOVE)
    take(source_id)
    put(folder, "a.csv", jobs(2))
    take(source_id)
    found = sorted(str(p.relative_to(folder)) for p in folder.rglob("*.csv"))
    assert found == ["bad/b.csv", "taken/a-2.csv", "taken/a.csv"]


def test_a_full_feed_that_comes_back_counts_again(session: Session, folder: Path) -> None:
    """Of a full feed only the last state counts: A, B, A ends with A."""
    source_id = add(mode=FeedMode.FULL_FEED)
    for minutes, text in ((9, jobs(*range(10))), (8, jobs(*range(9))), (7, jobs(*range(10)))):
        put(folder, f"{minutes}.csv", text, minutes_ago=minutes)
        take(source_id)
    assert len(titles(session)) == 10
    put(folder, "6.csv", jobs(*range(10)), minutes_ago=6)
    assert take(source_id).known == 1


def test_full_feeds_that_wait_together_run_oldest_first(
    session: Session, folder: Path, run_worker: Callable[[], int]
) -> None:
    source_id = add(mode=FeedMode.FULL_FEED)
    put(folder, "b.csv", jobs(*range(10)), minutes_ago=9)
    put(folder, "a.csv", jobs(*range(9)), minutes_ago=8)
    taking.take_files(source_id)
    run_worker()
    assert len(titles(session)) == 9
    states = set(session.scalars(select(ImportAttempt.status)))
    assert states == {ImportStatus.DONE}


@pytest.mark.parametrize("folder_name", ["..", "../x", "/etc", ".", "a/../..", "link", "a\0b"])
def test_no_folder_outside_of_the_operators(
    app: Flask, session: Session, folder: Path, folder_name: str
) -> None:
    (folder.parent / "link").symlink_to("/etc")
    with pytest.raises(BadSourceError) as raised:
        add(folder=folder_name)
    assert (raised.value.field, raised.value.code) == ("folder", "outside")


def test_links_to_files_are_not_followed(session: Session, folder: Path, tmp_path: Path) -> None:
    secret = put(tmp_path, "secret.csv", jobs(1))
    (folder / "a.csv").symlink_to(secret)
    assert take(add()).kept()["taken"] == 0


def test_a_folder_that_is_gone_is_said(session: Session, folder: Path) -> None:
    source_id = add()
    folder.rmdir()
    assert take(source_id).problem == "folder_missing"
    session.expire_all()
    assert (session.get_one(Source, source_id).last_report or {})["problem"] == "folder_missing"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"folder": "nowhere"}, "folder"),
        ({"folder": None, "schedule": Schedule.DAILY, "daily_at": "05:00"}, "folder"),
        ({"schedule": Schedule.DAILY, "daily_at": "25:00"}, "daily_at"),
        ({"pattern": "../*.csv"}, "pattern"),
        ({"mapping": {"company": "x"}}, "mapping"),
        ({"mapping": {"title": "x", "nonsense": "y"}}, "mapping"),
        ({"mapping": {"title": "x", "company": "x"}}, "mapping"),
    ],
    ids=str,
)
def test_values_that_cannot_be_kept_are_refused(
    session: Session, folder: Path, values: dict[str, object], field: str
) -> None:
    with pytest.raises(BadSourceError) as raised:
        add(**values)
    assert raised.value.field == field


def test_a_name_is_taken_once(session: Session, folder: Path) -> None:
    add()
    with pytest.raises(service.SourceNameTakenError):
        add()


@pytest.mark.parametrize(
    ("schedule", "daily_at", "hours"),
    [
        (Schedule.BY_HAND, None, None),
        (Schedule.QUARTER, None, 0.25),
        (Schedule.HOURLY, None, 1),
        (Schedule.DAILY, "12:30", 0.5),  # noon in Tokyo
        (Schedule.DAILY, "12:00", 24),
        (Schedule.DAILY, "05:00", 17),
    ],
)
def test_when_the_next_run_is(
    session: Session, folder: Path, schedule: Schedule, daily_at: str | None, hours: float | None
) -> None:
    source = session.get_one(Source, add(schedule=schedule, daily_at=daily_at))
    wanted = None if hours is None else NOON + timedelta(hours=hours)
    assert source.next_run_at == wanted


def test_the_worker_takes_what_is_due_and_imports_it(
    session: Session, folder: Path, run_worker: Callable[[], int]
) -> None:
    put(folder, "a.csv", jobs(1))
    source_id = add(schedule=Schedule.HOURLY)
    assert not tasks.run_one()
    with clock.set_to(NOON + timedelta(hours=1, minutes=1)):
        while run_worker():
            pass
    assert titles(session) == ["Cook 1"]
    source = session.get_one(Source, source_id)
    assert source.next_run_at == NOON + timedelta(hours=2, minutes=1)
    assert (source.last_report or {})["taken"] == 1


def test_a_run_that_was_killed_comes_due_again(
    session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "a.csv", jobs(1))
    add(schedule=Schedule.HOURLY)

    def killed(source_id: int) -> None:
        raise KeyboardInterrupt

    with clock.set_to(NOON + timedelta(hours=2)):
        with monkeypatch.context() as patch:
            patch.setattr(taking, "take_files", killed)
            with pytest.raises(KeyboardInterrupt):
                tasks.run_one()
        assert not tasks.run_one()
    with clock.set_to(NOON + timedelta(hours=2) + taking.LEASE):
        assert tasks.run_one()


def test_a_source_that_is_off_never_runs(session: Session, folder: Path) -> None:
    source_id = add(schedule=Schedule.HOURLY)
    with transaction() as s:
        service.switch(s.get_one(Source, source_id), is_active=False)
    with clock.set_to(NOON + timedelta(days=1)):
        assert not tasks.run_one()
    with transaction() as s, pytest.raises(BadSourceError):
        service.request_run(s.get_one(Source, source_id))
    assert ("board", "board") not in service.choices(session)


def test_a_run_by_hand_is_due_at_once(session: Session, folder: Path) -> None:
    source_id = add()
    with transaction() as s:
        service.request_run(s.get_one(Source, source_id))
    assert tasks.run_one()
    session.expire_all()
    assert session.get_one(Source, source_id).next_run_at is None


def test_a_mapping_is_remembered_by_the_headers_names(session: Session, folder: Path) -> None:
    source_id = add()
    header = ["x", "Beruf", "x"]
    with transaction() as s:
        service.remember(s, "board", header, {"title": 1, "company": 2}, ReadOptions())
        service.remember(s, "nobody", header, {"title": 1}, ReadOptions())
    session.expire_all()
    source = session.get_one(Source, source_id)
    assert source.mapping == {"title": "Beruf", "company": 2}
    assert service.columns_for(source, ["Beruf", "a", "b"]) == {"title": 0, "company": 2}


def test_unfinished_runs_of_the_same_bytes_are_left_for_the_next_look(
    session: Session, folder: Path
) -> None:
    put(folder, "a.csv", jobs(1))
    other = add(name="other")
    taking.take_files(other)
    source_id = add(name="third")
    assert taking.take_files(source_id).growing == 1
    worker = running.worker_name()
    attempt_id = running.claim(worker)
    assert attempt_id is not None
    running.run(attempt_id, worker)
    assert taking.take_files(source_id).taken == 1


def test_overviews_name_the_last_import(session: Session, folder: Path) -> None:
    put(folder, "a.csv", jobs(1))
    take(add())
    add(name="another")
    session.expire_all()
    first, second = service.overviews(session)
    assert (first.source.name, first.last_import) == ("another", None)
    assert second.last_import is not None
    assert second.last_import.success_rows == 1
    assert folders.known(folder.parent) == ["board"]
    assert session.scalars(select(SourceFile.state)).all() == [FileState.TAKEN]
    assert session.scalars(select(CsvImport.filename)).all() == ["a.csv"]
