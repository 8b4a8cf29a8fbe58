"""Every statement is counted with who sent it, and no value is ever kept."""

import json
import logging
import multiprocessing
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, ForeignKey, create_engine, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from jobscore import clock
from jobscore.database import queries
from jobscore.database.queries import files as query_files
from jobscore.database.queries import statistics as query_statistics
from jobscore.database.queries.statistics import (
    MOST_STATEMENTS,
    OTHERS,
    Entry,
    RepeatedStatement,
    Sums,
)

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


class Base(DeclarativeBase):
    """Of tables of these tests only."""


class Shelf(Base):
    __tablename__ = "test_shelves"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(back_populates="shelf")


class Book(Base):
    __tablename__ = "test_books"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("test_shelves.id"))
    shelf: Mapped[Shelf] = relationship(back_populates="books")


@pytest.fixture(autouse=True)
def from_nothing(tmp_path: Path) -> Iterator[None]:
    """Each test counts from nothing and writes nowhere."""
    queries.listen()
    queries.keep_in(None)
    queries.start_over()
    yield
    queries.keep_in(None)
    queries.start_over()


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    """A database with twelve shelves of one book each."""
    engine = create_engine(empty_database_url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Shelf(id=n, name=f"shelf {n}", books=[Book(id=n)]) for n in range(1, 13))
        session.commit()
    queries.start_over()
    yield engine
    engine.dispose()


def only(part: str) -> queries.StatementStatistics:
    """Return the one statement that contains ``part``."""
    (found,) = [each for each in queries.own().statements if part in each.statement]
    return found


def test_a_statement_is_counted_with_its_rows_and_its_sender(engine: Engine) -> None:
    with queries.unit("GET shelves"), engine.connect() as connection:
        for least in (1, 4):
            rows = connection.execute(select(Shelf.id).where(Shelf.id >= least)).all()
            assert rows
    with engine.connect() as connection:
        connection.execute(select(Shelf.id).where(Shelf.id >= 12)).all()
    found = only("test_shelves")
    assert (found.calls, found.rows, found.errors) == (3, 12 + 9 + 1, 0)
    assert found.sources == {"GET shelves": 2, queries.ELSEWHERE: 1}
    assert 0 < found.mean <= found.longest <= found.total


def test_rows_are_counted_however_they_are_fetched(engine: Engine) -> None:
    query = select(Shelf.id)
    with engine.connect() as connection:
        connection.execute(query).fetchmany(5)
        connection.execute(query).first()
        connection.execute(query.execution_options(yield_per=4)).all()
    expected = {"sqlite": 5 + 1 + 12, "postgresql": 12 + 12 + 12}[engine.dialect.name]
    assert only("test_shelves").rows == expected


def test_changed_rows_are_counted(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE test_shelves SET name = 'secret' WHERE id > 10"))
    found = only("UPDATE")
    assert (found.statement, found.rows) == ("UPDATE test_shelves SET name = ? WHERE id > ?", 2)


def test_the_time_of_computing_rows_while_they_are_fetched_counts() -> None:
    engine = create_engine("sqlite://")
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
    with engine.connect() as connection:
        raw: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        cursor = raw.execute(slow + "SELECT i FROM n")
        began = time.perf_counter()
        cursor.fetchall()
        fetching = time.perf_counter() - began
        connection.exec_driver_sql(slow + "SELECT i FROM n").all()
    engine.dispose()
    found = only("RECURSIVE")
    assert found.rows == 300_000
    assert found.total > fetching / 3
    assert found.longest == pytest.approx(found.total)


def test_many_rows_of_one_executemany_are_one_call(engine: Engine) -> None:
    with queries.unit("GET x"), engine.begin() as connection:
        values = [{"id": n, "name": "secret"} for n in range(100, 150)]
        connection.execute(insert(Shelf), values)
    found = only("INSERT")
    assert (found.calls, found.rows) == (1, 50)
    assert queries.own().repeated == ()


def test_a_failed_statement_is_a_call_and_an_error(engine: Engine) -> None:
    with engine.connect() as connection:
        for _ in range(2):
            with pytest.raises(DBAPIError):
                connection.exec_driver_sql("SELECT missing FROM test_shelves")
            connection.rollback()
    found = only("missing")
    assert (found.calls, found.errors, found.rows) == (2, 2, None)


def test_listening_twice_counts_once(engine: Engine) -> None:
    queries.listen()
    queries.listen(engine)
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    assert only("SELECT").calls == 1


def test_no_value_is_kept_anywhere(engine: Engine, tmp_path: Path) -> None:
    queries.keep_in(tmp_path)
    with queries.unit("GET x"), Session(engine) as session:
        session.execute(text("SELECT 'geheim' || :v"), {"v": "geheim"})
        session.execute(select(Shelf).where(Shelf.name.in_(["geheim", "geheim2"])))
        session.execute(text("SELECT * FROM test_shelves WHERE name = 'geheim' -- geheim"))
        with pytest.raises(DBAPIError):
            session.execute(text("SELECT geh FROM test_shelves WHERE name = 'geheim'"))
    queries.publish()
    (file,) = tmp_path.iterdir()
    assert "geheim" not in file.read_text(encoding="utf-8")
    assert "geheim" not in repr(queries.own())
    assert "geheim" not in repr(queries._recorder.forms)


def test_the_innermost_unit_counts(engine: Engine) -> None:
    with queries.unit("outer"), engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        with queries.unit("inner"):
            connection.execute(text("SELECT 1"))
        connection.execute(text("SELECT 1"))
    assert only("SELECT").sources == {"outer": 2, "inner": 1}
    assert queries.current() is None


# N+1


def test_a_relationship_loaded_one_by_one_is_named(engine: Engine) -> None:
    for _ in range(2):
        with queries.unit("GET books"), Session(engine) as session:
            assert [book.shelf.name for book in session.scalars(select(Book))]
    (found,) = queries.own().repeated
    assert (found.source, found.most_in_one, found.units) == ("GET books", 12, 2)
    assert found.relationship == "Book.shelf"
    assert "FROM test_shelves WHERE test_shelves.id = ?" in found.statement


def test_a_collection_loaded_one_by_one_is_named_in_a_task_too(engine: Engine) -> None:
    with queries.unit("task x", is_batch=True), Session(engine) as session:
        assert [shelf.books for shelf in session.scalars(select(Shelf))]
    (found,) = queries.own().repeated
    assert (found.relationship, found.most_in_one) == ("Shelf.books", 12)


def test_a_loop_of_statements_is_a_pattern_in_a_request_and_none_in_a_task(engine: Engine) -> None:
    for name, is_batch in (("GET x", False), ("task x", True)):
        with queries.unit(name, is_batch=is_batch), Session(engine) as session:
            for n in range(1, 11):
                session.scalar(select(Shelf.name).where(Shelf.id == n))
    (found,) = queries.own().repeated
    assert (found.source, found.most_in_one, found.relationship) == ("GET x", 10, None)


def test_nine_times_are_no_pattern(engine: Engine) -> None:
    with queries.unit("GET x"), Session(engine) as session:
        for n in range(1, queries.REPEATED_FROM):
            session.scalar(select(Shelf.name).where(Shelf.id == n))
    assert queries.own().repeated == ()


def test_eager_loading_is_no_pattern(engine: Engine) -> None:
    from sqlalchemy.orm import selectinload

    with queries.unit("task x", is_batch=True), Session(engine) as session:
        for _ in range(12):
            session.expunge_all()
            shelves = session.scalars(select(Shelf).options(selectinload(Shelf.books)))
            assert [shelf.books for shelf in shelves]
    assert queries.own().repeated == ()


# figures


@given(st.lists(st.floats(1e-6, 1000.0), min_size=1, max_size=200))
def test_the_95th_percentile_is_within_the_stated_error(times: list[float]) -> None:
    entry = Entry("x")
    for each in times:
        entry.add(each, None, "y")
    exact = sorted(times)[-(-95 * len(times) // 100) - 1]
    assert entry.statistics().p95 == pytest.approx(exact, rel=query_statistics.WORST_ERROR + 1e-6)


def test_at_most_500_statements_are_kept_and_the_least_are_counted_as_others() -> None:
    sums = Sums(NOON)
    for n in range(MOST_STATEMENTS + 100):
        sums.entry(f"SELECT c{n}").add(1.0 if n < 50 else 0.001, 1, "x")
    assert len(sums.entries) <= MOST_STATEMENTS
    assert all(f"SELECT c{n}" in sums.entries for n in range(50))
    statistics = sums.statistics(1)
    assert sum(each.calls for each in statistics.statements) == MOST_STATEMENTS + 100
    assert OTHERS in sums.entries


def test_a_statement_that_left_and_comes_back_in_another_writing_loses_no_call() -> None:
    recorder = queries._recorder
    recorder.entry("SELECT  1").add(0.0, 1, "x")
    recorder.entry("SELECT 1").add(0.0, 1, "x")
    for n in range(MOST_STATEMENTS):
        recorder.entry(f"SELECT c{n}").add(1.0, 1, "x")
    assert "SELECT ?" not in recorder.sums.entries
    for written in ("SELECT 1", "SELECT  1", "SELECT   1"):
        recorder.entry(written).add(0.0, 1, "x")
    assert recorder.sums.entries["SELECT ?"].calls == 3


def test_the_slowest_are_ordered_as_asked() -> None:
    sums = Sums(NOON)
    for _ in range(100):
        sums.entry("often").add(0.001, None, "x")
    sums.entry("slow").add(0.05, None, "x")
    statistics = sums.statistics(1)
    assert [each.statement for each in queries.slowest(statistics)] == ["often", "slow"]
    assert [each.statement for each in queries.slowest(statistics, 1, by="mean")] == ["slow"]
    assert [each.statement for each in queries.slowest(statistics, 1, by="calls")] == ["often"]
    assert json.loads(json.dumps(queries.as_json(statistics, 1)))["statements"][0]["calls"] == 100


def test_threads_lose_no_call(work_folder: Path) -> None:
    engine = create_engine(f"sqlite:///{work_folder / 'threads.sqlite3'}")

    def send() -> None:
        with queries.unit("thread"), engine.connect() as connection:
            for _ in range(200):
                connection.exec_driver_sql("SELECT 1").all()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    engine.dispose()
    found = only("SELECT ?")
    assert (found.calls, found.rows, sum(found.sources.values())) == (800, 800, 800)


# files


def in_another_process(folder: Path, statements: int) -> None:
    """Be a worker that was forked from a busy parent."""
    assert queries.own().statements == ()
    engine = create_engine("sqlite://")
    with queries.unit("task x"), engine.connect() as connection:
        for _ in range(statements):
            connection.exec_driver_sql("SELECT 1").all()
    queries.keep_in(folder)
    queries.publish()


def test_the_files_of_all_processes_are_read_as_one_and_a_fork_starts_from_nothing(
    tmp_path: Path,
) -> None:
    engine = create_engine("sqlite://")
    queries.keep_in(tmp_path)
    with queries.unit("GET x"), engine.connect() as connection:
        connection.exec_driver_sql("SELECT 2").all()
    engine.dispose()
    fork = multiprocessing.get_context("fork")
    for n in (3, 4):
        child = fork.Process(target=in_another_process, args=(tmp_path, n))
        child.start()
        child.join()
        assert child.exitcode == 0
    statistics = queries.merged(tmp_path)
    assert statistics.processes == 3
    (found,) = statistics.statements
    assert (found.calls, found.rows) == (8, 8)
    assert found.sources == {"task x": 7, "GET x": 1}
    queries.publish()
    assert queries.merged(tmp_path) == statistics
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o600}
    assert len(list(tmp_path.iterdir())) == 3


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    sums = Sums(NOON)
    sums.entry("SELECT \u2028 ?\n").add(0.5, 3, "GET x")
    sums.entry("b").add(0.1, None, "GET y", failed=True)
    sums.repeat(RepeatedStatement("b", "GET y", 12, 1, "Book.shelf"))
    query_files.write(tmp_path / "1.jsonl", sums)
    assert query_files.read(tmp_path / "1.jsonl") == sums


@pytest.mark.parametrize(
    "content",
    ["", "{", '{"version": 99}', "[]", '{"version": 1, "since": "x"}\n{}', "\udcff", "null"],
)
def test_a_damaged_file_is_passed_by(tmp_path: Path, content: str) -> None:
    (tmp_path / "1.jsonl").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert queries.merged(tmp_path).statements == ()


def test_files_older_than_a_day_are_not_read_and_are_removed(tmp_path: Path) -> None:
    sums = Sums(NOON)
    sums.entry("a").add(0.5, 3, "GET x")
    query_files.write(tmp_path / "1.jsonl", sums)
    assert queries.merged(tmp_path).processes == 1
    with clock.set_to(clock.now() + timedelta(hours=25)):
        assert queries.merged(tmp_path).processes == 0
        query_files.remove_old(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    queries.keep_in(tmp_path / "file" / "statistics")
    engine = create_engine("sqlite://")
    with queries.unit("GET x"), engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    with caplog.at_level(logging.WARNING, "jobscore.queries"):
        queries.publish()
        queries.publish()
    assert len(caplog.records) == 1
    assert queries.merged(tmp_path / "file" / "statistics").statements[0].calls == 1


def test_a_unit_that_ends_writes_the_file_when_it_is_time_and_does_not_wait_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, go_on = threading.Event(), threading.Event()

    def write(path: Path, sums: Sums) -> None:
        go_on.wait(10)
        written.set()

    monkeypatch.setattr(query_files, "write", write)
    queries.keep_in(tmp_path)
    engine = create_engine("sqlite://")

    def work() -> None:
        with queries.unit("GET x"), engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")

    work()
    assert not queries._recorder.is_writing
    monkeypatch.setattr(queries._recorder, "wrote_at", time.monotonic() - queries.WRITE_SECONDS)
    work()
    assert queries._recorder.is_writing
    assert not written.is_set()
    go_on.set()
    assert written.wait(10)
    engine.dispose()


def test_the_module_stands_alone_without_flask() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from jobscore.database import queries; "
        "assert not {'flask', 'click', 'jobscore.extensions'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": "."})
